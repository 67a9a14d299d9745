"""Grammars of the kinds that users bring, beside Lark's own parsers."""

import numpy as np
import pytest

import constraints
from benchmarks.derivations import derivations, mutated
from constraints import Lark, Vocabulary, validate
from constraints.lark import compile_lark
from tests.constraints.lark.realistic import EXAMPLES

MUTANTS = 60
CASES = [
    pytest.param(example, parser, lexer, id=f"{example.name}-{parser}-{lexer}")
    for example in EXAMPLES
    for parser, lexer in example.modes
]


@pytest.fixture(scope="module")
def vocabulary():
    singles = [bytes([byte]) for byte in range(256)]
    pairs = [bytes([a, b]) for a in b' ()[]{}"=.,;:' for b in b' ()[]{}"=.,;:a1\n']
    words = [b"ab", b"if", b"then", b"and", b"12", b"0x1f", b"\r\n", "é".encode(), b"true", b"MOV"]
    tokens = [*singles, *dict.fromkeys(pairs + words)]
    return Vocabulary.from_bytes([*tokens, None], [len(tokens)])


@pytest.mark.parametrize(("example", "parser", "lexer"), CASES)
def test_agrees_with_lark_on_texts_near_and_far(example, parser, lexer, vocabulary):
    spec = Lark(example.text, parser=parser, lexer=lexer)
    constraint = constraints.compile(spec, vocabulary)
    rng = np.random.default_rng(11)
    written = [text.decode() for text in _written(constraint, rng)]
    derived = derivations(compile_lark(spec)[0].grammar, rng)
    texts = [*example.members, *written]
    texts += [derived.text()[:200] for _ in range(8)] if derived is not None else []
    texts += [mutated(texts[i % len(texts)], texts, rng) for i in range(MUTANTS)]
    verdicts = {text: validate(spec, text.encode()) is None for text in texts}
    assert all(verdicts[text] for text in (*example.members, *written))
    assert {text: constraint.accepts(text.encode()) for text in texts} == verdicts


def _written(constraint, rng):
    shortest = constraint.start.fewest_tokens
    for length, scale in ((shortest + 8, 1.0), (shortest + 20, 4.0)):
        logits = rng.normal(scale=scale, size=(length, constraint.vocabulary.size))
        posterior = constraint.block(length=length).condition(logits.astype(np.float32))
        yield constraint.text(posterior.best())
        yield constraint.text(posterior.sample(rng))
