"""One path through a block: drawn from the posterior, or the most probable one."""

from __future__ import annotations

import numpy as np
from numba import njit

from constraints.algebra.scaled import HALVES, exp_into, to_log

SCANNED = 1024
"""Tokens of an atom whose weights are summed before it is asked which of them was drawn."""


@njit(cache=True, nogil=True)
def _slot(chain, row, state):
    """Where a live state stands in the ragged rows, or -1."""
    low, high = chain.row_ptr[row], chain.row_ptr[row + 1]
    while low < high:
        middle = (low + high) // 2
        if chain.states[middle] < state:
            low = middle + 1
        else:
            high = middle
    found = low < chain.row_ptr[row + 1] and chain.states[low] == state
    return low if found else -1


@njit(cache=True)
def sample_edges(chain, score_m, score_e, beta_m, beta_e, uniforms):
    """(L,) int64 edges of one path, drawn from the posterior by forward sampling against beta.

    Args:
        chain: The block.
        score_m: (L, S) float64 of `set_scores`.
        score_e: (L, S) int32.
        beta_m: (n,) float64 of `backward`.
        beta_e: (n,) int32.
        uniforms: (L,) float64 in (0, 1].
    """
    length = chain.set_row_ptr.shape[0] - 1
    edges = np.empty(length, dtype=np.int64)
    state, slot = chain.start, 0
    for row in range(length):
        threshold, unit = uniforms[row] * beta_m[slot], beta_e[slot]
        running = 0.0
        chosen, following = -1, -1
        for edge in range(chain.out_ptr[state], chain.out_ptr[state + 1]):
            there = _slot(chain, row + 1, chain.target[edge])
            if there < 0:
                continue
            s = chain.edge_set[edge]
            term = score_m[row, s] * beta_m[there]
            if term == 0.0:
                continue
            chosen, following = edge, there
            distance = unit - score_e[row, s] - beta_e[there]
            running += term * HALVES[min(max(distance, 0), 63)]
            if running >= threshold:
                break
        edges[row] = chosen
        state, slot = chain.target[chosen], following
    return edges


@njit(cache=True)
def sample_atoms(chain, sets, score_m, score_e, lse, uniforms):
    """Draws an atom of each row's set.

    Args:
        chain: The block.
        sets: (L,) int32, the set of each row.
        score_m: (L, S) float64 of `set_scores`.
        score_e: (L, S) int32.
        lse: (L, A) float64 of `atom_statistics`.
        uniforms: (L,) float64 in (0, 1].

    Returns:
        (L,) int64 atoms; (L,) float64, log-sum-exp of the atoms before each; (L,) float64, log of
        the draw times the set's probability.
    """
    length = sets.shape[0]
    atoms, before = np.full(length, -1, dtype=np.int64), np.full(length, -np.inf)
    thresholds = np.empty(length)
    for row in range(length):
        s, running = sets[row], -np.inf
        thresholds[row] = np.log(uniforms[row]) + to_log(score_m[row, s], score_e[row, s])
        for i in range(chain.set_ptr[s], chain.set_ptr[s + 1]):
            value = lse[row, chain.set_atoms[i]]
            if value == -np.inf:
                continue
            atoms[row], before[row] = chain.set_atoms[i], running
            running = np.logaddexp(running, value)
            if running >= thresholds[row]:
                break
    return atoms, before, thresholds


@njit(cache=True, nogil=True)
def sample_tokens(
    first, last, logits, normaliser, peaks, atoms, before, thresholds, atom_ptr, atom_tokens, tokens
):
    """Draws a token of each row's atom: the one at which the running sum passes the threshold.

    Args:
        first: First row.
        last: After the last row.
        logits: (L, V) floating.
        normaliser: (L,) float64.
        peaks: (L,) float64, the largest log-probability in the row's atom.
        atoms: (L,) int64.
        before: (L,) float64 of `sample_atoms`.
        thresholds: (L,) float64, alike.
        atom_ptr: (A + 1,) int32.
        atom_tokens: (V,) int32.
        tokens: (L,) int64, written.
    """
    values, weights = np.empty(SCANNED), np.empty(SCANNED)
    for row in range(first, last):
        total = np.exp(before[row] - peaks[row])
        wanted = np.exp(thresholds[row] - peaks[row])
        end, chosen, begin = atom_ptr[atoms[row] + 1], -1, atom_ptr[atoms[row]]
        while begin < end and (chosen < 0 or total < wanted):
            size = min(SCANNED, end - begin)
            for i in range(size):
                values[i] = logits[row, atom_tokens[begin + i]] - normaliser[row]
            exp_into(values[:size], peaks[row], weights)
            for i in range(size):
                if weights[i] > 0.0 and (chosen < 0 or total < wanted):
                    chosen = atom_tokens[begin + i]
                    total += weights[i]
            begin += size
        tokens[row] = chosen


@njit(cache=True)
def best_edges(chain, peaks):
    """(L,) int64 edges of the most probable path (Viterbi 1967); ties go to the first edge.

    Args:
        chain: The block.
        peaks: (L, S) float64 of `set_maxima`.
    """
    length, num_states = chain.set_row_ptr.shape[0] - 1, chain.out_ptr.shape[0] - 1
    choice = np.full(chain.states.shape[0], -1, dtype=np.int32)
    here, there = np.full(num_states, -np.inf), np.full(num_states, -np.inf)
    for i in range(chain.row_ptr[length], chain.row_ptr[length + 1]):
        there[chain.states[i]] = 0.0
    for row in range(length - 1, -1, -1):
        for i in range(chain.row_ptr[row], chain.row_ptr[row + 1]):
            state = chain.states[i]
            value = -np.inf
            for edge in range(chain.out_ptr[state], chain.out_ptr[state + 1]):
                if there[chain.target[edge]] > -np.inf:
                    through = peaks[row, chain.edge_set[edge]] + there[chain.target[edge]]
                    if through > value:
                        value, choice[i] = through, edge
            here[state] = value
        for i in range(chain.row_ptr[row + 1], chain.row_ptr[row + 2]):
            there[chain.states[i]] = -np.inf
        here, there = there, here
    edges = np.empty(length, dtype=np.int64)
    state = chain.start
    for row in range(length):
        edges[row] = choice[_slot(chain, row, state)]
        state = chain.target[edges[row]]
    return edges
