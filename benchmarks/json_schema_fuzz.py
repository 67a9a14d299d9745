"""Random schemas and real ones bent out of shape: what we accept and draw, against jsonschema.

python -m benchmarks.json_schema_fuzz --seconds 600 --seed 0 --schemas DIR --findings FILE
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Context, Decimal, localcontext
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import regex
from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for

import constraints
from benchmarks import report, spelled_json
from benchmarks.isolation import Failure, Worker
from benchmarks.spelled_json import Spelling
from constraints import Constraint, EmptyError, JsonSchema, SpecError, Vocabulary
from constraints.ecma import translated
from constraints.errors import UnsatisfiableError
from constraints.json_schema import Recogniser, recogniser
from constraints.json_schema.whitespace import LAYOUTS

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
DEFINED = ("x", "y")


@dataclass(frozen=True, slots=True)
class Draft:
    """A dialect: its name, what it lacks, and where its definitions stand."""

    uri: str
    lacks: frozenset[str]
    definitions: str = "$defs"
    booleans: bool = True


OLD = frozenset(("dependencies", "additionalItems"))
NEW = frozenset(
    (
        *("dependentRequired", "dependentSchemas", "minContains", "maxContains"),
        *("unevaluatedItems", "unevaluatedProperties", "prefixItems"),
    )
)
NEWER = frozenset(("if", "then", "else", "const", "contains", "propertyNames"))
OLD_2019 = frozenset(("dependencies", "prefixItems", "contains", "minContains", "maxContains"))
DRAFTS = (
    *[Draft("https://json-schema.org/draft/2020-12/schema", OLD)] * 3,
    Draft("https://json-schema.org/draft/2019-09/schema", OLD_2019),
    Draft("http://json-schema.org/draft-07/schema#", NEW, "definitions"),
    Draft("http://json-schema.org/draft-04/schema#", NEW | NEWER, "definitions", booleans=False),
)
"""2019-09 is left without `contains`, which evaluates no items there, but does for jsonschema."""


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

LISTS = ("allOf", "anyOf", "oneOf", "prefixItems", "items")
MAPS = (
    *("properties", "patternProperties", "dependentSchemas", "dependencies"),
    *("$defs", "definitions"),
)
SINGLE = (
    *("additionalProperties", "propertyNames", "unevaluatedProperties", "items", "contains"),
    *("additionalItems", "unevaluatedItems", "not", "if", "then", "else"),
)


def rebuilt(schema: Any, change: Callable[[Any], Any]) -> Any:
    """A schema with `change` applied to every schema in it, the inner ones first."""
    if not isinstance(schema, dict):
        return change(schema)
    result = dict(schema)
    for keyword, value in schema.items():
        if keyword in MAPS and isinstance(value, dict):
            result[keyword] = {
                name: each if isinstance(each, list) else rebuilt(each, change)
                for name, each in value.items()
            }
        elif keyword in LISTS and isinstance(value, list):
            result[keyword] = [rebuilt(each, change) for each in value]
        elif keyword in SINGLE:
            result[keyword] = rebuilt(value, change)
    return change(result)


Mutation = Callable[[Maker, Any, Any], Any]
"""(maker, schema, another schema of the document) → the schema changed."""


def mutated(maker: Maker, schema: Any) -> Any:
    """A schema with one to three of its schemas changed."""
    for _ in range(maker.rng.randint(1, 3)):
        schema = with_one_changed(maker, schema, maker.rng.choice(MUTATIONS))
    return schema


def with_one_changed(maker: Maker, schema: Any, mutate: Mutation) -> Any:
    """A schema with one of the schemas in it changed."""
    found: list[Any] = []
    rebuilt(schema, lambda each: found.append(each) or each)
    order = iter(range(len(found)))
    chosen = maker.rng.randrange(len(found))
    donor = maker.rng.choice(found)
    return rebuilt(
        schema, lambda each: mutate(maker, each, donor) if next(order) == chosen else each
    )


def _without_keyword(maker: Maker, schema: Any, _: Any) -> Any:
    if not isinstance(schema, dict) or not schema:
        return True
    dropped = maker.rng.choice(list(schema))
    return {keyword: value for keyword, value in schema.items() if keyword != dropped}


def _with_keyword(maker: Maker, schema: Any, donor: Any) -> Any:
    if not isinstance(schema, dict) or not isinstance(donor, dict) or not donor:
        return schema
    keyword = maker.rng.choice(list(donor))
    return {**schema, keyword: donor[keyword]}


def _with_made(maker: Maker, schema: Any, _: Any) -> Any:
    made = maker.part(1)
    return {**schema, **made} if isinstance(schema, dict) and isinstance(made, dict) else made


def _bounds_moved(maker: Maker, schema: Any, _: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    return {
        keyword: maker.rng.choice(NUMBERS) if type(value) is Spelling else value
        for keyword, value in schema.items()
    }


def _combined(maker: Maker, schema: Any, donor: Any) -> Any:
    keyword = maker.rng.choice(("allOf", "anyOf", "oneOf"))
    other = maker.rng.choice((donor, maker.part(1)))
    return {keyword: maker.rng.sample((schema, other), 2)}


def _conditional(maker: Maker, schema: Any, donor: Any) -> Any:
    parts = maker.rng.sample((schema, donor, maker.part(1)), 3)
    return dict(zip(("if", "then", "else"), parts, strict=True))


MUTATIONS: tuple[Mutation, ...] = (
    *(_without_keyword, _without_keyword, _with_keyword, _with_made, _bounds_moved),
    *(_combined, _conditional, lambda _, schema, __: {"not": schema}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A schema and texts to ask about.

    Attributes:
        schema: JSON text.
        texts: JSON texts, and some that are none.
        seed: Of every choice made while the case is examined.
        formats: Whether `format` constrains.
        draws: Pairs of texts drawn in each of two settings; 0, nothing is drawn.
    """

    schema: str
    texts: tuple[str, ...]
    seed: int
    formats: bool = False
    draws: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A disagreement: what we said of an instance, and what the oracle said."""

    kind: str
    schema: str
    instance: str
    ours: str
    oracle: str
    setting: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one case."""

    refused: str = ""
    compared: int = 0
    valid: int = 0
    unjudged: int = 0
    drawn: int = 0
    too_long: int = 0
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Real:
    """A real schema with instances of its own."""

    schema: Any
    instances: tuple[Any, ...]


