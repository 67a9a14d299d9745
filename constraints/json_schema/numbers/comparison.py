"""Automata that compare a decimal text, digit by digit, with a value."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

from constraints.automata import BYTES, Dfa
from constraints.automata.dfa import Row

CACHED = 512
"""Comparisons that are kept."""
LESS, EQUAL, GREATER = "<", "=", ">"


@lru_cache(maxsize=CACHED)
def compared(value: Decimal, verdicts: str) -> Dfa:
    """Unsigned decimal texts without leading zeros that compare to `value` as one of `verdicts`."""
    return _Comparison(value).language(verdicts)


class _Comparison:
    """An automaton that compares a decimal text, read digit by digit, with a value.

    A state is (phase, digits read). Phases: the whole part, with the verdict so far if the text
    had as many digits (`whole<`, `whole=`, `whole>`); a whole part with more digits (`longer`); a
    fraction equal so far (`fraction`); a verdict that no further digit changes (`<`, `>`).
    """

    def __init__(self, value: Decimal) -> None:
        self.whole, _, fraction = format(value.copy_abs(), "f").partition(".")
        self.fraction = fraction.rstrip("0")
        self.states: list[tuple[str, int]] = [("whole" + EQUAL, 0)]
        self.number = {self.states[0]: 0}

    def language(self, verdicts: str) -> Dfa:
        rows = [sorted(self.row(phase, at)) for phase, at in self.states]
        accepting = [self.verdict(phase, at) in verdicts for phase, at in self.states]
        return Dfa.from_rows(rows, accepting, BYTES)

    def state(self, phase: str, at: int = 0) -> int:
        if (phase, at) not in self.number:
            self.number[phase, at] = len(self.states)
            self.states.append((phase, at))
        return self.number[phase, at]

    def row(self, phase: str, at: int) -> Row:
        if phase.startswith("whole"):
            return self.whole_row(phase, at)
        if phase == "fraction":
            return self.fraction_row(at)
        row = [(0x30, 0x39, self.state(phase))]
        return [*row, (0x2E, 0x2E, self.state(GREATER))] if phase == "longer" else row

    def whole_row(self, phase: str, at: int) -> Row:
        verdict = phase[-1]
        if at == len(self.whole):
            point = self.state("fraction" if verdict == EQUAL else verdict)
            return [(0x30, 0x39, self.state("longer")), (0x2E, 0x2E, point)]
        point_edge = (0x2E, 0x2E, self.state(LESS))
        if verdict != EQUAL:
            return [(0x30, 0x39, self.state(phase, at + 1)), point_edge]
        less, equal, greater = (self.state("whole" + v, at + 1) for v in (LESS, EQUAL, GREATER))
        return [*_digits(self.whole[at], less, equal, greater), point_edge]

    def fraction_row(self, at: int) -> Row:
        expected = self.fraction[at] if at < len(self.fraction) else "0"
        equal = self.state("fraction", min(at + 1, len(self.fraction)))
        return _digits(expected, self.state(LESS), equal, self.state(GREATER))

    def verdict(self, phase: str, at: int) -> str:
        if phase in (LESS, GREATER):
            return phase
        if phase == "longer":
            return GREATER
        if phase == "fraction":
            return EQUAL if at == len(self.fraction) else LESS
        if at < len(self.whole):
            return LESS
        return LESS if phase[-1] == EQUAL and self.fraction else phase[-1]


def _digits(expected: str, less: int, equal: int, greater: int) -> Row:
    digit = ord(expected)
    edges = [(0x30, digit - 1, less), (digit, digit, equal), (digit + 1, 0x39, greater)]
    return [edge for edge in edges if edge[0] <= edge[1]]
