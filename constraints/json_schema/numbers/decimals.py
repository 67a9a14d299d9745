"""Exact arithmetic on decimals and their steps."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import lcm


def common_multiple(a: Fraction, b: Fraction) -> Fraction:
    """The least common multiple of two positive rationals."""
    return Fraction(
        lcm(a.numerator * b.denominator, b.numerator * a.denominator), a.denominator * b.denominator
    )


def is_multiple(value: int | Decimal, step: Decimal) -> bool:
    """Whether a step divides a value, without writing out the value's exponent."""
    number, scale = scaled(value)
    unit, unit_scale = scaled(step)
    shift = scale - unit_scale
    if shift >= 0:
        return number * pow(10, shift, unit) % unit == 0
    too_short = -shift > Decimal(number).adjusted()
    return number == 0 or (not too_short and number % (unit * 10**-shift) == 0)


def scaled(value: int | Decimal) -> tuple[int, int]:
    """The magnitude as integer * 10 ** exponent."""
    if isinstance(value, int):
        return abs(value), 0
    _, digits, exponent = value.as_tuple()
    return int(Decimal((0, digits, 0))), int(exponent)


def places_of(value: Fraction) -> int:
    """The digits after the point that a decimal number needs."""
    places = 0
    while value.numerator * 10**places % value.denominator:
        places += 1
    return places


def decimal_of(value: Fraction) -> Decimal:
    """A decimal fraction, written out."""
    places = places_of(value)
    return Decimal(f"{int(value * 10**places)}e-{places}")
