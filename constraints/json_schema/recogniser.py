"""Decides whether a text is a member by reading it once, without bounds on what is remembered."""

from __future__ import annotations

import json
import re
from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from constraints.json_schema import numbers
from constraints.json_schema.forms import Form, identity
from constraints.json_schema.numbers import Number
from constraints.json_schema.parser import (
    ARRAY,
    COLON,
    ELEMENT,
    END,
    KEY,
    MEMBER,
    OBJECT,
    Parser,
    Place,
)
from constraints.json_schema.whitespace import Gap, Layout, fits

LONGEST_INT = 4_000
SPACE = re.compile(r"[\t\n\r ]*")
TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*")"""
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<word>null|true|false)|(?P<mark>[][{}:,])"
)
"""RFC 8259 §3 to §7."""
WORDS = {"null": None, "true": True, "false": False}


class Recogniser:
    """Reads JSON texts with every spelling and any order of properties.

    Args:
        parser: Remembers without bounds.
        layout: The whitespace that may stand between tokens.
    """

    def __init__(self, parser: Parser, layout: Layout) -> None:
        self.parser = parser
        self.layout = layout

    def accepts(self, text: bytes) -> bool:
        """Whether a whole text is a member."""
        try:
            decoded = text.decode()
        except UnicodeDecodeError:
            return False
        place: int | None = self.parser.start
        at = 0
        gap = self.layout(Gap.ROOT, 0)
        while True:
            space = SPACE.match(decoded, at)
            assert space is not None
            if place == END:
                return space.end() == len(decoded) and fits(gap, space.group())
            token = TOKEN.match(decoded, space.end())
            if token is None or place is None:
                return False
            stood = self.parser.places[place]
            if not fits(self._before(stood, token.group(), gap), space.group()):
                return False
            gap = self._after(stood, token.group())
            place = self._read(stood, token)
            at = token.end()

    def _before(self, place: Place, token: str, after: Any) -> Any:
        """The whitespace that may stand before a token, given what may follow the one before."""
        if place.kind in (OBJECT, ARRAY) and token in "]}":
            return self.layout(Gap.INSIDE_EMPTY, place.depth)
        if place.kind in (MEMBER, ELEMENT):
            closing = token in "]}"
            return self.layout(Gap.CLOSING if closing else Gap.BEFORE_COMMA, place.depth)
        if place.kind == COLON:
            return self.layout(Gap.BEFORE_COLON, place.depth)
        return after

    def _after(self, place: Place, token: str) -> Any:
        if token in "[{":
            return self.layout(Gap.OPENED, place.depth + 1)
        if token == ",":
            return self.layout(Gap.AFTER_COMMA, place.depth)
        if token == ":":
            return self.layout(Gap.AFTER_COLON, place.depth)
        return self.layout(Gap.ROOT, 0)

    def _read(self, place: Place, token: re.Match[str]) -> int | None:
        mark = token.group()
        if place.kind in (OBJECT, ARRAY):
            if mark == ("}" if place.kind == OBJECT else "]"):
                return self.parser.closed(place)
            first = self.parser.first(place)
            return None if first is None else self._read(self.parser.places[first], token)
        if place.kind in (MEMBER, ELEMENT):
            if mark == ",":
                return self.parser.first(place)
            closing = "}" if place.kind == MEMBER else "]"
            return self.parser.closed(place) if mark == closing else None
        if place.kind == COLON:
            return self.parser.colon(place) if mark == ":" else None
        if place.kind == KEY:
            name = _string(mark) if token.lastgroup == "string" else None
            return None if name is None else self.parser.key(place, name)
        return self._value(place, token)

    def _value(self, place: Place, token: re.Match[str]) -> int | None:
        mark = token.group()
        if token.lastgroup == "mark":
            return self.parser.opened(place, array=mark == "[") if mark in "[{" else None
        value = _SCALARS[str(token.lastgroup)](mark)
        if value is None and mark != "null":
            return None
        met = sum(1 << i for i, form in enumerate(self.parser.forms(place)) if admits(form, value))
        told: Hashable = identity(value) if place.telling else None
        return self.parser.scalar(place, met, told)


def admits(form: Form, value: Any) -> bool:
    """Whether a form admits a scalar."""
    if value is None:
        return form.null
    if isinstance(value, bool):
        return value in form.booleans
    if isinstance(value, str):
        return any(text.admits(value) for text in form.texts)
    if isinstance(value, Unreadable):
        return Number() in form.numbers
    return any(numbers.admits(number, value) for number in form.numbers)


def _string(text: str) -> str | None:
    """The value of a string; None where it holds half of a surrogate pair."""
    value = json.loads(text)
    return None if any("\ud800" <= character <= "\udfff" for character in value) else value


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A number whose exponent is too long for arithmetic: only unrestricted numbers admit it."""

    text: str


def _number(text: str) -> int | Decimal | Unreadable:
    if text.lstrip("-").isdigit() and len(text) < LONGEST_INT:
        return int(text)
    try:
        return Decimal(text)
    except ArithmeticError:
        return Unreadable(text)


_SCALARS: dict[str, Any] = {"string": _string, "number": _number, "word": WORDS.__getitem__}
