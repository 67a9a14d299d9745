"""Automata over symbols in compiled code: determinised, minimised, spelled out in one another."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.pool import empty_pool, interned, roomy

EMPTY = -1
"""The symbol of an edge that reads nothing."""

Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]


class Table(NamedTuple):
    """An automaton over symbols by number; state 0 is the start.

    Attributes:
        ptr: (S + 1,) int32, edges of state s are ptr[s] .. ptr[s + 1] - 1.
        symbol: int32, ascending for each state where the automaton is deterministic.
        target: int32.
        final: (S,) bool, which states may end it.
    """

    ptr: Ints
    symbol: Ints
    target: Ints
    final: Bools


def determinised(table: Table, budget: int) -> tuple[Table, int]:
    """The minimal deterministic automaton of a graph, states in breadth-first order.

    Args:
        table: A graph; edges with the symbol `EMPTY` read nothing.
        budget: Members that all sets of states may have together.

    Returns:
        The automaton, and how much of the budget is left; less than 0 where it did not suffice
        and the automaton is none.
    """
    return _determined(table, empty_pool(), budget)


@njit(cache=True)
def _determined(graph, pool, budget):
    subsets, left = _subsets(graph, pool, budget)
    return (minimised(subsets) if left >= 0 else subsets), left


@njit(cache=True)
def _subsets(graph, pool, budget):
    """The subset construction (Rabin and Scott 1959)."""
    marks = np.full(graph.final.shape[0], -1, dtype=np.int64)
    members = np.empty(graph.final.shape[0], dtype=np.int32)
    ptr, final = np.zeros(16, dtype=np.int32), np.zeros(16, dtype=np.bool_)
    symbol, target = np.empty(64, dtype=np.int32), np.empty(64, dtype=np.int32)
    met, reached = np.empty(64, dtype=np.int32), np.empty(64, dtype=np.int32)
    members[0], used, here, stamp = 0, 0, 0, 0
    pool, _ = interned(pool, _closed(graph, members, 1, marks, stamp))
    while here < pool.num_sequences and budget >= 0:
        states = pool.members[pool.ptr[here] : pool.ptr[here + 1]]
        met, reached, count = _moves(graph, states, met, reached)
        budget -= states.shape[0] + count + 1
        ptr, final = roomy(ptr, here + 2), roomy(final, here + 1)
        final[here] = False
        for state in states:
            final[here] |= graph.final[state]
        order = np.argsort(met[:count], kind="mergesort")
        at = 0
        while at < count:
            value, size = met[order[at]], 0
            stamp += 1
            while at < count and met[order[at]] == value:
                state = reached[order[at]]
                if marks[state] != stamp:
                    marks[state], members[size] = stamp, state
                    size += 1
                at += 1
            closed = _closed(graph, members, size, marks, stamp)
            budget -= closed.shape[0]
            pool, number = interned(pool, closed)
            symbol, target = roomy(symbol, used + 1), roomy(target, used + 1)
            symbol[used], target[used] = value, number
            used += 1
        here += 1
        ptr[here] = used
    return Table(ptr[: here + 1], symbol[:used], target[:used], final[:here]), budget


@njit(cache=True)
def _closed(graph, members, size, marks, stamp):
    """The first states of `members`, marked, and what empty edges lead to from them, in order."""
    at = 0
    while at < size:
        state = members[at]
        marks[state] = stamp
        at += 1
        for e in range(graph.ptr[state], graph.ptr[state + 1]):
            following = graph.target[e]
            if graph.symbol[e] == EMPTY and marks[following] != stamp:
                marks[following], members[size] = stamp, following
                size += 1
    return np.sort(members[:size])


@njit(cache=True)
def _moves(graph, states, met, reached):
    """Symbols and targets of the edges of some states, in room that is used again."""
    ptr, symbol, target = graph.ptr, graph.symbol, graph.target
    count = 0
    for state in states:
        first, last = ptr[state], ptr[state + 1]
        met, reached = roomy(met, count + last - first), roomy(reached, count + last - first)
        for e in range(first, last):
            if symbol[e] != EMPTY:
                met[count], reached[count] = symbol[e], target[e]
                count += 1
    return met, reached, count


class Parts(NamedTuple):
    """A partition that is refined: the elements of part p are order[first[p]] .. order[end[p] - 1].

    Attributes:
        used: (2,) int64, how many parts there are, and how many have marked elements.
        order: int32.
        place: int32, where each element stands in the order.
        part: int32, of each element.
        first: int32.
        end: int32.
        marked: int32, how many elements of each part are marked; these stand first in it.
        touched: int32, parts with marked elements.
    """

    used: NDArray[np.int64]
    order: Ints
    place: Ints
    part: Ints
    first: Ints
    end: Ints
    marked: Ints
    touched: Ints


@njit(cache=True)
def _one_part(count):
    numbers = np.arange(count).astype(np.int32)
    zeros = np.zeros(count + 1, dtype=np.int32)
    parts = Parts(
        np.array([1 if count else 0, 0]),
        numbers,
        numbers.copy(),
        zeros[:count].copy(),
        zeros,
        zeros.copy(),
        zeros.copy(),
        zeros.copy(),
    )
    parts.end[0] = count
    return parts


@njit(cache=True)
def _mark(parts, element):
    part, place = parts.part[element], parts.place[element]
    border = parts.first[part] + parts.marked[part]
    if place < border:
        return
    other = parts.order[border]
    parts.order[place], parts.place[other] = other, place
    parts.order[border], parts.place[element] = element, border
    if parts.marked[part] == 0:
        parts.touched[parts.used[1]] = part
        parts.used[1] += 1
    parts.marked[part] += 1


@njit(cache=True)
def _split(parts):
    """Makes the marked elements of each part, or the others where they are fewer, a new part."""
    while parts.used[1]:
        parts.used[1] -= 1
        part = parts.touched[parts.used[1]]
        border = parts.first[part] + parts.marked[part]
        parts.marked[part] = 0
        if border == parts.end[part]:
            continue
        new = parts.used[0]
        parts.used[0] += 1
        if border - parts.first[part] <= parts.end[part] - border:
            parts.first[new], parts.end[new] = parts.first[part], border
            parts.first[part] = border
        else:
            parts.first[new], parts.end[new] = border, parts.end[part]
            parts.end[part] = border
        for i in range(parts.first[new], parts.end[new]):
            parts.part[parts.order[i]] = new


@njit(cache=True)
def minimised(table):
    """The minimal automaton of a deterministic one, states in breadth-first order.

    Refines a partition of states and one of edges in turn (Valmari and Lehtinen 2008).
    """
    num_states, num_edges = table.final.shape[0], table.symbol.shape[0]
    source = np.empty(num_edges, dtype=np.int32)
    for state in range(num_states):
        source[table.ptr[state] : table.ptr[state + 1]] = state
    states, edges = _one_part(num_states), _one_part(num_edges)
    for state in range(num_states):
        if table.final[state]:
            _mark(states, state)
    _split(states)
    _by_symbol(edges, table.symbol)
    entering = np.argsort(table.target, kind="mergesort")
    enter_ptr = np.searchsorted(table.target[entering], np.arange(num_states + 1))
    refined, used = 1, 0
    while used < edges.used[0]:
        for i in range(edges.first[used], edges.end[used]):
            _mark(states, source[edges.order[i]])
        _split(states)
        used += 1
        while refined < states.used[0]:
            for i in range(states.first[refined], states.end[refined]):
                state = states.order[i]
                for k in range(enter_ptr[state], enter_ptr[state + 1]):
                    _mark(edges, entering[k])
            _split(edges)
            refined += 1
    return _quotient(table, states.part)


@njit(cache=True)
def _by_symbol(edges, symbol):
    """Makes the edges of each symbol a part."""
    count = symbol.shape[0]
    order = np.argsort(symbol, kind="mergesort")
    part = -1
    for i in range(count):
        edge = order[i]
        if i == 0 or symbol[edge] != symbol[order[i - 1]]:
            part += 1
            edges.first[part] = i
        edges.end[part] = i + 1
        edges.order[i], edges.place[edge], edges.part[edge] = edge, i, part
    edges.used[0] = part + 1


@njit(cache=True)
def _quotient(table, part):
    """One state for each part that is reached, in breadth-first order."""
    number = np.full(part.shape[0], -1, dtype=np.int32)
    queue = np.empty(part.shape[0], dtype=np.int32)
    ptr = np.zeros(part.shape[0] + 1, dtype=np.int32)
    symbol, target = np.empty_like(table.symbol), np.empty_like(table.target)
    queue[0], number[part[0]], count, used, here = 0, 0, 1, 0, 0
    while here < count:
        state = queue[here]
        for e in range(table.ptr[state], table.ptr[state + 1]):
            following = table.target[e]
            if number[part[following]] < 0:
                number[part[following]], queue[count] = count, following
                count += 1
            symbol[used], target[used] = table.symbol[e], number[part[following]]
            used += 1
        here += 1
        ptr[here] = used
    final = np.empty(count, dtype=np.bool_)
    for i in range(count):
        final[i] = table.final[queue[i]]
    return Table(ptr[: count + 1].copy(), symbol[:used].copy(), target[:used].copy(), final)


def spelled_out(caller: Table, symbol: int, callee: Table, budget: int) -> tuple[Table, int]:
    """An automaton with a symbol replaced by the automaton of its texts; see `determinised`."""
    return _spelled(caller, symbol, callee, empty_pool(), budget)


@njit(cache=True)
def _spelled(caller, symbol, callee, pool, budget):
    return _determined(_replaced(caller, symbol, callee), pool, budget)


@njit(cache=True)
def _replaced(caller, symbol, callee):
    """The graph in which every edge of a symbol leads through a copy of an automaton."""
    calls = 0
    for each in caller.symbol:
        calls += each == symbol
    size, inner = caller.final.shape[0], callee.final.shape[0]
    num_final = 0
    for ends in callee.final:
        num_final += ends
    room = caller.symbol.shape[0] + calls * (callee.symbol.shape[0] + num_final)
    ptr = np.zeros(size + calls * inner + 1, dtype=np.int32)
    symbols, targets = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    final = np.zeros(size + calls * inner, dtype=np.bool_)
    final[:size] = caller.final
    back = np.empty(calls, dtype=np.int32)
    used, call = 0, 0
    for state in range(size):
        for e in range(caller.ptr[state], caller.ptr[state + 1]):
            symbols[used], targets[used] = caller.symbol[e], caller.target[e]
            if caller.symbol[e] == symbol:
                symbols[used], targets[used] = EMPTY, size + call * inner
                back[call] = caller.target[e]
                call += 1
            used += 1
        ptr[state + 1] = used
    for call in range(calls):
        offset = size + call * inner
        for state in range(inner):
            for e in range(callee.ptr[state], callee.ptr[state + 1]):
                symbols[used], targets[used] = callee.symbol[e], offset + callee.target[e]
                used += 1
            if callee.final[state]:
                symbols[used], targets[used] = EMPTY, back[call]
                used += 1
            ptr[offset + state + 1] = used
    return Table(ptr, symbols, targets, final)
