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
from constraints.trie import Trie

WHOLE = 0
"""The frontier at the roots of the trie."""
HEAD, BEGUN, MET, VALUE = 0, 1, 2, 3
"""Columns of a row; see `Rows`."""

FIRST_TABLES = 1024

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


class Lexers(NamedTuple):
    """All lexers of a language, laid end to end.

    Attributes:
        number: (K,) int64, the store's number of each lexer, counts left aside.
        first: (K + 1,) int64, states of lexer k are first[k] .. first[k + 1] - 1.
        delta_ptr: (K,) int64, where the transitions of a lexer begin.
        width: (K,) int64, classes of bytes.
        delta: int32, next state of (state, class), or -1.
        class_of: (K, 256) int32.
        label: int32, of each state, or -1.
        final: bool, of each state: labelled, and without transitions.
        body: (K,) int64, the first state in which characters begin, or -1 for none.
        bodies: (K,) int64, how many such states follow each other.
        low: (K,) int64, fewest characters.
        high: (K,) int64, most characters, or -1 for any number.
    """

    number: Longs
    first: Longs
    delta_ptr: Longs
    width: Longs
    delta: Ints
    class_of: NDArray[np.int32]
    label: Ints
    final: NDArray[np.bool_]
    body: Longs
    bodies: Longs
    low: Longs
    high: Longs


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
    """

    sets: Pool
    frontiers: Pool
    num_tables: int
    keys: Longs
    slots: Ints
    inside: Rows
    crossing: Rows


class Nodes(NamedTuple):
    """The arrays of a `Trie` that a walk reads."""

    byte: NDArray[np.uint8]
    depth: Ints
    end: Ints
    leaf: Ints


class Found(NamedTuple):
    """What a walk has found so far, by row.

    Attributes:
        used: (2,) int64, how many items and how many rows.
        items: int32, trie leaves or nodes.
        row_of: int32, the row of each item.
        rows: (n, 4) int32: HEAD, BEGUN, MET, and the next row of equal HEAD and BEGUN, or -1.
        heads: int32, the first row of each HEAD and BEGUN, or -1; all -1 between walks.
    """

    used: Longs
    items: Ints
    row_of: Ints
    rows: NDArray[np.int32]
    heads: Ints


class Scratch(NamedTuple):
    """Room for one walk.

    Attributes:
        state: (D + 2,) int32, the lexer's state at each depth of the path.
        begun: (D + 2,) int32, characters begun.
        met: (D + 2,) int32, see `Rows`.
        inside: Leaves found.
        crossing: Nodes found.
    """

    state: Ints
    begun: Ints
    met: Ints
    inside: Found
    crossing: Found


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
    )


def _no_rows() -> Rows:
    ptr = np.zeros(FIRST_TABLES, dtype=np.int64)
    return Rows(ptr, np.empty((FIRST_TABLES, 4), dtype=np.int32))


def nodes_of(trie: Trie) -> Nodes:
    """The trie as compiled code reads it."""
    return Nodes(trie.byte, trie.depth, trie.end, trie.leaf)


def scratch_for(trie: Trie, lexers: Lexers) -> Scratch:
    """Room for walks of a trie by any of the lexers."""
    levels = trie.max_depth + 2
    num_states = int(np.diff(lexers.first).max(initial=1))
    num_labels = int(lexers.label.max(initial=0)) + 1
    counts = levels if (lexers.body >= 0).any() else 1
    return Scratch(
        state=np.empty(levels, dtype=np.int32),
        begun=np.zeros(levels, dtype=np.int32),
        met=np.full(levels, levels, dtype=np.int32),
        inside=_nothing_found(len(trie.leaf_ptr), num_states * counts),
        crossing=_nothing_found(len(trie.byte) + 1, num_labels * counts),
    )


def _nothing_found(num_items: int, num_heads: int) -> Found:
    return Found(
        used=np.zeros(2, dtype=np.int64),
        items=np.empty(num_items, dtype=np.int32),
        row_of=np.empty(num_items, dtype=np.int32),
        rows=np.empty((num_items, 4), dtype=np.int32),
        heads=np.full(num_heads, -1, dtype=np.int32),
    )


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
def walked(store, nodes, lexers, scratch, lexer, state, frontier):
    """The store with the table of a lexer's state and a frontier, and the table's number."""
    first_key = walk_key(lexers.number[lexer], state)
    table, _ = table_of(store.keys, store.slots, first_key, frontier)
    if table >= 0:
        return store, table
    scratch.state[0], scratch.begun[0], scratch.met[0] = state, 0, scratch.met.shape[0]
    if frontier == WHOLE:
        _walk(0, nodes.byte.shape[0], nodes, lexers, lexer, scratch)
    roots, ptr = store.frontiers.members, store.frontiers.ptr
    for i in range(ptr[frontier], ptr[frontier + 1]):
        _walk(roots[i], nodes.end[roots[i]], nodes, lexers, lexer, scratch)
    stride = scratch.met.shape[0] if lexers.body[lexer] >= 0 else 1
    sets, inside = _kept(scratch.inside, store.sets, store.inside, store.num_tables, stride)
    frontiers, crossing = _kept(
        scratch.crossing, store.frontiers, store.crossing, store.num_tables, stride
    )
    return _with_table(store, sets, frontiers, inside, crossing, first_key, frontier)


@njit(cache=True)
def _walk(first, last, nodes, lexers, lexer, scratch):
    """Reads the subtrees first .. last - 1 from the state at the root of the path."""
    offset, width = lexers.delta_ptr[lexer], lexers.width[lexer]
    delta, class_of = lexers.delta, lexers.class_of[lexer]
    label = lexers.label[lexers.first[lexer] : lexers.first[lexer + 1]]
    body = lexers.body[lexer]
    behind = body + lexers.bodies[lexer]
    stride = scratch.met.shape[0] if body >= 0 else 1
    path, begun, met = scratch.state, scratch.begun, scratch.met
    node = first
    while node < last:
        level = nodes.depth[node] - nodes.depth[first] + 1
        before = path[level - 1]
        state = delta[offset + before * width + class_of[nodes.byte[node]]]
        if state < 0:
            if label[before] >= 0:
                count = begun[level - 1]
                _note(
                    scratch.crossing, node, label[before], count, min(met[level - 1], count), stride
                )
            node = nodes.end[node]
            continue
        path[level] = state
        if body >= 0:
            begun[level] = begun[level - 1] + (body <= before < behind and label[state] < 0)
            met[level] = met[level - 1]
            if label[state] >= 0:
                met[level] = min(met[level], begun[level])
        if nodes.leaf[node] >= 0:
            count = begun[level] if body >= 0 else 0
            _note(scratch.inside, nodes.leaf[node], state, count, met[level], stride)
        node += 1


@njit(cache=True)
def _note(found, item, head, begun, met, stride):
    """Adds an item to the row of its head, count and first label, which may be new."""
    cell = head * stride + begun
    row = found.heads[cell]
    while row >= 0 and found.rows[row, MET] != met:
        row = found.rows[row, VALUE]
    if row < 0:
        row = np.int32(found.used[1])
        found.used[1] += 1
        found.rows[row, HEAD], found.rows[row, BEGUN] = head, begun
        found.rows[row, MET], found.rows[row, VALUE] = met, found.heads[cell]
        found.heads[cell] = row
    found.items[found.used[0]] = item
    found.row_of[found.used[0]] = row
    found.used[0] += 1


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
    return Store(sets, frontiers, table + 1, keys, slots, inside, crossing), np.int64(table)


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
