"""A grammar of one's own, and a canvas that is conditioned on it; needs no server and no model.

python examples/lark_grammar.py
"""

from __future__ import annotations

import numpy as np

import constraints
from constraints import Lark, MalformedError, Vocabulary

GRAMMAR = """
start: command ("; " command)*
command: "move " WAY " by " NUMBER | "repeat " NUMBER " { " start " }"
WAY: "north" | "east" | "south" | "west"
NUMBER: /[1-9][0-9]?/
"""
WORDS = ["move ", "repeat ", " by ", "north", "east", " { ", " }", "; ", "1", "2"]


def main() -> None:
    """Writes a program that a pretended model prefers, then shows what a faulty grammar gives."""
    tokens = [*WORDS, *(chr(code) for code in range(0x20, 0x7F))]
    vocabulary = Vocabulary.from_bytes([t.encode() for t in tokens] + [None], [len(tokens)])
    constraint = constraints.compile(Lark(GRAMMAR), vocabulary)

    logits = np.random.default_rng(4).normal(size=(24, vocabulary.size)).astype(np.float32)
    logits[:, : len(WORDS)] += 3.0  # what a model would rather write
    block = constraint.block(length=24)
    posterior = block.condition(logits)
    text = constraint.text(posterior.best())
    print(text.decode())
    print(f"log P(a program) = {posterior.log_z:.2f} nats", end="; ")
    print(f"what is not known changes it by at most {posterior.certificate:.1%}")
    assert constraints.validate(constraint.spec, text) is None  # Lark itself has parsed it

    try:
        constraints.compile(Lark(GRAMMAR.replace("WAY:", "DIRECTION:")), vocabulary)
    except MalformedError as error:
        print(error)


if __name__ == "__main__":
    main()
