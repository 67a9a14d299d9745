"""Statistics of finer atoms from those of the atoms that they came from, and few of the logits.

An atom that was not split keeps its statistics. Of one that was, all parts but the largest are
summed anew, and the largest is what they leave of the whole; only where that is next to nothing of
it, so that the difference would be rounding, is it summed as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.algebra.rows import over_rows
from constraints.algebra.statistics import AtomStatistics

if TYPE_CHECKING:
    from constraints.token_automaton import TokenAutomaton

LEAST_SHARE = 1e-3
"""Of an atom's probability, what the largest part must have to be taken as a difference."""

KEPT, SUMMED, LEFT = 0, 1, 2
"""How the statistics of a finer atom are found."""


def refined(
    statistics: AtomStatistics,
    logits: NDArray[np.floating],
    coarse: TokenAutomaton,
    fine: TokenAutomaton,
) -> AtomStatistics:
    """The statistics of the same logits by finer atoms.

    Args:
        statistics: Those of the coarser atoms.
        logits: (L, V) floating, those that the statistics are of.
        coarse: The automaton whose atoms these are.
        fine: One whose atoms are parts of these.
    """
    parent = coarse.atom_of[fine.atom_tokens[fine.atom_ptr[:-1]]]
    how = _ways(parent, np.diff(fine.atom_ptr), coarse.num_atoms)
    length = len(logits)
    result = AtomStatistics(
        statistics.normaliser,
        statistics.lse[:, parent],
        statistics.mean[:, parent],
        statistics.top[:, parent],
        statistics.best[:, parent],
    )
    summed = int(np.diff(fine.atom_ptr)[how == SUMMED].sum())
    if summed:
        atoms = fine.atom_of, fine.atom_ptr, fine.atom_tokens
        before = statistics.normaliser, statistics.lse, statistics.mean, statistics.best
        over_rows(
            _refine, length, length * summed, logits, parent, how, *atoms, *before, *result[1:]
        )
    return result


def _ways(parent: NDArray[np.int32], size: NDArray[np.int32], num_coarse: int) -> NDArray[np.int8]:
    """(A,) int8, how each finer atom's statistics are found."""
    order = np.lexsort((np.arange(len(parent)), -size, parent))
    first = np.ones(len(parent), dtype=np.bool_)
    first[1:] = parent[order][1:] != parent[order][:-1]
    parts = np.bincount(parent, minlength=num_coarse)
    how = np.full(len(parent), SUMMED, dtype=np.int8)
    how[order[first]] = LEFT
    how[parts[parent] == 1] = KEPT
    return how


@njit(cache=True, nogil=True)
def _refine(
    first,
    last,
    logits,
    parent,
    how,
    atom_of,
    atom_ptr,
    atom_tokens,
    normaliser,
    old_lse,
    old_mean,
    old_best,
    lse,
    mean,
    top,
    best,
):
    """Writes what differs, in rows first .. last - 1 of (L, A) arrays that hold the parents'."""
    share, moment = np.zeros(old_lse.shape[1]), np.zeros(old_lse.shape[1])
    for row in range(first, last):
        share[:], moment[:] = 0.0, 0.0
        for atom in range(parent.shape[0]):
            if how[atom] == SUMMED:
                tokens = atom_tokens[atom_ptr[atom] : atom_ptr[atom + 1]]
                _sum(logits[row], tokens, normaliser[row], atom, lse[row], mean[row])
                _peak(logits[row], tokens, normaliser[row], atom, top[row], best[row])
                if lse[row, atom] > -np.inf:
                    part = np.exp(lse[row, atom] - old_lse[row, parent[atom]])
                    share[parent[atom]] += part
                    moment[parent[atom]] += part * mean[row, atom]
        for atom in range(parent.shape[0]):
            if how[atom] != LEFT:
                continue
            tokens = atom_tokens[atom_ptr[atom] : atom_ptr[atom + 1]]
            whole = parent[atom]
            rest = 1.0 - share[whole]
            if rest > LEAST_SHARE and old_lse[row, whole] > -np.inf:
                lse[row, atom] = old_lse[row, whole] + np.log(rest)
                mean[row, atom] = (old_mean[row, whole] - moment[whole]) / rest
            else:
                _sum(logits[row], tokens, normaliser[row], atom, lse[row], mean[row])
            if atom_of[old_best[row, whole]] != atom:
                _peak(logits[row], tokens, normaliser[row], atom, top[row], best[row])


@njit(cache=True, nogil=True)
def _sum(row, tokens, normaliser, atom, lse, mean):
    """Log of the sum and the mean log-probability of some tokens."""
    peak = -np.inf
    for token in tokens:
        peak = max(peak, np.float64(row[token]))
    lse[atom], mean[atom] = -np.inf, 0.0
    if peak == -np.inf:
        return
    total, moment = 0.0, 0.0
    for token in tokens:
        if row[token] > -np.inf:
            distance = row[token] - peak
            weight = np.exp(distance)
            total += weight
            moment += weight * distance
    lse[atom] = peak + np.log(total) - normaliser
    mean[atom] = peak + moment / total - normaliser


@njit(cache=True, nogil=True)
def _peak(row, tokens, normaliser, atom, top, best):
    """The largest log-probability of some tokens, and the lowest token that has it."""
    found = tokens[0]
    for token in tokens:
        if row[token] > row[found]:
            found = token
    top[atom], best[atom] = row[found] - normaliser, found
