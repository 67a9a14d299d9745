"""Forward and backward over the live edges of a block, and the weights of atoms that follow."""

from __future__ import annotations

import numpy as np
from numba import njit

from constraints.algebra.scaled import LN2, NOTHING, added, normal, to_log


@njit(cache=True, nogil=True)
def forward(chain, score_m, score_e):
    """Probability of each live state, of all paths that lead to it.

    Args:
        chain: The block.
        score_m: (L, S) float64 of `set_scores`.
        score_e: (L, S) int32.

    Returns:
        (n,) float64 and (n,) int32, in the order of `chain.states`.
    """
    num_rows, num_states = chain.row_ptr.shape[0] - 1, chain.out_ptr.shape[0] - 1
    mantissa = np.zeros(chain.states.shape[0])
    exponent = np.full(chain.states.shape[0], NOTHING, dtype=np.int32)
    here_m, here_e = np.zeros(num_states), np.full(num_states, NOTHING, dtype=np.int32)
    mantissa[0], exponent[0] = 1.0, 0
    for row in range(1, num_rows):
        _place(chain, row - 1, mantissa, exponent, here_m, here_e)
        for i in range(chain.row_ptr[row], chain.row_ptr[row + 1]):
            state = chain.states[i]
            total, top = 0.0, NOTHING
            for j in range(chain.in_ptr[state], chain.in_ptr[state + 1]):
                source, s = chain.in_source[j], chain.in_set[j]
                if here_m[source] > 0.0:
                    term = here_m[source] * score_m[row - 1, s]
                    if term > 0.0:
                        total, top = added(total, top, term, here_e[source] + score_e[row - 1, s])
            mantissa[i], exponent[i] = normal(total, top)
        _clear(chain, row - 1, here_m)
    return mantissa, exponent


@njit(cache=True, nogil=True)
def backward(chain, score_m, score_e):
    """Probability of an allowed end from each live state; of those in the last row it is 1.

    Arguments and result are those of `forward`.
    """
    num_rows, num_states = chain.row_ptr.shape[0] - 1, chain.out_ptr.shape[0] - 1
    mantissa = np.zeros(chain.states.shape[0])
    exponent = np.full(chain.states.shape[0], NOTHING, dtype=np.int32)
    there_m, there_e = np.zeros(num_states), np.full(num_states, NOTHING, dtype=np.int32)
    for i in range(chain.row_ptr[num_rows - 1], chain.row_ptr[num_rows]):
        mantissa[i], exponent[i] = 1.0, 0
    for row in range(num_rows - 2, -1, -1):
        _place(chain, row + 1, mantissa, exponent, there_m, there_e)
        for i in range(chain.row_ptr[row], chain.row_ptr[row + 1]):
            state = chain.states[i]
            total, top = 0.0, NOTHING
            for j in range(chain.out_ptr[state], chain.out_ptr[state + 1]):
                target, s = chain.target[j], chain.edge_set[j]
                if there_m[target] > 0.0:
                    term = there_m[target] * score_m[row, s]
                    if term > 0.0:
                        total, top = added(total, top, term, there_e[target] + score_e[row, s])
            mantissa[i], exponent[i] = normal(total, top)
        _clear(chain, row + 1, there_m)
    return mantissa, exponent


@njit(cache=True, nogil=True)
def _place(chain, row, mantissa, exponent, dense_m, dense_e):
    for i in range(chain.row_ptr[row], chain.row_ptr[row + 1]):
        dense_m[chain.states[i]] = mantissa[i]
        dense_e[chain.states[i]] = exponent[i]


@njit(cache=True, nogil=True)
def _clear(chain, row, dense_m):
    for i in range(chain.row_ptr[row], chain.row_ptr[row + 1]):
        dense_m[chain.states[i]] = 0.0


@njit(cache=True, nogil=True)
def atom_weights(first, last, chain, alpha_m, alpha_e, beta_m, beta_e, log_z, weights):
    """Log w of rows first .. last - 1: token t's constrained marginal is p_i(t)·w_i(atom t).

    Args:
        first: First row.
        last: After the last row.
        chain: The block.
        alpha_m: (n,) float64 of `forward`.
        alpha_e: (n,) int32.
        beta_m: (n,) float64 of `backward`.
        beta_e: (n,) int32.
        log_z: Log of the whole.
        weights: (L, A) float64, written.
    """
    num_states, num_sets = chain.out_ptr.shape[0] - 1, chain.set_ptr.shape[0] - 1
    num_atoms = weights.shape[1]
    there_m, there_e = np.zeros(num_states), np.full(num_states, NOTHING, dtype=np.int32)
    set_m, set_e = np.zeros(num_sets), np.full(num_sets, NOTHING, dtype=np.int32)
    atom_m, atom_e = np.zeros(num_atoms), np.full(num_atoms, NOTHING, dtype=np.int32)
    for row in range(first, last):
        _place(chain, row + 1, beta_m, beta_e, there_m, there_e)
        for i in range(chain.row_ptr[row], chain.row_ptr[row + 1]):
            state = chain.states[i]
            for j in range(chain.out_ptr[state], chain.out_ptr[state + 1]):
                target, s = chain.target[j], chain.edge_set[j]
                term = alpha_m[i] * there_m[target]
                if term > 0.0:
                    set_m[s], set_e[s] = added(
                        set_m[s], set_e[s], term, alpha_e[i] + there_e[target]
                    )
        _clear(chain, row + 1, there_m)
        for i in range(chain.set_row_ptr[row], chain.set_row_ptr[row + 1]):
            s = chain.sets[i]
            if set_m[s] > 0.0:
                for j in range(chain.set_ptr[s], chain.set_ptr[s + 1]):
                    atom = chain.set_atoms[j]
                    atom_m[atom], atom_e[atom] = added(
                        atom_m[atom], atom_e[atom], set_m[s], set_e[s]
                    )
            set_m[s], set_e[s] = 0.0, NOTHING
        for atom in range(num_atoms):
            weights[row, atom] = to_log(atom_m[atom], atom_e[atom]) - log_z
            atom_m[atom], atom_e[atom] = 0.0, NOTHING


@njit(cache=True)
def atom_entropy(lse, mean, weights):
    """(L,) float64 entropy in nats of the constrained marginals, from atom statistics alone."""
    length, num_atoms = lse.shape
    entropy = np.zeros(length)
    for row in range(length):
        for atom in range(num_atoms):
            log_mass = lse[row, atom] + weights[row, atom]
            if log_mass > -700.0:
                entropy[row] -= np.exp(log_mass) * (mean[row, atom] + weights[row, atom])
        entropy[row] = max(entropy[row], 0.0)
    return entropy


@njit(cache=True)
def dense_logs(chain, mantissa, exponent):
    """(L + 1, N + 1) float64 logs of ragged values, -inf where a state is not alive."""
    num_rows, num_states = chain.row_ptr.shape[0] - 1, chain.out_ptr.shape[0] - 1
    logs = np.full((num_rows, num_states), -np.inf)
    for row in range(num_rows):
        for i in range(chain.row_ptr[row], chain.row_ptr[row + 1]):
            if mantissa[i] > 0.0:
                logs[row, chain.states[i]] = np.log(mantissa[i]) + exponent[i] * LN2
    return logs