def read_real(folder: Path, largest: int = 12_000) -> list[Real]:
    """The schemas of a folder of JSON lines, without those of more than `largest` characters."""
    lines = (line for file in sorted(folder.glob("*.jsonl")) for line in file.open())
    found = []
    for line in lines:
        case = spelled_json.read(line)
        if len(spelled_json.written(case["schema"])) <= largest:
            tests = case.get("tests", ())
            found.append(Real(case["schema"], tuple(each["data"] for each in tests)))
    return found


REAL_SHARE = 0.2
DRAWN_SHARE = 0.3


def case_of(rng: random.Random, real: Sequence[Real] = ()) -> Case:
    """A case of random make: from scratch, or a mutant of a real schema."""
    if real and rng.random() < REAL_SHARE:
        return _mutant(rng, rng.choice(real))
    draft = rng.choice(DRAFTS)
    return _case(rng, Maker(rng, draft).document(), (), formats=False)


def _mutant(rng: random.Random, real: Real) -> Case:
    maker = Maker(rng)
    dialect = real.schema.get("$schema") if isinstance(real.schema, dict) else None
    schema = rebuilt(real.schema, _without_dialect)
    schema = mutated(maker, schema) if rng.random() < 0.9 else schema
    if dialect is not None and isinstance(schema, dict):
        schema = {"$schema": dialect, **schema}
    instances = rng.sample(real.instances, min(4, len(real.instances)))
    return _case(rng, schema, instances, formats=rng.random() < 0.1)


def _without_dialect(schema: Any) -> Any:
    """The same for schemas that a mutation may put inside others."""
    if not isinstance(schema, dict):
        return schema
    return {keyword: value for keyword, value in schema.items() if keyword != "$schema"}


def _case(rng: random.Random, schema: Any, instances: Iterable[Any], *, formats: bool) -> Case:
    maker = Maker(rng, constants=constants_of(schema))
    shapes = [each for each in SHAPES if speaks_of(schema, each)] or SHAPES
    values = [*instances, *(maker.shaped(rng.choice(shapes), 2) for _ in range(12))]
    return Case(
        schema=spelled_json.written(schema),
        texts=tuple(dict.fromkeys(asked(maker, values))),
        seed=rng.randrange(1 << 30),
        formats=formats,
        draws=3 if rng.random() < DRAWN_SHARE else 0,
    )


