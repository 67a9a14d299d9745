"""JSON numbers: a normal form closed under intersection and complement, and its texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache, reduce
from math import ceil, floor, gcd, isfinite, lcm
from operator import and_, or_
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from constraints.automata import BYTES, Dfa
from constraints.automata.spelling import utf8
from constraints.errors import LimitError
from constraints.regex import full_match

MAX_LISTED = 10_000
"""Multiples that are listed one by one, or looked through for one that is admitted."""
MAX_REMAINDERS = 10_000
"""States of an automaton that keeps a remainder."""
MAX_ZEROS = 20
"""Zeros that stand for an exponent in the text of a single number."""
EXACT_DIGITS = 15
"""Decimal digits that a double always keeps apart (IEEE 754 binary64)."""
CACHED = 512
"""Languages that are kept."""

Spelled = Literal["any", "integer", "fraction"]


@dataclass(frozen=True, slots=True)
class Bound:
    """An end of an interval."""

    value: Decimal
    exclusive: bool


@dataclass(frozen=True, slots=True)
class Number:
    """Numbers that meet every one of these conditions.

    All decimals are finite, and short enough to be written out.

    Attributes:
        low: The least value; None: any.
        high: The greatest value; None: any.
        steps: Positive; the value is a multiple of each. An integer is a multiple of 1.
        not_steps: Positive; the value is a multiple of none.
        spelled: Draft 4 has no integer 1.0: `integer` is written without fraction and exponent,
            `fraction` with one of them.
    """

    low: Bound | None = None
    high: Bound | None = None
    steps: tuple[Decimal, ...] = ()
    not_steps: tuple[Decimal, ...] = ()
    spelled: Spelled = "any"


def intersect(a: Number, b: Number) -> Number | None:
    """The numbers in both, with one step at most; None where that is provably none."""
    if a.spelled != b.spelled and "any" not in (a.spelled, b.spelled):
        return None
    both = Number(
        low=_tighter(a.low, b.low, lambda x, y: x > y),
        high=_tighter(a.high, b.high, lambda x, y: x < y),
        steps=_joined((*a.steps, *b.steps)),
        not_steps=_divisors({*a.not_steps, *b.not_steps}),
        spelled=b.spelled if a.spelled == "any" else a.spelled,
    )
    return None if is_empty(both) else both


def complement(a: Number) -> tuple[Number, ...]:
    """Alternatives that together are the numbers not in `a`; they may overlap."""
    outside = [Number(steps=(each,)) for each in a.not_steps]
    outside += [Number(not_steps=(each,)) for each in a.steps]
    if a.low is not None:
        outside.append(Number(high=Bound(a.low.value, not a.low.exclusive)))
    if a.high is not None:
        outside.append(Number(low=Bound(a.high.value, not a.high.exclusive)))
    return (*outside, *_OTHER_SPELLINGS[a.spelled])


_OTHER_SPELLINGS: dict[Spelled, tuple[Number, ...]] = {
    "any": (),
    "integer": (Number(spelled="fraction"),),
    "fraction": (Number(spelled="integer"),),
}


def is_empty(a: Number) -> bool:
    """Whether provably no number is in `a`.

    False may be wrong only where more than `MAX_LISTED` multiples of the steps lie between the
    bounds, and all are multiples of some `not_steps`.
    """
    if _crossed(a.low, a.high):
        return True
    step = _step(a)
    if step is None:
        return a.low is not None and a.low == a.high and not _meets_steps(a, a.low.value)
    refused = [int(_common(step, Fraction(each)) / step) for each in a.not_steps]
    factors = _factors(a, step)
    if 1 in refused or factors is None:
        return 1 in refused
    return not factors[MAX_LISTED:] and all(
        any(factor % each == 0 for each in refused) for factor in factors
    )


def admits(a: Number, value: int | Decimal) -> bool:
    """Whether a number is in `a`, by exact arithmetic.

    Args:
        a: The condition.
        value: Finite, as `json` parses it with `parse_float=Decimal`: an int where it is written
            without fraction and exponent. Its exponent may be of any size.
    """
    low, high = a.low, a.high
    return (
        a.spelled in ("any", "integer" if isinstance(value, int) else "fraction")
        and (low is None or value > low.value or (value == low.value and not low.exclusive))
        and (high is None or value < high.value or (value == high.value and not high.exclusive))
        and _meets_steps(a, value)
    )


def is_whole(a: Number) -> bool:
    """Whether all numbers in `a` are plainly integers, or it is a single one."""
    step = _step(a)
    single = a.low is not None and a.low == a.high
    return single or (step is not None and step.denominator == 1)


def finite_values(a: Number) -> tuple[Decimal, ...] | None:
    """The numbers in `a`, ascending; None where they may be more than `MAX_LISTED`."""
    candidates = _candidates(a)
    if candidates is None:
        return None
    return tuple(each for each in candidates if _meets_steps(a, each))


def some_values(a: Number, most: int) -> tuple[Decimal, ...]:
    """Numbers in `a` close to a bound, or to zero where there is none; as many, roughly."""
    step = _step(a) or Fraction(1)
    width = Decimal(most) * _decimal(step)
    low = a.low.value if a.low else a.high.value - width if a.high else -width / 2
    near = Number(Bound(low, exclusive=False), Bound(low + width, exclusive=False))
    both = intersect(intersect(a, near) or near, Number(steps=(_decimal(step),)))
    values = finite_values(both) if both else None
    return tuple(each for each in values or () if admits(a, each))


def _candidates(a: Number) -> list[Decimal] | None:
    """The multiples of the steps between the bounds; None where they may be too many."""
    if _crossed(a.low, a.high):
        return []
    step = _step(a)
    if step is None:
        return [a.low.value] if a.low is not None and a.low == a.high else None
    factors = _factors(a, step)
    if factors is None or factors[MAX_LISTED:]:
        return None
    return [_decimal(factor * step) for factor in factors]


@lru_cache(maxsize=CACHED)
def language(alternatives: tuple[Number, ...], *, fractions: bool = False) -> tuple[Dfa, str]:
    """The texts in which to write the numbers of a union.

    Every text satisfies one alternative exactly. Numbers are written without exponent but where
    nothing bounds them; next to an exclusive bound on decimals, with at most as many digits as a
    double keeps apart, so that a reader that rounds agrees that the bound is not met, unless no
    number is that short.

    Args:
        alternatives: The union.
        fractions: Whether integers may also end in a point and zeros.

    Returns:
        A minimal DFA over bytes, and what it leaves out of the texts of RFC 8259 §6, for people;
        empty where nothing.

    Raises:
        LimitError: The automaton has too many states.
    """
    normal = dict.fromkeys(filter(None, (intersect(each, each) for each in alternatives)))
    wide = [each for each in normal if each.low is None or each.low != each.high]
    kept = [a for a in normal if not any(a != b and intersect(a, b) == a for b in wide)]
    listed = {each: values for each in kept if (values := _listed(each)) is not None}
    parts = [_texts(each, fractions=fractions) for each in kept if each not in listed]
    if listed or not parts:
        parts.append(_plainly(listed, fractions=fractions))
    narrowings = dict.fromkeys(narrowing for _, narrowing in parts if narrowing)
    return reduce(or_, (dfa for dfa, _ in parts)), "; ".join(narrowings)


def _plainly(listed: dict[Number, tuple[Decimal, ...]], *, fractions: bool) -> tuple[Dfa, str]:
    """The language of finite sets of numbers, and what it leaves out."""
    texts = {
        text.encode()
        for each, values in listed.items()
        for value in values
        for text in _spellings(each, value, fractions=fractions)
    }
    exact = all(each.spelled == "integer" for each in listed)
    return Dfa.of_texts(texts, BYTES), "" if exact else PLAINLY


PLAINLY = "numbers of a finite set are written plainly"


def _tighter(
    a: Bound | None, b: Bound | None, better: Callable[[Decimal, Decimal], bool]
) -> Bound | None:
    if a is None or b is None:
        return a or b
    if a.value == b.value:
        return Bound(a.value, a.exclusive or b.exclusive)
    return a if better(a.value, b.value) else b


def _crossed(low: Bound | None, high: Bound | None) -> bool:
    if low is None or high is None:
        return False
    met = low.value == high.value and (low.exclusive or high.exclusive)
    return low.value > high.value or met


def _common(a: Fraction, b: Fraction) -> Fraction:
    """The least common multiple of two positive rationals."""
    return Fraction(
        lcm(a.numerator * b.denominator, b.numerator * a.denominator),
        a.denominator * b.denominator,
    )


def _joined(steps: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    """The one step whose multiples are those of all."""
    if len(set(steps)) <= 1:
        return steps[:1]
    return (_decimal(reduce(_common, map(Fraction, steps))),)


def _divisors(steps: set[Decimal]) -> tuple[Decimal, ...]:
    """The steps that are no multiples of others, ascending."""
    ascending = sorted(steps)
    return tuple(
        each
        for index, each in enumerate(ascending)
        if not any(_is_multiple(each, smaller) for smaller in ascending[:index])
    )


def _step(a: Number) -> Fraction | None:
    """What every value is a multiple of; None where the values are dense."""
    whole = (Decimal(1),) if a.spelled == "integer" else ()
    joined = _joined((*a.steps, *whole))
    return Fraction(joined[0]) if joined else None


def _factors(a: Number, step: Fraction) -> range | None:
    """The n for which n * step lies between the bounds; None where a bound is missing."""
    if a.low is None or a.high is None:
        return None
    least, greatest = Fraction(a.low.value) / step, Fraction(a.high.value) / step
    return range(
        floor(least) + 1 if a.low.exclusive else ceil(least),
        ceil(greatest) if a.high.exclusive else floor(greatest) + 1,
    )


def _meets_steps(a: Number, value: int | Decimal) -> bool:
    return all(_is_multiple(value, each) for each in a.steps) and not any(
        _is_multiple(value, each) for each in a.not_steps
    )


def _is_multiple(value: int | Decimal, step: Decimal) -> bool:
    """Whether a step divides a value, without writing out the value's exponent."""
    number, scale = _scaled(value)
    unit, unit_scale = _scaled(step)
    shift = scale - unit_scale
    if shift >= 0:
        return number * pow(10, shift, unit) % unit == 0
    too_short = -shift > Decimal(number).adjusted()
    return number == 0 or (not too_short and number % (unit * 10**-shift) == 0)


