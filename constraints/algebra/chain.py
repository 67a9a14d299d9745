"""What of an automaton is alive at each row of a block; the loops touch nothing else."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


class Chain(NamedTuple):
    """A block's automaton, row by row.

    Attributes:
        start: The state before row 0.
        row_ptr: (L + 2,) int64, states alive before row i are states[row_ptr[i] : row_ptr[i + 1]].
        states: (n,) int32, ascending within a row.
        set_row_ptr: (L + 1,) int64, sets on edges between live states at row i are
            sets[set_row_ptr[i] : set_row_ptr[i + 1]].
        sets: (m,) int32, ascending within a row.
        out_ptr: (N + 2,) int32, edges of state q are out_ptr[q] .. out_ptr[q + 1] - 1.
        target: (E,) int32.
        edge_set: (E,) int32, with the tail policy on the last edge.
        in_ptr: (N + 2,) int32.
        in_source: (E,) int32, sources of the edges into each state.
        in_set: (E,) int32, their sets.
        set_ptr: (S + 1,) int32.
        set_atoms: (n,) int32.
    """

    start: int
    row_ptr: Longs
    states: Ints
    set_row_ptr: Longs
    sets: Ints
    out_ptr: Ints
    target: Ints
    edge_set: Ints
    in_ptr: Ints
    in_source: Ints
    in_set: Ints
    set_ptr: Ints
    set_atoms: Ints


@njit(cache=True)
def live_states(live):
    """Pointers and states of each row of (L + 1, N + 1) booleans; see `Chain`."""
    ptr = np.zeros(live.shape[0] + 1, dtype=np.int64)
    for row in range(live.shape[0]):
        ptr[row + 1] = ptr[row] + live[row].sum()
    states = np.empty(ptr[-1], dtype=np.int32)
    count = 0
    for row in range(live.shape[0]):
        for state in range(live.shape[1]):
            if live[row, state]:
                states[count] = state
                count += 1
    return ptr, states


@njit(cache=True)
def live_sets(live, source, edge_set, target, out_ptr, in_ptr, in_edges, num_sets):
    """The sets on edges between live states, kept from row to row but for what changes.

    Args:
        live: (L + 1, N + 1) bool.
        source: (E,) int32.
        edge_set: (E,) int32.
        target: (E,) int32.
        out_ptr: (N + 2,) int32.
        in_ptr: (N + 2,) int32.
        in_edges: (E,) int32.
        num_sets: S.

    Returns:
        (L + 1,) int64 pointers and (m,) int32 sets, ascending within a row.
    """
    length, num_states = live.shape[0] - 1, live.shape[1]
    before, after = np.zeros(num_states, dtype=np.bool_), np.zeros(num_states, dtype=np.bool_)
    count = np.zeros(num_sets, dtype=np.int32)
    ptr = np.zeros(length + 1, dtype=np.int64)
    sets = np.empty(max(4096, num_sets), dtype=np.int32)
    for row in range(length):
        for state in range(num_states):
            if live[row, state] != before[state]:
                before[state] = live[row, state]
                change = 1 if before[state] else -1
                for edge in range(out_ptr[state], out_ptr[state + 1]):
                    count[edge_set[edge]] += change * after[target[edge]]
        for state in range(num_states):
            if live[row + 1, state] != after[state]:
                after[state] = live[row + 1, state]
                change = 1 if after[state] else -1
                for i in range(in_ptr[state], in_ptr[state + 1]):
                    count[edge_set[in_edges[i]]] += change * before[source[in_edges[i]]]
        end = ptr[row]
        if end + num_sets > sets.shape[0]:
            grown = np.empty(2 * sets.shape[0] + num_sets, dtype=np.int32)
            grown[:end] = sets[:end]
            sets = grown
        for s in range(num_sets):
            if count[s] > 0:
                sets[end] = s
                end += 1
        ptr[row + 1] = end
    return ptr, sets[: ptr[-1]].copy()


@njit(cache=True)
def live_tokens(set_row_ptr, row_sets, num_sets, set_ptr, set_atoms, atom_ptr, atom_tokens):
    """The tokens in the sets of each row, kept from row to row but for what changes.

    Returns:
        (L, ⌈V/32⌉) uint32, bit v % 32 of word v // 32 for token v; (L,) int64, number of tokens.
    """
    length = set_row_ptr.shape[0] - 1
    bits = np.empty((length, (atom_tokens.shape[0] + 31) // 32), dtype=np.uint32)
    sizes = np.empty(length, dtype=np.int64)
    words = np.zeros(bits.shape[1], dtype=np.uint32)
    held = np.zeros(atom_ptr.shape[0] - 1, dtype=np.int32)
    shown_at = np.full(num_sets, -1, dtype=np.int64)
    size = 0
    for row in range(length):
        for i in range(set_row_ptr[row], set_row_ptr[row + 1]):
            s = row_sets[i]
            if row == 0 or shown_at[s] != row - 1:
                size += _show(s, 1, held, words, set_ptr, set_atoms, atom_ptr, atom_tokens)
            shown_at[s] = row
        if row > 0:
            for i in range(set_row_ptr[row - 1], set_row_ptr[row]):
                if shown_at[row_sets[i]] != row:
                    size += _show(
                        row_sets[i], -1, held, words, set_ptr, set_atoms, atom_ptr, atom_tokens
                    )
        bits[row], sizes[row] = words, size
    return bits, sizes


@njit(cache=True)
def _show(token_set, change, held, words, set_ptr, set_atoms, atom_ptr, atom_tokens):
    """Adds a set to the sets that hold each atom, or takes it away; tokens that this adds."""
    added = 0
    for i in range(set_ptr[token_set], set_ptr[token_set + 1]):
        atom = set_atoms[i]
        held[atom] += change
        if held[atom] == max(change, 0):
            first, last = atom_ptr[atom], atom_ptr[atom + 1]
            added += change * (last - first)
            for j in range(first, last):
                token = atom_tokens[j]
                words[token >> 5] ^= np.uint32(1) << np.uint32(token & 31)
    return added


@njit(cache=True)
def reachable(first, ptr, neighbour, token_set, pin_row, pin_allows):
    """(L + 1, N + 1) bool: states reached from the first row's, one edge for each row.

    How many edges lead to a state from those of the row before is counted, and only what changes
    from row to row is counted anew.

    Args:
        first: (N + 1,) bool, the first row.
        ptr: (N + 2,) int32, edges of state q are ptr[q] .. ptr[q + 1] - 1.
        neighbour: (E,) int32, where each edge leads.
        token_set: (E,) int32, its set.
        pin_row: (L,) int32, row of `pin_allows` for a pinned position, else -1.
        pin_allows: (P, S) bool, the sets that hold the pinned token.
    """
    length, num_states = pin_row.shape[0], first.shape[0]
    rows = np.zeros((length + 1, num_states), dtype=np.bool_)
    rows[0] = first
    counted = np.zeros(num_states, dtype=np.bool_)
    count = np.zeros(num_states, dtype=np.int32)
    for row in range(length):
        pin, here, there = pin_row[row], rows[row], rows[row + 1]
        if pin >= 0:
            for state in np.flatnonzero(here):
                for i in range(ptr[state], ptr[state + 1]):
                    there[neighbour[i]] |= pin_allows[pin, token_set[i]]
            continue
        for state in range(num_states):
            if here[state] != counted[state]:
                counted[state] = here[state]
                change = 1 if here[state] else -1
                for i in range(ptr[state], ptr[state + 1]):
                    count[neighbour[i]] += change
        for state in range(num_states):
            there[state] = count[state] > 0
    return rows
