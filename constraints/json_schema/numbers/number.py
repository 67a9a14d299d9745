"""Sets of numbers in normal form, closed under intersection and complement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from math import ceil, floor
from typing import Literal

from constraints.json_schema.numbers.decimals import common_multiple, decimal_of, is_multiple

MAX_LISTED = 10_000
"""Multiples that are listed one by one, or looked through for one that is admitted."""

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
    step = step_of(a)
    if step is None:
        return a.low is not None and a.low == a.high and not _meets_steps(a, a.low.value)
    refused = [int(common_multiple(step, Fraction(each)) / step) for each in a.not_steps]
    factors = factors_of(a, step)
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
    step = step_of(a)
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
    step = step_of(a) or Fraction(1)
    width = Decimal(most) * decimal_of(step)
    low = a.low.value if a.low else a.high.value - width if a.high else -width / 2
    near = Number(Bound(low, exclusive=False), Bound(low + width, exclusive=False))
    both = intersect(intersect(a, near) or near, Number(steps=(decimal_of(step),)))
    values = finite_values(both) if both else None
    return tuple(each for each in values or () if admits(a, each))


def _candidates(a: Number) -> list[Decimal] | None:
    """The multiples of the steps between the bounds; None where they may be too many."""
    if _crossed(a.low, a.high):
        return []
    step = step_of(a)
    if step is None:
        return [a.low.value] if a.low is not None and a.low == a.high else None
    factors = factors_of(a, step)
    if factors is None or factors[MAX_LISTED:]:
        return None
    return [decimal_of(factor * step) for factor in factors]


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


def _joined(steps: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    """The one step whose multiples are those of all."""
    if len(set(steps)) <= 1:
        return steps[:1]
    return (decimal_of(reduce(common_multiple, map(Fraction, steps))),)


def _divisors(steps: set[Decimal]) -> tuple[Decimal, ...]:
    """The steps that are no multiples of others, ascending."""
    ascending = sorted(steps)
    return tuple(
        each
        for index, each in enumerate(ascending)
        if not any(is_multiple(each, smaller) for smaller in ascending[:index])
    )


def step_of(a: Number) -> Fraction | None:
    """What every value is a multiple of; None where the values are dense."""
    whole = (Decimal(1),) if a.spelled == "integer" else ()
    joined = _joined((*a.steps, *whole))
    return Fraction(joined[0]) if joined else None


def factors_of(a: Number, step: Fraction) -> range | None:
    """The n for which n * step lies between the bounds; None where a bound is missing."""
    if a.low is None or a.high is None:
        return None
    least, greatest = Fraction(a.low.value) / step, Fraction(a.high.value) / step
    return range(
        floor(least) + 1 if a.low.exclusive else ceil(least),
        ceil(greatest) if a.high.exclusive else floor(greatest) + 1,
    )


def _meets_steps(a: Number, value: int | Decimal) -> bool:
    return all(is_multiple(value, each) for each in a.steps) and not any(
        is_multiple(value, each) for each in a.not_steps
    )
