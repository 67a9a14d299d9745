"""A JSON Schema spec, compiled to a parser graph with its diagnostics, and to a recogniser."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from constraints.diagnostics import Diagnostic
from constraints.errors import (
    LimitError,
    MalformedError,
    SpecError,
    UnsatisfiableError,
    UnsupportedError,
)
from constraints.json_schema.closure import closed
from constraints.json_schema.documents import child, read
from constraints.json_schema.emptiness import is_barren
from constraints.json_schema.lexicon import Known, Lexicon, OverBudgetError
from constraints.json_schema.normal import Normaliser
from constraints.json_schema.parser import Parser, Policy
from constraints.json_schema.recogniser import Recogniser
from constraints.json_schema.whitespace import LAYOUTS
from constraints.parser_graph import ParserGraph
from constraints.spec import JsonSchema

ANY_ORDER = "properties come in declared order, undeclared ones after them"
NO_UNDECLARED = "properties that no keyword speaks of are left out"


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of a language is generated.

    Attributes:
        any_order: Properties of open objects come in any order.
        undeclared: Open objects have properties that no keyword speaks of.
        items: Elements of arrays that have an upper bound; None, up to the bound.
        length: Characters of strings that have an upper bound.
        free: Levels of values that nothing describes.
        depth: Arrays and objects around a value.
        tags: Undeclared properties of one object.
        budget: States, roughly.
    """

    any_order: bool = False
    undeclared: bool = True
    items: int | None = None
    length: int = 1_000
    free: int = 2
    depth: int = 24
    tags: int = 4
    budget: int = 40_000

    def fails_like(self, tried: Iterable[Tried]) -> bool:
        """Whether the budget is known to be passed before depth and free levels matter."""
        return any(
            each.depth < self.depth
            and each.free <= self.free
            and replace(each.extent, depth=self.depth, free=self.free) == self
            for each in tried
        )


@dataclass(frozen=True, slots=True)
class Tried:
    """An extent that passed its budget.

    Attributes:
        extent: The extent.
        depth: Arrays and objects around the deepest value that was opened until then.
        free: Levels of values that nothing describes that were opened until then.
    """

    extent: Extent
    depth: int
    free: int


_SMALL = Extent(undeclared=False, items=4, length=64, free=1, tags=1)
_LARGE = replace(_SMALL, items=1, budget=100_000)
EXTENTS = (
    Extent(any_order=True, tags=2, budget=16_000),
    Extent(),
    Extent(free=1),
    Extent(undeclared=False, free=1),
    _SMALL,
    *(replace(_SMALL, depth=depth) for depth in (6, 4, 3)),
    _LARGE,
    *(replace(_LARGE, depth=depth) for depth in (6, 4, 3, 2, 1)),
    replace(_LARGE, budget=1_500_000),
)
"""Tried in order: the first that the budget allows, and in which there is a text, is generated."""


def compile_json_schema(spec: JsonSchema) -> tuple[ParserGraph, tuple[Diagnostic, ...]]:
    """Compiles a schema.

    Returns:
        The graph of the JSON texts that are generated, and how each keyword was taken.

    Raises:
        SpecError: The schema is malformed, unsupported, unsatisfiable or over a limit.
    """
    normaliser = _normaliser(spec)
    nothing: SpecError | None = None
    known = Known()
    tried: list[Tried] = []
    for extent in EXTENTS:
        if (extent.any_order and not spec.open_objects) or extent.fails_like(tried):
            continue
        parser = Parser(normaliser, _policy(spec, extent))
        if spec.open_objects:
            _note_order(parser, extent)
        try:
            graph = closed(_lexicon(spec, parser, extent, known), extent.budget)
        except OverBudgetError:
            tried.append(Tried(extent, parser.deepest, parser.freest))
            continue
        if graph is not None:
            for pointer, keyword, message in (
                *parser.register.narrowed,
                *parser.register.respelled,
            ):
                normaliser.note(pointer, keyword, message)
            return graph, tuple(normaliser.diagnostics.values())
        nothing = _nothing(normaliser, parser)
        if isinstance(nothing, UnsatisfiableError):
            break
    raise nothing or LimitError(
        "the language has too many places to be generated from",
        pointer="",
        hint="split the schema, or make fewer things optional, recursive or repeated",
    )


def _note_order(parser: Parser, extent: Extent) -> None:
    root = parser.normaliser.root
    if not extent.any_order:
        parser.register.narrow(root, "", ANY_ORDER)
    if not extent.undeclared:
        parser.register.narrow(root, "", NO_UNDECLARED)


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
        open_objects=spec.open_objects and extent.undeclared,
        ordered=not extent.any_order,
        remembering=False,
        most_items=extent.items,
        most_free=extent.free,
        most_depth=extent.depth,
    )


def _lexicon(spec: JsonSchema, parser: Parser, extent: Extent, known: Known) -> Lexicon:
    return Lexicon(
        parser,
        LAYOUTS[spec.whitespace],
        most_length=extent.length,
        tags=extent.tags,
        known=known,
    )


def _nothing(normaliser: Normaliser, parser: Parser) -> UnsatisfiableError | UnsupportedError:
    if parser.register.narrowed and not is_barren(normaliser, normaliser.root):
        pointer, keyword, message = list(parser.register.narrowed)[-1]
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
