"""Makes random schemas, values and their texts over a small alphabet."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from benchmarks import spelled_json
from benchmarks.json_schema_fuzz.drafts import DEFINED, DRAFTS, Draft
from benchmarks.spelled_json import Spelling

NAMES = ("a", "b", "aa", "é")
STRINGS = ("", "a", "b", "é", "aa", "ab", "aab", "a\n", "𝄞", '"', "\\", "𝄞a")
COMMON_NUMBERS = tuple(map(Spelling, ("0", "1", "2", "1.0")))
NUMBERS = (
    *map(Spelling, ("3", "6", "10", "-1", "0.5", "1.5", "1e2", "-0", "1e-1", "3e0", "-2.50")),
    *COMMON_NUMBERS,
)
COMMON_STRINGS = ("", "a", "b", "aa")
STEPS = tuple(map(Spelling, ("1", "2", "0.5", "3", "1.0", "1e1", "0.3")))
PATTERNS = ("^a", "b$", ".", "^a+$", "a|b", "^[^a]*$", "^(?:ab)?$", "^.{1,2}$", "")
TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
COUNTS = (0, 1, 1, 2, 2, 3)
SHAPES = ("array", "object", "number", "number", "string", "string", "word")
GAPS = ("", "", "", " ", "\n", "\t \r")


class Maker:
    """Makes schemas and values over a small alphabet.

    Args:
        rng: Where every choice comes from.
        draft: The dialect of the schemas.
        constants: Values that the schema at hand names; used often.
    """

    def __init__(
        self, rng: random.Random, draft: Draft = DRAFTS[0], constants: Sequence[Any] = ()
    ) -> None:
        self.rng = rng
        self.draft = draft
        self.constants = constants

    def document(self) -> Any:
        """A whole schema, with definitions that may refer to each other and to it."""
        root = self.schema(self.rng.choice((1, 2, 2, 3)), self.topic())
        if not isinstance(root, dict):
            return root
        schema = {"$schema": self.draft.uri, **root}
        if "#/" in spelled_json.written(root):
            schema[self.draft.definitions] = {name: self.part(1) for name in DEFINED}
        return schema

    def topic(self) -> str:
        """What a schema is to speak of."""
        return self.rng.choice(tuple(TOPICS))

    def schema(self, depth: int, topic: str) -> Any:
        """A schema of keywords that speak of one type mostly, so that they meet."""
        if depth <= 0 or self.rng.random() < 0.08:
            return self.simple(topic)
        topic = topic if self.rng.random() < 0.8 else self.topic()
        pool = (*TOPICS[topic], *self.rng.sample(APPLICATORS, 3))
        chosen = self.rng.sample(pool, self.rng.choice((1, 2, 2, 3)))
        result: dict[str, Any] = {}
        if topic in TYPES and self.rng.random() < 0.4:
            result["type"] = topic
        for keyword in dict.fromkeys(each for name in chosen for each in WITH.get(name, (name,))):
            if keyword not in self.draft.lacks:
                result[keyword] = KEYWORDS[keyword](self, depth - 1, topic)
        return self.dated(result)

    def part(self, depth: int) -> Any:
        """A schema of anything."""
        return self.schema(depth, self.topic())

    def dated(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The same in the spelling of draft 4, where that is the draft."""
        if self.draft.booleans:
            return schema
        for keyword, beside in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
            if keyword in schema:
                schema[beside] = schema.get(beside, schema[keyword])
                schema[keyword] = self.rng.random() < 0.7
        return schema

    def simple(self, topic: str) -> Any:
        """A schema with few schemas in it."""
        shape = self.rng.randrange(16)
        if shape < 2:
            return True if self.draft.booleans else {}
        if shape == 2:
            return False if self.draft.booleans else {"not": {}}
        if shape < 6:
            return {"type": self.rng.choice(TYPES)}
        if shape < 8:
            return {"enum": self.enum(1)}
        keyword = self.rng.choice([each for each in TOPICS[topic] if each in FLAT])
        if keyword in self.draft.lacks:
            return {}
        return self.dated({keyword: KEYWORDS[keyword](self, 0, topic)})

    def some(self, depth: int, topic: str) -> list[Any]:
        """One to three schemas of one topic."""
        return [self.schema(depth, topic) for _ in range(self.rng.randint(1, 3))]

    def parts(self, depth: int) -> list[Any]:
        """One to three schemas."""
        return [self.part(depth) for _ in range(self.rng.randint(1, 3))]

    def by_name(self, names: Sequence[str], depth: int) -> dict[str, Any]:
        """Schemas by name or pattern."""
        chosen = self.rng.sample(names, self.rng.randint(1, 2))
        return {name: self.part(depth) for name in chosen}

    def dependent(self, depth: int) -> dict[str, Any]:
        """Schemas of objects by name."""
        return {name: self.schema(depth, "object") for name in self.names()}

    def names(self) -> list[str]:
        """One or two names."""
        return self.rng.sample(NAMES, self.rng.randint(1, 2))

    def type_names(self) -> Any:
        """One type, or a list."""
        if self.rng.random() < 0.5:
            return self.rng.choice(TYPES)
        return self.rng.sample(TYPES, self.rng.randint(1, 3))

    def enum(self, depth: int) -> list[Any]:
        """One to four values, no two equal."""
        values = [self.value(depth) for _ in range(self.rng.randint(1, 4))]
        return list({str(_plain(value)): value for value in values}.values())

    def items(self, depth: int) -> Any:
        """A schema, or a list of them where the draft has that."""
        listed = "prefixItems" in self.draft.lacks or "additionalItems" not in self.draft.lacks
        return self.parts(depth) if listed and self.rng.random() < 0.4 else self.part(depth)

    def reference(self) -> str:
        """A reference to the root or to a definition."""
        definitions = [f"#/{self.draft.definitions}/{name}" for name in DEFINED]
        return self.rng.choice(("#", *definitions, *definitions))

    def dependencies(self, depth: int) -> dict[str, Any]:
        """Names or a schema by name."""
        return {
            name: self.names() if self.rng.random() < 0.5 else self.schema(depth, "object")
            for name in self.names()
        }

    def value(self, depth: int) -> Any:
        """A JSON value; numbers are `Spelling`."""
        if self.constants and self.rng.random() < 0.3:
            return self.rng.choice(self.constants)
        return self.shaped(self.rng.choice(SHAPES if depth > 0 else SHAPES[2:]), depth)

    def shaped(self, shape: str, depth: int) -> Any:
        """A JSON value of a kind."""
        common = self.rng.random() < 0.7
        if shape == "number":
            return self.rng.choice(COMMON_NUMBERS if common else NUMBERS)
        if shape == "string":
            return self.rng.choice(COMMON_STRINGS if common else STRINGS)
        if shape == "array":
            return [self.value(depth - 1) for _ in range(self.rng.randint(0, 3))]
        if shape == "object":
            names = self.rng.sample(NAMES, self.rng.randint(0, 3))
            return {name: self.value(depth - 1) for name in names}
        return self.rng.choice((None, True, False))

    def altered(self, value: Any) -> Any:
        """A value with one thing changed in it."""
        if isinstance(value, list):
            return self._altered_list(list(value))
        if isinstance(value, dict):
            return self._altered_dict(dict(value))
        return self.value(1)

    def _altered_list(self, value: list[Any]) -> list[Any]:
        at = self.rng.randrange(len(value) + 1)
        if at == len(value) or self.rng.random() < 0.15:
            value.insert(at, self.rng.choice([*value, self.value(1)]))
        elif self.rng.random() < 0.3:
            del value[at]
        else:
            value[at] = self.altered(value[at])
        return value

    def _altered_dict(self, value: dict[str, Any]) -> dict[str, Any]:
        name = self.rng.choice([*value, self.rng.choice((*NAMES, *STRINGS))])
        if name not in value or self.rng.random() < 0.15:
            value[self.rng.choice(NAMES) if name in value else name] = self.value(1)
        elif self.rng.random() < 0.3:
            del value[name]
        else:
            value[name] = self.altered(value[name])
        return value

    def spelled(self, value: Any) -> str:
        """A value as JSON text: any order of names, any escapes, numbers and whitespace."""
        gap = self.rng.choice(GAPS)
        return gap + self._spelled(value) + self.rng.choice(GAPS)

    def _spelled(self, value: Any) -> str:
        if isinstance(value, dict):
            members = [
                f"{self.spelled(name)}:{self.spelled(value[name])}"
                for name in self.rng.sample(list(value), len(value))
            ]
            return "{" + ",".join(members) + "}"
        if isinstance(value, list):
            return "[" + ",".join(map(self.spelled, value)) + "]"
        if isinstance(value, Spelling):
            return self.rng.choice(_number_spellings(value))
        if isinstance(value, str):
            return '"' + "".join(map(self._character, value)) + '"'
        return json.dumps(value)

    def _character(self, character: str) -> str:
        plain = json.dumps(character, ensure_ascii=False)[1:-1]
        units = character.encode("utf-16-be").hex()
        escaped = "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
        return self.rng.choice((plain, plain, plain, escaped, escaped.upper().replace("U", "u")))

    def broken(self, text: str) -> str:
        """A text with one thing changed that often makes it no JSON."""
        at = self.rng.randrange(len(text) + 1)
        inserted = self.rng.choice((",", "0", "-", "}", "]", "\x00", "\\", '"', "NaN", " ", "\f"))
        return self.rng.choice((text[:at], text[:at] + inserted + text[at:], text + text))

    def doubled(self, value: Any) -> str:
        """An object with a name twice, in a spelling of its own."""
        name = self.rng.choice([*value, "a"]) if isinstance(value, dict) else "a"
        again = value[name] if isinstance(value, dict) and name in value else self.value(0)
        first = f"{self.spelled(name)}:{self.spelled(again)}"
        if not (isinstance(value, dict) and value):
            return f"{{{first},{first}}}"
        return f"{{{first},{self._spelled(value)[1:]}"


