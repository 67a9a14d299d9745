"""Scaled numbers against arithmetic on logarithms; vectorised exponentials against NumPy's."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constraints.algebra.scaled import NOTHING, added, exp_into, from_log, normal, to_log

logs = st.one_of(st.floats(-1e6, 1e6), st.just(-math.inf))


@given(logs)
def test_a_logarithm_comes_back(value):
    mantissa, exponent = from_log(value)
    assert mantissa == 0.0 or 1.0 <= mantissa < 2.0000001
    assert to_log(mantissa, exponent) == pytest.approx(value, rel=1e-14, abs=1e-14)


@given(st.lists(logs, min_size=1, max_size=12))
def test_sums_are_those_of_any_range(values):
    total, exponent = 0.0, NOTHING
    for value in values:
        total, exponent = added(total, exponent, *from_log(value))
    expected = np.logaddexp.reduce(values)
    assert to_log(*normal(total, exponent)) == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_nothing_is_one_number():
    assert normal(0.0, np.int32(7)) == (0.0, NOTHING)
    assert from_log(-math.inf) == (0.0, NOTHING)
    assert to_log(0.0, NOTHING) == -math.inf


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_exponentials_are_right_to_a_few_units(dtype):
    values = np.concatenate([np.linspace(-699, 0, 50_001), [-1e-30, -0.34657359, 0.0]]).astype(
        dtype
    )
    weights = np.empty(len(values))
    assert exp_into(values, 0.0, weights) == 0
    np.testing.assert_allclose(weights, np.exp(values.astype(np.float64)), rtol=1e-15 * 4)


def test_what_is_too_small_is_counted_and_what_is_forbidden_is_not():
    values = np.array([0.0, -699.0, -701.0, -1e30, -np.inf])
    weights = np.empty(5)
    assert exp_into(values, 0.0, weights) == 2
    assert (weights > 0).tolist() == [True, True, False, False, False]
