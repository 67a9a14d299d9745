"""Frontier tables: what a lexer makes of the rest of every token, independent of any parser.

A frontier is a set of trie nodes at which the next terminal of a token begins; number 0 is the
whole trie. The table of (lexer, state, frontier) has a row inside for every state in which tokens
leave the lexer, and a row crossing for every terminal that ends before a token does, with the
frontier at which the next one begins. Characters are counted beside the states, so that one table
serves a counted string at any count; `narrowed` picks the rows that hold at one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.pool import Pool, empty_pool, interned, mixed, roomy
from constraints.walk import BEGUN, HEAD, MET, VALUE

WHOLE = 0
"""The frontier at the roots of the trie."""

FIRST_TABLES = 1024

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


class Rows(NamedTuple):
    """Rows of tables; table t has rows ptr[t] .. ptr[t + 1] - 1.

    Columns: HEAD, the state reached (inside) or the label ended (crossing); BEGUN, characters
    begun; MET, characters begun when a labelled state was first met, past the longest token for
    never; VALUE, the token set (inside) or the frontier (crossing).
    """

    ptr: Longs
    cells: NDArray[np.int32]


class Store(NamedTuple):
    """Tables of a vocabulary, grown like a `Pool`.

    Attributes:
        sets: Sets of trie leaves.
        frontiers: Sets of trie nodes.
        num_tables: Number of tables.
        keys: (n, 2) int64, key of each table.
        slots: int32, open addressing by key: the number of a table, or -1.
        inside: Rows inside.
        crossing: Rows crossing.
        residuals: What lexers read from a state; see `constraints.residual`.
    """

    sets: Pool
    frontiers: Pool
    num_tables: int
    keys: Longs
    slots: Ints
    inside: Rows
    crossing: Rows
    residuals: Pool


def empty_store() -> Store:
    """A store without tables, whose only frontier is the whole trie."""
    frontiers, _ = interned(empty_pool(), np.zeros(0, dtype=np.int32))
    return Store(
        sets=empty_pool(),
        frontiers=frontiers,
        num_tables=0,
        keys=np.empty((FIRST_TABLES, 2), dtype=np.int64),
        slots=np.full(2 * FIRST_TABLES, -1, dtype=np.int32),
        inside=_no_rows(),
        crossing=_no_rows(),
        residuals=empty_pool(),
    )


def _no_rows() -> Rows:
    ptr = np.zeros(FIRST_TABLES, dtype=np.int64)
    return Rows(ptr, np.empty((FIRST_TABLES, 4), dtype=np.int32))


@njit(cache=True)
def table_of(keys, slots, first_key, second_key):
    """The table of a key and -1, or -1 and the slot where it belongs."""
    last = slots.shape[0] - 1
    digest = mixed(np.uint64(first_key) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(second_key))
    slot = np.int64(digest & np.uint64(last))
    while slots[slot] >= 0:
        table = slots[slot]
        if keys[table, 0] == first_key and keys[table, 1] == second_key:
            return np.int64(table), np.int64(-1)
        slot = (slot + 1) & last
    return np.int64(-1), slot


@njit(cache=True)
def walk_key(lexer_number, state):
    """First part of the key of a lexer's state; the second is the frontier."""
    return (lexer_number << 32) | state


@njit(cache=True)
def filed(store, lexers, scratch, lexer, state, frontier):
    """The store with what a walk has found as the table of a state and a frontier."""
    stride = scratch.met.shape[0] if lexers.body[lexer] >= 0 else 1
    sets, inside = _kept(scratch.inside, store.sets, store.inside, store.num_tables, stride)
    frontiers, crossing = _kept(
        scratch.crossing, store.frontiers, store.crossing, store.num_tables, stride
    )
    key = walk_key(lexers.number[lexer], state)
    return _with_table(store, sets, frontiers, inside, crossing, key, frontier)


@njit(cache=True)
def copied(store, table, states, labels, first_key, second_key):
    """The store with a copy of a table whose states and labels have other numbers."""
    inside = _renumbered(store.inside, table, store.num_tables, states)
    crossing = _renumbered(store.crossing, table, store.num_tables, labels)
    return _with_table(store, store.sets, store.frontiers, inside, crossing, first_key, second_key)


@njit(cache=True)
def _renumbered(rows, table, copy, numbers):
    first, last = rows.ptr[table], rows.ptr[table + 1]
    rows = _opened(rows, copy, last - first)
    for i in range(first, last):
        head, begun, met, value = rows.cells[i]
        _put(rows, copy, numbers[head], begun, met, value)
    return rows


