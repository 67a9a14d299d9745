import json

import numpy as np
import pytest

import constraints
from constraints import Choice, JsonSchema, Regex, Vocabulary
from tests.laws import LAWS

RECORD = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "pattern": "^[A-Z]{2}[0-9]+$"},
        "day": {"type": "string", "format": "date"},
        "note": {"type": ["string", "null"]},
        "price": {"type": "number", "exclusiveMinimum": 0, "maximum": 12.5},
        "tags": {"type": "array", "items": {"enum": ["a", "b"]}, "maxItems": 2},
    },
    "required": ["id", "tags"],
}
TREE = {
    "type": "object",
    "properties": {"v": {"type": "integer"}, "kids": {"type": "array", "items": {"$ref": "#"}}},
    "required": ["v"],
}
PICKED = {
    "type": "object",
    "patternProperties": {"^x": {"type": "string", "maxLength": 3}},
    "properties": {
        "set": {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True},
        "some": {"type": "array", "contains": {"const": 1}, "items": {"type": "integer"}},
    },
    "oneOf": [{"required": ["set"]}, {"required": ["some"]}],
    "unevaluatedProperties": False,
}
OPEN = {"properties": {"a": {"const": 1}}, "required": ["a"], "type": "object"}

SPECS = {
    "choice": Choice(["yes", "no", "não", ""]),
    "regex": Regex("(ab|cd)+x?[0-9]{0,3}"),
    "finite": JsonSchema('{"enum": [1, "one", {"a": [true, null]}, -2.5]}'),
    "compact": JsonSchema(json.dumps(RECORD), whitespace="compact"),
    "flexible": JsonSchema(json.dumps(RECORD)),
    "indented": JsonSchema(json.dumps(RECORD), whitespace="indented"),
    "open": JsonSchema(json.dumps(OPEN), open_objects=True, whitespace="spaced"),
    "recursive": JsonSchema(json.dumps(TREE), whitespace="compact"),
    "recursive and open": JsonSchema(json.dumps(TREE), open_objects=True),
    "applicators": JsonSchema(json.dumps(PICKED), whitespace="spaced"),
    "any layout": JsonSchema(json.dumps(PICKED), open_objects=True, whitespace="any"),
    "anything": JsonSchema("{}", open_objects=True, whitespace="compact"),
}


def vocabulary(pad: bool) -> Vocabulary:
    words = [b'{"', b'":', b'","', b'"}', b"true", b"20", b"ab", b"cd", b"  ", b"\n  ", b"\xc3"]
    tokens = [bytes([byte]) for byte in range(256)] + words + [None, None, None]
    ends = [len(tokens) - 3, len(tokens) - 2]
    return Vocabulary.from_bytes(tokens, ends, len(tokens) - 1 if pad else None)


@pytest.mark.parametrize("pad", [True, False], ids=["pad", "no-pad"])
@pytest.mark.parametrize("name", SPECS)
def test_every_law_holds(name, pad):
    constraint = constraints.compile(SPECS[name], vocabulary(pad))
    for law in LAWS:
        law(constraint, np.random.default_rng(7))