def speaks_of(schema: Any, shape: str) -> bool:
    """Whether a schema has a keyword for values of a shape in it, at the root or in place of it."""
    if not isinstance(schema, dict):
        return False
    below = [schema.get(name) for name in ("not", "if", "then", "else")]
    for name in ("allOf", "anyOf", "oneOf"):
        below.extend(schema.get(name) or ())
    own = not schema.keys().isdisjoint(TOPICS.get(shape, ()))
    return own or any(speaks_of(each, shape) for each in below)


def asked(maker: Maker, values: Iterable[Any]) -> Iterator[str]:
    """Texts around values: themselves, what is like them, and what is no JSON."""
    for value in values:
        yield maker.spelled(value)
        yield maker.spelled(maker.altered(value))
        if maker.rng.random() < 0.2:
            yield maker.doubled(value)
            yield maker.broken(maker.spelled(value))


def constants_of(schema: Any) -> list[Any]:
    """The values that a schema names."""
    found: list[Any] = []

    def collect(each: Any) -> Any:
        if isinstance(each, dict):
            enum = each.get("enum", ())
            found.extend(enum if isinstance(enum, list) else ())
            found.extend([each["const"]] if "const" in each else ())
        return each

    rebuilt(schema, collect)
    return found[:50]


IN_PATTERN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|[$.]", re.DOTALL)
FOR_PYTHON = {"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}


class Oracle:
    """jsonschema, with exact numbers, and patterns as ECMA-262 has them.

    Args:
        case: With the schema.
    """

    def __init__(self, case: Case) -> None:
        try:
            self._validator = _validator(case)
        except Exception:  # noqa: BLE001 - of a library that is given anything
            self._validator = None

    def __call__(self, text: bytes) -> bool | None:
        """Whether a text is valid; None where the oracle cannot tell."""
        try:
            value = _value(text)
        except ValueError:
            return False
        except (RecursionError, ArithmeticError):
            return None
        if self._validator is None:
            return None
        try:
            with localcontext(Context(prec=200)):
                return self._validator.is_valid(value)
        except Exception:  # noqa: BLE001 - of a library that is given anything
            return None


DEPENDENCIES = Draft7Validator.VALIDATORS["dependencies"]
"""We enforce it in every draft, the library in the older ones only."""
UNEVALUATED = Draft202012Validator.VALIDATORS["unevaluatedProperties"]
"""For 2019-09 too, where the library takes `additionalProperties: {}` to evaluate nothing."""


def _validator(case: Case) -> Validator:
    schema = rebuilt(spelled_json.read(case.schema), _named_in_python)
    schema = json.loads(spelled_json.written(schema), parse_float=Decimal)
    base = validator_for(schema, default=Draft202012Validator)
    types = base.TYPE_CHECKER
    if base is not Draft4Validator:
        types = types.redefine("integer", _is_integer)
    own = {"pattern": _pattern, "uniqueItems": _unique_items, "dependencies": DEPENDENCIES}
    if "unevaluatedProperties" in base.VALIDATORS:
        own["unevaluatedProperties"] = UNEVALUATED
    formats = base.FORMAT_CHECKER if case.formats else None
    return extend(base, own, type_checker=types)(schema, format_checker=formats)


def _is_integer(_: Any, value: Any) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not regex.search(translated(pattern), instance):
        yield ValidationError("the pattern does not match")


def _unique_items(_: Any, unique: bool, instance: Any, __: Any) -> Iterator[ValidationError]:
    """The library's own misses some repetitions of arrays that hold both 1 and true."""
    if (
        unique
        and isinstance(instance, list)
        and len(set(map(repr, map(_alike, instance)))) < len(instance)
    ):
        yield ValidationError("an item is repeated")


def _alike(value: Any) -> Any:
    """A stand-in that is written alike for equal values."""
    if isinstance(value, dict):
        return {"object": sorted((name, repr(_alike(each))) for name, each in value.items())}
    if isinstance(value, list):
        return [_alike(each) for each in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value).normalize() + 0
    return value


def _named_in_python(schema: Any) -> Any:
    if not isinstance(schema, dict) or not isinstance(schema.get("patternProperties"), dict):
        return schema
    patterns = {
        f"(?a:{IN_PATTERN.sub(lambda found: FOR_PYTHON.get(found[0], found[0]), source)})": value
        for source, value in schema["patternProperties"].items()
    }
    return {**schema, "patternProperties": patterns}


def _value(text: bytes) -> Any:
    """What a JSON text says (RFC 8259), without repeated names and halves of surrogate pairs."""
    value = json.loads(
        text.decode(),
        parse_float=Decimal,
        parse_constant=_refused,
        object_pairs_hook=_distinct,
    )
    json.dumps(value, ensure_ascii=False, default=str).encode()
    return value


def _refused(name: str) -> Any:
    raise ValueError(name)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("an object repeats a name")
    return result


PIECES = (
    *('{"', '":', '",', '","', '"}', '":"', '{"a":', '"a"', '"b":', "[]", "{}", "}}", "]]", "[["),
    *("]}", ", ", ": ", "\n  ", "null", "true", "false", "\\u", "\\u00", "0.", "1e", "10", "é"),
    *("aa", "ab", '""', '"\\', "],[", "},{", ".0", "-1", "00", '"é":', "a", "1"),
)
VOCABULARY = Vocabulary.from_bytes(
    [*(bytes([byte]) for byte in range(256)), *(piece.encode() for piece in PIECES), None],
    eos_ids=[256 + len(PIECES)],
)
FAVOURED = np.array(
    [*b'{}[]":,ab01. e-', *range(256, VOCABULARY.size)],
    dtype=np.int64,
)
LENGTHS = (12, 40, 96)
SLOW = 5.0
LARGE = 600_000
"""Kilobytes."""


Made = TypeVar("Made")
Language = Constraint | Recogniser


class Examination:
    """One case, examined; findings and counts gather in it.

    Args:
        case: What to examine.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.oracle = Oracle(case)
        self.rng = random.Random(case.seed)
        self.noise = np.random.default_rng(case.seed)
        self.findings: list[Finding] = []
        self.counts: Counter[str] = Counter()
        self.refused = ""
        self.setting = ""
        self.unsatisfied = False

    def run(self) -> Outcome:
        """Asks, draws, and asks about what was drawn."""
        spec = JsonSchema(self.case.schema, whitespace="any")
        everything = self.compiled(spec, True) if self.case.draws else self.recogniser(spec)
        texts = [text.encode() for text in self.case.texts]
        texts.extend(self.around(self.nearby()))
        if isinstance(everything, Constraint):
            texts.extend(self.around(self.drawn(everything)))
            for policy in self.rng.sample(list(LAYOUTS), 2):
                spec = JsonSchema(self.case.schema, whitespace=policy)
                self.apart(spec, everything, texts)
        self.setting = "open any"
        if everything is not None:
            self.compare(everything, texts)
        elif self.unsatisfied and not self.case.formats:
            self.unsatisfiable(texts)
        return Outcome(
            refused=self.refused,
            compared=self.counts["compared"],
            valid=self.counts["valid"],
            unjudged=self.counts["unjudged"],
            drawn=self.counts["drawn"],
            too_long=self.counts["too_long"],
            findings=tuple(self.findings),
        )

    def apart(self, spec: JsonSchema, everything: Language, texts: Sequence[bytes]) -> None:
        """Another setting: its draws are members here and everywhere, its members are valid."""
        constraint = self.compiled(spec, self.rng.random() < 0.4)
        if constraint is None:
            return
        for text in self.drawn(constraint):
            if not self.accepts(everything, text):
                self.found("not_accepted", text, "drawn, but the open schema rejects it", "")
        for text in texts:
            if self.accepts(constraint, text) and self.oracle(text) is False:
                self.found("wrong_accept", text, "accepts", "invalid")

    def compiled(self, spec: JsonSchema, open_objects: bool) -> Constraint | None:
        """The constraint, or None where it is refused or fails."""
        spec = replace(spec, open_objects=open_objects, assert_formats=self.case.formats)
        self.setting = f"{'open' if open_objects else 'closed'} {spec.whitespace}"
        started, size = time.process_time(), _size()
        constraint = self.made(lambda: constraints.compile(spec, VOCABULARY))
        if (seconds := time.process_time() - started) > SLOW:
            self.found("slow", b"", f"compiles in {seconds:.1f} s", "")
        if (grown := _size() - size) > LARGE:
            self.found("memory", b"", f"grows by {grown // 1000} MB", "")
        return constraint

    def recogniser(self, spec: JsonSchema) -> Recogniser | None:
        """What `Constraint.accepts` asks of open objects, without the rest of a constraint."""
        self.setting = "open any"
        spec = replace(spec, open_objects=True, assert_formats=self.case.formats)
        return self.made(lambda: recogniser(spec))

    def made(self, make: Callable[[], Made]) -> Made | None:
        """What `make` gives, or None where it refuses or fails."""
        try:
            return make()
        except SpecError as error:
            self.refused = self.refused or f"{error.code}:{error.keyword}"
            unsatisfiable = isinstance(error, UnsatisfiableError)
            self.unsatisfied |= unsatisfiable and self.setting.startswith("open")
        except Exception as error:  # noqa: BLE001 - that is what is sought
            self.found("crash", b"", _crash(error), "")
        return None

    def unsatisfiable(self, texts: Iterable[bytes]) -> None:
        """No text at hand may be valid."""
        for text in texts:
            if self.oracle(text):
                self.found("wrongly_unsatisfiable", text, "unsatisfiable", "valid")
                return

    def nearby(self) -> list[bytes]:
        """Texts drawn from the schema without one of its keywords: nearly valid ones."""
        if not self.case.draws:
            return []
        schema = spelled_json.read(self.case.schema)
        near = spelled_json.written(with_one_changed(Maker(self.rng), schema, _without_keyword))
        try:
            constraint = constraints.compile(JsonSchema(near, open_objects=True), VOCABULARY)
        except Exception:  # noqa: BLE001 - of another schema, which has its own turn
            return []
        return self.pair(constraint)

    def compare(self, constraint: Language, texts: Iterable[bytes]) -> None:
        """Every text is accepted iff it is valid."""
        for text in texts:
            expected = self.oracle(text)
            if expected is None:
                self.counts["unjudged"] += 1
                continue
            accepted = self.accepts(constraint, text)
            self.counts["compared"] += 1
            self.counts["valid"] += expected
            if accepted and not expected:
                self.found("wrong_accept", text, "accepts", "invalid")
            if expected and accepted is False and not self.case.formats:
                self.found("wrong_reject", text, "rejects", "valid")

    def accepts(self, constraint: Language, text: bytes) -> bool | None:
        """What the constraint says; None where it fails."""
        try:
            return constraint.accepts(text)
        except Exception as error:  # noqa: BLE001 - that is what is sought
            if isinstance(error, SpecError) and isinstance(constraint, Recogniser):
                self.refused = self.refused or f"{error.code}:{error.keyword}"
            else:
                self.found("crash", text, _crash(error), "")
            return None

    def drawn(self, constraint: Constraint) -> list[bytes]:
        """Texts drawn from blocks, each found valid and a member that can be pinned."""
        texts: list[bytes] = []
        try:
            for _ in range(self.case.draws):
                texts.extend(self.pair(constraint))
            for text in texts:
                self.judge(constraint, text)
        except Exception as error:  # noqa: BLE001 - that is what is sought
            self.found("crash", b"", _crash(error), "")
        self.counts["drawn"] += len(texts)
        return texts

    def pair(self, constraint: Constraint) -> list[bytes]:
        """A sample and the best text of one block under random logits."""
        length = self.rng.choice(LENGTHS)
        try:
            block = constraint.block(length)
        except EmptyError:
            self.counts["too_long"] += 1
            return []
        logits = self.noise.standard_normal((length, VOCABULARY.size), dtype=np.float32)
        logits *= self.rng.uniform(0, 6)
        logits[:, FAVOURED] += self.rng.choice((0, 4, 8))
        logits[:, -1] += self.rng.choice((-6, 0, 0, 6))
        posterior = block.condition(logits)
        canvases = (posterior.sample(self.noise), posterior.best())
        return [constraint.text(canvas) for canvas in canvases]

    def judge(self, constraint: Constraint, text: bytes) -> None:
        """A drawn text is valid, a member, and the only one once its tokens are pinned."""
        if self.oracle(text) is False:
            self.found("unsound", text, "drawn", "invalid")
        tokens = constraint.encode(text)
        if tokens is None:
            self.found("not_accepted", text, "drawn, but rejected", "")
            return
        length = len(tokens) + 1
        try:
            block = constraint.block(length, pinned=dict(enumerate(tokens)))
            log_z = block.condition(np.zeros((length, VOCABULARY.size), np.float32)).log_z
        except EmptyError as error:
            self.found("not_pinned", text, str(error), "")
            return
        if not np.isfinite(log_z):
            self.found("not_pinned", text, f"log_z is {log_z}", "")

    def around(self, texts: Iterable[bytes]) -> Iterator[bytes]:
        """Drawn texts, changed a little and spelled anew."""
        maker = Maker(self.rng, constants=constants_of(spelled_json.read(self.case.schema)))
        for text in texts:
            try:
                value = spelled_json.read(text.decode())
                yield from (each.encode() for each in asked(maker, (value, maker.altered(value))))
            except (ValueError, ArithmeticError):
                continue

    def found(self, kind: str, instance: bytes, ours: str, oracle: str) -> None:
        """Keeps a finding, one of each kind in each setting."""
        finding = Finding(
            kind=kind,
            schema=self.case.schema,
            instance=instance.decode(errors="backslashreplace"),
            ours=ours,
            oracle=oracle,
            setting=self.setting,
        )
        if all((each.kind, each.setting) != (kind, self.setting) for each in self.findings):
            self.findings.append(finding)


def _crash(error: Exception) -> str:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    message = str(error)[:200]
    return f"{type(error).__name__} in {Path(frame.filename).name}:{frame.name}: {message}"


def _size() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def examined(case: Case) -> Outcome:
    """What becomes of a case."""
    return Examination(case).run()


ASKING = frozenset(("wrong_accept", "wrong_reject"))
UNSHRUNK = frozenset(("slow", "memory", "hang"))


def minimised(case: Case, finding: Finding, seconds: float) -> Finding:
    """The same kind of finding on a schema and an instance with nothing left to delete."""
    if finding.kind in UNSHRUNK:
        return finding
    deadline = time.perf_counter() + seconds
    asking = finding.kind in ASKING and finding.setting == "open any"
    texts = (finding.instance,) if finding.instance else ()
    case = replace(case, texts=texts, draws=0 if asking else case.draws)
    case, finding = _descended(case, finding, _smaller_schemas, deadline)
    return _descended(case, finding, _smaller_texts, deadline)[1] if asking else finding


def _descended(
    case: Case, finding: Finding, smaller: Callable[[Case], Iterator[Case]], deadline: float
) -> tuple[Case, Finding]:
    progress = True
    while progress:
        progress = False
        for candidate in smaller(case):
            if time.perf_counter() > deadline:
                return case, finding
            same = next(
                (each for each in examined(candidate).findings if each.kind == finding.kind), None
            )
            if same is not None:
                case, finding, progress = candidate, same, True
                break
    return case, finding


def _smaller_schemas(case: Case) -> Iterator[Case]:
    whole = spelled_json.read(case.schema)
    for schema in smaller(whole):
        if isinstance(schema, dict) and schema.get("$schema") == whole.get("$schema"):
            yield replace(case, schema=spelled_json.written(schema))


def _smaller_texts(case: Case) -> Iterator[Case]:
    for text in case.texts:
        try:
            value = spelled_json.read(text)
        except ValueError:
            continue
        plain = spelled_json.written(value)
        for each in (*([plain] if len(plain) < len(text) else []), *map(_written, smaller(value))):
            yield replace(case, texts=(each,))


def _written(value: Any) -> str:
    return spelled_json.written(value)


def smaller(value: Any) -> Iterator[Any]:
    """A JSON value with one part deleted, or replaced by a part of its own."""
    if isinstance(value, dict):
        for name in value:
            yield {key: each for key, each in value.items() if key != name}
        yield from (each for each in value.values() if isinstance(each, dict | list))
        for name, each in value.items():
            yield from ({**value, name: less} for less in smaller(each))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
        yield from (each for each in value if isinstance(each, dict | list))
        for index, each in enumerate(value):
            yield from ([*value[:index], less, *value[index + 1 :]] for less in smaller(each))
    elif isinstance(value, str) and not isinstance(value, Spelling) and value:
        yield value[:-1]
        yield value[1:]


EXAMINE_LIMIT = 120.0
MINIMISE_SECONDS = 15.0
RESTART_SECONDS = 120.0
RETRY_SECONDS = 5.0
"""After a worker did not start: the code it imports may be in the middle of an edit."""
MOST_ALIKE = 2
MEMORY_LIMIT = 12 << 30


def _worker() -> Callable[[Case], Outcome]:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    return _examined_and_minimised


def _examined_and_minimised(case: Case) -> Outcome:
    outcome = examined(case)
    findings = [minimised(case, each, MINIMISE_SECONDS) for each in outcome.findings[:3]]
    return replace(outcome, findings=tuple(findings))


@dataclass(slots=True)
class Tally:
    """What a run has seen so far."""

    findings: Path | None
    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    alike: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Counts an outcome and writes its findings."""
        self.counts["schemas"] += 1
        for name in ("compared", "valid", "unjudged", "drawn", "too_long"):
            self.counts[name] += getattr(outcome, name)
        if outcome.refused:
            self.refused[outcome.refused] += 1
        for finding in outcome.findings:
            self.kinds[finding.kind] += 1
            self.alike[signature(finding)] += 1
            if self.alike[signature(finding)] <= MOST_ALIKE:
                self.write(finding)

    def write(self, finding: Finding) -> None:
        """One line for a finding, at once."""
        line = json.dumps(asdict(finding), ensure_ascii=False)
        if self.findings is None:
            print(line, flush=True)
            return
        with self.findings.open("a") as file:
            file.write(line + "\n")


def signature(finding: Finding) -> tuple[str, ...]:
    """What findings of one cause mostly share: the kind, and the error or the keywords."""
    if finding.kind == "crash":
        return finding.kind, finding.ours[:80]
    words = {word for word in re.findall(r'"([^"\\]+)":', finding.schema) if word in KEYWORDS}
    return finding.kind, *sorted(words)


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    if arguments.schemas is not None and not arguments.schemas.is_dir():
        print(f"no folder {arguments.schemas}", file=sys.stderr)
        return report.WRONG_CALL
    real = [] if arguments.schemas is None else read_real(arguments.schemas)
    print(report.machine())
    tally = Tally(arguments.findings)
    fuzz(tally, real, seed=arguments.seed, seconds=arguments.seconds)
    return _report(tally, arguments.seed)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="benchmarks.json_schema_fuzz", description=__doc__)
    result.add_argument("--seconds", type=float, default=60.0)
    result.add_argument("--seed", type=int, default=0)
    result.add_argument("--schemas", type=Path, help="folder of .jsonl with real schemas to bend")
    result.add_argument("--findings", type=Path, help="file to append to; else they are printed")
    return result


