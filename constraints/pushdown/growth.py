"""Where probability goes: what a beam of configurations reaches at one position.

Everything here only steers; which texts are members never depends on it.
"""

from __future__ import annotations

import numpy as np
from numba import njit

SMALL = 256
"""Byte strings of a set up to which its probability is added up rather than estimated."""
NOTABLE = 1e-4
"""Probability from which on a token counts on its own in an estimate."""


@njit(cache=True)
def notable_tokens(row, normaliser, leaf_of, num_leaves):
    """Byte strings whose tokens are worth being counted alone, and what is left.

    Args:
        row: (V,) floating logits.
        normaliser: Their log-sum-exp.
        leaf_of: (V,) int32, the byte string of each token, from `num_leaves` on for no text.
        num_leaves: How many byte strings there are.

    Returns:
        (n,) int32 byte strings, ascending; (n,) float64, their probability; the mean probability
        of all others.
    """
    least = row.dtype.type(normaliser + np.log(NOTABLE))
    count, other = 0, 0.0
    for value in row:
        count += value > least
    leaves, mass = np.empty(count, dtype=np.int32), np.empty(count)
    count = 0
    for token in range(row.shape[0]):
        if row[token] > least:
            value = np.exp(row[token] - normaliser)
            if leaf_of[token] >= num_leaves:
                other += value
            else:
                leaves[count], mass[count] = leaf_of[token], value
                count += 1
    order = np.argsort(leaves[:count])
    rest = max(0.0, 1.0 - other - mass[:count].sum()) / max(num_leaves - count, 1)
    return leaves[:count][order], mass[:count][order], rest


@njit(cache=True)
def _set_mass(members, row, normaliser, notable, mass, rest, leaf_ptr, leaf_tokens):
    """The probability of a set; of a large one what is not notable is taken to be uniform."""
    total = 0.0
    if members.shape[0] <= SMALL:
        for leaf in members:
            for i in range(leaf_ptr[leaf], leaf_ptr[leaf + 1]):
                total += np.exp(row[leaf_tokens[i]] - normaliser)
        return total
    inside = 0
    for i in range(notable.shape[0]):
        at = np.searchsorted(members, notable[i])
        if at < members.shape[0] and members[at] == notable[i]:
            total += mass[i]
            inside += 1
    return total + rest * (members.shape[0] - inside)


@njit(cache=True)
def beam_step(first, last, edge_set, target, sets, beam, weights, row, normaliser, trie, room):
    """What one position makes of a beam: the configurations reached, and their probability.

    Args:
        first: int64, the first edge of each configuration; those of the beam are expanded.
        last: int64, one past its last edge.
        edge_set: int32, the token set of each edge.
        target: int32, the configuration that it leads to.
        sets: Pointers and members of the pool of token sets.
        beam: (n,) int64, configurations.
        weights: (n,) float64, their probability.
        row: (V,) floating, the logits at this position.
        normaliser: Their log-sum-exp.
        trie: Of the vocabulary: leaf_of, leaf_ptr and leaf_tokens.
        room: (C,) float64, zeros; zeros again afterwards.

    Returns:
        (m,) int64 configurations in the order in which they were met; (m,) float64.
    """
    set_ptr, members = sets
    leaf_of, leaf_ptr, leaf_tokens = trie
    notable, mass, rest = notable_tokens(row, normaliser, leaf_of, leaf_ptr.shape[0] - 1)
    known = np.full(set_ptr.shape[0], np.nan)
    total = 0
    for number in beam:
        total += last[number] - first[number]
    reached = np.empty(total, dtype=np.int64)
    count = 0
    for i in range(beam.shape[0]):
        for edge in range(first[beam[i]], last[beam[i]]):
            token_set = edge_set[edge]
            if np.isnan(known[token_set]):
                inside = members[set_ptr[token_set] : set_ptr[token_set + 1]]
                known[token_set] = _set_mass(
                    inside, row, normaliser, notable, mass, rest, leaf_ptr, leaf_tokens
                )
            if known[token_set] <= 0.0:
                continue
            if room[target[edge]] == 0.0:
                reached[count] = target[edge]
                count += 1
            room[target[edge]] += weights[i] * known[token_set]
    values = np.empty(count)
    for i in range(count):
        values[i] = room[reached[i]]
        room[reached[i]] = 0.0
    return reached[:count], values
