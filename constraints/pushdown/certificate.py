"""What leaves the part of a language that is known: how much of the probability, and where.

Both follow the few states at each row that hold any probability worth following, and sum a set's
tokens when they first meet it at a row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.pushdown.uncounted import inlined, uncounted

UNLIKELY = 1e-15
"""Share of the posterior below which a state presses against no border."""
SMALL = np.log(1e-6)
"""Of the members that are known: the share below which all paths together are not followed."""
UNFOLLOWED = np.log(1e-2)
"""The same, of what is missing already."""

Ints = NDArray[np.int32]


class Border(NamedTuple):
    """The edges of what is known, and the sets on them.

    Attributes:
        inner_ptr: (N + 2,) int32, edges within from state q are inner_ptr[q] .. inner_ptr[q + 1].
        inner_set: int32, with the tail policy on the last edge.
        inner_target: int32.
        outer_ptr: (N + 2,) int32, the same of the edges that leave.
        outer_set: int32.
        set_ptr: (S + 1,) int32, atoms of set s are set_atoms[set_ptr[s] .. set_ptr[s + 1] - 1].
        set_atoms: int32.
    """

    inner_ptr: Ints
    inner_set: Ints
    inner_target: Ints
    outer_ptr: Ints
    outer_set: Ints
    set_ptr: Ints
    set_atoms: Ints


@inlined
def _mass(atoms, set_ptr, set_atoms, token_set, row, at_row, mass):
    """The probability of a set at a row, summed when it is first asked for there."""
    if at_row[token_set] != row:
        total = 0.0
        for i in range(set_ptr[token_set], set_ptr[token_set + 1]):
            total += atoms[set_atoms[i]]
        at_row[token_set], mass[token_set] = row, total
    return mass[token_set]


@uncounted
def _left(border, state, weight, row, atoms, at_row, mass, taken, factor):
    """What leaves with a state's probability; times a factor, each edge's is added to `taken`."""
    out = 0.0
    for edge in range(border.outer_ptr[state], border.outer_ptr[state + 1]):
        token_set = border.outer_set[edge]
        share = _mass(atoms, border.set_ptr, border.set_atoms, token_set, row, at_row, mass)
        taken[edge] += weight * share * factor
        out += weight * share
    return out


@uncounted
def _followed(border, state, weight, row, atoms, at_row, mass, there, following, reached):
    """Passes a state's probability on to the next row; how many states have been reached then."""
    for edge in range(border.inner_ptr[state], border.inner_ptr[state + 1]):
        token_set = border.inner_set[edge]
        share = _mass(atoms, border.set_ptr, border.set_atoms, token_set, row, at_row, mass)
        if share > 0.0:
            target = border.inner_target[edge]
            if there[target] == 0.0:
                following[reached] = target
                reached += 1
            there[target] += weight * share
    return reached


@njit(cache=True)
def leaked(start, log_z, lse, border):
    """The probability that leaves the known part for the first time.

    What all else outweighs is not followed to where it leaves or ends: it counts as missing.

    Args:
        start: The first state.
        log_z: Logarithm of the probability of the members that are known.
        lse: (L, A) float64, log-probability of each atom.
        border: What is known.

    Returns:
        The logarithm of what leaves before the last row; (n,) float64, what each leaving edge takes
        of that; (n,) float64, what each takes at the last row, times a factor; the logarithm of
        that factor, negated.
    """
    length, num_states, num_sets = lse.shape[0], border.inner_ptr.shape[0], border.set_ptr.shape[0]
    at_row, mass = np.full(num_sets, -1, dtype=np.int64), np.empty(num_sets)
    here, there = np.zeros(num_states), np.zeros(num_states)
    states, following = np.empty(num_states, np.int32), np.empty(num_states, np.int32)
    taken, at_last = np.zeros((2, border.outer_set.shape[0]))
    here[start], states[0], count = 1.0, start, 1
    scale, total = 0.0, -np.inf
    for row in range(length):
        atoms = np.exp(lse[row])
        least = max(log_z + SMALL, total + UNFOLLOWED) - np.log(count * length)
        cut = np.exp(min(least - scale, 0.0))
        is_last = row == length - 1
        here_taken, factor = (at_last, 1.0) if is_last else (taken, np.exp(scale))
        out, reached = 0.0, 0
        for i in range(count):
            state, weight = states[i], here[states[i]]
            here[state] = 0.0
            if weight < cut:
                out += weight
                continue
            left = _left(border, state, weight, row, atoms, at_row, mass, here_taken, factor)
            if not is_last:
                out += left
                reached = _followed(
                    border, state, weight, row, atoms, at_row, mass, there, following, reached
                )
        if out > 0.0:
            total = np.logaddexp(total, scale + np.log(out))
        if reached == 0:
            break
        peak = there.max()
        for i in range(reached):
            there[following[i]] /= peak
        scale += np.log(peak)
        here, there, states, following, count = there, here, following, states, reached
    return total, taken, at_last, scale


@njit(cache=True)
def pressed(chain, alpha_m, alpha_e, beta_m, beta_e, lse, border):
    """(n,) float64: how much each leaving edge would take of what stands before it.

    Args:
        chain: The block.
        alpha_m: Forward, scaled, of live states by row; see `Posterior`.
        alpha_e: Its exponent.
        beta_m: Backward, alike.
        beta_e: Its exponent.
        lse: (L, A) float64.
        border: What is known.
    """
    num_sets = border.set_ptr.shape[0]
    at_row, mass = np.full(num_sets, -1, dtype=np.int64), np.empty(num_sets)
    pressure = np.zeros(border.outer_set.shape[0])
    for row in range(lse.shape[0]):
        atoms = np.exp(lse[row])
        for i in range(chain.row_ptr[row], chain.row_ptr[row + 1]):
            exponent = alpha_e[i] + beta_e[i] - beta_e[0]
            occupied = alpha_m[i] * beta_m[i] / beta_m[0] * 2.0 ** max(exponent, -1000)
            if occupied > UNLIKELY:
                state = chain.states[i]
                _left(border, state, occupied, row, atoms, at_row, mass, pressure, 1.0)
    return pressure
