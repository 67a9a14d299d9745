"""What blocks are made of: every text a member, and of tiny languages every member a text."""

import itertools
import re

import numpy as np
import pytest

import constraints
from constraints import Vocabulary, validate
from tests.constraints.json_schema.cases import (
    DRAFT_4,
    DRAFT_7,
    LIST,
    RECURSIVE_STRICT_TREE,
    STRICT_TREE,
    TREE,
)
from tests.laws import random_logits, unpacked
from tests.membership import membership, schema_spec

GENERATED = ("compact", "spaced", "indented", "flexible")
ROOM = 20
TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[^][{}:,"\s]+|[][{}:,]')


def obj(**properties):
    return {"type": "object", "properties": properties}


def array(items, **keywords):
    return {"type": "array", "items": items} | keywords


INTEGER, STRING, ONE = {"type": "integer"}, {"type": "string"}, {"const": 1}
SCHEMAS = {
    "anything": {},
    "scalars": {"type": ["string", "number", "boolean", "null"]},
    "enum": {"enum": [1, 2.5, "é\n", None, {"a": [True, {}]}, []]},
    "const": {"const": {"b": 1, "a": ["x"]}},
    "bounds": {"type": "number", "minimum": -2.5, "exclusiveMaximum": 10},
    "integers": {"type": "integer", "exclusiveMinimum": -7, "maximum": 1000},
    "multipleOf": {"type": "number", "multipleOf": 0.05, "minimum": 0},
    "length": {"type": "string", "minLength": 2, "maxLength": 5},
    "pattern": {"type": "string", "pattern": r"^\p{Lu}[\d\s]{1,3}(?!x)", "maxLength": 9},
    "formats": obj(day={"format": "date"}, at={"format": "time"}, id={"format": "uuid"})
    | {"additionalProperties": False},
    "items": array(array({"type": "boolean"}, maxItems=2), minItems=1),
    "prefixItems": {"type": "array", "prefixItems": [INTEGER, STRING], "items": {"type": "null"}},
    "contains": array(INTEGER, contains={"minimum": 5}, minContains=2, maxContains=3, maxItems=5),
    "uniqueItems": array({"enum": ["a", "b", "c", None]}, uniqueItems=True, minItems=2),
    "unique strings": array(STRING, uniqueItems=True),
    "unevaluatedItems": {
        "type": "array",
        "prefixItems": [ONE],
        "contains": {"type": "string"},
        "unevaluatedItems": {"type": "boolean"},
    },
    "properties": obj(a=INTEGER, b=STRING, c={"type": "null"}) | {"required": ["b"]},
    "required alone": {"type": "object", "required": ["b", "a"]},
    "additionalProperties": obj(a=INTEGER) | {"additionalProperties": {"type": "boolean"}},
    "patternProperties": {
        "type": "object",
        "patternProperties": {"^x": INTEGER, "y$": {"minimum": 3}},
        "additionalProperties": False,
    },
    "propertyNames": {
        "type": "object",
        "propertyNames": {"pattern": "^[ab]{1,2}$"},
        "additionalProperties": {"type": "null"},
    },
    "counts": obj(a=ONE, b=ONE, c=ONE, d=ONE) | {"minProperties": 2, "maxProperties": 3},
    "dependentRequired": obj(a=ONE, b=ONE, c=ONE) | {"dependentRequired": {"a": ["b", "c"]}},
    "dependentSchemas": obj(a=ONE, b=INTEGER)
    | {"dependentSchemas": {"a": {"properties": {"b": {"minimum": 10}}, "required": ["b"]}}},
    "dependencies": obj(a=ONE, b=INTEGER)
    | {
        "$schema": DRAFT_7,
        "dependencies": {"a": ["b"], "b": {"properties": {"b": {"minimum": 2}}}},
    },
    "unevaluatedProperties": obj(a=ONE)
    | {
        "anyOf": [{"properties": {"b": ONE}, "required": ["b"]}, {"properties": {"c": ONE}}],
        "unevaluatedProperties": False,
    },
    "unevaluatedProperties as a schema": obj(a=ONE) | {"unevaluatedProperties": STRING},
    "allOf": {"allOf": [obj(a={"minimum": 3}), obj(a=INTEGER, b=STRING) | {"required": ["a"]}]},
    "anyOf": {"anyOf": [obj(a=ONE) | {"required": ["a"]}, array(ONE), {"type": "null"}]},
    "oneOf": obj(a=ONE, b=ONE) | {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
    "overlapping oneOf": {"type": "integer", "oneOf": [{"minimum": 3}, {"maximum": 5}]},
    "not of a string": {"type": "string", "not": {"pattern": "^[a-z]"}},
    "not of an object": obj(a=INTEGER, b=INTEGER) | {"not": {"required": ["a", "b"]}},
    "not of a value": {"not": {"enum": [1, "a", None]}, "type": ["integer", "string", "null"]},
    "if": obj(k={"enum": ["x", "y"]}, v=INTEGER)
    | {
        "required": ["k"],
        "if": {"properties": {"k": {"const": "x"}}},
        "then": {"required": ["v"]},
        "else": {"properties": {"v": False}},
    },
    "references": {
        "$id": "http://x/root",
        "$defs": {"n": {"$id": "n", "$anchor": "here", "type": "integer", "minimum": 1}},
        "properties": {"a": {"$ref": "#/$defs/n"}, "b": {"$ref": "n"}, "c": {"$ref": "n#here"}},
        "type": "object",
        "required": ["a"],
    },
    "tree": TREE,
    "list": LIST,
    "$dynamicRef": STRICT_TREE,
    "$recursiveRef": RECURSIVE_STRICT_TREE,
    "draft 4": {
        "$schema": DRAFT_4,
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 0, "exclusiveMinimum": True}},
        "required": ["n"],
    },
    "draft 7 tuples": {
        "$schema": DRAFT_7,
        "type": "array",
        "items": [INTEGER, STRING],
        "additionalItems": {"type": "boolean"},
    },
}


