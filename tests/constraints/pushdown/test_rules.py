"""Rule automata and interned stacks beside derivation by the rules themselves."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints import UnsatisfiableError
from constraints.pushdown import Grammar, Terminal, pushdown_language

LONGEST = 5


def derived(rules, start, longest):
    """All texts of at most some length, by a fixpoint over the rules."""
    texts = {name: set() for name in rules}
    while True:
        found = {
            name: {
                text
                for alternative in alternatives
                for text in joined([texts.get(s, {s}) for s in alternative], longest)
            }
            for name, alternatives in rules.items()
        }
        if found == texts:
            return texts[start]
        texts = found


def joined(parts, longest):
    texts = {""}
    for part in parts:
        texts = {a + b for a in texts for b in part if len(a) + len(b) <= longest}
    return texts


def grammar(rules, start="s"):
    terminals = tuple(Terminal(c, c, text=c, max_width=1, length=1) for c in "xyz")
    return Grammar(start, rules, terminals)


SYMBOLS = st.sampled_from(["x", "y", "z", "s", "a", "b"])
ALTERNATIVES = st.lists(st.lists(SYMBOLS, max_size=3).map(tuple), min_size=1, max_size=3).map(tuple)


@settings(max_examples=200, deadline=None)
@given(st.fixed_dictionaries({"s": ALTERNATIVES, "a": ALTERNATIVES, "b": ALTERNATIVES}))
def test_rule_automata_accept_what_the_rules_derive(rules):
    texts = derived(rules, "s", LONGEST)
    try:
        language = pushdown_language(grammar(rules))
    except UnsatisfiableError:
        assert not texts
        return
    for length in range(LONGEST + 1):
        for symbols in itertools.product("xyz", repeat=length):
            text = "".join(symbols)
            assert language.accepts(text.encode()) == (text in texts), text


@pytest.mark.parametrize(
    "rules",
    [
        {"s": (("s", "x", "s"), ("y",))},
        {"s": (("a", "x"), ("y",)), "a": (("s", "y"), ("x",))},
        {"s": (("a", "s", "x"), ("y",)), "a": (("z",), ())},
        {"s": (("x", "s", "y"), ("s", "s"), ())},
        {"s": (("a",),), "a": (("b", "x"), ("z",)), "b": (("a", "y"), ("s", "z"))},
    ],
)
def test_left_recursion_hidden_indirect_and_ambiguous(rules):
    language = pushdown_language(grammar(rules))
    texts = derived(rules, "s", 7)
    assert texts
    for length in range(8):
        for symbols in itertools.product("xyz", repeat=length):
            text = "".join(symbols)
            assert language.accepts(text.encode()) == (text in texts), text


def test_a_chain_of_precedence_levels_leaves_one_automaton_to_return_to():
    levels = [f"level{i}" for i in range(12)]
    rules = {
        name: ((name, "x", below), (below,))
        for name, below in itertools.pairwise([*levels, "atom"])
    }
    rules["atom"] = (("y", levels[0], "y"), ("z",))
    language = pushdown_language(grammar(rules, start=levels[0]))
    assert len(np.unique(language.parser.call_entry)) == 1
    assert len(language.parser.final) < 12


def test_what_has_been_read_is_not_the_empty_text():
    language = pushdown_language(grammar({"s": ((), ("b", "x")), "b": ((), ("y", "b"))}))
    verdicts = {text: language.accepts(text.encode()) for text in ("", "x", "y", "yy", "yx", "xx")}
    assert [text for text, member in verdicts.items() if member] == ["", "x", "yx"]