def _scaled(value: int | Decimal) -> tuple[int, int]:
    """The magnitude as integer * 10 ** exponent."""
    if isinstance(value, int):
        return abs(value), 0
    _, digits, exponent = value.as_tuple()
    return int(Decimal((0, digits, 0))), int(exponent)


def _places(value: Fraction) -> int:
    """The digits after the point that a decimal number needs."""
    places = 0
    while value.numerator * 10**places % value.denominator:
        places += 1
    return places


def _decimal(value: Fraction) -> Decimal:
    places = _places(value)
    return Decimal(f"{int(value * 10**places)}e-{places}")


def _listed(a: Number) -> tuple[Decimal, ...] | None:
    """The values of `a` where listing them is less than keeping remainders."""
    step = _step(a)
    if step is None:
        return finite_values(a)
    factors = _factors(a, step)
    if factors is None:
        return None
    remainders = sum(_remainders(each) for each in (step, *map(Fraction, a.not_steps)))
    return None if factors[remainders:] else finite_values(a)


def _spellings(a: Number, value: Decimal, *, fractions: bool) -> list[str]:
    exact = Fraction(value)
    least, step = _places(exact), _step(a)
    if a.spelled != "integer" and (short := _scientific(value)):
        return [short]
    most = max(least, int(fractions), _places(step) if step is not None else 0)
    if a.spelled == "integer":
        most = 0
    if a.spelled == "fraction":
        least, most = max(least, 1), max(most, 1)
    return [_plain(exact, places) for places in range(least, most + 1)]