def vocabulary() -> Vocabulary:
    words = [b'{"', b'":', b'","', b'"}', b"true", b"20", b"ab", b"[]", b"  ", b"\n  ", b"\xc3"]
    tokens = [*(bytes([byte]) for byte in range(256)), *words, None, None]
    return Vocabulary.from_bytes(tokens, [len(tokens) - 2], len(tokens) - 1)


WORDS = vocabulary()


@pytest.mark.parametrize("open_objects", [False, True], ids=["closed", "open"])
@pytest.mark.parametrize("name", SCHEMAS)
def test_every_text_of_a_block_is_a_member(name, open_objects):
    schema = SCHEMAS[name]
    any_layout = membership(schema_spec(schema, whitespace="any", open_objects=open_objects))
    rng = np.random.default_rng(3)
    for whitespace in GENERATED:
        spec = schema_spec(schema, whitespace=whitespace, open_objects=open_objects)
        constraint = constraints.compile(spec, WORDS)
        for text in texts(constraint, rng):
            assert validate(spec, text) is None, text
            assert constraint.accepts(text), text
            assert any_layout(text), text
            assert any_layout(spread(text)), text


def spread(text):
    """The same text with white space before and after each token."""
    return b"\r\n\t  ".join([b"", *TOKEN.findall(text), b""])


def texts(constraint, rng):
    """Best and sampled texts of one block, cold and hot; one of them can be pinned."""
    length = constraint.start.fewest_tokens + ROOM
    block = constraint.block(length)
    for temperature in (0.5, 4.0):
        posterior = block.condition(random_logits(constraint, length, rng) / temperature)
        for canvas in (posterior.best(), *(posterior.sample(rng) for _ in range(3))):
            yield constraint.text(canvas)
    tokens = constraint.encode(constraint.text(posterior.best()))
    assert tokens is not None
    pinned = constraint.block(length, pinned=dict(enumerate(tokens)))
    assert np.isfinite(pinned.condition(random_logits(constraint, length, rng)).log_z)