def _number_spellings(number: Spelling) -> list[str]:
    value = Decimal(number)
    if abs(value.adjusted()) > 30:
        return [number]
    plain = f"{value:f}"
    moved = f"{value.scaleb(2):f}e-2"
    padded = f"{plain}0" if "." in plain else f"{plain}.0"
    return [number, number, plain, padded, moved, f"{plain}E+0"]


def _plain(value: Any) -> Any:
    """A stand-in that is alike for equal values."""
    if isinstance(value, dict):
        return sorted((name, _plain(each)) for name, each in value.items())
    if isinstance(value, list):
        return ["list", *map(_plain, value)]
    return f"{Decimal(value) + 0:f}" if isinstance(value, Spelling) else (type(value), value)


Keyword = Callable[[Maker, int, str], Any]
"""(maker, depth, topic) → the keyword's value."""


def _same_place(maker: Maker, depth: int, topic: str) -> Any:
    return maker.schema(depth, topic)


def _alternatives(maker: Maker, depth: int, topic: str) -> list[Any]:
    return maker.some(depth, topic)


def _inside(maker: Maker, depth: int, _: str) -> Any:
    return maker.part(depth)


def _names(maker: Maker, _: int, __: str) -> list[str]:
    return maker.names()


def _count(maker: Maker, _: int, __: str) -> int:
    return maker.rng.choice(COUNTS)


