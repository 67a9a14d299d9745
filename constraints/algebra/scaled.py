"""Numbers m·2^e of float64 precision and any range: sums of products of them, and their logs."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

NOTHING = np.int32(-(2**30))
"""The exponent of 0."""

LN2 = math.log(2.0)
LOG2_E = 1.0 / LN2
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10

LEAST = -700.0
"""Nats below which `exp_into` gives 0; the smallest normal float64 is e**-708."""

HALVES = 2.0 ** -np.arange(64.0)
"""2^-d; a term 64 binary orders below the largest changes no float64 sum."""

POWERS = 2.0 ** np.arange(-1022.0, 1.0)
"""2^k for k from -1022 to 0."""


@njit(cache=True)
def added(total, exponent, term, term_exponent):
    """(m, e) of total·2^exponent + term·2^term_exponent; the exponent is that of the larger."""
    if term_exponent > exponent:
        distance = term_exponent - exponent
        kept = total * HALVES[distance] if distance < 64 else 0.0
        return kept + term, term_exponent
    distance = exponent - term_exponent
    return (total + term * HALVES[distance] if distance < 64 else total), exponent


@njit(cache=True)
def normal(total, exponent):
    """(m, e) of the same number with m in [1, 2), or (0, NOTHING)."""
    if total == 0.0:
        return 0.0, NOTHING
    fraction, shift = math.frexp(total)
    return fraction * 2.0, np.int32(exponent + shift - 1)


@njit(cache=True)
def from_log(value):
    """(m, e) of exp(value)."""
    if value == -np.inf:
        return 0.0, NOTHING
    exponent = np.floor(value * LOG2_E)
    return math.exp((value - exponent * LN2_HIGH) - exponent * LN2_LOW), np.int32(exponent)


@njit(cache=True)
def to_log(total, exponent):
    """Log of m·2^e; -inf of 0."""
    return -np.inf if total == 0.0 else math.log(total) + exponent * LN2


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract", "nsz"})
def exp_into(values, peak, result):
    """result[i] = exp(values[i] - peak) to 4 units in the last place, or 0 below e^LEAST.

    Reduction by ln 2 in two parts (Cody and Waite 1980) and a Taylor polynomial of degree 12 on
    half an octave, in a form that compilers turn into vector instructions.

    Args:
        values: (n,) floating, no NaN, none above `peak`.
        peak: Finite.
        result: (n,) float64.

    Returns:
        Number of finite values too small to be told from 0.
    """
    lost = 0
    for i in range(values.shape[0]):
        distance = np.float64(values[i]) - peak
        small = distance < LEAST
        lost += small and values[i] > -np.inf
        clipped = LEAST if small else distance
        octave = np.floor(clipped * LOG2_E + 0.5)
        rest = (clipped - octave * LN2_HIGH) - octave * LN2_LOW
        series = 1 / 479001600.0
        series = series * rest + 1 / 39916800.0
        series = series * rest + 1 / 3628800.0
        series = series * rest + 1 / 362880.0
        series = series * rest + 1 / 40320.0
        series = series * rest + 1 / 5040.0
        series = series * rest + 1 / 720.0
        series = series * rest + 1 / 120.0
        series = series * rest + 1 / 24.0
        series = series * rest + 1 / 6.0
        series = series * rest + 0.5
        series = series * rest + 1.0
        series = series * rest + 1.0
        result[i] = 0.0 if small else series * POWERS[np.int64(octave) + 1022]
    return lost
