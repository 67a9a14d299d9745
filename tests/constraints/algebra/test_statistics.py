"""Atom statistics against SciPy, whatever the span of a row."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, logsumexp

from constraints.algebra import rows
from constraints.algebra.statistics import TILE, atom_statistics


def expected(logits, atom_of, num_atoms):
    log_p = log_softmax(logits.astype(np.float64), axis=1)
    for atom in range(num_atoms):
        inside = log_p[:, atom_of == atom]
        with np.errstate(invalid="ignore"):
            p = np.exp(inside - logsumexp(inside, axis=1, keepdims=True))
            mean = np.where(p > 0, p * inside, 0.0).sum(axis=1)
        yield np.asarray(logsumexp(inside, axis=1)), mean, inside.max(axis=1), inside.argmax(axis=1)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 4),
    st.sampled_from([3, 40, TILE + 5]),
    st.sampled_from([0.1, 8.0, 400.0, 5000.0]),
    st.sampled_from([0.0, 0.5]),
    st.integers(0, 2**32 - 1),
)
def test_every_figure(length, width, scale, forbidden, seed):
    rng = np.random.default_rng(seed)
    logits = (rng.standard_normal((length, width)) * scale).astype(np.float32)
    logits[rng.random(logits.shape) < forbidden] = -np.inf
    logits[:, 0] = 0.0
    num_atoms = min(width, 5)
    atom_of = np.concatenate(
        [np.arange(num_atoms), rng.integers(num_atoms, size=width - num_atoms)]
    ).astype(np.int32)
    found = atom_statistics(logits, atom_of, num_atoms)
    normaliser = np.asarray(logsumexp(logits.astype(np.float64), axis=1))
    np.testing.assert_allclose(found.normaliser, normaliser, rtol=1e-9, atol=1e-9)
    for atom, (lse, mean, top, best) in enumerate(expected(logits, atom_of, num_atoms)):
        tokens = np.flatnonzero(atom_of == atom)
        np.testing.assert_allclose(found.lse[:, atom], lse, rtol=1e-9, atol=1e-9)
        np.testing.assert_allclose(found.mean[:, atom], mean, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(found.top[:, atom], top, rtol=1e-9, atol=1e-9)
        np.testing.assert_array_equal(found.best[:, atom], tokens[best])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_row_that_is_no_distribution_says_so_and_spoils_no_other(bad):
    logits = np.zeros((3, 6), dtype=np.float32)
    logits[1, 4] = bad
    found = atom_statistics(logits, np.zeros(6, dtype=np.int32), 1)
    assert np.isnan(found.normaliser).tolist() == [False, True, False]
    assert found.lse[[0, 2]].ravel().tolist() == pytest.approx([0.0, 0.0])


def test_threads_change_nothing(monkeypatch):
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((7, 500)).astype(np.float32)
    atom_of = rng.integers(20, size=500).astype(np.int32)
    alone = atom_statistics(logits, atom_of, 20)
    monkeypatch.setattr(rows, "SMALL", 0)
    monkeypatch.setattr(rows.os, "cpu_count", lambda: 3)
    for one, other in zip(alone, atom_statistics(logits, atom_of, 20), strict=True):
        np.testing.assert_array_equal(one, other)


def test_an_error_in_a_thread_is_heard(monkeypatch):
    monkeypatch.setattr(rows, "SMALL", 0)
    monkeypatch.setattr(rows.os, "cpu_count", lambda: 2)

    def loop(first, last):
        raise KeyError(first, last)

    with pytest.raises(KeyError):
        rows.over_rows(loop, 4, 1)