def _plain(value: Fraction, places: int) -> str:
    digits = str(int(abs(value) * 10**places)).zfill(places + 1)
    whole, fraction = digits[: len(digits) - places], digits[len(digits) - places :]
    return f"{'-' if value < 0 else ''}{whole}{'.' if places else ''}{fraction}"


def _scientific(value: Decimal) -> str:
    """The text with an exponent, where that spares many zeros; else empty."""
    if not value:
        return ""
    number, exponent = _scaled(value)
    digits = str(number).rstrip("0")
    exponent += len(str(number)) - len(digits)
    if max(exponent, -value.adjusted()) <= MAX_ZEROS:
        return ""
    return f"{'-' if value < 0 else ''}{digits}e{exponent}"


WHOLE = r"0|[1-9][0-9]*"
FULL = rf"({WHOLE})(\.[0-9]+)?([eE][+-]?[0-9]+)?"
DECIMAL = rf"({WHOLE})(\.[0-9]+)?"
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


def _texts(a: Number, *, fractions: bool) -> tuple[Dfa, str]:
    """The language of one alternative, and what it leaves out."""
    step = _step(a)
    if step is not None:
        return _stepped(a, step, fractions=fractions)
    if a.low is None and a.high is None and not a.not_steps:
        return _within(a, FULL), ""
    without_exponent = "numbers with bounds or exclusions are written without exponent"
    if any(bound is not None and bound.exclusive for bound in (a.low, a.high)):
        few = _within(_rounded(a), FEW_DIGITS)
        if not few.is_empty:
            return few, f"{without_exponent}, with at most {EXACT_DIGITS} digits"
    return _within(a, DECIMAL), without_exponent


