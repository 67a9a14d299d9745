"""Frontier tables of states that read nearly any byte, of which lexers share what they can."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.frontier import WHOLE, Store, copied, filed, table_of, walk_key
from constraints.pool import interned
from constraints.residual import NOTHING, is_broad, repeats, residual
from constraints.walk import BEGUN, HEAD, MET, VALUE, row_for, walk

SHARED = 1 << 62
"""First part of the key of a table that lexers share, less the number of its residual."""
LARGE_SUBTREE = 512
"""Nodes of a subtree below a first byte from which on its tables are shared."""

Ints = NDArray[np.int32]


class Residual(NamedTuple):
    """What a lexer reads from a state; see `constraints.residual`.

    Attributes:
        number: Of the store, or -1 where it is too long to be shared.
        states: The lexer's states by their numbers in it.
        labels: The lexer's labels by their numbers in it.
    """

    number: np.int64
    states: Ints
    labels: Ints


@njit(cache=True)
def walked(store, nodes, lexers, scratch, lexer, state, frontier):
    """The store with the table of a lexer's state and a frontier, and the table's number.

    The whole trie is long to walk from a state that reads nearly any byte. Lexers that read alike
    from there share what one of them has found; and where a state is new, what it makes of a token
    after the first byte often is not.
    """
    table, _ = table_of(store.keys, store.slots, walk_key(lexers.number[lexer], state), frontier)
    if table >= 0:
        return store, table
    if frontier != WHOLE or not is_broad(lexers, lexer, state):
        return _walk_from(store, nodes, lexers, scratch, lexer, state, frontier)
    store, own = _residual(store, lexers, lexer, state)
    store, table = _shared(store, lexers, lexer, state, frontier, own)
    if table < 0:
        store, parts = _parts(store, nodes, lexers, scratch, lexer, state)
        _join(store, nodes, lexers, scratch, lexer, state, parts)
        store, table = filed(store, lexers, scratch, lexer, state, frontier)
        store = _lent(store, table, frontier, own)
    return store, table


@njit(cache=True)
def _walk_from(store, nodes, lexers, scratch, lexer, state, frontier):
    """The store with the table of a state and a frontier, walked as it is."""
    if frontier == WHOLE:
        roots = _first_bytes(nodes)
    else:
        ptr = store.frontiers.ptr
        roots = store.frontiers.members[ptr[frontier] : ptr[frontier + 1]]
    _begin(scratch, state)
    walk(roots, nodes, lexers, lexer, scratch)
    return filed(store, lexers, scratch, lexer, state, frontier)


@njit(cache=True)
def _begin(scratch, state):
    scratch.state[0], scratch.begun[0], scratch.met[0] = state, 0, scratch.met.shape[0]


@njit(cache=True)
def _first_bytes(nodes):
    """(n,) int32, the nodes of first bytes."""
    roots = np.empty(256, dtype=np.int32)
    count, root = 0, 0
    while root < nodes.byte.shape[0]:
        roots[count] = root
        count += 1
        root = nodes.end[root]
    return roots[:count].copy()


@njit(cache=True)
def _residual(store, lexers, lexer, state):
    """The store with what a lexer reads from a state, and that by number."""
    code, states, labels = residual(lexers, lexer, state)
    if code.shape[0] == 0:
        return store, Residual(np.int64(-1), states, labels)
    residuals, number = interned(store.residuals, code)
    store = Store(
        store.sets,
        store.frontiers,
        store.num_tables,
        store.keys,
        store.slots,
        store.inside,
        store.crossing,
        residuals,
    )
    return store, Residual(number, states, labels)


@njit(cache=True)
def _shared(store, lexers, lexer, state, frontier, own):
    """The store with the table of a state, from that of its residual; -1 where there is none."""
    shared = np.int64(-1)
    if own.number >= 0:
        shared, _ = table_of(store.keys, store.slots, SHARED - own.number, frontier)
    if shared < 0:
        return store, shared
    key = walk_key(lexers.number[lexer], state)
    return copied(store, shared, own.states, own.labels, key, frontier)


@njit(cache=True)
def _lent(store, table, frontier, own):
    """The store with a table of a state as that of its residual."""
    if own.number < 0:
        return store
    states, labels = _inverse(own.states), _inverse(own.labels)
    return copied(store, table, states, labels, SHARED - own.number, frontier)[0]


@njit(cache=True)
def _inverse(numbers):
    inverse = np.empty(numbers.max() + 1 if numbers.shape[0] else 0, dtype=np.int32)
    inverse[numbers] = np.arange(numbers.shape[0])
    return inverse


@njit(cache=True)
def _parts(store, nodes, lexers, scratch, lexer, state):
    """The store with tables of what follows some first bytes, and the table of each byte or -1.

    These are the bytes of large subtrees of the trie after which the lexer reads nearly any byte.
    Their tables are made where the state is one of a string, to which others are likely to lead,
    and else used where they are.
    """
    offset = lexers.delta_ptr[lexer] + state * lexers.width[lexer]
    makes = repeats(lexers, lexer, state)
    parts = np.full(256, -1, dtype=np.int64)
    index = np.full(lexers.first[lexer + 1] - lexers.first[lexer], -1, dtype=np.int32)
    residuals = [Residual(np.int64(-1), NOTHING, NOTHING)]
    for root in _first_bytes(nodes):
        byte, size = nodes.byte[root], nodes.end[root] - root
        target = np.int64(lexers.delta[offset + lexers.class_of[lexer, byte]])
        if target < 0 or size < LARGE_SUBTREE or not is_broad(lexers, lexer, target):
            continue
        frontiers, frontier = interned(store.frontiers, _children(nodes, root))
        store = _with_frontiers(store, frontiers)
        key = walk_key(lexers.number[lexer], target)
        table, _ = table_of(store.keys, store.slots, key, frontier)
        if table < 0:
            if index[target] < 0:
                index[target] = len(residuals)
                store, own = _residual(store, lexers, lexer, target)
                residuals.append(own)
            own = residuals[index[target]]
            store, table = _shared(store, lexers, lexer, target, frontier, own)
            if table < 0 and makes and own.number >= 0:
                store, table = _walk_from(store, nodes, lexers, scratch, lexer, target, frontier)
                store = _lent(store, table, frontier, own)
        parts[byte] = table
    return store, parts


@njit(cache=True)
def _with_frontiers(store, frontiers):
    return Store(
        store.sets,
        frontiers,
        store.num_tables,
        store.keys,
        store.slots,
        store.inside,
        store.crossing,
        store.residuals,
    )


@njit(cache=True)
def _children(nodes, node):
    """(n,) int32, the nodes right below a node."""
    children = np.empty(256, dtype=np.int32)
    count, child = 0, node + 1
    while child < nodes.end[node]:
        children[count] = child
        count += 1
        child = nodes.end[child]
    return children[:count].copy()


@njit(cache=True)
def _join(store, nodes, lexers, scratch, lexer, state, parts):
    """Walks the whole trie from a state, the parts of it left out that have tables."""
    first = lexers.first[lexer]
    body = lexers.body[lexer]
    never = scratch.met.shape[0]
    stride = never if body >= 0 else 1
    in_body = body >= 0 and body <= state < body + lexers.bodies[lexer]
    offset = lexers.delta_ptr[lexer] + state * lexers.width[lexer]
    _begin(scratch, state)
    roots = _first_bytes(nodes)
    walked_to = 0
    for i in range(roots.shape[0]):
        byte, root = nodes.byte[roots[i]], roots[i]
        table = parts[byte]
        if table < 0:
            continue
        walk(roots[walked_to:i], nodes, lexers, lexer, scratch)
        walked_to = i + 1
        target = lexers.delta[offset + lexers.class_of[lexer, byte]]
        labelled = lexers.label[first + target] >= 0
        begun = np.int32(in_body and not labelled)
        met = begun if labelled and body >= 0 else np.int32(never)
        if nodes.leaf[root] >= 0:
            used = scratch.inside.used[0]
            scratch.inside.row_of[used] = row_for(scratch.inside, target, begun, met, stride)
            scratch.inside.items[used] = nodes.leaf[root]
            scratch.inside.used[0] += 1
        _add_rows(scratch.inside, store.inside, store.sets, table, begun, met, stride, never)
        _add_rows(
            scratch.crossing, store.crossing, store.frontiers, table, begun, met, stride, never
        )
    walk(roots[walked_to:], nodes, lexers, lexer, scratch)


@njit(cache=True)
def _add_rows(found, rows, pool, table, begun, met, stride, never):
    """Adds the rows of a table, some characters after whose beginning it begins."""
    cells, members, ptr = rows.cells, pool.members, pool.ptr
    heads, found_rows, used = found.heads, found.rows, found.used[0]
    items, row_of = found.items, found.row_of
    for i in range(rows.ptr[table], rows.ptr[table + 1]):
        earliest, value = cells[i, MET], cells[i, VALUE]
        if met < never:
            earliest = met
        elif earliest < never:
            earliest += begun
        count = begun + cells[i, BEGUN]
        row = heads[cells[i, HEAD] * stride + count]
        if row < 0 or found_rows[row, MET] != earliest:
            row = row_for(found, cells[i, HEAD], count, earliest, stride)
        for k in range(ptr[value], ptr[value + 1]):
            items[used] = members[k]
            row_of[used] = row
            used += 1
    found.used[0] = used
