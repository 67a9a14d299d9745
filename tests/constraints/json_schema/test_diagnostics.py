"""What is refused, where and why; how each keyword was taken."""

import pytest

from constraints.compile import language
from constraints.errors import MalformedError, UnsatisfiableError, UnsupportedError
from tests.constraints.json_schema.cases import DRAFT_7
from tests.membership import accepts, schema_spec

UNSATISFIABLE = {
    "false": False,
    "not anything": {"not": {}},
    "no option": {"enum": []},
    "bounds": {"type": "integer", "minimum": 5, "maximum": 3},
    "no integer between": {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2},
    "no multiple between": {"type": "integer", "minimum": 1, "maximum": 9, "multipleOf": 10},
    "lengths": {"type": "string", "minLength": 3, "maxLength": 2},
    "no string so short": {"type": "string", "pattern": "^abc$", "maxLength": 2},
    "no such identifier": {"type": "string", "format": "uuid", "pattern": "^x"},
    "counts of items": {"type": "array", "minItems": 2, "maxItems": 1},
    "no first item": {"type": "array", "prefixItems": [False], "minItems": 1},
    "too few values": {
        "type": "array",
        "items": {"enum": ["a", "b"]},
        "uniqueItems": True,
        "minItems": 3,
    },
    "nothing to contain": {"type": "array", "items": {"const": "a"}, "contains": {"const": "b"}},
    "required and false": {"type": "object", "properties": {"a": False}, "required": ["a"]},
    "required and closed": {
        "type": "object",
        "required": ["a"],
        "additionalProperties": False,
    },
    "required and misnamed": {
        "type": "object",
        "required": ["ab"],
        "propertyNames": {"maxLength": 1},
    },
    "required and too many": {"type": "object", "required": ["a", "b"], "maxProperties": 1},
    "required by a dependency": {
        "type": "object",
        "properties": {"b": False},
        "required": ["a"],
        "dependentRequired": {"a": ["b"]},
    },
    "both branches false": {"if": {"type": "integer"}, "then": False, "else": False},
    "no branch alone": {"oneOf": [{}, {}]},
    "without an end": {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
}


@pytest.mark.parametrize("name", UNSATISFIABLE)
def test_what_nothing_satisfies_is_refused_as_such(name):
    for open_objects in (False, True):
        with pytest.raises(UnsatisfiableError) as caught:
            language(schema_spec(UNSATISFIABLE[name], open_objects=open_objects))
        assert caught.value.hint


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"$defs": {"a": {"not": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"},
        {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
    ],
)
def test_references_in_a_circle_are_malformed(schema):
    with pytest.raises(MalformedError, match="circle") as caught:
        language(schema_spec(schema))
    assert caught.value.keyword == "$ref"
    assert caught.value.pointer is not None


REFUSED = [
    ({"items": {"pattern": r"(a)\1"}}, "/items/pattern", "pattern"),
    (
        {"type": "object", "patternProperties": {r"(a)\1": {}}},
        r"/patternProperties/(a)\1",
        "patternProperties",
    ),
    (
        {"type": "object", "propertyNames": {"pattern": r"(a)\1"}},
        "/propertyNames/pattern",
        "pattern",
    ),
    ({"properties": {"a/b": {"$ref": "http://x/other"}}}, "/properties/a~1b/$ref", "$ref"),
    ({"$schema": "http://json-schema.org/draft-03/schema#"}, "/$schema", "$schema"),
]


@pytest.mark.parametrize(("schema", "pointer", "keyword"), REFUSED)
def test_a_refusal_names_the_place_the_keyword_and_the_way_out(schema, pointer, keyword):
    with pytest.raises(UnsupportedError) as caught:
        language(schema_spec(schema))
    error = caught.value
    assert (error.code, error.pointer, error.keyword) == ("UNSUPPORTED_KEYWORD", pointer, keyword)
    assert error.hint


DIAGNOSED = {
    "exact": (
        {"type": "object", "properties": {"a": {"enum": ["x"]}}, "required": ["a"]},
        {"/type": "exact", "/properties": "exact", "/required": "exact"}
        | {"/properties/a/enum": "exact"},
    ),
    "annotations": (
        {"title": "t", "then": False, "type": "string", "format": "int32", "minContains": 2},
        {"/title": "annotation", "/then": "annotation", "/minContains": "annotation"}
        | {"/type": "exact", "/format": "annotation"},
    ),
    "another draft's": (
        {"$schema": DRAFT_7, "dependentRequired": {"a": ["b"]}, "type": "null"},
        {"/$schema": "annotation", "/dependentRequired": "annotation", "/type": "exact"},
    ),
    "a long string": (
        {"type": "string", "maxLength": 100_000},
        {"/type": "exact", "/maxLength": "narrowed"},
    ),
    "a format in part": (
        {"type": "string", "format": "date"},
        {"/type": "exact", "/format": "narrowed"},
    ),
    "unique elements": (
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        {"/type": "exact", "/items": "exact", "/items/type": "exact", "/uniqueItems": "narrowed"},
    ),
}


@pytest.mark.parametrize("name", DIAGNOSED)
def test_diagnostics_say_how_each_keyword_was_taken(name):
    schema, expected = DIAGNOSED[name]
    _, found = language(schema_spec(schema))
    assert {entry.pointer: entry.enforcement for entry in found} == expected
    assert all(bool(entry.message) == (entry.enforcement == "narrowed") for entry in found)
    assert all(entry.pointer.endswith(entry.keyword) for entry in found)


def test_formats_that_do_not_assert_annotate():
    _, found = language(schema_spec({"type": "string", "format": "date"}, assert_formats=False))
    assert {e.pointer: e.enforcement for e in found} == {"/type": "exact", "/format": "annotation"}
    assert accepts({"type": "string", "format": "date"}, '"x"', assert_formats=False)
