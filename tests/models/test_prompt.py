"""The prompt: what the outline says, and that no schema can break it."""

import json
from typing import Any

import pytest

from constraints.spec import Choice, JsonSchema, Regex
from engine.prompt import LAYOUTS, catalog_outline, outline, render

ADDRESS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "string"),
        ({"type": "string", "format": "date"}, "date"),
        ({"enum": ["low", "high"]}, "low|high"),
        ({"enum": [1, None, True]}, "1|null|true"),
        ({"const": "x"}, "x"),
        ({"type": ["integer", "null"]}, "integer|null"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number|null"),
        ({"type": "array", "items": {"type": "integer"}}, "[integer]"),
        ({"type": "array"}, "[any]"),
        ({"type": "object"}, "object"),
        (ADDRESS, "{city:string}"),
        ({"properties": {"a": {}}}, "{a?:any}"),
        ({"properties": {"a": {"$ref": "#/$defs/b"}}, "$defs": {"b": {"type": "boolean"}}},
         "{a?:boolean}"),
        ({"properties": {"a": {"type": "string", "description": "the\n buyer"}}},
         "{a?:string (the buyer)}"),
        ({"properties": {"to": ADDRESS}, "required": ["to"]}, "{to:{city:string}}"),
    ],
)  # fmt: skip
def test_outline_says(schema, expected):
    assert outline(schema) == expected


RECURSIVE = {"properties": {"child": {"$ref": "#"}}}


@pytest.mark.parametrize(
    "schema",
    [
        None, True, False, 3, "x", [], {}, RECURSIVE, {"$ref": "#"}, {"$ref": 4},
        {"$ref": "#/nowhere"}, {"$ref": "https://example.com/x"}, {"enum": []}, {"enum": "ab"},
        {"enum": [{"a": 1}, [2]]}, {"anyOf": []}, {"anyOf": 3}, {"allOf": [{}, 3]},
        {"type": []}, {"type": 7}, {"type": [3, "string"]}, {"type": "object", "properties": 3},
        {"properties": {"a": 5, "": None}}, {"properties": {}, "required": 9},
        {"properties": {"a": {}}, "required": [["a"]]}, {"items": [{}, {}]},
        {"type": "string", "format": 3}, {"oneOf": [{"type": "string"}, None]},
        {"$ref": "#/a/x", "a": [1]}, {"properties": {"a": {"description": 3}}},
        {"const": {"deep": [None]}}, {"type": {"odd": 1}},
    ],
)  # fmt: skip
def test_outline_never_raises_and_stays_on_one_line(schema):
    line = outline(schema)
    assert isinstance(line, str)
    assert "\n" not in line


def test_outlined_prompt_names_the_fields_before_the_text():
    spec = JsonSchema(json.dumps(ADDRESS))
    prompt = render("We live in Oslo.", spec, "outline")
    assert prompt.index("city") < prompt.index("Oslo")


def test_instruction_holds_schema_and_text():
    text = json.dumps(ADDRESS)
    prompt = render("We live in Oslo.", JsonSchema(text), "instruction")
    assert text in prompt
    assert "We live in Oslo." in prompt


@pytest.mark.parametrize("style", LAYOUTS)
def test_options_and_patterns_are_shown(style):
    assert "maybe" in render("Shall we?", Choice(["yes", "maybe"]), style)
    assert "[0-9]+" in render("How many?", Regex("[0-9]+"), style)


def test_without_a_spec_an_instruction_is_the_text_alone():
    assert render("Hello", None, "instruction") == "Hello"


def test_a_schema_that_is_no_json_still_gives_a_prompt():
    assert "any" in render("Hello", JsonSchema("{not json"), "outline")


def test_an_unknown_style_is_refused():
    poem: Any = "poem"
    with pytest.raises(ValueError, match="unknown prompt style"):
        render("Hello", None, poem)


def test_catalogs_show_tables_and_types():
    line = catalog_outline(
        {"orders": {"id": "integer", "total": "real"}, "items": {"id": "integer"}}
    )
    assert line == "sql orders(id integer,total real) items(id integer)"
