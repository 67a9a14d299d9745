"""Automata over the decimal texts of multiples of a step, by remainders."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import gcd

import numpy as np
from numpy.typing import NDArray

from constraints.automata import BYTES, Dfa
from constraints.errors import LimitError
from constraints.json_schema.numbers.decimals import decimal_of, places_of
from constraints.json_schema.numbers.number import MAX_LISTED

MAX_REMAINDERS = 10_000
"""States of an automaton that keeps a remainder."""
CACHED = 512
"""Steps whose automata are kept."""
ZERO, POINT = 3, 1
CLASSES = (0, 0x2E, 0x2F, *range(0x30, 0x3B))
"""First bytes of the classes: `POINT` is the point, from `ZERO` on are the ten digits."""


@lru_cache(maxsize=CACHED)
def multiples_of(step: Fraction) -> Dfa:
    """Unsigned decimal texts of the multiples of a step.

    After j of the k digits that follow the point, what has been read counts units of 10 ** -j, so
    its remainder is needed only by the step's share in them. Further digits must be zero.

    Raises:
        LimitError: The remainders are too many.
    """
    if remainders_of(step) > MAX_REMAINDERS:
        raise LimitError(
            f"multiples of {decimal_of(step)} need {remainders_of(step)} remainders, the limit is "
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
    places = places_of(step)
    units = int(step * 10**places)
    return [units // gcd(units, 10 ** (places - digits)) for digits in range(places + 1)]


def remainders_of(step: Fraction) -> int:
    """How many states `multiples_of` starts from, about."""
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
