"""Whitespace between the tokens of a JSON text, by policy."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from constraints.automata import Nfa
from constraints.spec import Whitespace

LONGEST_RUN = 64
INDENT = b"  "
CHARACTERS = ((0x09, 0x0A), (0x0D, 0x0D), (0x20, 0x20))


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


Layout = Callable[[Nfa, int, Gap, int], int]
"""(automaton, source, gap, nesting depth inside the bracket) → the state after the gap."""


def _compact(_: Nfa, source: int, __: Gap, ___: int) -> int:
    return source


def _spaced(nfa: Nfa, source: int, gap: Gap, _: int) -> int:
    return nfa.text(source, b" ") if gap in (Gap.AFTER_COMMA, Gap.AFTER_COLON) else source


def _indented(nfa: Nfa, source: int, gap: Gap, depth: int) -> int:
    if gap in (Gap.OPENED, Gap.AFTER_COMMA):
        return nfa.text(source, b"\n" + INDENT * depth)
    if gap is Gap.CLOSING:
        return nfa.text(source, b"\n" + INDENT * (depth - 1))
    return _spaced(nfa, source, gap, depth)


def _flexible(nfa: Nfa, source: int, gap: Gap, _: int) -> int:
    if gap is Gap.ROOT:
        return source
    target = nfa.state()
    nfa.empty(source, target)
    for _ in range(LONGEST_RUN):
        following = nfa.state()
        for low, high in CHARACTERS:
            nfa.edge(source, low, high, following)
        nfa.empty(following, target)
        source = following
    return target


def _any(nfa: Nfa, source: int, _: Gap, __: int) -> int:
    target = nfa.state()
    nfa.empty(source, target)
    for low, high in CHARACTERS:
        nfa.edge(target, low, high, target)
    return target


LAYOUTS: dict[Whitespace, Layout] = {
    "compact": _compact,
    "spaced": _spaced,
    "indented": _indented,
    "flexible": _flexible,
    "any": _any,
}
