"""The walk: what a lexer makes of the tokens below some nodes of the vocabulary's trie."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.trie import Trie

HEAD, BEGUN, MET, VALUE = 0, 1, 2, 3
"""Columns of a row; see `constraints.frontier.Rows`."""

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
def walk(roots, nodes, lexers, lexer, scratch):
    """Reads the subtrees of some nodes from the state at the root of the path.

    What is found is added to the scratch. Each node is visited in a few nanoseconds: arrays have
    names of their own here, and nothing is called but for the first item of a row.
    """
    offset, width = lexers.delta_ptr[lexer], lexers.width[lexer]
    delta, class_of = lexers.delta, lexers.class_of[lexer]
    label = lexers.label[lexers.first[lexer] : lexers.first[lexer + 1]]
    body = lexers.body[lexer]
    behind = body + lexers.bodies[lexer]
    never = scratch.met.shape[0]
    stride = never if body >= 0 else 1
    path, begun, met = scratch.state, scratch.begun, scratch.met
    byte, depth, end, leaf = nodes.byte, nodes.depth, nodes.end, nodes.leaf
    inside, crossing = scratch.inside, scratch.crossing
    heads, rows = inside.heads, inside.rows
    crossing_heads, crossing_rows = crossing.heads, crossing.rows
    items, row_of, used = inside.items, inside.row_of, inside.used[0]
    crossing_items, crossing_row_of, crossed = crossing.items, crossing.row_of, crossing.used[0]
    count, earliest = 0, never
    for root in roots:
        node, last, above = root, end[root], depth[root] - 1
        while node < last:
            level = depth[node] - above
            before = path[level - 1]
            state = delta[offset + before * width + class_of[byte[node]]]
            if body >= 0:
                count, earliest = begun[level - 1], met[level - 1]
            if state < 0:
                if label[before] >= 0:
                    first = min(earliest, count)
                    row = crossing_heads[label[before] * stride + count]
                    if row < 0 or crossing_rows[row, MET] != first:
                        row = row_for(crossing, label[before], count, first, stride)
                    crossing_items[crossed], crossing_row_of[crossed] = node, row
                    crossed += 1
                node = end[node]
                continue
            path[level] = state
            if body >= 0:
                count += body <= before < behind and label[state] < 0
                if label[state] >= 0:
                    earliest = min(earliest, count)
                begun[level], met[level] = count, earliest
            if leaf[node] >= 0:
                row = heads[state * stride + count]
                if row < 0 or rows[row, MET] != earliest:
                    row = row_for(inside, state, count, earliest, stride)
                items[used], row_of[used] = leaf[node], row
                used += 1
            node += 1
    inside.used[0], crossing.used[0] = used, crossed


@njit(cache=True)
def row_for(found, head, begun, met, stride):
    """The row of a head, a count and a first label, which may be new."""
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
    return row
