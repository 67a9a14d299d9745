import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.automata import CODE_POINTS, Dfa
from constraints.automata.spelling import json_string, utf8
from constraints.regex import full_match

LANGUAGE = full_match(r"([^a]{0,3}x|\p{Lu}y|[\u0000-\u007f€-😀]{2})")
TEXTS = st.text(st.sampled_from('axyÉ\n"\\/é€😀\x07\x7f\u2028\U0010ffff'), max_size=4)
SPELT = {spelling: json_string(LANGUAGE, spelling) for spelling in ("full", "plain")}
UTF8 = utf8(LANGUAGE)
EVERY_STRING = json_string(full_match(r"[^\ud800-\udfff]*"), "full")


@settings(max_examples=500, deadline=None)
@given(TEXTS)
def test_utf8_spells_the_same_strings(text):
    assert UTF8.accepts(text.encode()) == LANGUAGE.accepts(map(ord, text))


@pytest.mark.parametrize("spelling", ["full", "plain"])
@settings(max_examples=500, deadline=None)
@given(TEXTS, st.booleans())
def test_both_spellings_of_a_json_writer_are_read(spelling, text, ensure_ascii):
    written = json.dumps(text, ensure_ascii=ensure_ascii).encode()
    assert SPELT[spelling].accepts(written) == LANGUAGE.accepts(map(ord, text))


def escaped(text):
    units = text.encode("utf-16-be").hex()
    return '"' + "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4)) + '"'


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_the_full_spelling_reads_every_character_as_an_escape(text):
    assert SPELT["full"].accepts(escaped(text).encode()) == LANGUAGE.accepts(map(ord, text))


@settings(max_examples=2000, deadline=None)
@given(st.lists(st.sampled_from(b'"\\u0ax\xc3\xa9D\xf0\x9f\x98\x80d8\n/'), max_size=14).map(bytes))
def test_the_full_spelling_is_exactly_json(inside):
    text = b'"' + inside + b'"'
    try:
        value = json.loads(text)
        value.encode()
        valid = isinstance(value, str)
    except (ValueError, UnicodeError):
        valid = False
    assert EVERY_STRING.accepts(text) == valid


def test_the_plain_spelling_leaves_printable_ascii_unescaped():
    dfa = json_string(Dfa.of_texts([[ord("a")]], CODE_POINTS), "plain")
    assert dfa.accepts(b'"a"')
    assert not dfa.accepts(b'"\\u0061"')


def test_a_code_point_past_ffff_counts_once_however_it_is_spelt():
    one = json_string(full_match("."), "full")
    assert one.accepts('"😀"'.encode())
    assert one.accepts(b'"\\ud83d\\ude00"')
    assert not one.accepts(b'"\\ud83d"')
