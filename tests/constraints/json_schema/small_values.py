"""All small JSON values, and what the independent validator says of them."""

import itertools
import json

from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from tests.membership import written

SCALARS = [
    None,
    True,
    False,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    9,
    12,
    -1,
    1.0,
    1.5,
    0.25,
    "",
    "a",
    "x",
    "ab",
    "xa",
]
ELEMENTS = [None, True, 0, 1, 2, 5, 1.0, "a", "x", [], [1], {}, {"a": 1}, {"a": 1.0}]
MEMBERS = [("a", 1), ("a", "x"), ("b", 1), ("b", 2), ("b", "xx"), ("k", "x"), ("q", 1), ("xa", 4)]
SMALL = [
    *SCALARS,
    *(list(items) for size in range(3) for items in itertools.product(ELEMENTS, repeat=size)),
    *(list(items) for items in itertools.product([0, 1, 1.0, "x"], repeat=3)),
    *(dict(some) for size in range(4) for some in itertools.permutations(MEMBERS, size)),
]
SMALL_TEXTS = sorted({written(value) for value in SMALL})


def judgement(schema):
    """Whether a JSON text is valid, by jsonschema alone."""
    kind = validator_for(schema, default=Draft202012Validator)
    validator = kind(schema, format_checker=kind.FORMAT_CHECKER)
    return lambda text: validator.is_valid(json.loads(text))
