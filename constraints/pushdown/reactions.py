"""What a terminal makes of a standing, and whether one that is under way can be taken.

Both are remembered in the heap, by standing and terminal or by standing and class of terminals.
Functions that are called for every row of a table are inlined, and look there first.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from constraints.pushdown.stacks import (
    MAX_WIDTH,
    NO_ROOM,
    REACTIONS,
    STAMP,
    pushed,
    reaction_slot,
    standing_of,
)
from constraints.pushdown.uncounted import inlined, uncounted

NOWHERE = -1
"""What `feed` answers where the terminal is refused."""

CLASSES = 1 << 19
"""Within a key: terminals come below, classes of terminals from here."""
STANDINGS = 20
"""Within a key: the bits below the standing."""


@njit(cache=True)
def beginning(heap, parser):
    """The standing before the first terminal, or `NO_ROOM`."""
    cell = pushed(heap, parser.start, -1)
    if cell < 0 or parser.has_tables:
        return cell
    return standing_of(heap, np.array([cell], dtype=np.int32))


@inlined
def feed(heap, parser, standing, terminal):
    """The standing after a terminal; `NOWHERE` where it is refused, or `NO_ROOM`."""
    key = (np.int64(standing) << STANDINGS) | np.int64(terminal)
    slot = reaction_slot(heap.reaction_key, key)
    if heap.reaction_key[slot] < 0:
        return _reacted(heap, parser, standing, terminal, slot)
    return np.int64(heap.reaction[slot])


@uncounted
def _reacted(heap, parser, standing, terminal, slot):
    """`feed`, of what is not remembered yet."""
    if terminal >= parser.num_terminals:
        return np.int64(NOWHERE)
    if parser.has_tables:
        after = _shifted(heap, parser, standing, terminal)
    else:
        after = _fed(heap, parser, standing, terminal)
    key = (np.int64(standing) << STANDINGS) | np.int64(terminal)
    return after if after == NO_ROOM else _remembered(heap, slot, key, after)


@uncounted
def _remembered(heap, slot, key, answer):
    """The answer; `NO_ROOM` where there is none to remember it."""
    if 2 * heap.used[REACTIONS] >= heap.reaction_key.shape[0]:
        return np.int64(NO_ROOM)
    heap.reaction_key[slot], heap.reaction[slot] = key, answer
    heap.used[REACTIONS] += 1
    return np.int64(answer)


@uncounted
def _reduced(heap, parser, cell, terminal):
    """LALR: the action on a terminal once all reductions that it asks for are made.

    States that reductions leave are held apart from the interned stack.

    Returns:
        The action, 0 where the terminal is refused, negative where it ends the text; the cell that
        the stack was reduced to; how many states of `heap.work` are to be put onto it.
    """
    top, below, held = heap.top, heap.below, heap.work
    at_end = terminal == parser.num_terminals
    height = 0
    state = np.int64(top[cell])
    while True:
        action = parser.action[state, terminal]
        if action >= 0:
            return np.int64(action), np.int64(cell), height
        rule = -1 - action
        length = parser.rule_length[rule]
        dropped = min(height, length)
        height -= dropped
        for _ in range(length - dropped):
            cell = below[cell]
        under = held[height - 1] if height > 0 else top[cell]
        state = np.int64(parser.goto[under, parser.rule_head[rule]])
        if at_end and state == parser.end:
            return np.int64(action), np.int64(cell), height
        held[height] = state
        height += 1


@uncounted
def _shifted(heap, parser, cell, terminal):
    """LALR: reduces as the tables say, then shifts; only what is shifted onto is interned."""
    action, cell, height = _reduced(heap, parser, cell, terminal)
    if action == 0:
        return np.int64(NOWHERE)
    for i in range(height):
        cell = pushed(heap, heap.work[i], cell)
        if cell < 0:
            return np.int64(NO_ROOM)
    return pushed(heap, action - 1, cell)


@uncounted
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
    return standing_of(heap, found[: _distinct(found, num_found)])


@uncounted
def _distinct(cells, count):
    """Sorts the first of some cells, few of them, each once; returns how many these are."""
    kept = np.int64(0)
    for i in range(count):
        cell, j = cells[i], kept
        while j > 0 and cells[j - 1] > cell:
            j -= 1
        if j > 0 and cells[j - 1] == cell:
            continue
        for k in range(kept, j, -1):
            cells[k] = cells[k - 1]
        cells[j] = cell
        kept += 1
    return kept


@inlined
def takes_any(heap, parser, scan, standing, kind):
    """Whether a standing takes some terminal of a class; or `NO_ROOM`.

    Args:
        heap: Stacks.
        parser: The parser.
        scan: The scanner; class k is becomes[becomes_ptr[k] .. becomes_ptr[k + 1] - 1].
        standing: The standing.
        kind: The class.
    """
    key = (np.int64(standing) << STANDINGS) | (CLASSES + np.int64(kind))
    slot = reaction_slot(heap.reaction_key, key)
    if heap.reaction_key[slot] < 0:
        terminals = scan.becomes[scan.becomes_ptr[kind] : scan.becomes_ptr[kind + 1]]
        answer = _taken(heap, parser, standing, terminals)
        return _remembered(heap, slot, key, answer)
    return np.int64(heap.reaction[slot])


@uncounted
def _taken(heap, parser, standing, terminals):
    """Whether a standing takes some terminal; nothing is interned."""
    if parser.has_tables:
        for terminal in terminals:
            if parser.action[heap.top[standing], terminal] != 0:
                action, _, _ = _reduced(heap, parser, standing, terminal)
                if action != 0:
                    return True
        return False
    for i in range(heap.set_ptr[standing], heap.set_ptr[standing + 1]):
        cell = np.int64(heap.set_cells[i])
        while cell >= 0:
            state = heap.top[cell]
            for terminal in terminals:
                if parser.first[state, terminal]:
                    return True
            cell = np.int64(heap.below[cell]) if parser.final[state] else np.int64(-1)
    return False


@uncounted
def may_end(heap, parser, standing):
    """Whether the text may end in a standing."""
    if parser.has_tables:
        return _reduced(heap, parser, standing, parser.num_terminals)[0] < 0
    for i in range(heap.set_ptr[standing], heap.set_ptr[standing + 1]):
        cell = heap.set_cells[i]
        while cell >= 0 and parser.final[heap.top[cell]]:
            cell = heap.below[cell]
        if cell < 0:
            return True
    return False