@njit(cache=True)
def _kept(found, pool, rows, table, stride):
    """The pool and the rows with what a walk found, which is then forgotten."""
    num_items, num_rows = found.used
    ends = np.zeros(num_rows + 1, dtype=np.int64)
    for i in range(num_items):
        ends[found.row_of[i] + 1] += 1
    ends = np.cumsum(ends)
    fill = ends[:-1].copy()
    ordered = np.empty(num_items, dtype=np.int32)
    for i in range(num_items):
        row = found.row_of[i]
        ordered[fill[row]] = found.items[i]
        fill[row] += 1
    rows = _opened(rows, table, num_rows)
    for row in range(num_rows):
        pool, number = interned(pool, ordered[ends[row] : ends[row + 1]])
        head, begun, met = found.rows[row, HEAD], found.rows[row, BEGUN], found.rows[row, MET]
        _put(rows, table, head, begun, met, number)
        found.heads[head * stride + begun] = -1
    found.used[:] = 0
    return pool, rows


@njit(cache=True)
def _opened(rows, table, num_rows):
    """The rows with room for a table of up to `num_rows`, none of them put yet."""
    first = rows.ptr[table]
    ptr, cells = roomy(rows.ptr, table + 2), rows.cells
    if first + num_rows > cells.shape[0]:
        cells = np.empty((max(first + num_rows, 2 * cells.shape[0]), 4), dtype=np.int32)
        cells[:first] = rows.cells[:first]
    ptr[table + 1] = first
    return Rows(ptr, cells)


@njit(cache=True)
def _put(rows, table, head, begun, met, value):
    row = rows.cells[rows.ptr[table + 1]]
    row[HEAD], row[BEGUN], row[MET], row[VALUE] = head, begun, met, value
    rows.ptr[table + 1] += 1


@njit(cache=True)
def _with_table(store, sets, frontiers, inside, crossing, first_key, second_key):
    """The store with one more table, whose rows have been put, and its number."""
    table = store.num_tables
    keys, slots = store.keys, store.slots
    if table == keys.shape[0]:
        keys = np.empty((2 * table, 2), dtype=np.int64)
        keys[:table] = store.keys
        slots = np.full(4 * table, -1, dtype=np.int32)
        for known in range(table):
            _, slot = table_of(keys, slots, keys[known, 0], keys[known, 1])
            slots[slot] = known
    _, slot = table_of(keys, slots, first_key, second_key)
    keys[table, 0], keys[table, 1] = first_key, second_key
    slots[slot] = table
    grown = Store(sets, frontiers, table + 1, keys, slots, inside, crossing, store.residuals)
    return grown, np.int64(table)


@njit(cache=True)
def narrowed(store, lexers, lexer, table, bounds):
    """The store with a table of the rows of a table that hold at one count of characters.

    Rows that lead to the same place whatever the count are merged.

    Args:
        store: The store.
        lexers: The lexers.
        lexer: The table's, with a counter.
        table: A table of `walked`.
        bounds: Characters that must have begun before a labelled state is met, times 2 ** 32, plus
            those that may begin.
    """
    fewest, most = bounds >> 32, bounds & 0xFFFFFFFF
    final = lexers.final[lexers.first[lexer] : lexers.first[lexer + 1]]
    ends = np.ones(lexers.label.max() + 1, dtype=np.bool_)
    sets, inside = _selected(store.inside, store.sets, table, store.num_tables, fewest, most, final)
    frontiers, crossing = _selected(
        store.crossing, store.frontiers, table, store.num_tables, fewest, most, ends
    )
    store, _ = _with_table(store, sets, frontiers, inside, crossing, -1 - table, bounds)
    return store


@njit(cache=True)
def _selected(rows, pool, table, narrow, fewest, most, merges):
    """The rows that hold, as rows of table `narrow`; those of a head that merges as one."""
    first, last = rows.ptr[table], rows.ptr[table + 1]
    rows = _opened(rows, narrow, last - first)
    left = np.empty(last - first, dtype=np.bool_)
    for i in range(first, last):
        left[i - first] = rows.cells[i, MET] >= fewest and rows.cells[i, BEGUN] <= most
    for i in range(first, last):
        if not left[i - first]:
            continue
        head, begun, value = rows.cells[i, HEAD], rows.cells[i, BEGUN], rows.cells[i, VALUE]
        if merges[head]:
            alike = np.flatnonzero(left & (rows.cells[first:last, HEAD] == head))
            left[alike] = False
            pool, merged = _merged(pool, rows.cells[first:last, VALUE][alike])
            _put(rows, narrow, head, 0, 0, merged)
        else:
            _put(rows, narrow, head, begun, 0, value)
    return pool, rows


@njit(cache=True)
def _merged(pool, numbers):
    """The pool with the union of disjoint sequences, and its number."""
    total = 0
    for number in numbers:
        total += pool.ptr[number + 1] - pool.ptr[number]
    union = np.empty(total, dtype=np.int32)
    used = 0
    for number in numbers:
        part = pool.members[pool.ptr[number] : pool.ptr[number + 1]]
        union[used : used + part.shape[0]] = part
        used += part.shape[0]
    union.sort()
    return interned(pool, union)