def _stepped(a: Number, step: Fraction, *, fractions: bool) -> tuple[Dfa, str]:
    """The language of multiples, and what it leaves out."""
    places = _places(step)
    if a.spelled == "integer":
        return _within(a, WHOLE), ""
    if places:
        narrowing = f"written without exponent, with fractions of length {places} at most"
        pattern = rf"({WHOLE})(\.[0-9]{{1,{places}}})?"
        return _within(a, pattern), f"multiples of {_decimal(step)} are {narrowing}"
    if fractions or a.spelled == "fraction":
        return _within(a, DECIMAL), "integers are written without exponent"
    return _within(a, WHOLE), "integers are written without fraction and exponent"


def _rounded(a: Number) -> Number:
    """The same interval or a smaller one, for a reader that rounds exclusive bounds to doubles."""
    low, high = a.low, a.high
    if low is not None and low.exclusive:
        low = Bound(max(low.value, _as_double(low.value)), exclusive=True)
    if high is not None and high.exclusive:
        high = Bound(min(high.value, _as_double(high.value)), exclusive=True)
    return Number(low, high, a.steps, a.not_steps, a.spelled)


def _as_double(value: Decimal) -> Decimal:
    nearest = float(value)
    return Decimal(repr(nearest)) if isfinite(nearest) else value


@cache
def _shape(pattern: str) -> Dfa:
    return utf8(full_match(pattern))


def _within(a: Number, pattern: str) -> Dfa:
    """The texts of `a` whose magnitude is written as a pattern has it."""
    magnitude = _shape(pattern)
    if a.spelled == "fraction":
        magnitude -= _shape(WHOLE)
    step = _step(a)
    if step is not None and not (step == 1 and pattern == WHOLE):
        magnitude &= _multiples(step)
    for each in a.not_steps:
        magnitude -= _multiples(Fraction(each))
    negative = _between(magnitude, _negated(a.high), _negated(a.low))
    return _signed(_between(magnitude, a.low, a.high), negative)


def _negated(bound: Bound | None) -> Bound | None:
    return None if bound is None else Bound(bound.value.copy_negate(), bound.exclusive)


Row = list[tuple[int, int, int]]


def _signed(positive: Dfa, negative: Dfa) -> Dfa:
    """The texts of one language, and those of the other after a minus sign."""
    ahead, shift = positive.rows(), 1 + positive.num_states
    behind = negative.rows()
    rows: list[Row] = [[(0x2D, 0x2D, shift)] if behind else []]
    rows[0] += _shifted(ahead[0], 1) if ahead else []
    rows += [_shifted(row, 1) for row in ahead]
    rows += [_shifted(row, shift) for row in behind]
    return Dfa.from_rows(rows, [False, *positive.accepting, *negative.accepting], BYTES)


def _shifted(row: Row, shift: int) -> Row:
    return [(low, high, target + shift) for low, high, target in row]


