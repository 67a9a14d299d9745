"""Whether a schema admits a text, without a vocabulary."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from constraints import JsonSchema
from constraints.compile import language
from constraints.json_schema import recogniser
from constraints.parser_graph import ParserGraph
from constraints.reading import is_accepting, read, start
from constraints.spec import Whitespace

Membership = Callable[[bytes], bool]


def schema_spec(schema: Any, *, whitespace: Whitespace = "compact", **options: Any) -> JsonSchema:
    """A spec from a schema as a value or as text."""
    text = schema if isinstance(schema, str) else json.dumps(schema)
    return JsonSchema(text, whitespace=whitespace, **options)


def membership(spec: JsonSchema) -> Membership:
    """Decides as `Constraint.accepts` does."""
    return recogniser(spec).accepts if spec.open_objects else generation(spec)


def generation(spec: JsonSchema) -> Membership:
    """Whether a text is among those that blocks are made of."""
    graph, _ = language(spec)
    assert isinstance(graph, ParserGraph)
    return lambda text: is_generated(graph, text)


def is_generated(graph: ParserGraph, text: bytes) -> bool:
    """Whether a graph's places lead through a text to the end."""
    reached = read(graph, *start(graph), text)
    return reached is not None and is_accepting(graph, *reached)


def accepts(schema: Any, text: str | bytes, **options: Any) -> bool:
    """Whether a schema admits one text."""
    encoded = text.encode() if isinstance(text, str) else text
    return membership(schema_spec(schema, **options))(encoded)


def written(value: Any) -> str:
    """A value as compact JSON text."""
    return json.dumps(value, separators=(",", ":"))
