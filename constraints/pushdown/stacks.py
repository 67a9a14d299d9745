"""Interned stacks, and what a terminal makes of them.

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

NOWHERE, NO_ROOM = -1, -2
"""What `feed` answers where the terminal is refused, and where the heap has to be grown first."""

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
        reaction_key: int64, open addressing by standing and terminal, -1 for none.
        reaction: int32, the standing after it.
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
    """The heap with twice the room; reactions are forgotten, numbers stay."""
    capacity = 2 * heap.top.shape[0]
    used = heap.used.copy()
    used[REACTIONS] = 0
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
    return Heap(
        used,
        top,
        below,
        slots,
        set_ptr,
        set_cells,
        set_slots,
        np.full(8 * capacity, -1, np.int64),
        np.empty(8 * capacity, np.int32),
        np.zeros(capacity, np.int64),
        heap.work,
        heap.found,
    )


@njit(cache=True)
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


@njit(cache=True)
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


@njit(cache=True)
def _set_slot(set_slots, set_ptr, set_cells, cells):
    last = set_slots.shape[0] - 1
    digest = np.uint64(cells.shape[0])
    for cell in cells:
        digest = mixed(digest ^ np.uint64(cell)) + np.uint64(0x9E3779B97F4A7C15)
    slot = np.int64(mixed(digest) & np.uint64(last))
    while set_slots[slot] >= 0:
        number = set_slots[slot]
        known = set_cells[set_ptr[number] : set_ptr[number + 1]]
        if known.shape[0] == cells.shape[0] and (known == cells).all():
            return slot
        slot = (slot + 1) & last
    return slot


@njit(cache=True)
def standing_of(heap, cells):
    """The standing of some cells, ascending, or `NO_ROOM`."""
    slot = _set_slot(heap.set_slots, heap.set_ptr, heap.set_cells, cells)
    if heap.set_slots[slot] >= 0:
        return np.int64(heap.set_slots[slot])
    number, first = heap.used[SETS], heap.used[MEMBERS]
    if number + 1 == heap.set_ptr.shape[0] or first + cells.shape[0] > heap.set_cells.shape[0]:
        return np.int64(NO_ROOM)
    heap.set_cells[first : first + cells.shape[0]] = cells
    heap.set_ptr[number + 1] = first + cells.shape[0]
    heap.set_slots[slot] = number
    heap.used[SETS], heap.used[MEMBERS] = number + 1, first + cells.shape[0]
    return np.int64(number)


@njit(cache=True)
def beginning(heap, parser):
    """The standing before the first terminal, or `NO_ROOM`."""
    cell = pushed(heap, parser.start, -1)
    if cell < 0 or parser.has_tables:
        return cell
    return standing_of(heap, np.array([cell], dtype=np.int32))


@njit(cache=True)
def feed(heap, parser, standing, terminal):
    """The standing after a terminal; `NOWHERE` where it is refused, or `NO_ROOM`."""
    if terminal >= parser.num_terminals:
        return np.int64(NOWHERE)
    last = heap.reaction_key.shape[0] - 1
    key = standing * parser.num_terminals + terminal
    slot = np.int64(mixed(np.uint64(key)) & np.uint64(last))
    while heap.reaction_key[slot] >= 0:
        if heap.reaction_key[slot] == key:
            return np.int64(heap.reaction[slot])
        slot = (slot + 1) & last
    if 2 * heap.used[REACTIONS] > last:
        return np.int64(NO_ROOM)
    if parser.has_tables:
        after = _shifted(heap, parser, standing, terminal)
    else:
        after = _fed(heap, parser, standing, terminal)
    if after != NO_ROOM:
        heap.reaction_key[slot], heap.reaction[slot] = key, after
        heap.used[REACTIONS] += 1
    return after


@njit(cache=True)
def _shifted(heap, parser, cell, terminal):
    """LALR: reduces as the tables say, then shifts; only what is shifted onto is interned.

    States that reductions leave are held apart from the interned stack until then.
    """
    held = heap.work
    height = 0
    state = np.int64(heap.top[cell])
    while True:
        action = parser.action[state, terminal]
        if action == 0:
            return np.int64(NOWHERE)
        if action > 0:
            break
        rule = -1 - action
        length = parser.rule_length[rule]
        dropped = min(height, length)
        height -= dropped
        for _ in range(length - dropped):
            cell = heap.below[cell]
        under = held[height - 1] if height > 0 else heap.top[cell]
        state = np.int64(parser.goto[under, parser.rule_head[rule]])
        held[height] = state
        height += 1
    for i in range(height):
        cell = pushed(heap, held[i], cell)
        if cell < 0:
            return np.int64(NO_ROOM)
    return pushed(heap, action - 1, cell)


@njit(cache=True)
def _fed(heap, parser, standing, terminal):
    """Rule automata: every stack calls and returns until it reads the terminal or cannot."""
    heap.used[STAMP] += 1
    stamp = heap.used[STAMP]
    work, found = heap.work, heap.found
    num_work, num_found = np.int64(0), np.int64(0)
    for i in range(heap.set_ptr[standing], heap.set_ptr[standing + 1]):
        work[num_work] = heap.set_cells[i]
        heap.stamp[work[num_work]] = stamp
        num_work += 1
    at = 0
    while at < num_work:
        cell = work[at]
        at += 1
        state, rest = heap.top[cell], heap.below[cell]
        target = parser.shift[state, terminal]
        if target >= 0:
            after = np.int64(rest)
            if not (parser.closed[target] and rest >= 0):
                after = pushed(heap, target, rest)
            if after < 0:
                return np.int64(NO_ROOM)
            if num_found == MAX_WIDTH:
                return np.int64(NOWHERE)
            found[num_found] = after
            num_found += 1
        for call in range(parser.call_ptr[state], parser.call_ptr[state + 1]):
            entry, back = parser.call_entry[call], parser.call_return[call]
            if not parser.first[entry, terminal]:
                continue
            caller = np.int64(rest)
            if not parser.closed[back]:
                caller = pushed(heap, back, rest)
                if caller < 0:
                    return np.int64(NO_ROOM)
            called = pushed(heap, entry, caller)
            if called < 0:
                return np.int64(NO_ROOM)
            if heap.stamp[called] != stamp:
                if num_work == MAX_WIDTH:
                    return np.int64(NOWHERE)
                heap.stamp[called] = stamp
                work[num_work] = called
                num_work += 1
        if parser.final[state] and rest >= 0 and heap.stamp[rest] != stamp:
            if num_work == MAX_WIDTH:
                return np.int64(NOWHERE)
            heap.stamp[rest] = stamp
            work[num_work] = rest
            num_work += 1
    if num_found == 0:
        return np.int64(NOWHERE)
    return standing_of(heap, np.unique(found[:num_found]))


@njit(cache=True)
def may_end(heap, parser, standing):
    """Whether the text may end in a standing."""
    if parser.has_tables:
        return _reduces_to_end(heap, parser, standing)
    for i in range(heap.set_ptr[standing], heap.set_ptr[standing + 1]):
        cell = heap.set_cells[i]
        while cell >= 0 and parser.final[heap.top[cell]]:
            cell = heap.below[cell]
        if cell < 0:
            return True
    return False


@njit(cache=True)
def _reduces_to_end(heap, parser, cell):
    held = heap.work
    height = 0
    state = np.int64(heap.top[cell])
    while True:
        action = parser.action[state, parser.num_terminals]
        if action >= 0:
            return False
        rule = -1 - action
        length = parser.rule_length[rule]
        dropped = min(height, length)
        height -= dropped
        for _ in range(length - dropped):
            cell = heap.below[cell]
        under = held[height - 1] if height > 0 else heap.top[cell]
        state = np.int64(parser.goto[under, parser.rule_head[rule]])
        if state == parser.end:
            return True
        held[height] = state
        height += 1