def _between(magnitude: Dfa, low: Bound | None, high: Bound | None) -> Dfa:
    """The unsigned texts of a language that lie between two bounds of either sign."""
    conditions = [magnitude]
    if low is not None and (low.value > 0 or (low.value == 0 and low.exclusive)):
        conditions.append(_compared(low.value, GREATER if low.exclusive else GREATER + EQUAL))
    if high is not None:
        if high.value < 0:
            return Dfa.empty(BYTES)
        conditions.append(_compared(high.value, LESS if high.exclusive else LESS + EQUAL))
    return reduce(and_, conditions)


ZERO, POINT = 3, 1
CLASSES = (0, 0x2E, 0x2F, *range(0x30, 0x3B))
"""First bytes of the classes: `POINT` is the point, from `ZERO` on are the ten digits."""


@lru_cache(maxsize=CACHED)
def _multiples(step: Fraction) -> Dfa:
    """Unsigned decimal texts of the multiples of a step.

    After j of the k digits that follow the point, what has been read counts units of 10 ** -j, so
    its remainder is needed only by the step's share in them. Further digits must be zero.

    Raises:
        LimitError: The remainders are too many.
    """
    if _remainders(step) > MAX_REMAINDERS:
        raise LimitError(
            f"multiples of {_decimal(step)} need {_remainders(step)} remainders, the limit is "
            f"{MAX_REMAINDERS}",
            keyword="multipleOf",
            hint=f"choose a rounder step, or bounds with {MAX_LISTED} multiples between them",
        )
    whole, *fraction = _moduli(step)
    digits = _whole_digits(whole)
    stages = [whole, *fraction] if fraction else [1]
    starts = len(digits) + np.cumsum([0, *stages])
    delta = np.full((int(starts[-1]), len(CLASSES)), -1, np.int32)
    delta[: len(digits), ZERO : ZERO + 10] = digits
    delta[: stages[0], POINT] = np.arange(starts[0], starts[1])
    for stage, modulus in enumerate(fraction):
        following = starts[stage + 1] + _appended(stages[stage], modulus)
        delta[starts[stage] : starts[stage + 1], ZERO : ZERO + 10] = following
    delta[starts[-2], ZERO] = starts[-2]
    accepting = np.zeros(len(delta), np.bool_)
    accepting[[0, *starts[:-1]]] = True
    return Dfa(np.asarray(CLASSES, np.int32), delta, accepting, BYTES).minimised()


def _moduli(step: Fraction) -> list[int]:
    """What digits must be a multiple of, after none, one, … all of those that follow the point."""
    places = _places(step)
    units = int(step * 10**places)
    return [units // gcd(units, 10 ** (places - digits)) for digits in range(places + 1)]


def _remainders(step: Fraction) -> int:
    """How many states `_multiples` starts from, about."""
    whole, *fraction = _moduli(step)
    zeros, odd = _trailing_zeros(whole)
    return (zeros + 1) * odd + sum(fraction)


def _appended(modulus: int, following: int) -> NDArray[np.int64]:
    """(modulus, 10) remainders by `following` after each digit on each remainder by `modulus`."""
    return (10 * np.arange(modulus)[:, None] + np.arange(10)) % following


def _whole_digits(modulus: int) -> NDArray[np.int64]:
    """(states, 10) the next state of an automaton that accepts multiples in state 0.

    For a modulus of m * 10 ** z, state (z - t) * m + r has read t zeros, at most z, after a number
    with remainder r by m.
    """
    zeros, odd = _trailing_zeros(modulus)
    blocks = np.empty((zeros + 1, odd, 10), np.int64)
    for missing in range(zeros + 1):
        power = pow(10, zeros - missing, odd)
        read = np.arange(odd) * power % odd
        blocks[missing] = zeros * odd + (10 * read[:, None] + np.arange(10)) % odd
        blocks[missing, :, 0] = (missing - 1) * odd + np.arange(odd)
    blocks[0, :, 0] = 10 * np.arange(odd) % odd
    return blocks.reshape(-1, 10)


def _trailing_zeros(modulus: int) -> tuple[int, int]:
    """How many zeros end a number, and the number without them."""
    text = str(modulus)
    significant = text.rstrip("0")
    return len(text) - len(significant), int(significant)


LESS, EQUAL, GREATER = "<", "=", ">"


@lru_cache(maxsize=CACHED)
def _compared(value: Decimal, verdicts: str) -> Dfa:
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
