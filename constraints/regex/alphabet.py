"""The classes of code points that no edge of a graph tells apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from constraints.automata import CODE_POINTS, Dfa
from constraints.regex.tree import Ranges

MaskRow = list[tuple[int, int]]
"""Edges of one state: (set of classes as a bit mask, destination), the sets disjoint."""


@dataclass(frozen=True, slots=True)
class Alphabet:
    """Code points, by what the edges' ranges can tell of them.

    Attributes:
        bounds: (I,) int32, first code point of each interval.
        class_of: (I,) int32, the class of each interval, numbered by first occurrence.
        masks: The classes inside each of the ranges, as bits.
    """

    bounds: NDArray[np.int32]
    class_of: NDArray[np.int32]
    masks: dict[Ranges, int]

    @classmethod
    def of(cls, labels: Iterable[Ranges]) -> Alphabet:
        """The coarsest alphabet in which every label is a union of classes."""
        known = list(dict.fromkeys(labels))
        toggles: dict[int, int] = {0: 0}
        for index, ranges in enumerate(known):
            for low, high in ranges:
                toggles[low] = toggles.get(low, 0) ^ (1 << index)
                toggles[high + 1] = toggles.get(high + 1, 0) ^ (1 << index)
        toggles.pop(CODE_POINTS, None)
        bounds = sorted(toggles)
        inside = 0
        numbers: dict[int, int] = {}
        class_of: list[int] = []
        for bound in bounds:
            inside ^= toggles[bound]
            class_of.append(numbers.setdefault(inside, len(numbers)))
        masks = {
            ranges: sum(1 << number for held, number in numbers.items() if held >> index & 1)
            for index, ranges in enumerate(known)
        }
        return cls(np.array(bounds, np.int32), np.array(class_of, np.int32), masks)

    def dfa(self, rows: Sequence[MaskRow], accepting: Sequence[bool]) -> Dfa:
        """The minimal DFA over code points of rows over classes; state 0 is the start."""
        num_classes = int(self.class_of.max()) + 1
        members = {
            mask: [c for c in range(num_classes) if mask >> c & 1]
            for mask in {mask for row in rows for mask, _ in row}
        }
        delta = np.full((len(rows), num_classes), -1, np.int32)
        for state, row in enumerate(rows):
            for mask, target in row:
                delta[state, members[mask]] = target
        classes = np.arange(num_classes, dtype=np.int32)
        return self._spread(
            Dfa(classes, delta, np.asarray(accepting, np.bool_), num_classes).minimised()
        )

    def _spread(self, small: Dfa) -> Dfa:
        """A DFA over classes as one over code points, neighbouring equal columns merged."""
        column = np.searchsorted(small.bounds, self.class_of, side="right") - 1
        delta = small.delta[:, column]
        keep = np.ones(len(self.bounds), np.bool_)
        keep[1:] = (delta[:, 1:] != delta[:, :-1]).any(axis=0)
        return Dfa(
            self.bounds[keep], np.ascontiguousarray(delta[:, keep]), small.accepting, CODE_POINTS
        )


def pieces(masks: Iterable[int]) -> list[int]:
    """Splits the union of some sets of classes into disjoint parts that each lie in or out."""
    parts: list[int] = []
    for mask in masks:
        rest = mask
        split: list[int] = []
        for part in parts:
            inner = part & mask
            rest &= ~part
            split.extend(piece for piece in (inner, part ^ inner) if piece)
        parts = [*split, rest] if rest else split
    return parts
