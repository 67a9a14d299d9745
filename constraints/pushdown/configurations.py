"""Configurations of a pushdown language, and the tokens that lead from one to the next.

A configuration is (standing, lexer state). Its edges come from frontier tables: the parser is asked
once for each terminal that ends within tokens, never once for each token. From one configuration a
token leads to at most one other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.frontier import WHOLE, table_of, walk_key
from constraints.pool import mixed, roomy
from constraints.pushdown.reactions import feed, may_end, takes_any
from constraints.pushdown.stacks import NO_ROOM, grown
from constraints.pushdown.uncounted import inlined, uncounted
from constraints.sharing import walked
from constraints.walk import HEAD, VALUE

NUMBER, EDGES, VISIT, VISITS, END = 0, 1, 2, 3, 4
"""Entries of `Configurations.used`."""
DONE, HEAP, ROOM, TABLE = 0, 1, 2, 3
"""What an expansion lacks."""

IGNORED = -1
"""A class of terminals that every standing takes."""

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Scan(NamedTuple):
    """A bounded scanner as compiled code reads it.

    Attributes:
        label: (S,) int32, see `Bounded`.
        final: (S,) bool, labelled, and no byte goes on.
        at_end: (S,) bool.
        begins: (S,) bool, nothing of a terminal has been read.
        pending: (S,) int32, the class of terminals that a state may end as; `IGNORED` where one of
            them is ignored.
        becomes_ptr: (K + 1,) int32, class k is becomes[becomes_ptr[k] .. becomes_ptr[k + 1] - 1].
        becomes: int32.
        start_of: (n, m) int32, where scanning begins by the state on top of a stack, or one for
            all, and by the bytes of ignored text that have been read.
        by_state: Whether these differ by state; of several stacks the first one's counts.
        has_sets: Whether a standing is a set of stacks.
        ignored: bool, by terminal or label; see `Bounded`.
        num_terminals: T.
    """

    label: Ints
    final: Bools
    at_end: Bools
    begins: Bools
    pending: Ints
    becomes_ptr: Ints
    becomes: Ints
    start_of: Ints
    by_state: bool
    has_sets: bool
    ignored: Bools
    num_terminals: int


class Configurations(NamedTuple):
    """All configurations met; arrays have room to spare.

    Attributes:
        used: (5,) int64, how many configurations and edges there are; of the expansion under way
            the next visit, the visits queued (0 where none is under way), and where its edges end.
        standing: int32.
        state: int32, the scanner's.
        slots: int32, open addressing by content.
        first: int64, the first edge of each configuration, or -1 before it is expanded.
        last: int64, one past its last edge.
        edge_set: int32, the store's number of the token set of each edge.
        target: int32.
        visit: (n, 3) int64, room for one expansion: standing, state, frontier.
    """

    used: Longs
    standing: Ints
    state: Ints
    slots: Ints
    first: Longs
    last: Longs
    edge_set: Ints
    target: Ints
    visit: NDArray[np.int64]


def no_configurations(capacity: int = 1 << 12) -> Configurations:
    """None yet.

    Args:
        capacity: Configurations to make room for, a power of 2.
    """
    return Configurations(
        used=np.zeros(5, dtype=np.int64),
        standing=np.empty(capacity, dtype=np.int32),
        state=np.empty(capacity, dtype=np.int32),
        slots=np.full(2 * capacity, -1, dtype=np.int32),
        first=np.full(capacity, -1, dtype=np.int64),
        last=np.full(capacity, -1, dtype=np.int64),
        edge_set=np.empty(8 * capacity, dtype=np.int32),
        target=np.empty(8 * capacity, dtype=np.int32),
        visit=np.empty((1024, 3), dtype=np.int64),
    )


@uncounted
def _slot(slots, standings, states, standing, state):
    last = slots.shape[0] - 1
    digest = mixed((np.uint64(standing) << np.uint64(32)) ^ np.uint64(state))
    slot = np.int64(digest & np.uint64(last))
    while slots[slot] >= 0:
        known = slots[slot]
        if standings[known] == standing and states[known] == state:
            return slot
        slot = (slot + 1) & last
    return slot


@inlined
def numbered(found, standing, state):
    """The number of a configuration; there must be room for one more."""
    slot = _slot(found.slots, found.standing, found.state, standing, state)
    if found.slots[slot] < 0:
        number = found.used[NUMBER]
        found.standing[number], found.state[number] = standing, state
        found.first[number] = -1
        found.slots[slot] = number
        found.used[NUMBER] = number + 1
    return np.int64(found.slots[slot])


@njit(cache=True)
def with_room(found, more):
    """The configurations with room for more of them, and for as many edges and visits."""
    needed = found.used[NUMBER] + more
    capacity = found.standing.shape[0]
    while capacity < needed:
        capacity *= 2
    slots = found.slots
    standing, state = roomy(found.standing, capacity), roomy(found.state, capacity)
    first, last = roomy(found.first, capacity), roomy(found.last, capacity)
    if 2 * capacity > slots.shape[0]:
        slots = np.full(2 * capacity, -1, dtype=np.int32)
        for number in range(found.used[NUMBER]):
            slots[_slot(slots, standing, state, standing[number], state[number])] = number
    visit = found.visit
    if visit.shape[0] < more:
        visit = np.empty((2 * more, 3), dtype=np.int64)
        visit[: found.visit.shape[0]] = found.visit
    return Configurations(
        found.used,
        standing,
        state,
        slots,
        first,
        last,
        roomy(found.edge_set, found.used[EDGES] + more),
        roomy(found.target, found.used[EDGES] + more),
        visit,
    )


@inlined
def start_state(heap, scan, standing, read):
    """Where scanning begins in a standing, after some bytes of ignored text."""
    top = np.int32(0)
    if scan.by_state:
        top = heap.top[heap.set_cells[heap.set_ptr[standing]] if scan.has_sets else standing]
    return np.int64(scan.start_of[top, read])


@inlined
def is_live(heap, parser, scan, standing, state):
    """Whether the terminal under way can become one that the parser takes; or `NO_ROOM`."""
    kind = scan.pending[state]
    if kind == IGNORED:
        return np.int64(1)
    return takes_any(heap, parser, scan, standing, kind)


@uncounted
def ends(heap, parser, scan, standing, state):
    """1 where the text may end in a configuration, 0 where not, or `NO_ROOM`."""
    if scan.begins[state]:
        return np.int64(may_end(heap, parser, standing))
    label = scan.label[state]
    if label < 0 or not scan.at_end[state]:
        return np.int64(0)
    if scan.ignored[label]:
        return np.int64(may_end(heap, parser, standing))
    after = feed(heap, parser, standing, label)
    if after < 0:
        return np.int64(NO_ROOM if after == NO_ROOM else 0)
    return np.int64(may_end(heap, parser, after))


@njit(cache=True)
def all_ends(heap, parser, scan, found, numbers):
    """(n,) int8: `ends` of configurations; `NO_ROOM` where the heap has to grow first."""
    answers = np.empty(numbers.shape[0], dtype=np.int8)
    for i in range(numbers.shape[0]):
        number = numbers[i]
        answers[i] = ends(heap, parser, scan, found.standing[number], found.state[number])
    return answers


@inlined
def _begun(heap, parser, scan, standing, label):
    """Standing and state after a terminal; the standing is negative where `feed` says so."""
    if scan.ignored[label]:
        return np.int64(standing), start_state(heap, scan, standing, label - scan.num_terminals - 1)
    after = feed(heap, parser, standing, label)
    if after < 0:
        return after, np.int64(0)
    return after, start_state(heap, scan, after, 0)


@uncounted
def read_byte(heap, parser, scan, lexer, standing, state, byte):
    """The configuration after a byte; its standing is `NOWHERE` or `NO_ROOM` where there is none.

    Args:
        heap: Stacks.
        parser: The parser.
        scan: The scanner.
        lexer: Its (S, C) transitions and (256,) classes.
        standing: Where to begin.
        state: The scanner's state there.
        byte: What is read.
    """
    delta, class_of = lexer
    following = np.int64(delta[state, class_of[byte]])
    if following < 0:
        if scan.begins[state] or scan.label[state] < 0:
            return np.int64(-1), np.int64(0)
        standing, state = _begun(heap, parser, scan, standing, scan.label[state])
        if standing < 0:
            return standing, np.int64(0)
        following = np.int64(delta[state, class_of[byte]])
        if following < 0:
            return np.int64(-1), np.int64(0)
    if scan.final[following]:
        return _begun(heap, parser, scan, standing, scan.label[following])
    return np.int64(standing), following


@uncounted
def _expand(heap, parser, scan, lexer_number, store, found, number):
    """Finds the edges of a configuration; (what it lacks, room or state, frontier).

    An expansion that is broken off goes on with the visit that it was broken off at.
    """
    used, visit = found.used, found.visit
    if found.first[number] >= 0:
        return DONE, np.int64(0), np.int64(0)
    if used[VISITS] == 0:
        visit[0, 0], visit[0, 1], visit[0, 2] = found.standing[number], found.state[number], WHOLE
        used[VISITS], used[VISIT], used[END] = 1, 0, used[EDGES]
    while used[VISIT] < used[VISITS]:
        at = used[VISIT]
        standing, state, frontier = visit[at, 0], visit[at, 1], visit[at, 2]
        table, _ = table_of(store.keys, store.slots, walk_key(lexer_number, state), frontier)
        if table < 0:
            return TABLE, state, frontier
        rows = store.inside.ptr[table + 1] - store.inside.ptr[table]
        crossings = store.crossing.ptr[table + 1] - store.crossing.ptr[table]
        if (
            used[END] + rows > found.target.shape[0]
            or used[NUMBER] + rows > found.standing.shape[0]
            or used[VISITS] + crossings > visit.shape[0]
        ):
            room = max(used[END] - used[EDGES] + rows, used[VISITS] + crossings)
            return ROOM, room, np.int64(0)
        end = _inside(heap, parser, scan, store, found, table, standing)
        if end == NO_ROOM:
            return HEAP, np.int64(0), np.int64(0)
        num_visits = _crossing(heap, parser, scan, store, found, table, standing)
        if num_visits == NO_ROOM:
            return HEAP, np.int64(0), np.int64(0)
        used[END], used[VISITS], used[VISIT] = end, num_visits, at + 1
    found.first[number], found.last[number] = used[EDGES], used[END]
    used[EDGES], used[VISITS] = used[END], 0
    return DONE, np.int64(0), np.int64(0)


@inlined
def _inside(heap, parser, scan, store, found, table, standing):
    """Writes an edge for every row inside that lives; where they end then, or `NO_ROOM`."""
    end = found.used[END]
    for i in range(store.inside.ptr[table], store.inside.ptr[table + 1]):
        following = np.int64(store.inside.cells[i, HEAD])
        after = standing
        if scan.final[following]:
            after, following = _begun(heap, parser, scan, standing, scan.label[following])
            if after == NO_ROOM:
                return np.int64(NO_ROOM)
            if after < 0:
                continue
        else:
            live = is_live(heap, parser, scan, standing, following)
            if live == NO_ROOM:
                return np.int64(NO_ROOM)
            if live == 0:
                continue
        found.edge_set[end] = store.inside.cells[i, VALUE]
        found.target[end] = numbered(found, after, following)
        end += 1
    return end


@inlined
def _crossing(heap, parser, scan, store, found, table, standing):
    """Queues a visit for every row crossing that is taken; how many there are, or `NO_ROOM`."""
    visit, num_visits = found.visit, found.used[VISITS]
    for i in range(store.crossing.ptr[table], store.crossing.ptr[table + 1]):
        label = store.crossing.cells[i, HEAD]
        after, beginning = _begun(heap, parser, scan, standing, label)
        if after == NO_ROOM:
            return np.int64(NO_ROOM)
        if after >= 0:
            visit[num_visits, 0], visit[num_visits, 1] = after, beginning
            visit[num_visits, 2] = store.crossing.cells[i, VALUE]
            num_visits += 1
    return num_visits


@njit(cache=True)
def expanded(heap, parser, scan, lexers, nodes, scratch, store, found, numbers):
    """Expands configurations that have not been.

    Args:
        heap: Stacks.
        parser: The parser.
        scan: The scanner.
        lexers: Its automaton, alone.
        nodes: The trie.
        scratch: Room for walks.
        store: Frontier tables.
        found: Configurations.
        numbers: (n,) int64, which to expand.

    Returns:
        The heap, the store and the configurations, grown.
    """
    for number in numbers:
        found.used[VISITS] = 0
        lack, room, frontier = _expand(heap, parser, scan, lexers.number[0], store, found, number)
        while lack != DONE:
            if lack == HEAP:
                heap = grown(heap)
            elif lack == ROOM:
                found = with_room(found, 2 * room + 1024)
            else:
                store, _ = walked(store, nodes, lexers, scratch, 0, room, frontier)
            lack, room, frontier = _expand(
                heap, parser, scan, lexers.number[0], store, found, number
            )
    return heap, store, found
