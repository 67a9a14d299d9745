import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints import LimitError
from constraints.automata import BYTES, Dfa
from constraints.regex import full_match

SYMBOLS = 3
TEXTS = [t for n in range(6) for t in itertools.product(range(SYMBOLS), repeat=n)]


@st.composite
def automata(draw):
    size = draw(st.integers(1, 5))
    rows = [
        [
            (symbol, symbol, target)
            for symbol in range(SYMBOLS)
            if (target := draw(st.integers(-1, size - 1))) >= 0
        ]
        for _ in range(size)
    ]
    accepting = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    return Dfa.from_rows(rows, accepting, SYMBOLS)


def language(dfa):
    return {text for text in TEXTS if dfa.accepts(text)}


@settings(max_examples=100, deadline=None)
@given(automata(), automata())
def test_boolean_algebra_is_set_algebra(left, right):
    a, b = language(left), language(right)
    assert language(left & right) == a & b
    assert language(left | right) == a | b
    assert language(left - right) == a - b
    assert language(left.complement()) == set(TEXTS) - a


@settings(max_examples=60, deadline=None)
@given(automata())
def test_minimal_automata_of_one_language_are_identical(dfa):
    twice = (dfa | dfa) & dfa.complement().complement()
    assert twice.num_states == dfa.num_states
    assert (twice.accepting == dfa.accepting).all()
    assert twice.rows() == dfa.rows()


def test_minimisation_merges_equal_futures():
    dfa = Dfa.of_texts([b"xab", b"yab", b"zab"], BYTES)
    assert dfa.num_states == 4


def test_a_finite_set_of_texts_is_exactly_accepted():
    texts = [b"", b"a", b"ab", b"\xff"]
    dfa = Dfa.of_texts(texts, BYTES)
    assert all(dfa.accepts(text) for text in texts)
    assert not any(dfa.accepts(text) for text in (b"b", b"abc", b"\xff\xff"))


def test_the_empty_language_has_no_states():
    assert Dfa.empty(BYTES).is_empty
    assert (Dfa.of_texts([b"a"], BYTES) & Dfa.of_texts([b"b"], BYTES)).is_empty
    assert Dfa.empty(BYTES).complement().accepts(b"anything")


def test_anchors_inside_a_pattern_see_only_the_ends_of_a_text():
    dfa = full_match("a*^b*$c*")
    accepted = {text for text in TEXTS if dfa.accepts(ord("a") + symbol for symbol in text)}
    assert accepted == {(1,) * n for n in range(6)}


def test_a_construction_over_its_limit_is_refused():
    with pytest.raises(LimitError, match="50000 automaton states"):
        full_match("a{99999}")


def test_different_alphabets_do_not_mix():
    with pytest.raises(ValueError, match="alphabets differ"):
        assert Dfa.anything(2) & Dfa.anything(3)
