"""Bends a schema out of shape, one change at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from benchmarks.json_schema_fuzz.maker import NUMBERS, Maker
from benchmarks.spelled_json import Spelling

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
