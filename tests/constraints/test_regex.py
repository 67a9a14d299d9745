import itertools

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
        ("a{3,2}", 2),
        (r"\p{Nope}", 2),
        (r"a\q", 3),
    ],
)
def test_a_malformed_pattern_names_its_column(pattern, column):
    with pytest.raises(MalformedError) as caught:
        search(pattern)
    assert caught.value.line == 1
    assert caught.value.column == column


@pytest.mark.parametrize("pattern", ["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", r"a\b", r"(a)\1"])
def test_what_cannot_be_enforced_is_refused(pattern):
    with pytest.raises(UnsupportedError):
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
