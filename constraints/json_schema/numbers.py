"""The JSON texts of the numbers in an interval (RFC 8259 §6), exactly, by comparing digits."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from math import isfinite

from constraints.automata import BYTES, Dfa
from constraints.automata.spelling import utf8
from constraints.json_schema.forms import Bound, Number
from constraints.regex import full_match

INTEGER = r"0|[1-9][0-9]*"
UNBOUNDED_DECIMAL = rf"-?({INTEGER})(\.[0-9]+)?([eE][+-]?[0-9]+)?"
BOUNDED_DECIMAL = rf"({INTEGER})(\.[0-9]+)?"
EXACT_DIGITS = 15
"""Decimal digits that a double always keeps apart (IEEE 754 binary64)."""

LESS, EQUAL, GREATER = "<", "=", ">"


def language(number: Number) -> Dfa:
    """The number texts that a constraint admits.

    Returns:
        A DFA over bytes. With a bound, numbers are written without exponent; with an exclusive
        bound on decimals, with at most as many digits as a double keeps apart, so that a reader
        that rounds agrees that the bound is not met.
    """
    if number.integer:
        return _signed(_whole(number), INTEGER)
    if number.low is None and number.high is None:
        return utf8(full_match(UNBOUNDED_DECIMAL))
    if any(bound and bound.exclusive for bound in (number.low, number.high)):
        return _signed(_rounded(number), FEW_DIGITS)
    return _signed(number, BOUNDED_DECIMAL)


def narrowing(number: Number) -> str:
    """What `language` leaves out, for the diagnostics; empty where it is exact."""
    if number.integer:
        return "integers are written without fraction and exponent"
    if number.low is None and number.high is None:
        return ""
    exclusive = any(bound and bound.exclusive for bound in (number.low, number.high))
    digits = f", with at most {EXACT_DIGITS} digits" if exclusive else ""
    return f"bounded numbers are written without exponent{digits}"


FEW_DIGITS = "|".join(
    [
        rf"(0|[1-9][0-9]{{0,{EXACT_DIGITS - 1}}})",
        *(
            rf"(0|[1-9][0-9]{{0,{EXACT_DIGITS - 1 - fraction}}})\.[0-9]{{{fraction}}}"
            for fraction in range(1, EXACT_DIGITS)
        ),
    ]
)
"""Unsigned decimals of at most `EXACT_DIGITS` digits in all."""


def _whole(number: Number) -> Number:
    """The same integers, with inclusive integer bounds."""
    low, high = number.low, number.high
    if low is not None:
        value = int(low.value.to_integral_value(ROUND_CEILING))
        low = Bound(Decimal(value + (low.exclusive and value == low.value)), exclusive=False)
    if high is not None:
        value = int(high.value.to_integral_value(ROUND_FLOOR))
        high = Bound(Decimal(value - (high.exclusive and value == high.value)), exclusive=False)
    return Number(True, low=low, high=high)


def _rounded(number: Number) -> Number:
    """The same interval or a smaller one, for a reader that rounds exclusive bounds to doubles."""
    low, high = number.low, number.high
    if low is not None and low.exclusive:
        low = Bound(max(low.value, _as_double(low.value)), exclusive=True)
    if high is not None and high.exclusive:
        high = Bound(min(high.value, _as_double(high.value)), exclusive=True)
    return Number(low=low, high=high)


def _as_double(value: Decimal) -> Decimal:
    nearest = float(value)
    return Decimal(repr(nearest)) if isfinite(nearest) else value


def _signed(number: Number, grammar: str) -> Dfa:
    plain = utf8(full_match(grammar))
    positive = plain & _between(number.low, number.high)
    negative = plain & _between(_negated(number.high), _negated(number.low))
    minus = Dfa.of_texts([b"-"], BYTES)
    return positive | _concatenated(minus, negative)


def _negated(bound: Bound | None) -> Bound | None:
    return None if bound is None else Bound(bound.value.copy_negate(), bound.exclusive)


def _concatenated(head: Dfa, tail: Dfa) -> Dfa:
    """The texts of `head`, none of which begins another, each followed by one of `tail`."""
    if tail.is_empty:
        return Dfa.empty(BYTES)
    shift = head.num_states
    rows = [
        [(low, high, shift if head.accepting[target] else target) for low, high, target in row]
        for row in head.rows()
    ]
    rows += [[(low, high, target + shift) for low, high, target in row] for row in tail.rows()]
    return Dfa.from_rows(rows, [*([False] * shift), *tail.accepting], BYTES)


def _between(low: Bound | None, high: Bound | None) -> Dfa:
    """Unsigned decimal texts between two bounds of either sign."""
    result = Dfa.anything(BYTES)
    if low is not None and (low.value > 0 or (low.value == 0 and low.exclusive)):
        result &= _compared(low.value, GREATER if low.exclusive else GREATER + EQUAL)
    if high is not None:
        if high.value < 0:
            return Dfa.empty(BYTES)
        result &= _compared(high.value, LESS if high.exclusive else LESS + EQUAL)
    return result


def _compared(value: Decimal, verdicts: str) -> Dfa:
    """Unsigned decimal texts without leading zeros that compare to `value` as one of `verdicts`."""
    return _Comparison(value).language(verdicts)


Row = list[tuple[int, int, int]]


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
