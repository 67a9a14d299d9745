"""Lowers normal forms to a byte automaton of their JSON texts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeGuard

from constraints.automata import BYTES, CODE_POINTS, Dfa, Nfa
from constraints.automata.spelling import Spelling, json_string
from constraints.errors import LimitError, UnsupportedError
from constraints.json_schema import numbers
from constraints.json_schema.forms import (
    Alternative,
    Array,
    Boolean,
    Conjunction,
    Form,
    Literal,
    Null,
    Number,
    Object,
    Text,
)
from constraints.json_schema.normalise import Normaliser
from constraints.json_schema.whitespace import Gap, Layout
from constraints.regex.classes import ANY

MAX_STATES = 50_000
MAX_DEPTH = 32
FREE_DEPTH = 1
"""Levels of arrays and objects inside a value that no schema describes."""

STRINGS = Dfa.from_rows([[(low, high, 0) for low, high in ANY]], [True], CODE_POINTS)
Place = Callable[[int], int]
"""Adds the texts of one value from a state; returns the state after it."""


class Lowering:
    """Builds one automaton for the JSON texts of one schema."""

    def __init__(
        self, normaliser: Normaliser, layout: Layout, *, spelling: Spelling, open_objects: bool
    ) -> None:
        self.normaliser = normaliser
        self.layout = layout
        self.spelling: Spelling = spelling
        self.open_objects = open_objects
        self.nfa = Nfa(BYTES, MAX_STATES)
        self._path: list[Conjunction] = []

    def document(self, root: str) -> Dfa:
        """The texts of the schema at a pointer, with whitespace around it as the layout has it.

        Raises:
            SpecError: See `constraints.compile`.
        """
        source = self.layout(self.nfa, self.nfa.start, Gap.ROOT, 0)
        target = self.value((root,), source, 0)
        return self.nfa.determinised(self.layout(self.nfa, target, Gap.ROOT, 0))

    def value(self, pointers: Conjunction, source: int, depth: int) -> int:
        """Adds the values that satisfy all schemas at some pointers."""
        if not pointers:
            return self.free(source, depth)
        self._check_path(pointers)
        self._path.append(pointers)
        target = self.form(self.normaliser.conjunction(pointers), source, depth)
        self._path.pop()
        return target

    def _check_path(self, pointers: Conjunction) -> None:
        if pointers in self._path:
            raise UnsupportedError(
                "recursive schemas are not supported",
                pointer=pointers[0],
                keyword="$ref",
                hint="unroll the recursion to the depth that is needed",
            )
        if len(self._path) > MAX_DEPTH:
            raise LimitError(f"values nest deeper than {MAX_DEPTH}", pointer=pointers[0])

    def form(self, form: Form, source: int, depth: int) -> int:
        """Adds the values of a union; its literal strings share one automaton."""
        target = self.nfa.state()
        texts = [each.value for each in form if _is_text(each)]
        if texts:
            self.nfa.empty(self.nfa.embed(source, self.keys(texts)), target)
        for alternative in form:
            if _is_text(alternative):
                continue
            entry = self.nfa.state()
            self.nfa.empty(source, entry)
            end = _LOWER[type(alternative)](self, alternative, entry, depth)
            self.nfa.empty(end, target)
        return target

    def free(self, source: int, depth: int, levels: int = FREE_DEPTH) -> int:
        """Adds the values that no schema describes, nested to `levels`."""
        self._narrow("", f"values that nothing describes nest {FREE_DEPTH} deep at most")
        target = self.form((Null(), Boolean(), Number(), Text()), source, depth)
        if levels:
            inner = partial(self.free, depth=depth + 1, levels=levels - 1)
            self.nfa.empty(self.elements([], inner, 0, None, source, depth), target)
            members = [(json_string(STRINGS, self.spelling), inner, False)]
            self.nfa.empty(self.members(members, source, depth), target)
        return target

    def null(self, _: Null, source: int, __: int) -> int:
        """Adds null."""
        return self.nfa.text(source, b"null")

    def boolean(self, _: Boolean, source: int, __: int) -> int:
        """Adds true and false."""
        return self.nfa.embed(source, Dfa.of_texts([b"true", b"false"], BYTES))

    def number(self, number: Number, source: int, _: int) -> int:
        """Adds the numbers of an interval."""
        if narrowed := numbers.narrowing(number):
            self._narrow("type" if number.integer else "minimum", narrowed)
        return self.nfa.embed(source, numbers.language(number))

    def text(self, text: Text, source: int, _: int) -> int:
        """Adds the strings of a language."""
        spelling: Spelling = "full" if text.values is None else self.spelling
        dfa = json_string(STRINGS if text.values is None else text.values, spelling)
        return self.nfa.embed(source, dfa)

    def literal(self, literal: Literal, source: int, depth: int) -> int:
        """Adds one JSON value."""
        value = literal.value
        if isinstance(value, list):
            items = [partial(self.literal_place, each, depth + 1) for each in value]
            return self.elements(items, None, len(items), len(items), source, depth)
        if isinstance(value, dict):
            members = [
                (self.keys([name]), partial(self.literal_place, each, depth + 1), True)
                for name, each in value.items()
            ]
            return self.members(members, source, depth)
        if isinstance(value, str):
            return self.nfa.embed(source, self.keys([value]))
        return self.nfa.text(source, json.dumps(value, default=str).strip('"').encode())

    def literal_place(self, value: Any, depth: int, source: int) -> int:
        """Adds one JSON value, its source last."""
        return self.literal(Literal(value), source, depth)

    def array(self, array: Array, source: int, depth: int) -> int:
        """Adds arrays."""
        prefix = [partial(self.place, each, depth + 1) for each in array.prefix]
        rest: Place | None = partial(self.place, array.rest, depth + 1)
        if array.prefix and not array.rest_declared and array.low <= len(array.prefix):
            self._narrow("prefixItems", "no elements follow those that prefixItems describes")
            rest = None
        return self.elements(prefix, rest, array.low, array.high, source, depth)

    def object(self, form: Object, source: int, depth: int) -> int:
        """Adds objects."""
        members = [
            (self.keys([name]), partial(self.place, pointers, depth + 1), name in form.required)
            for name, pointers in form.properties
        ]
        additional = form.additional
        if additional is None and self.open_objects:
            additional = ()
        if additional is not None and self.normaliser.conjunction(additional):
            self._narrow(
                "additionalProperties", "one additional property at most, after the declared ones"
            )
            names = Dfa.of_strings(name for name, _ in form.properties)
            key = json_string(STRINGS - names, self.spelling)
            members.append((key, partial(self.place, additional, depth + 1), False))
        return self.members(members, source, depth)

    def place(self, pointers: Conjunction, depth: int, source: int) -> int:
        """Adds the values of a conjunction, its source last."""
        return self.value(pointers, source, depth)

    def keys(self, texts: Iterable[str]) -> Dfa:
        """The spellings of a finite set of strings."""
        return json_string(Dfa.of_strings(texts), self.spelling)

    def members(self, members: Iterable[tuple[Dfa, Place, bool]], source: int, depth: int) -> int:
        """Adds objects whose members stand in the given order: (key, value, whether required)."""
        nfa = self.nfa
        none: int | None = nfa.text(source, b"{")
        some: int | None = None
        for key, value, required in members:
            before_key, after = nfa.state(), nfa.state()
            self._separated(none, None, before_key, depth)
            self._separated(None, some, before_key, depth)
            named = self.layout(nfa, nfa.embed(before_key, key), Gap.BEFORE_COLON, depth + 1)
            colon = self.layout(nfa, nfa.text(named, b":"), Gap.AFTER_COLON, depth + 1)
            nfa.empty(value(colon), after)
            if some is not None and not required:
                nfa.empty(some, after)
            if required:
                none = None
            some = after
        return self._closed(none, some, b"}", depth)

    def elements(
        self,
        prefix: list[Place],
        rest: Place | None,
        low: int,
        high: int | None,
        source: int,
        depth: int,
    ) -> int:
        """Adds arrays of low to high elements: the first by `prefix`, the others by `rest`."""
        last = len(prefix) if rest is None else high
        if last is not None and high is not None:
            last = min(last, high)
        opened = self.nfa.text(source, b"[")
        entry, at = opened, opened
        some = self.nfa.state()
        for index in range(max(low, len(prefix) + 1) if last is None else last):
            entry = self.nfa.state()
            self._separated(opened, at if index else None, entry, depth)
            place = prefix[index] if index < len(prefix) else rest
            at = place(entry) if place is not None else entry
            if index + 1 >= low:
                self.nfa.empty(at, some)
        if last is None:
            self._separated(None, at, entry, depth)
        return self._closed(opened if low == 0 else None, some, b"]", depth)

    def _separated(self, none: int | None, some: int | None, entry: int, depth: int) -> None:
        """Leads to the next member, from the state with none before it and the one with some."""
        nfa = self.nfa
        if some is not None:
            comma = nfa.text(self.layout(nfa, some, Gap.BEFORE_COMMA, depth + 1), b",")
            nfa.empty(self.layout(nfa, comma, Gap.AFTER_COMMA, depth + 1), entry)
        elif none is not None:
            nfa.empty(self.layout(nfa, none, Gap.OPENED, depth + 1), entry)

    def _closed(self, none: int | None, some: int | None, bracket: bytes, depth: int) -> int:
        """Closes a bracket, from the state with nothing inside it and the one with something."""
        nfa, before = self.nfa, self.nfa.state()
        if none is not None:
            nfa.empty(self.layout(nfa, none, Gap.INSIDE_EMPTY, depth + 1), before)
        if some is not None:
            nfa.empty(self.layout(nfa, some, Gap.CLOSING, depth + 1), before)
        return nfa.text(before, bracket)

    def _narrow(self, keyword: str, message: str) -> None:
        pointer = self._path[-1][0] if self._path else ""
        self.normaliser.note(pointer, keyword, message)


def _is_text(alternative: Alternative) -> TypeGuard[Literal]:
    return isinstance(alternative, Literal) and isinstance(alternative.value, str)


_LOWER: dict[type[Alternative], Callable[[Lowering, Any, int, int], int]] = {
    Null: Lowering.null,
    Boolean: Lowering.boolean,
    Number: Lowering.number,
    Text: Lowering.text,
    Array: Lowering.array,
    Object: Lowering.object,
    Literal: Lowering.literal,
}