def _number(maker: Maker, _: int, __: str) -> Spelling:
    return maker.rng.choice(NUMBERS)


KEYWORDS: Mapping[str, Keyword] = {
    "type": lambda maker, *_: maker.type_names(),
    "enum": lambda maker, *_: maker.enum(2),
    "const": lambda maker, *_: maker.value(2),
    "properties": lambda maker, depth, _: maker.by_name(NAMES, depth),
    "required": _names,
    "patternProperties": lambda maker, depth, _: maker.by_name(PATTERNS, depth),
    "additionalProperties": _inside,
    "propertyNames": lambda maker, depth, _: maker.schema(depth, "string"),
    "minProperties": _count,
    "maxProperties": _count,
    "dependentRequired": lambda maker, *_: {name: maker.names() for name in maker.names()},
    "dependentSchemas": lambda maker, depth, _: maker.dependent(depth),
    "dependencies": lambda maker, depth, _: maker.dependencies(depth),
    "unevaluatedProperties": _inside,
    "items": lambda maker, depth, _: maker.items(depth),
    "prefixItems": lambda maker, depth, _: maker.parts(depth),
    "additionalItems": _inside,
    "contains": _inside,
    "minContains": _count,
    "maxContains": _count,
    "uniqueItems": lambda maker, *_: maker.rng.random() < 0.9,
    "minItems": _count,
    "maxItems": _count,
    "unevaluatedItems": _inside,
    "minLength": _count,
    "maxLength": _count,
    "pattern": lambda maker, *_: maker.rng.choice(PATTERNS),
    "minimum": _number,
    "maximum": _number,
    "exclusiveMinimum": _number,
    "exclusiveMaximum": _number,
    "multipleOf": lambda maker, *_: maker.rng.choice(STEPS),
    "allOf": _alternatives,
    "anyOf": _alternatives,
    "oneOf": _alternatives,
    "not": _same_place,
    "if": _same_place,
    "then": _same_place,
    "else": _same_place,
    "$ref": lambda maker, *_: maker.reference(),
}
TOPICS: Mapping[str, tuple[str, ...]] = {
    "object": tuple(KEYWORDS)[3:14],
    "array": tuple(KEYWORDS)[14:24],
    "string": ("minLength", "maxLength", "pattern", "enum"),
    "number": tuple(KEYWORDS)[27:32],
    "any": ("type", "enum", "const"),
}
FLAT = frozenset(
    (
        *("type", "enum", "const", "required", "minProperties", "maxProperties"),
        *("dependentRequired", "uniqueItems", "minItems", "maxItems"),
        *TOPICS["string"],
        *TOPICS["number"],
    )
)
APPLICATORS = ("allOf", "anyOf", "oneOf", "not", "if", "$ref", "enum", "type")
WITH = {
    "if": ("if", "then", "else"),
    "minContains": ("contains", "minContains"),
    "maxContains": ("contains", "maxContains"),
}
"""Keywords that mean something beside others only."""
