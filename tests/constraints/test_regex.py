import itertools
import re

import pytest
import regex as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints import LimitError, MalformedError, UnsupportedError
from constraints.regex import full_match, search

PATTERNS = [
    *("a*b", "(a|b)*c", "^ab", "ab$", "^$", "a{2,3}", "[^a]b", "(^a|b$)", "a|", "(ab)+c?"),
    *("a{0}", "b+", "^(a|bc)*$", "[a-b]c", "a.c", "x*", "(?:a|b)c", "(?<n>a)b", "a+?b", "a{,2}"),
    *("^a|b$|^c$", "a{2,}", "(a{1,2}){2}", "(|a)b", "()", "[]", "[^]", "a$b", "b^a"),
]
TEXTS = ["".join(t) for n in range(6) for t in itertools.product("abc", repeat=n)]


def python(pattern):
    return pattern.replace("$", r"\Z").replace("a{,2}", r"a\{,2\}").replace("[^]", r"(?s:.)")


@pytest.mark.parametrize("pattern", [p for p in PATTERNS if p != "[]"])
def test_search_and_full_match_agree_with_another_engine(pattern):
    found, matched = search(pattern), full_match(pattern)
    for text in TEXTS:
        codes = list(map(ord, text))
        assert found.accepts(codes) == bool(reference.search(python(pattern), text)), text
        assert matched.accepts(codes) == bool(reference.fullmatch(python(pattern), text)), text


def test_an_empty_class_matches_nothing():
    assert full_match("[]").is_empty


CLASSES = {
    r"\d": "[0-9]",
    r"\D": "[^0-9]",
    r"\w": "[A-Za-z0-9_]",
    r"\W": "[^A-Za-z0-9_]",
    r"[\w-]": "[A-Za-z0-9_-]",
    r"[^\d\s]": r"[^0-9\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]",
    r"\p{L}": r"\p{L}",
    r"\P{Lu}": r"\P{Lu}",
    r"\p{Script=Greek}": r"\p{Script=Greek}",
    r"\x41": "A",
    r"\u00e9": "é",
    r"\u{1F600}": "😀",
    r"\ud83d\ude00": "😀",
    r"\cJ": "\n",
    r"[\b]": "\x08",
    r"\/": "/",
    r"[a\-z]": "[az-]",
    ".": r"[^\n\r\u2028\u2029]",
}


@pytest.mark.parametrize("pattern", CLASSES)
@settings(max_examples=200, deadline=None)
@given(
    character=st.one_of(
        st.characters(exclude_categories=["Cs"]), st.sampled_from("Aé😀\n\x08/-az_0 \u2028\ufeffΩ")
    )
)
def test_a_class_holds_exactly_its_characters(pattern, character):
    expected = bool(reference.fullmatch(CLASSES[pattern], character))
    assert full_match(pattern).accepts([ord(character)]) == expected


@pytest.mark.parametrize(
    ("pattern", "column"),
    [
        ("a**", 4),
        ("a{10000000000}", 2),
        (r"\p{greek}", 2),
        ("a(b", 4),
        ("a)", 2),
        ("[a", 3),
        ("*a", 1),
        ("a|{2}", 3),
        ("a{3,2}", 2),
        (r"\p{Nope}", 2),
        (r"a\q", 3),
        (r"(a)\2", 5),
        (r"(?<n>a)\k<m>", 9),
        (r"(?<n>a)(?<n>b)", 13),
        ("(?P<n>a)", 2),
        ("(?i)a", 2),
        (r"\b+", 4),
        ("(?<=a)*", 8),
    ],
)
def test_a_malformed_pattern_names_its_column(pattern, column):
    with pytest.raises(MalformedError) as caught:
        search(pattern)
    assert caught.value.line == 1
    assert caught.value.column == column


@pytest.mark.parametrize(
    ("pattern", "column"),
    [(r"(a)\1", 5), (r"^(?!.*(.)\1)", 11), (r"(?<n>a)\k<n>", 9), (r"\k<n>(?<n>a)", 2)],
)
def test_a_back_reference_is_refused_at_its_place(pattern, column):
    with pytest.raises(UnsupportedError) as caught:
        search(pattern)
    assert (caught.value.line, caught.value.column) == (1, column)