TINY = {
    "strings": ({"enum": ["a", "b", "ab"]}, [b'"', b"a", b"b", b'a"']),
    "lengths": ({"type": "string", "minLength": 1, "maxLength": 2}, [b'"', b"a", b"\xc3", b"\xa9"]),
    "pattern": ({"type": "string", "pattern": "b$"}, [b'"', b"a", b"b", b'b"']),
    "not": ({"type": "string", "not": {"enum": ["a", "ba"]}}, [b'"', b"a", b"b", b'b"']),
    "integers": ({"type": "integer", "minimum": -1, "maximum": 11}, [b"-", b"1", b"0", b"11"]),
    "multiples": ({"type": "integer", "multipleOf": 3, "minimum": 0}, [b"1", b"2", b"0", b"11"]),
    "unique": (
        {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True},
        [b"[", b'"a"', b'"b"', b",", b"]"],
    ),
    "contains": (
        {"type": "array", "items": {"enum": [1, 2]}, "contains": {"const": 1}, "maxContains": 1},
        [b"[", b"1", b"2", b",", b"]"],
    ),
    "tuple": (
        {"type": "array", "prefixItems": [{"const": 1}], "items": {"const": 2}},
        [b"[", b"1", b"2", b",", b"]"],
    ),
    "required": (
        {
            "type": "object",
            "properties": {"a": {"const": 1}, "b": {"const": 1}},
            "required": ["b"],
            "additionalProperties": False,
        },
        [b'{"', b'a":1', b'b":1', b',"', b"}"],
    ),
    "counted": (
        {
            "type": "object",
            "patternProperties": {"^[ab]": {"const": 1}},
            "additionalProperties": False,
            "maxProperties": 1,
        },
        [b'{"', b'a":1', b'b":1', b',"', b"}"],
    ),
    "oneOf": (
        {
            "type": "object",
            "properties": {"a": {"const": 1}, "b": {"const": 1}},
            "additionalProperties": False,
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        [b'{"', b'a":1', b'b":1', b',"', b"}"],
    ),
    "if": (
        {"type": "integer", "if": {"minimum": 5}, "then": {"const": 12}, "else": {"maximum": 1}},
        [b"1", b"2", b"-", b"0"],
    ),
    "recursion": (
        {"type": "array", "items": {"$ref": "#"}, "maxItems": 1},
        [b"[", b"]", b"[]", b","],
    ),
    "nothing but null": ({"type": "null"}, [b"nu", b"l", b"ll", b"n"]),
}


@pytest.mark.parametrize("open_objects", [False, True], ids=["closed", "open"])
@pytest.mark.parametrize("name", TINY)
def test_a_canvas_is_possible_iff_its_text_is_a_member(name, open_objects):
    schema, pieces = TINY[name]
    end = len(pieces)
    words = Vocabulary.from_bytes([*pieces, None], [end])
    spec = schema_spec(schema, open_objects=open_objects)
    constraint = constraints.compile(spec, words)
    length = 6
    logits = np.random.default_rng(0).standard_normal((length, words.size)).astype(np.float32)
    members = [
        canvas
        for canvas in itertools.product(range(words.size), repeat=length)
        if constraint.accepts(constraint.text(canvas))
    ]
    block = constraint.block(length, tail="any")
    allowed = np.zeros(logits.shape, dtype=bool)
    for canvas in members:
        allowed[np.arange(length), list(canvas)] = True
    assert (unpacked(block.mask(), words.size) == allowed).all()
    log_p = logits.astype(np.float64)
    log_p -= np.logaddexp.reduce(log_p, axis=1, keepdims=True)
    weights = log_p[np.arange(length), np.array(members)].sum(axis=1)
    assert block.condition(logits).log_z == pytest.approx(np.logaddexp.reduce(weights), abs=1e-6)
    judged = {constraint.text(canvas) for canvas in members}
    assert [text for text in judged if validate(spec, text) is not None] == []
