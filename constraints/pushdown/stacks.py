"""Interned stacks.

A stack is a cell (state, the stack below), and equal stacks are one cell. What a parser is at
between two terminals, a *standing*, is one stack with LALR tables and a set of stacks with rule
automata: all that can be meant by what has been read. Equal sets are one standing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.pool import mixed
from constraints.pushdown.uncounted import uncounted

NO_ROOM = -2
"""What is answered where the heap has to be grown first."""

CELLS, SETS, MEMBERS, REACTIONS, STAMP = 0, 1, 2, 3, 4
"""Entries of `Heap.used`."""

MAX_WIDTH = 4096
"""Stacks of one standing; more are refused, which narrows the language and is never unsound."""

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


class Heap(NamedTuple):
    """All cells and standings so far; every array has room to spare.

    Attributes:
        used: (5,) int64, how much of each is used, and the last stamp.
        top: int32, the state of each cell.
        below: int32, the cell below, or -1.
        slots: int32, open addressing of cells by content.
        set_ptr: int64, the cells of standing s are set_cells[set_ptr[s] : set_ptr[s + 1]].
        set_cells: int32, ascending.
        set_slots: int32, open addressing of standings by content.
        reaction_key: int64, open addressing of what is remembered of standings, -1 for none; see
            `constraints.pushdown.reactions`.
        reaction: int32, what is remembered.
        stamp: int64, of each cell: the last search that has seen it.
        work: int32, room for the cells of one search.
        found: int32, room for the cells that one finds.
    """

    used: Longs
    top: Ints
    below: Ints
    slots: Ints
    set_ptr: Longs
    set_cells: Ints
    set_slots: Ints
    reaction_key: Longs
    reaction: Ints
    stamp: Longs
    work: Ints
    found: Ints


def empty_heap(capacity: int = 1 << 14) -> Heap:
    """A heap without cells.

    Args:
        capacity: Cells to make room for, a power of 2.
    """
    return Heap(
        used=np.zeros(5, dtype=np.int64),
        top=np.empty(capacity, dtype=np.int32),
        below=np.empty(capacity, dtype=np.int32),
        slots=np.full(2 * capacity, -1, dtype=np.int32),
        set_ptr=np.zeros(capacity + 1, dtype=np.int64),
        set_cells=np.empty(4 * capacity, dtype=np.int32),
        set_slots=np.full(2 * capacity, -1, dtype=np.int32),
        reaction_key=np.full(8 * capacity, -1, dtype=np.int64),
        reaction=np.empty(8 * capacity, dtype=np.int32),
        stamp=np.zeros(capacity, dtype=np.int64),
        work=np.empty(MAX_WIDTH, dtype=np.int32),
        found=np.empty(MAX_WIDTH, dtype=np.int32),
    )


@njit(cache=True)
def grown(heap):
    """The heap with twice the room; numbers stay."""
    capacity = 2 * heap.top.shape[0]
    used = heap.used.copy()
    top, below = np.empty(capacity, np.int32), np.empty(capacity, np.int32)
    top[: used[CELLS]], below[: used[CELLS]] = heap.top[: used[CELLS]], heap.below[: used[CELLS]]
    set_ptr = np.zeros(capacity + 1, np.int64)
    set_ptr[: used[SETS] + 1] = heap.set_ptr[: used[SETS] + 1]
    set_cells = np.empty(4 * capacity, np.int32)
    set_cells[: used[MEMBERS]] = heap.set_cells[: used[MEMBERS]]
    slots = np.full(2 * capacity, -1, np.int32)
    for cell in range(used[CELLS]):
        slots[_cell_slot(slots, top, below, top[cell], below[cell])] = cell
    set_slots = np.full(2 * capacity, -1, np.int32)
    for number in range(used[SETS]):
        cells = set_cells[set_ptr[number] : set_ptr[number + 1]]
        set_slots[_set_slot(set_slots, set_ptr, set_cells, cells)] = number
    reaction_key, reaction = np.full(8 * capacity, -1, np.int64), np.empty(8 * capacity, np.int32)
    for slot in range(heap.reaction_key.shape[0]):
        if heap.reaction_key[slot] >= 0:
            there = reaction_slot(reaction_key, heap.reaction_key[slot])
            reaction_key[there], reaction[there] = heap.reaction_key[slot], heap.reaction[slot]
    return Heap(
        used,
        top,
        below,
        slots,
        set_ptr,
        set_cells,
        set_slots,
        reaction_key,
        reaction,
        np.zeros(capacity, np.int64),
        heap.work,
        heap.found,
    )


@uncounted
def reaction_slot(reaction_key, key):
    """The slot of a key, or the free one where it belongs."""
    last = reaction_key.shape[0] - 1
    slot = np.int64(mixed(np.uint64(key)) & np.uint64(last))
    while reaction_key[slot] >= 0 and reaction_key[slot] != key:
        slot = (slot + 1) & last
    return slot


@uncounted
def _cell_slot(slots, top, below, state, rest):
    """The slot of a cell, or the free one where it belongs."""
    last = slots.shape[0] - 1
    digest = mixed((np.uint64(state) << np.uint64(32)) ^ np.uint64(np.uint32(rest)))
    slot = np.int64(digest & np.uint64(last))
    while slots[slot] >= 0:
        cell = slots[slot]
        if top[cell] == state and below[cell] == rest:
            return slot
        slot = (slot + 1) & last
    return slot


@uncounted
def pushed(heap, state, rest):
    """The cell of a state on a stack, or `NO_ROOM`."""
    slot = _cell_slot(heap.slots, heap.top, heap.below, state, rest)
    if heap.slots[slot] >= 0:
        return np.int64(heap.slots[slot])
    cell = heap.used[CELLS]
    if cell == heap.top.shape[0]:
        return np.int64(NO_ROOM)
    heap.top[cell], heap.below[cell] = state, rest
    heap.stamp[cell] = 0
    heap.slots[slot] = cell
    heap.used[CELLS] = cell + 1
    return np.int64(cell)


@uncounted
def _set_slot(set_slots, set_ptr, set_cells, cells):
    last = set_slots.shape[0] - 1
    digest = np.uint64(cells.shape[0])
    for cell in cells:
        digest = mixed(digest ^ np.uint64(cell)) + np.uint64(0x9E3779B97F4A7C15)
    slot = np.int64(mixed(digest) & np.uint64(last))
    while set_slots[slot] >= 0:
        number = set_slots[slot]
        known = set_cells[set_ptr[number] : set_ptr[number + 1]]
        if known.shape[0] == cells.shape[0]:
            different = 0
            for i in range(cells.shape[0]):
                different |= known[i] ^ cells[i]
            if different == 0:
                return slot
        slot = (slot + 1) & last
    return slot


@uncounted
def standing_of(heap, cells):
    """The standing of some cells, ascending, or `NO_ROOM`."""
    slot = _set_slot(heap.set_slots, heap.set_ptr, heap.set_cells, cells)
    if heap.set_slots[slot] >= 0:
        return np.int64(heap.set_slots[slot])
    number, first = heap.used[SETS], heap.used[MEMBERS]
    if number + 1 == heap.set_ptr.shape[0] or first + cells.shape[0] > heap.set_cells.shape[0]:
        return np.int64(NO_ROOM)
    for i in range(cells.shape[0]):
        heap.set_cells[first + i] = cells[i]
    heap.set_ptr[number + 1] = first + cells.shape[0]
    heap.set_slots[slot] = number
    heap.used[SETS], heap.used[MEMBERS] = number + 1, first + cells.shape[0]
    return np.int64(number)
