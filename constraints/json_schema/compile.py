"""A JSON Schema spec, compiled to a parser graph with its diagnostics, and to a recogniser."""

from __future__ import annotations

from dataclasses import dataclass

from constraints.diagnostics import Diagnostic
from constraints.errors import LimitError, MalformedError, UnsatisfiableError, UnsupportedError
from constraints.json_schema.closure import TooLarge, closed
from constraints.json_schema.documents import child, read
from constraints.json_schema.lexicon import Lexicon
from constraints.json_schema.normalise import Normaliser
from constraints.json_schema.parser import Parser, Policy
from constraints.json_schema.recogniser import Recogniser
from constraints.json_schema.whitespace import LAYOUTS
from constraints.parser_graph import ParserGraph
from constraints.spec import JsonSchema

ANY_ORDER = "properties come in declared order, undeclared ones after them"


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a language is generated.

    Attributes:
        any_order: Properties of open objects come in any order.
        items: Elements of arrays that have an upper bound; None, up to the bound.
        length: Characters of strings that have an upper bound.
        free: Levels of values that nothing describes.
        depth: Arrays and objects around a value.
        budget: States, roughly.
    """

    any_order: bool = False
    items: int | None = None
    length: int = 1_000
    free: int = 2
    depth: int = 24
    budget: int = 60_000


EXTENTS = (
    Extent(any_order=True),
    Extent(),
    Extent(items=16, length=256, free=1),
    Extent(items=4, length=64, free=1),
    *(Extent(items=4, length=64, free=1, depth=depth) for depth in (8, 6, 4, 3, 2)),
    Extent(items=1, length=64, free=1, budget=400_000),
    Extent(items=1, length=64, free=1, depth=4, budget=400_000),
)
"""Tried in order: the first that the budget allows is generated."""


def compile_json_schema(spec: JsonSchema) -> tuple[ParserGraph, tuple[Diagnostic, ...]]:
    """Compiles a schema.

    Returns:
        The graph of the JSON texts that are generated, and how each keyword was taken.

    Raises:
        SpecError: The schema is malformed, unsupported, unsatisfiable or over a limit.
    """
    normaliser = _normaliser(spec)
    for extent in EXTENTS:
        if extent.any_order and not spec.open_objects:
            continue
        parser = Parser(normaliser, _policy(spec, extent))
        if not extent.any_order and spec.open_objects:
            parser.narrow(normaliser.root, "", ANY_ORDER)
        try:
            graph = closed(_lexicon(spec, parser, extent), extent.budget)
        except TooLarge:
            continue
        if graph is None:
            raise _nothing(normaliser, parser)
        for pointer, keyword, message in parser.narrowed:
            normaliser.note(pointer, keyword, message)
        return graph, tuple(normaliser.diagnostics.values())
    raise LimitError(
        "the language has too many places to be generated from",
        pointer="",
        hint="split the schema, or make fewer things optional, recursive or repeated",
    )


def recogniser(spec: JsonSchema) -> Recogniser:
    """The reader of all texts that a schema admits, undeclared properties included.

    Raises:
        SpecError: See `compile_json_schema`.
    """
    policy = Policy(open_objects=spec.open_objects, ordered=False, remembering=True)
    return Recogniser(Parser(_normaliser(spec), policy), LAYOUTS[spec.whitespace])


def _normaliser(spec: JsonSchema) -> Normaliser:
    if not isinstance(spec.whitespace, str) or spec.whitespace not in LAYOUTS:
        raise MalformedError(
            f"unknown whitespace policy {spec.whitespace!r}", hint=f"one of {', '.join(LAYOUTS)}"
        )
    return Normaliser(read(spec.text, spec.documents), assert_formats=spec.assert_formats)


def _policy(spec: JsonSchema, extent: Extent) -> Policy:
    return Policy(
        open_objects=spec.open_objects,
        ordered=not extent.any_order,
        remembering=False,
        most_items=extent.items,
        most_free=extent.free,
        most_depth=extent.depth,
    )


def _lexicon(spec: JsonSchema, parser: Parser, extent: Extent) -> Lexicon:
    return Lexicon(
        parser, LAYOUTS[spec.whitespace], spelling="plain", most_length=extent.length
    )


def _nothing(normaliser: Normaliser, parser: Parser) -> UnsatisfiableError | UnsupportedError:
    if parser.narrowed and not normaliser.is_empty(normaliser.root):
        pointer, keyword, message = next(iter(parser.narrowed))
        return UnsupportedError(
            f"no value can be generated: {message}",
            pointer=child(pointer, keyword) if keyword else pointer,
            keyword=keyword,
            hint="name what may be there: list properties, values or elements",
        )
    return UnsatisfiableError(
        "no JSON value satisfies the schema",
        pointer="",
        hint="look for bounds out of order, and required properties that nothing satisfies",
    )
