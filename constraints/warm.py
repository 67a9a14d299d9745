"""Has all compiled code of constraints made or loaded, before anyone waits for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from constraints.compile import compile
from constraints.constraint import Constraint
from constraints.errors import EmptyError
from constraints.spec import Choice, JsonSchema, Lark, Regex, Spec, Sql, Template
from constraints.vocabulary import Vocabulary

RECORD = """{
  "type": "object",
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 40},
    "code": {"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"},
    "day": {"type": "string", "format": "date"},
    "total": {"type": "number", "minimum": 0},
    "paid": {"type": ["boolean", "null"]},
    "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}, "maxItems": 3}
  },
  "required": ["name", "lines"],
  "additionalProperties": {"type": "boolean"},
  "$defs": {
    "line": {
      "type": "object",
      "properties": {
        "count": {"type": "integer"},
        "kind": {"enum": ["a", "b", 1]},
        "parts": {"type": "array", "items": {"$ref": "#/$defs/line"}}
      },
      "required": ["count"]
    }
  }
}"""
"""A schema with strings, numbers, optional properties, a list, and a definition that refers to
itself."""

BRACKETS = 'start: "(" start* ")" | WORD ("," WORD)*\nWORD: /[a-z]+/\n%ignore " "'

TABLES = """
CREATE TABLE orders (id INTEGER, status TEXT, total REAL);
CREATE TABLE clients (id INTEGER, name TEXT);
"""

EXAMPLES: Mapping[str, Spec] = {
    "choice": Choice(("yes", "no")),
    "regex": Regex("[a-z]+[0-9]{2,4}"),
    "json_schema": JsonSchema(RECORD),
    "template": Template(Regex("[a-z]+"), ("a", "b", "c")),
    "lark": Lark("arithmetic"),
    "lark basic": Lark(BRACKETS, lexer="basic"),
    "lark earley": Lark(BRACKETS, parser="earley"),
    "lark counted": Lark('start: "a"~1..3'),
    "sql": Sql("sqlite", catalog=TABLES),
}
"""A small spec for every way through the compiled code, by name, as progress is reported."""

LENGTH = 64


@lru_cache(1)
def warm_up() -> None:
    """Compiles a spec of every kind, conditions a canvas on it and reads it.

    A first call in a fresh installation takes up to two minutes, in a fresh process seconds;
    another one nothing. Types are what compiled code depends on, so a small vocabulary does.
    """
    tokens = [bytes([byte]) for byte in range(0x100)]
    vocabulary = Vocabulary.from_bytes([*tokens, b"ab", b"((", None], [len(tokens) + 2])
    for spec in EXAMPLES.values():
        _used(compile(spec, vocabulary))


def _used(constraint: Constraint) -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(LENGTH, constraint.vocabulary.size)).astype(np.float32)
    block = constraint.block(length=LENGTH)
    try:
        posterior = block.condition(logits)
    except EmptyError as error:
        raise RuntimeError(f"a canvas of {LENGTH} tokens does not fit {constraint.spec}") from error
    posterior.marginals()
    posterior.sample(rng)
    canvas = posterior.best()
    constraint.accepts(constraint.text(canvas))
    block.mask()
    block.advance(canvas.tolist())
