"""Tables that lexers share are those that each of them would have walked by itself."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints import Vocabulary
from constraints.expansion import lexers_of
from constraints.lexer import Counter, Lexer
from constraints.parser_graph import ParserGraph
from constraints.residual import residual
from constraints.sharing import SHARED
from constraints.token_automaton import build_token_automaton
from tests.constraints.test_frontier import check_against_reading

QUOTE = 0x22
LETTERS = (0x23, 0x7E)
FIRST = b"abcd"
TOKENS = [
    *(bytes([byte]) for byte in range(0x20, 0x7F)),
    *(bytes([a, b, c]) for a in FIRST for b in range(0x61, 0x79) for c in range(0x61, 0x79)),
    *(bytes([a, b, QUOTE]) for a in FIRST for b in FIRST),
    *(bytes([a, QUOTE, b]) for a in FIRST for b in FIRST),
    None,
]
"""Below a to d stand more nodes than `sharing.LARGE_SUBTREE`."""


def vocabulary():
    return Vocabulary.from_bytes(TOKENS, [len(TOKENS) - 1])


def strings(word, *, swapped=False, counter=None):
    """After a quote: a word (label 0, or 1 where swapped) or any other string (the other one)."""
    body, first = (1, 2) if not swapped else (len(word) + 1, 1)
    end_of_word, end = len(word) + 2, len(word) + 3
    rows = [[] for _ in range(len(word) + 4)]
    rows[0] = [(QUOTE, QUOTE, first)]
    rows[body] = [(QUOTE, QUOTE, end), (*LETTERS, body)]
    for index, byte in enumerate(word):
        following = first + index + 1 if index + 1 < len(word) else body
        rows[first + index] = [
            (QUOTE, QUOTE, end),
            *((LETTERS[0], byte - 1, body),),
            (byte, byte, following),
            *((byte + 1, LETTERS[1], body),),
        ]
    rows[first + len(word) - 1][0] = (QUOTE, QUOTE, end_of_word)
    labels = [-1] * len(rows)
    labels[end_of_word], labels[end] = (0, 1) if not swapped else (1, 0)
    return Lexer.from_rows(rows, labels, counter and Counter(body, *counter))


def graph(*lexers):
    """One lexer after the other; either label goes on."""
    count = len(lexers)
    return ParserGraph(
        lexers,
        np.arange(count, dtype=np.int32),
        np.zeros(count, dtype=np.int32),
        np.arange(count + 1, dtype=np.int32) * 2,
        np.repeat(np.arange(1, count + 1, dtype=np.int32), 2),
    )


WORDS = (b"ab", b"b", b"abc", b"cd", b"dxy", b"zz")


@pytest.mark.parametrize("counter", [None, (0, 3), (2, None)])
def test_what_was_shared_is_what_reading_gives(counter):
    known = vocabulary()
    for word in WORDS[:3]:
        lexers = strings(word, counter=counter), strings(word[::-1], swapped=True)
        check_against_reading(graph(*lexers), known)
    store = known.shelf.store
    assert (store.keys[: store.num_tables, 0] > SHARED - store.residuals.num_sequences).any()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(WORDS), st.booleans()), min_size=2, max_size=5))
def test_automata_do_not_depend_on_what_was_shared_before(chosen):
    known = vocabulary()
    for word, swapped in chosen:
        language = graph(strings(word, swapped=swapped), strings(WORDS[0]))
        shared = build_token_automaton(language, known)
        alone = build_token_automaton(language, vocabulary())
        for name in ("source", "target", "edge_set", "set_ptr", "set_atoms", "atom_of", "fewest"):
            np.testing.assert_array_equal(getattr(shared, name), getattr(alone, name))


def test_the_rest_of_a_string_is_one_for_all_lexers():
    lexers = lexers_of(graph(strings(b"ab"), strings(b"cdy", swapped=True)), {})
    plain, _, plain_labels = residual(lexers, 0, 1)
    moved, _, moved_labels = residual(lexers, 1, 4)
    np.testing.assert_array_equal(plain, moved)
    assert (plain_labels.tolist(), moved_labels.tolist()) == ([1], [0])


def test_what_is_counted_is_not_what_is_not():
    counted = lexers_of(graph(strings(b"ab", counter=(0, 3))), {})
    plain = lexers_of(graph(strings(b"ab")), {})
    assert residual(counted, 0, 1)[0].tolist() != residual(plain, 0, 1)[0].tolist()


def test_a_long_rest_is_not_written():
    lexers = lexers_of(graph(strings(b"a" * 600)), {})
    assert residual(lexers, 0, 2)[0].size == 0
    assert residual(lexers, 0, 1)[0].size > 0
