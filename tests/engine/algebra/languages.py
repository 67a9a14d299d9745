"""Random small languages, blocks of them and logits, for the tests of the device algebra."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import reject
from hypothesis import strategies as st

from constraints import (
    Block,
    Choice,
    Constraint,
    Diagnostics,
    EmptyError,
    UnsatisfiableError,
    Vocabulary,
)
from constraints.automata import BYTES, Dfa
from constraints.parser_graph import single_lexer
from constraints.token_automaton import build_token_automaton

LETTERS = "abc"
SPELLED = [b"a", b"b", b"c", b"ab", b"ba", b"abc", b"a", b"aa", b"cc"]
VOCABULARIES = {
    "pad": Vocabulary.from_bytes([*SPELLED, None, None], [9], 10),
    "no pad": Vocabulary.from_bytes([*SPELLED, None, None], [9]),
    "many": Vocabulary.from_bytes([*SPELLED * 30, None, None], [270], 271),
}


@dataclass(frozen=True)
class Batch:
    """Blocks of one vocabulary and their logits, padded with NaN."""

    blocks: list[Block]
    logits: np.ndarray


def compiled(rows, accepting, vocabulary) -> Constraint:
    """A language from a table: rows[state][letter] is the next state, or -1."""
    edges = [
        [(ord(byte), ord(byte), to) for byte, to in zip(LETTERS, row, strict=True) if to >= 0]
        for row in rows
    ]
    dfa = Dfa.from_rows(edges, accepting, BYTES)
    if dfa.is_empty:
        raise UnsatisfiableError("no text")
    graph = single_lexer(dfa)
    automaton = build_token_automaton(graph, vocabulary)
    return Constraint(Choice([]), vocabulary, graph, automaton, Diagnostics())


@st.composite
def languages(draw, vocabulary):
    size = draw(st.integers(1, 5))
    rows = [[draw(st.integers(-1, size - 1)) for _ in LETTERS] for _ in range(size)]
    accepting = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    try:
        return compiled(rows, accepting, vocabulary)
    except UnsatisfiableError:
        reject()


@st.composite
def blocks(draw, vocabulary):
    constraint, length = draw(languages(vocabulary)), draw(st.integers(1, 5))
    tokens = st.integers(0, vocabulary.size - 1)
    pinned = draw(st.dictionaries(st.integers(0, length - 1), tokens, max_size=2))
    tail = draw(st.sampled_from(["any"] if vocabulary.pad_id is None else ["any", "pad"]))
    try:
        return constraint.block(
            length, pinned=pinned, tokens_after=draw(st.integers(0, 2)), tail=tail
        )
    except EmptyError:
        reject()


@st.composite
def batches(draw, names=("pad", "no pad"), most=3):
    vocabulary = VOCABULARIES[draw(st.sampled_from(names))]
    batch = draw(st.lists(blocks(vocabulary), min_size=1, max_size=most))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kind = draw(st.sampled_from(["mild", "steep", "ties", "holes", "far"]))
    shape = (len(batch), max(block.length for block in batch), vocabulary.size)
    logits = LOGITS[kind](rng, shape).astype(np.float32)
    for b, block in enumerate(batch):
        logits[b, block.length :] = np.nan
    return Batch(batch, logits)


def _holes(rng, shape):
    logits = rng.standard_normal(shape)
    logits[rng.random(shape) < 0.3] = -np.inf
    return logits


LOGITS = {
    "mild": lambda rng, shape: rng.standard_normal(shape),
    "steep": lambda rng, shape: 40 * rng.standard_normal(shape),
    "ties": lambda rng, shape: rng.integers(0, 2, shape).astype(float),
    "holes": _holes,
    "far": lambda rng, shape: 3e5 + 3 * rng.integers(-2, 2, shape),
}
