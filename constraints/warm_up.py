"""A small spec of each kind, which together run the loops that numba compiles on first use."""

from __future__ import annotations

from collections.abc import Mapping

from constraints.spec import Choice, JsonSchema, Lark, Regex, Spec, Sql, Template

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

BRACKETS = 'start: "(" start* ")" | NAME ("," NAME)*\nNAME: /[a-z]+/\n%ignore " "'

TABLES = """
CREATE TABLE orders (id INTEGER, status TEXT, total REAL);
CREATE TABLE clients (id INTEGER, name TEXT);
"""

EXAMPLES: Mapping[str, Spec] = {
    "choice": Choice(("yes", "no")),
    "regex": Regex("[a-z]+[0-9]{2,4}"),
    "json_schema": JsonSchema(RECORD),
    "template": Template(Regex("[a-z]+"), ("a", "b", "c")),
    "lark": Lark(BRACKETS),
    "lark earley": Lark(BRACKETS, parser="earley"),
    "sql": Sql("sqlite", catalog=TABLES),
}
"""By name, as progress is reported."""
