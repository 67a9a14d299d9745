"""The texts in which to write the numbers of a set."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache, reduce
from math import isfinite
from operator import and_, or_

from constraints.automata import BYTES, Dfa
from constraints.automata.dfa import Row
from constraints.automata.spelling import utf8
from constraints.json_schema.numbers.comparison import EQUAL, GREATER, LESS, compared
from constraints.json_schema.numbers.decimals import decimal_of, places_of, scaled
from constraints.json_schema.numbers.multiples import multiples_of, remainders_of
from constraints.json_schema.numbers.number import (
    Bound,
    Number,
    factors_of,
    finite_values,
    intersect,
    step_of,
)
from constraints.regex import full_match

MAX_ZEROS = 20
"""Zeros that stand for an exponent in the text of a single number."""
EXACT_DIGITS = 15
"""Decimal digits that a double always keeps apart (IEEE 754 binary64)."""
CACHED = 512
"""Languages that are kept."""


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


def _listed(a: Number) -> tuple[Decimal, ...] | None:
    """The values of `a` where listing them is less than keeping remainders."""
    step = step_of(a)
    if step is None:
        return finite_values(a)
    factors = factors_of(a, step)
    if factors is None:
        return None
    remainders = sum(remainders_of(each) for each in (step, *map(Fraction, a.not_steps)))
    return None if factors[remainders:] else finite_values(a)


def _spellings(a: Number, value: Decimal, *, fractions: bool) -> list[str]:
    exact = Fraction(value)
    least, step = places_of(exact), step_of(a)
    if a.spelled != "integer" and (short := _scientific(value)):
        return [short]
    most = max(least, int(fractions), places_of(step) if step is not None else 0)
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
    number, exponent = scaled(value)
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
    step = step_of(a)
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
    places = places_of(step)
    if a.spelled == "integer":
        return _within(a, WHOLE), ""
    if places:
        narrowing = f"written without exponent, with fractions of length {places} at most"
        pattern = rf"({WHOLE})(\.[0-9]{{1,{places}}})?"
        return _within(a, pattern), f"multiples of {decimal_of(step)} are {narrowing}"
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
    step = step_of(a)
    if step is not None and not (step == 1 and pattern == WHOLE):
        magnitude &= multiples_of(step)
    for each in a.not_steps:
        magnitude -= multiples_of(Fraction(each))
    negative = _between(magnitude, _negated(a.high), _negated(a.low))
    return _signed(_between(magnitude, a.low, a.high), negative)


def _negated(bound: Bound | None) -> Bound | None:
    return None if bound is None else Bound(bound.value.copy_negate(), bound.exclusive)


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
        conditions.append(compared(low.value, GREATER if low.exclusive else GREATER + EQUAL))
    if high is not None:
        if high.value < 0:
            return Dfa.empty(BYTES)
        conditions.append(compared(high.value, LESS if high.exclusive else LESS + EQUAL))
    return reduce(and_, conditions)