def fuzz(tally: Tally, real: Sequence[Real], *, seed: int, seconds: float) -> None:
    """Examines cases until the time is over, in a process that is renewed now and then."""
    ends = time.monotonic() + seconds
    number = 0
    while time.monotonic() < ends:
        worker: Worker[Case, Outcome] = Worker(_worker, time_limit=EXAMINE_LIMIT)
        renewed = min(ends, time.monotonic() + RESTART_SECONDS)
        try:
            while time.monotonic() < renewed:
                case = case_of(random.Random(f"{seed} {number}"), real)
                tally.add(_answered(case, worker.ask(case)))
                number += 1
        except RuntimeError:
            tally.counts["not_started"] += 1
            time.sleep(RETRY_SECONDS)
        finally:
            worker.close()


def _answered(case: Case, answer: Outcome | Failure) -> Outcome:
    if isinstance(answer, Outcome):
        return answer
    finding = Finding(
        kind="hang" if answer.timed_out else "crash",
        schema=case.schema,
        instance="",
        ours=answer.message or f"no answer within {EXAMINE_LIMIT:g} s",
        oracle="",
    )
    return Outcome(findings=(finding,))


def _report(tally: Tally, seed: int) -> int:
    figures = {
        "seed": seed,
        **tally.counts,
        "refused": tally.refused.total(),
        "findings": dict(tally.kinds),
        "refused_by_keyword": dict(tally.refused.most_common()),
    }
    report.table("refused", ["code:keyword", "schemas"], tally.refused.most_common())
    report.table("findings", ["kind", "number"], tally.kinds.most_common())
    rows = [(name, value) for name, value in figures.items() if not isinstance(value, dict)]
    report.table("fuzz", ["figure", "value"], rows)
    passed = not tally.kinds and tally.counts["compared"] > 0
    return report.finish("json_schema_fuzz", passed=passed, figures=figures)


if __name__ == "__main__":
    sys.exit(main())
