"""A bound on ignored text, as a counter beside the scanner.

Terminals that are ignored may be repeated and may be of any length. For generation those between
two others have at most `LONGEST` bytes together, so that no loop writes white space for ever. The
automaton of the terminals is not changed by that: what Lark would read as ignored is never read as
anything else, it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from constraints.lexer import Lexer
from constraints.pushdown.scanner import Scanner
from constraints.pushdown.threads import REFUSED

LONGEST = 16
"""Most bytes of ignored text in one place."""
SPENT = LONGEST + 1
"""The count at which nothing more is ignored."""

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Bounded:
    """A scanner with the counter; its states are those of the scanner, then those with a count.

    Attributes:
        lexer: The automaton; label T is that of ignored text where there is too much of it, label
            T + 1 + n that of ignored text of n bytes.
        at_end: (S,) bool, whether a label counts at the end of the text.
        becomes: (S, T + 1) bool, the labels that a state may still end as.
        starts: (C, SPENT + 1) int32, where each context begins after ignored text of n bytes.
    """

    lexer: Lexer
    at_end: NDArray[np.bool_]
    becomes: NDArray[np.bool_]
    starts: Ints


def bounded(scanner: Scanner, ignored: NDArray[np.bool_]) -> Bounded:
    """Adds the counter.

    Args:
        scanner: The scanner.
        ignored: (T,) bool.
    """
    counted = np.asarray(scanner.becomes[:, ignored].any(axis=1))
    purely = np.asarray(counted & ~scanner.becomes[:, ~ignored].any(axis=1))
    origin, count = list(range(len(counted))), [0] * len(counted)
    numbers: dict[tuple[int, int], int] = {}

    def number(state: int, read: int, *, begins: bool = False) -> int:
        if not counted[state]:
            return state
        if read == SPENT and purely[state] and not begins:
            return REFUSED
        if (state, read) not in numbers:
            numbers[state, read] = len(origin)
            origin.append(state)
            count.append(read)
        return numbers[state, read]

    starts = [
        [number(start, read, begins=True) for read in range(SPENT + 1)] for start in scanner.starts
    ]
    rows: list[Ints] = []
    while len(scanner.delta) + len(rows) < len(origin):
        here = len(scanner.delta) + len(rows)
        row = scanner.delta[origin[here]].copy()
        for target in np.unique(row):
            if target > 0 and counted[target]:
                row[scanner.delta[origin[here]] == target] = number(
                    int(target), min(count[here] + 1, SPENT)
                )
        rows.append(row)
    delta = np.concatenate([scanner.delta, np.stack(rows)]) if rows else scanner.delta
    return _bounded(scanner, ignored, delta, origin, count, starts)


def _bounded(
    scanner: Scanner,
    ignored: NDArray[np.bool_],
    delta: Ints,
    origin: list[int],
    count: list[int],
    starts: list[list[int]],
) -> Bounded:
    label = scanner.label[origin]
    becomes = np.pad(scanner.becomes[origin], ((0, 0), (0, 1)))
    read = np.array(count)
    over = read == SPENT
    passed = label >= 0
    passed[passed] = ignored[label[passed]]
    label[passed] = len(ignored) + 1 + read[passed]
    label[passed & over] = len(ignored)
    becomes[np.ix_(over, np.flatnonzero(ignored))] = False
    return Bounded(
        lexer=Lexer(delta, scanner.class_of, label),
        at_end=scanner.at_end[origin] & ~(passed & over),
        becomes=becomes,
        starts=np.array(starts, dtype=np.int32),
    )