LOOKAROUNDS = {
    r"^(?!foo$)": (["", "fo", "fooo", "foo\n", "xfoo"], ["foo"]),
    r"^(?=.*[A-Z])(?=.*\d).{8,}$": (["Passw0rd", "0000000A"], ["passw0rd", "Pass0", "Password"]),
    r"^(?!.*(a|b)).*$": (["", "xyz"], ["a", "xb", "x\ny"]),
    r"^((?!-)[a-z-]{1,4}(?<!-)\.)+[a-z]{2,3}$": (
        ["a.bc", "a-b.cd.ef"],
        ["-a.bc", "a-.bc", "abcde.fg", "a.-b.cd"],
    ),
    r"(?<=\$)\d+": (["$1", "a$12"], ["1", "$", "$a1"]),
    r"(?<!a)b": (["b", "bb", "abb"], ["ab", "a", "abab"]),
    r"\bcat\b": (["cat", "a cat.", "cat-x"], ["cats", "_cat", "concat"]),
    r"\Bcat": (["scat", "cat_cat"], ["cat", "a cat"]),
    r"^(?!.*\b(if|or)\b)\w+( \w+)*$": (["elif for", "a b"], ["if", "a or b"]),
    r"(?=a(?!b)).": (["a", "aba"], ["ab", "b", ""]),
    r"^(?:(?=[ab])\w|c(?!c))*$": (["", "ab", "aca", "c"], ["cc", "d", "ccc"]),
    r"^(?:\d{1,2}(?:\.(?!$)|$)){2}$": (["1.2", "10.20"], ["1.2.", "1", "1.2.3"]),
    r"(?<=^|,)x(?=,|$)": (["x", "a,x", "x,b", "a,x,b"], ["ax", "xb", ",xx,"]),
    r"(?<=(?=ab)a)b": (["ab", "xabx"], ["b", "bb"]),
    r"(?<=a(?=bc))b": (["abc"], ["ab", "abb"]),
    r"(?=$)": (["", "a"], []),
    r"a(?=)(?!)": ([], ["", "a"]),
    r"(?=a)*b": (["b", "ab"], ["a"]),
}


@pytest.mark.parametrize("pattern", LOOKAROUNDS)
def test_lookaround_is_exact(pattern):
    matching, others = LOOKAROUNDS[pattern]
    found = search(pattern)
    assert all(found.accepts(map(ord, text)) for text in matching)
    assert not any(found.accepts(map(ord, text)) for text in others)


ATOMS = st.sampled_from(["a", "b", "-", ".", "[ab]", "[^a]", r"\w", "^", "$", r"\b", r"\B"])


def grown(inner):
    """Larger patterns; lookbehinds of one width only, as Python's `re` has no others."""
    group = inner.map("(?:{})".format)
    return st.one_of(
        st.lists(inner, min_size=2, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map("|".join).map("(?:{})".format),
        st.tuples(group, st.sampled_from("*+?")).map("".join),
        st.tuples(st.sampled_from(["(?=", "(?!"]), inner).map("".join).map("{})".format),
        st.sampled_from(["(?<=a)", "(?<!b)", "(?<=[ab]-)", r"(?<!\Ba)", "(?<=(?=a)a)"]),
    )


SHORT_TEXTS = ["".join(t) for n in range(5) for t in itertools.product("ab-", repeat=n)]


@settings(max_examples=150, deadline=None)
@given(st.recursive(ATOMS, grown, max_leaves=8))
def test_lookaround_agrees_with_another_engine(pattern):
    found, matched = search(pattern), full_match(pattern)
    other = re.compile(pattern.replace("$", r"\Z").replace(r"\B", r"(?!\b)"), re.ASCII)
    for text in SHORT_TEXTS:
        codes = list(map(ord, text))
        assert found.accepts(codes) == bool(other.search(text)), text
        assert matched.accepts(codes) == bool(other.fullmatch(text)), text


@pytest.mark.parametrize(
    "pattern", ["(a?){40}a{40}", "(.*a){15}", ".{0,5000}x", r"^\p{L}[\p{L}\p{N} ]{0,60}$"]
)
def test_what_other_engines_choke_on_compiles(pattern):
    assert not search(pattern).is_empty


@pytest.mark.parametrize(
    "pattern",
    [".*a.{20}", "(?=.*a.{20}).*b.{20}(?!c)", r"(?:(?=.*a.{9}c)b|c(?!.*d.{9}e)){1,30}"],
)
def test_what_no_small_automaton_holds_ends_in_a_limit_error(pattern):
    with pytest.raises(LimitError):
        search(pattern)


def test_a_repeat_that_explodes_ends_in_a_limit_error():
    with pytest.raises(LimitError):
        search("((a{1,300}){1,300}){1,300}")


@pytest.mark.parametrize("pattern", [r"[\u0000-\uffff]", r"\p{Any}", r"\p{Cn}", r"\ud800|a", "."])
def test_a_surrogate_is_no_character(pattern):
    assert not full_match(pattern).accepts([0xD800])


def test_an_unpaired_high_surrogate_takes_no_other_escape_with_it():
    assert full_match(r"\ud83d\u0041").is_empty


def test_empty_repeats_cost_nothing():
    assert full_match("(?:(?:){99999}){99999}(?:^)*a").accepts([ord("a")])


def test_deep_groups_end_in_an_error():
    with pytest.raises(MalformedError, match="nest deeper"):
        search("(" * 5000 + ")" * 5000)
