"""What is examined: a schema and texts to ask about."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import spelled_json
from benchmarks.json_schema_fuzz.drafts import DRAFTS
from benchmarks.json_schema_fuzz.maker import SHAPES, TOPICS, Maker
from benchmarks.json_schema_fuzz.mutation import mutated, rebuilt


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
