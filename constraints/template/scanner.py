"""The byte automaton of a template: its literals in order, anything in the holes between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NOWHERE = -1

Shorts = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Scanner:
    """A deterministic byte automaton; state 0 is the start.

    A middle literal is found where it first occurs, which loses no text: what can follow a later
    occurrence can follow the first with more in the hole. The last literal must end the text.

    Attributes:
        delta: (T, 256) int32, the next state, or -1.
        expected: (T,) int32, the byte that goes on with the literal at hand, or -1.
        fallback: (T,) int32, the state that agrees on all other bytes; a state that is its own
            stands between literals; -1 where no other byte goes on.
        accepting: (T,) bool.
    """

    delta: Shorts
    expected: Shorts
    fallback: Shorts
    accepting: NDArray[np.bool_]


def scanner_of(literals: Sequence[bytes]) -> Scanner:
    """Builds the automaton of `literals[0] hole literals[1] hole … literals[-1]`.

    Args:
        literals: At least two; any may be empty.

    Source: Knuth, Morris, Pratt, Fast pattern matching in strings (1977).
    """
    head, *middle, tail = literals
    parts = _Parts()
    parts.chain(head)
    for literal in filter(None, middle):
        parts.search(literal, ends=False)
    parts.search(tail, ends=True)
    return parts.scanner()


class _Parts:
    def __init__(self) -> None:
        self.delta: list[list[int]] = []
        self.expected: list[int] = []
        self.fallback: list[int] = []

    def chain(self, literal: bytes) -> None:
        for byte in literal:
            row = [NOWHERE] * 256
            row[byte] = len(self.delta) + 1
            self._add(row, byte, NOWHERE)

    def search(self, literal: bytes, *, ends: bool) -> None:
        """Adds the states that look for a literal; the state after it follows the last of them."""
        base, failure = len(self.delta), 0
        for matched, byte in enumerate(literal):
            back = base if matched == 0 else base + failure
            row = [base] * 256 if matched == 0 else list(self.delta[back])
            if matched:
                failure = row[byte] - base
            row[byte] = base + matched + 1
            self._add(row, byte, back)
        if ends:
            back = base + failure
            self._add(list(self.delta[back]) if literal else [base] * 256, NOWHERE, back)

    def _add(self, row: list[int], expected: int, fallback: int) -> None:
        self.delta.append(row)
        self.expected.append(expected)
        self.fallback.append(fallback)

    def scanner(self) -> Scanner:
        accepting = np.zeros(len(self.delta), dtype=np.bool_)
        accepting[-1] = True
        return Scanner(
            np.array(self.delta, dtype=np.int32),
            np.array(self.expected, dtype=np.int32),
            np.array(self.fallback, dtype=np.int32),
            accepting,
        )
