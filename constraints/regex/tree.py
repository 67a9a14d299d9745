"""The syntax tree of a regular expression."""

from __future__ import annotations

from dataclasses import dataclass

Ranges = tuple[tuple[int, int], ...]
"""Sorted, disjoint ranges of code points, bounds inclusive."""


@dataclass(frozen=True, slots=True)
class Characters:
    """One character out of some ranges."""

    ranges: Ranges


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after another; no parts match the empty text."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Alternatives:
    """Any one of the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part, `low` to `high` times; None is without bound."""

    part: Node
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Anchor:
    """`^` (at_start) or `$`."""

    at_start: bool


@dataclass(frozen=True, slots=True)
class Look:
    """A lookahead, else a lookbehind: `part` matches from here on, else up to here.

    Negative, it does not.
    """

    part: Node
    ahead: bool
    negative: bool


@dataclass(frozen=True, slots=True)
class Boundary:
    r"""`\b`, or `\B` (negative)."""

    negative: bool


@dataclass(frozen=True, slots=True)
class Reference:
    """A back-reference; no automaton can follow it.

    Attributes:
        column: Its place in the pattern, 1-based.
    """

    column: int


Node = Characters | Sequence | Alternatives | Repeat | Anchor | Look | Boundary | Reference
