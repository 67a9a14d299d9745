"""Where probability goes: what a beam reaches, and what leaves the part that is known.

Everything here only steers and measures; which texts are members never depends on it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

SMALL = 256
"""Tokens of a set up to which its probability is added up rather than estimated."""
NOTABLE = 1e-4
"""Probability from which on a token counts on its own in an estimate."""


@njit(cache=True)
def notable_leaves(mass):
    """(n,) int32, ascending: byte strings whose probability is worth being counted alone."""
    count = 0
    for value in mass:
        count += value > NOTABLE
    found = np.empty(count, dtype=np.int32)
    count = 0
    for leaf in range(mass.shape[0]):
        if mass[leaf] > NOTABLE:
            found[count] = leaf
            count += 1
    return found


@njit(cache=True)
def _set_mass(members, mass, notable, rest):
    """The probability of a set; of a large one what is not notable is taken to be uniform."""
    total = 0.0
    if members.shape[0] <= SMALL:
        for leaf in members:
            total += mass[leaf]
        return total
    inside = 0
    for leaf in notable:
        at = np.searchsorted(members, leaf)
        if at < members.shape[0] and members[at] == leaf:
            total += mass[leaf]
            inside += 1
    return total + rest * (members.shape[0] - inside)


@njit(cache=True)
def beam_step(found, sets, beam, weights, mass, notable, rest, known, room):
    """What one position makes of a beam: the configurations reached, and their probability.

    Args:
        found: Configurations; those of the beam are expanded.
        sets: The pool of token sets.
        beam: (n,) int64, configurations.
        weights: (n,) float64, their probability.
        mass: (leaves,) float32, probability of each byte string at this position.
        notable: See `notable_leaves`.
        rest: Mean probability of all that is not notable.
        known: (S,) float64, NaN or the probability of a set at this position; filled in.
        room: (C,) float64, zeros; zeros again afterwards.

    Returns:
        (m,) int64 configurations in the order in which they were met; (m,) float64.
    """
    total = 0
    for number in beam:
        total += found.last[number] - found.first[number]
    reached = np.empty(total, dtype=np.int64)
    count = 0
    for i in range(beam.shape[0]):
        number = beam[i]
        for edge in range(found.first[number], found.last[number]):
            token_set = found.edge_set[edge]
            if np.isnan(known[token_set]):
                members = sets.members[sets.ptr[token_set] : sets.ptr[token_set + 1]]
                known[token_set] = _set_mass(members, mass, notable, rest)
            if known[token_set] <= 0.0:
                continue
            target = found.target[edge]
            if room[target] == 0.0:
                reached[count] = target
                count += 1
            room[target] += weights[i] * known[token_set]
    values = np.empty(count)
    for i in range(count):
        values[i] = room[reached[i]]
        room[reached[i]] = 0.0
    return reached[:count], values


@njit(cache=True)
def set_masses(lse, set_ptr, set_atoms):
    """(L, S) float64, probability of each set from the log-probabilities of the atoms."""
    num_rows, num_sets = lse.shape[0], set_ptr.shape[0] - 1
    masses = np.zeros((num_rows, num_sets))
    atoms = np.exp(lse)
    for row in range(num_rows):
        for s in range(num_sets):
            for i in range(set_ptr[s], set_ptr[s + 1]):
                masses[row, s] += atoms[row, set_atoms[i]]
    return masses


@njit(cache=True)
def leaked(start, num_states, masses, inner, outer):
    """The probability that leaves the known part for the first time, by row.

    Args:
        start: The first state.
        num_states: N.
        masses: (L, S) float64, of each set.
        inner: Source, set and target of the edges within; int32 each.
        outer: Source and set of the edges that leave.

    Returns:
        The logarithm of what leaves before the last row; (n,) float64, what each leaving edge takes
        at the last row, times a factor; the logarithm of that factor, negated.
    """
    source, token_set, target = inner
    leaving, leaving_set = outer
    here = np.zeros(num_states)
    here[start] = 1.0
    scale, total = 0.0, -np.inf
    at_last = np.zeros(leaving.shape[0])
    for row in range(masses.shape[0]):
        if row == masses.shape[0] - 1:
            for edge in range(leaving.shape[0]):
                at_last[edge] = here[leaving[edge]] * masses[row, leaving_set[edge]]
            break
        out = 0.0
        for edge in range(leaving.shape[0]):
            out += here[leaving[edge]] * masses[row, leaving_set[edge]]
        if out > 0.0:
            total = np.logaddexp(total, scale + np.log(out))
        there = np.zeros(num_states)
        for edge in range(source.shape[0]):
            there[target[edge]] += here[source[edge]] * masses[row, token_set[edge]]
        peak = there.max()
        if peak <= 0.0:
            break
        here = there / peak
        scale += np.log(peak)
    return total, at_last, scale


@njit(cache=True)
def pressed(occupied, masses, leaving, leaving_set):
    """(n,) float64: how much each leaving edge would take of what stands before it.

    Args:
        occupied: (L, N) float64, posterior of each state before each row.
        masses: (L, S) float64.
        leaving: (n,) int32, sources of the edges that leave.
        leaving_set: (n,) int32, their sets.
    """
    pressure = np.zeros(leaving.shape[0])
    for row in range(masses.shape[0]):
        for edge in range(leaving.shape[0]):
            pressure[edge] += occupied[row, leaving[edge]] * masses[row, leaving_set[edge]]
    return pressure
