"""Whitespace between the tokens of a JSON text, by policy."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from functools import cache

from constraints.automata.dfa import Row
from constraints.lexer import NO_LABEL, Lexer
from constraints.spec import Whitespace

LONGEST_RUN = 64
INDENT = b"  "
CHARACTERS = (0x09, 0x0A, 0x0D, 0x20)
ENDLESS = -1

FIRST, CLOSED = 0, 1
NEXT = 0
"""Labels: the first or next name, element or value follows; the bracket was closed."""


class Gap(Enum):
    """Where whitespace may stand; each stands for one place of RFC 8259 §2."""

    ROOT = auto()
    OPENED = auto()
    CLOSING = auto()
    INSIDE_EMPTY = auto()
    BEFORE_COMMA = auto()
    AFTER_COMMA = auto()
    BEFORE_COLON = auto()
    AFTER_COLON = auto()


Run = bytes | int
"""Exactly these bytes, or any whitespace up to so many characters (`ENDLESS`: any number)."""
Layout = Callable[[Gap, int], Run]
"""(gap, nesting depth inside the bracket) → what may stand there."""


def _compact(_: Gap, __: int) -> Run:
    return b""


def _spaced(gap: Gap, _: int) -> Run:
    return b" " if gap in (Gap.AFTER_COMMA, Gap.AFTER_COLON) else b""


def _indented(gap: Gap, depth: int) -> Run:
    if gap in (Gap.OPENED, Gap.AFTER_COMMA):
        return b"\n" + INDENT * depth
    if gap is Gap.CLOSING:
        return b"\n" + INDENT * (depth - 1)
    return _spaced(gap, depth)


def _flexible(gap: Gap, _: int) -> Run:
    return b"" if gap is Gap.ROOT else LONGEST_RUN


def _any(_: Gap, __: int) -> Run:
    return ENDLESS


LAYOUTS: dict[Whitespace, Layout] = {
    "compact": _compact,
    "spaced": _spaced,
    "indented": _indented,
    "flexible": _flexible,
    "any": _any,
}


def fits(run: Run, whitespace: str) -> bool:
    """Whether some whitespace may stand in a gap."""
    if isinstance(run, bytes):
        return whitespace.encode() == run
    allowed = run == ENDLESS or len(whitespace) <= run
    return allowed and re.fullmatch(r"[\t\n\r ]*", whitespace) is not None


@cache
def around(run: Run) -> Lexer:
    """Whitespace before or after the whole text; label `NEXT`."""
    rows = _Rows()
    rows.label(rows.run(0, run), NEXT)
    return rows.lexer()


@cache
def opened(first: Run, empty: Run, bracket: int) -> Lexer:
    """After an opening bracket: `FIRST`, or `CLOSED` at once."""
    rows = _Rows()
    ends = rows.run(0, first)
    rows.label(ends, FIRST)
    rows.close(ends if empty == first else rows.run(0, empty), bracket)
    return rows.lexer()


@cache
def between(before: Run, after: Run, closing: Run, bracket: int) -> Lexer:
    """After a member or element: `NEXT` after a comma, or `CLOSED`."""
    rows = _Rows()
    ends = rows.run(0, before)
    comma = rows.edge(ends, 0x2C)
    rows.label(rows.run(comma, after), NEXT)
    rows.close(ends if closing == before else rows.run(0, closing), bracket)
    return rows.lexer()


@cache
def colon(before: Run, after: Run) -> Lexer:
    """After a name; label `NEXT`."""
    rows = _Rows()
    value = rows.edge(rows.run(0, before), 0x3A)
    rows.label(rows.run(value, after), NEXT)
    return rows.lexer()


class _Rows:
    """A lexer under construction."""

    def __init__(self) -> None:
        self._edges: list[dict[int, int]] = [{}]
        self._labels = [NO_LABEL]

    def state(self) -> int:
        self._edges.append({})
        self._labels.append(NO_LABEL)
        return len(self._edges) - 1

    def run(self, source: int, run: Run) -> list[int]:
        """Adds whitespace; returns the states in which it may have ended."""
        if isinstance(run, bytes):
            for byte in run:
                source = self.edge([source], byte)
            return [source]
        if run == ENDLESS:
            self._edges[source].update(dict.fromkeys(CHARACTERS, source))
            return [source]
        ends = [source]
        for _ in range(run):
            target = self.state()
            self._edges[ends[-1]].update(dict.fromkeys(CHARACTERS, target))
            ends.append(target)
        return ends

    def edge(self, sources: list[int], byte: int) -> int:
        target = self._edges[sources[0]].get(byte)
        if target is None:
            target = self.state()
        for source in sources:
            self._edges[source][byte] = target
        return target

    def label(self, states: list[int], label: int) -> None:
        for state in states:
            self._labels[state] = label

    def close(self, states: list[int], bracket: int) -> None:
        self.label([self.edge(states, bracket)], CLOSED)

    def lexer(self) -> Lexer:
        rows: list[Row] = [
            [(byte, byte, edges[byte]) for byte in sorted(edges)] for edges in self._edges
        ]
        return Lexer.from_rows(rows, self._labels)
