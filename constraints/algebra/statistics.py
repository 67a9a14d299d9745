"""Atom statistics: the one pass over the vocabulary that a denoising step takes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.algebra.rows import over_rows
from constraints.algebra.scaled import exp_into

TILE = 2048
"""Tokens whose weights are kept at a time; 16 KB of float64, which a first-level cache holds."""

Floats = NDArray[np.float64]


class AtomStatistics(NamedTuple):
    """What a step needs to know of each row's log-softmax over all V columns.

    Attributes:
        normaliser: (L,) float64 log-normaliser of each row, NaN where a logit is NaN or +inf.
        lse: (L, A) float64, log-probability of each atom.
        mean: (L, A) float64, mean log-probability under p within each atom, 0 where it has none.
        top: (L, A) float64, largest log-probability within each atom.
        best: (L, A) int32, the lowest token id that has it.
    """

    normaliser: Floats
    lse: Floats
    mean: Floats
    top: Floats
    best: NDArray[np.int32]


def atom_statistics(
    logits: NDArray[np.floating], atom_of: NDArray[np.int32], num_atoms: int
) -> AtomStatistics:
    """The statistics of logits.

    Args:
        logits: (L, V) float32 or float64, any scale; -inf forbids a token.
        atom_of: (V,) int32.
        num_atoms: A.
    """
    length = len(logits)
    statistics = AtomStatistics(
        np.empty(length),
        np.full((length, num_atoms), -np.inf),
        np.zeros((length, num_atoms)),
        np.full((length, num_atoms), -np.inf),
        np.full((length, num_atoms), -1, dtype=np.int32),
    )
    over_rows(_statistics, length, logits.size, logits, atom_of, *statistics)
    return statistics


@njit(cache=True, nogil=True)
def _statistics(first, last, logits, atom_of, normaliser, lse, mean, top, best):
    weights = np.empty(TILE)
    for row in range(first, last):
        peak, sound = _peak(logits[row])
        _lowest(logits[row], atom_of, top[row], best[row])
        if not sound:
            normaliser[row] = np.nan
            continue
        if peak > -np.inf and not _against_row(
            logits[row], peak, atom_of, weights, lse[row], mean[row]
        ):
            _against_atoms(logits[row], atom_of, top[row], lse[row], mean[row])
        normaliser[row] = log_sum_exp(lse[row])
        if normaliser[row] > -np.inf:
            for atom in range(lse.shape[1]):
                lse[row, atom] -= normaliser[row]
                top[row, atom] -= normaliser[row]
                if lse[row, atom] > -np.inf:
                    mean[row, atom] -= normaliser[row]


@njit(cache=True, nogil=True)
def _peak(row):
    """The largest logit, and whether none is NaN or +inf."""
    peak, unsound = -np.inf, 0
    for value in row:
        peak = max(peak, np.float64(value))
        unsound += not value < np.inf
    return peak, unsound == 0


@njit(cache=True, nogil=True)
def _lowest(row, atom_of, top, best):
    """The largest logit of each atom and the lowest token that has it."""
    for token in range(row.shape[0]):
        atom = atom_of[token]
        value = np.float64(row[token])
        if value > top[atom] or best[atom] < 0:
            top[atom] = value
            best[atom] = token


@njit(cache=True, nogil=True)
def _against_row(row, peak, atom_of, weights, lse, mean):
    """Logs of sums and means of each atom from weights against the row's maximum.

    Returns:
        Whether no finite logit lies so far below the maximum that its weight was lost.
    """
    total = np.zeros(lse.shape[0])
    mean[:] = 0.0
    lost = 0
    for begin in range(0, row.shape[0], TILE):
        tile = row[begin : begin + TILE]
        lost += exp_into(tile, peak, weights)
        for i in range(tile.shape[0]):
            if weights[i] > 0.0:
                atom = atom_of[begin + i]
                total[atom] += weights[i]
                mean[atom] += weights[i] * (tile[i] - peak)
    for atom in range(lse.shape[0]):
        if total[atom] > 0.0:
            lse[atom] = peak + np.log(total[atom])
            mean[atom] = peak + mean[atom] / total[atom]
    return lost == 0


@njit(cache=True, nogil=True)
def _against_atoms(row, atom_of, top, lse, mean):
    """The same from weights against each atom's own maximum, for rows of any span."""
    total = np.zeros(lse.shape[0])
    mean[:] = 0.0
    for token in range(row.shape[0]):
        if row[token] > -np.inf:
            atom = atom_of[token]
            distance = row[token] - top[atom]
            weight = np.exp(distance)
            total[atom] += weight
            mean[atom] += weight * distance
    for atom in range(lse.shape[0]):
        if total[atom] > 0.0:
            lse[atom] = top[atom] + np.log(total[atom])
            mean[atom] = top[atom] + mean[atom] / total[atom]


@njit(cache=True)
def log_sum_exp(values):
    """Log Σ exp of a vector; -inf where all are."""
    peak = values.max()
    if peak == -np.inf:
        return peak
    return peak + np.log(np.exp(values - peak).sum())


@njit(cache=True, nogil=True)
def spread(first, last, logits, normaliser, weights, atom_of, floor, result):
    """Log marginals of rows first .. last - 1, not below a floor.

    Args:
        first: First row.
        last: After the last row.
        logits: (L, V) floating.
        normaliser: (L,) float64.
        weights: (L, A) float64, log w.
        atom_of: (V,) int32.
        floor: Nats, -inf for none.
        result: (L, V) floating, written.
    """
    for row in range(first, last):
        shift = weights[row] - normaliser[row]
        for token in range(logits.shape[1]):
            result[row, token] = max(logits[row, token] + shift[atom_of[token]], floor)
