"""From atoms to token sets: the score of each set that is alive at a row, and its maximum."""

from __future__ import annotations

import numpy as np
from numba import njit

from constraints.algebra.scaled import HALVES, NOTHING, from_log, normal


@njit(cache=True, nogil=True)
def set_scores(first, last, lse, chain, mantissa, exponent):
    """Probability that a row's token lies in a set, for rows first .. last - 1.

    Args:
        first: First row.
        last: After the last row.
        lse: (L, A) float64, log-probability of each atom.
        chain: The block.
        mantissa: (L, S) float64, written where a set is alive at a row.
        exponent: (L, S) int32, alike.
    """
    num_atoms = lse.shape[1]
    atom_m, atom_e = np.empty(num_atoms), np.empty(num_atoms, dtype=np.int32)
    for row in range(first, last):
        for atom in range(num_atoms):
            atom_m[atom], atom_e[atom] = from_log(lse[row, atom])
        for i in range(chain.set_row_ptr[row], chain.set_row_ptr[row + 1]):
            s = chain.sets[i]
            top = NOTHING
            for j in range(chain.set_ptr[s], chain.set_ptr[s + 1]):
                top = max(top, atom_e[chain.set_atoms[j]])
            total = 0.0
            for j in range(chain.set_ptr[s], chain.set_ptr[s + 1]):
                atom = chain.set_atoms[j]
                total += atom_m[atom] * HALVES[min(top - atom_e[atom], 63)]
            mantissa[row, s], exponent[row, s] = normal(total, top)


@njit(cache=True, nogil=True)
def set_maxima(first, last, top, best, chain, peaks, tokens):
    """Largest log p in each live set and its lowest token id, for rows first .. last - 1.

    Args:
        first: First row.
        last: After the last row.
        top: (L, A) float64.
        best: (L, A) int32.
        chain: The block.
        peaks: (L, S) float64, written where a set is alive at a row.
        tokens: (L, S) int32, alike.
    """
    for row in range(first, last):
        for i in range(chain.set_row_ptr[row], chain.set_row_ptr[row + 1]):
            s = chain.sets[i]
            peak, token = -np.inf, -1
            for j in range(chain.set_ptr[s], chain.set_ptr[s + 1]):
                atom = chain.set_atoms[j]
                value, candidate = top[row, atom], best[row, atom]
                if value > peak or token < 0 or (value == peak and candidate < token):
                    peak, token = value, candidate
            peaks[row, s], tokens[row, s] = peak, token
