"""The independent validator agrees with the constraint, in both directions."""

import json

import pytest

import constraints
from constraints import JsonSchema, Regex, validate

MEMBERS = [
    (r"[\s\S]*", "abc"),
    (r"[_\W]+", "-"),
    (r"[a\S]", "z"),
    (r"[^\W]", "a"),
    ("a{,3}", "a{,3}"),
    (r"\ud83d\ude00", "😀"),
    ("[^]", "x"),
    ("a|[]", "a"),
    (r"\u{61}", "a"),
    (r"[\u{1F600}]", "😀"),
    (r"\cA", "\x01"),
    (r"[\w-.]", "."),
    (r"[\d-x]", "-"),
    (r"[\]\-&&~~\[]+", "~[&"),
    (r"(?<n>a)b", "ab"),
    (r"\p{L}\P{L}", "é1"),
    ("^a$|^b$", "b"),
    (r"a\/\.\-", "a/.-"),
]


@pytest.mark.parametrize(("pattern", "text"), MEMBERS)
def test_a_member_of_a_pattern_passes(pattern, text, small_vocabulary):
    constraint = constraints.compile(Regex(pattern), small_vocabulary)
    assert constraint.accepts(text.encode())
    assert validate(Regex(pattern), text.encode()) is None
    longer = (text + "\n\x00").encode()
    assert (validate(Regex(pattern), longer) is None) == constraint.accepts(longer)


@pytest.mark.parametrize(
    ("schema", "text", "valid"),
    [
        ('{"type": "integer", "enum": [1.0]}', "1.0", True),
        ('{"type": "number"}', "1e999999999999999999999", True),
        ('{"type": "number"}', "1" * 5000, True),
        ('{"type": "object"}', '{"a": 1, "a": 1}', False),
        ('{"type": "string", "format": "date"}', '"2023-02-29"', False),
        ('{"type": "string", "pattern": "^[\\\\s\\\\S]{1,3}$"}', '"abc"', True),
        ("{}", "[" * 100_000, False),
        ("{}", "nul", False),
    ],
)
def test_a_json_text_is_judged(schema, text, valid):
    assert (validate(JsonSchema(schema), text.encode()) is None) == valid


def test_formats_may_only_annotate():
    schema = json.dumps({"format": "date"})
    assert validate(JsonSchema(schema), b'"x"')
    assert validate(JsonSchema(schema, assert_formats=False), b'"x"') is None


def test_bytes_that_are_no_text_are_refused():
    assert validate(Regex(".*"), b"\xed\xa0\x80")


def test_documents_are_read_and_nothing_is_fetched():
    documents = {"http://localhost:9/n": '{"type": "string"}'}
    spec = JsonSchema('{"$ref": "http://localhost:9/n"}', documents=documents)
    assert validate(spec, b'"a"') is None
    assert validate(spec, b"1")
