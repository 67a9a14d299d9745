"""Expands the configurations of a language: every place and lexer state that tokens lead to."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.errors import LimitError
from constraints.frontier import (
    WHOLE,
    Store,
    narrowed,
    table_of,
    walk_key,
)
from constraints.lexer import Counter, Lexer
from constraints.parser_graph import ParserGraph
from constraints.pool import roomy
from constraints.sharing import walked
from constraints.walk import BEGUN, HEAD, VALUE, Lexers, Nodes, Scratch

MAX_STATES = 500_000
MAX_EDGES = 5_000_000
MAX_SET_TOKENS = 100_000_000
MAX_SLOTS = 50_000_000

Ints = NDArray[np.int32]


class Places(NamedTuple):
    """A `ParserGraph` as compiled code reads it; the end is one more place.

    Attributes:
        lexer: (R,) int32.
        start: (R + 1,) int32.
        home: (R + 1,) int32.
        goto_ptr: (R + 1,) int32.
        goto: int32.
        base: (R + 2,) int64, the slot of configuration (place, 0); slots of a place are dense.
        closes: (R + 1,) bool, whether the text may end where a place begins.
    """

    lexer: Ints
    start: Ints
    home: Ints
    goto_ptr: Ints
    goto: Ints
    base: NDArray[np.int64]
    closes: NDArray[np.bool_]


class Configurations(NamedTuple):
    """What `expanded` has found, in the order in which it was reached; arrays have room to spare.

    Attributes:
        used: (6,) int64: configurations, edges, members of all token sets on edges,
            configurations expanded, and of the next one visits made and visits queued.
        place: int32, of each configuration.
        lexer_state: int32, of each configuration; of a counted lexer, state + S·count.
        number: (slots,) int32, the configuration of a slot, or -1.
        ptr: int64, edges of configuration c are ptr[c] .. ptr[c + 1] - 1.
        edge_set: int32, the store's token set of each edge.
        target: int32.
        seen: bool, whether a token set of the store is on an edge.
        visit_place: int32, see `_advance`.
        visit_frontier: int32.
    """

    used: NDArray[np.int64]
    place: Ints
    lexer_state: Ints
    number: Ints
    ptr: NDArray[np.int64]
    edge_set: Ints
    target: Ints
    seen: NDArray[np.bool_]
    visit_place: Ints
    visit_frontier: Ints


class Need(NamedTuple):
    """What an expansion lacks.

    Attributes:
        kind: `NOTHING`, `ROOM` or `TABLE`.
        room: Edges, or visits, to make room for.
        lexer: Of the table.
        state: Of the table.
        frontier: Of the table.
        bounds: Of the table, see `narrowed`.
    """

    kind: np.int64
    room: np.int64
    lexer: np.int64
    state: np.int64
    frontier: np.int64
    bounds: np.int64


NOTHING, ROOM, TABLE = 0, 1, 2

LIMITS = {"states": MAX_STATES, "edges": MAX_EDGES, "tokens in its sets": MAX_SET_TOKENS}


def lexers_of(graph: ParserGraph, numbers: dict[bytes, int]) -> Lexers:
    """The lexers of a graph, laid end to end.

    Args:
        graph: The language.
        numbers: The store's number of every lexer known so far; new ones are added.
    """
    lexers = graph.lexers
    sizes = [lexer.num_states for lexer in lexers]
    labels = [lexer.label for lexer in lexers]
    counters = [lexer.counter for lexer in lexers]
    return Lexers(
        number=np.array([numbers.setdefault(_walk_digest(each), len(numbers)) for each in lexers]),
        first=_pointers(sizes),
        delta_ptr=_pointers([lexer.delta.size for lexer in lexers])[:-1],
        width=np.array([lexer.delta.shape[1] for lexer in lexers], dtype=np.int64),
        delta=np.concatenate([lexer.delta.ravel() for lexer in lexers]).astype(np.int32),
        class_of=np.stack([lexer.class_of for lexer in lexers]).astype(np.int32),
        label=np.concatenate(labels).astype(np.int32),
        final=np.concatenate([final_states(lexer) for lexer in lexers]),
        body=np.array([each.body if each else -1 for each in counters], dtype=np.int64),
        bodies=np.array([each.bodies if each else 0 for each in counters], dtype=np.int64),
        low=np.array([each.low if each else 0 for each in counters], dtype=np.int64),
        high=np.array([_high(each) for each in counters], dtype=np.int64),
    )


def final_states(lexer: Lexer) -> NDArray[np.bool_]:
    """(S,) bool, states with a label and without transitions."""
    return (lexer.label >= 0) & (lexer.delta < 0).all(axis=1)


def _high(counter: Counter | None) -> int:
    return -1 if counter is None or counter.high is None else counter.high


def _walk_digest(lexer: Lexer) -> bytes:
    """Equal for lexers whose walks are, whatever the bounds that they count against."""
    if lexer.counter is None:
        return lexer.key
    return replace(lexer, counter=Counter(lexer.counter.body, 0, None, lexer.counter.bodies)).key


def _pointers(sizes: list[int]) -> NDArray[np.int64]:
    pointers = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=pointers[1:])
    return pointers


def places_of(graph: ParserGraph, lexers: Lexers) -> Places:
    """The places of a graph.

    Raises:
        LimitError: Too many configurations to number.
    """
    counts = np.where(lexers.high >= 0, lexers.high, lexers.low) + 1
    itself = np.arange(graph.num_places + 1, dtype=np.int32)
    home = itself if graph.home is None else np.append(graph.home, graph.end).astype(np.int32)
    slots = (np.diff(lexers.first) * counts)[graph.lexer] * (home == itself)[:-1]
    base = _pointers([*slots.tolist(), 1])
    if base[-1] > MAX_SLOTS:
        raise LimitError(
            f"the language passes {MAX_SLOTS} configurations", hint="shorten length bounds"
        )
    start = np.append(graph.start, 0).astype(np.int32)
    lexer, goto_ptr, goto = (
        np.ascontiguousarray(part, dtype=np.int32)
        for part in (graph.lexer, graph.goto_ptr, graph.goto)
    )
    closes = _closing(lexer, start, home, goto_ptr, goto, lexers)
    return Places(lexer, start, home, goto_ptr, goto, base, closes)


@njit(cache=True)
def _closing(lexer, start, home, goto_ptr, goto, lexers):
    """(R + 1,) bool: the end, and places from whose start empty terminals lead to it."""
    end = lexer.shape[0]
    closes = np.zeros(end + 1, dtype=np.bool_)
    closes[end] = True
    changed = True
    while changed:
        changed = False
        for place in range(end - 1, -1, -1):
            k = lexer[place]
            label = lexers.label[lexers.first[k] + start[place]]
            if closes[place] or label < 0 or lexers.low[k] > 0:
                continue
            following = goto[goto_ptr[home[place]] + label]
            closes[place] = following >= 0 and closes[following]
            changed = changed or closes[place]
    return closes


def expanded(
    places: Places, lexers: Lexers, nodes: Nodes, store: Store, scratch: Scratch
) -> tuple[Store, Configurations]:
    """All configurations that tokens lead to from the start of place 0, and their edges.

    Returns:
        The store with all tables that were needed, and what was found, which is not all where
        `check_limits` finds fault with it.
    """
    return _expanded(places, lexers, nodes, store, scratch, np.array([*LIMITS.values()]))


def check_limits(found: Configurations) -> None:
    """Whether an expansion has come to its end.

    Raises:
        LimitError: Too many states or edges, or token sets too large in sum.
    """
    for used, (what, limit) in zip(found.used.tolist(), LIMITS.items(), strict=False):
        if used > limit:
            raise LimitError(
                f"the token automaton passes {limit} {what}",
                hint="shorten length bounds, counts or lists",
            )


@njit(cache=True)
def _expanded(places, lexers, nodes, store, scratch, limits):
    """See `expanded`; stops where a limit is passed."""
    found = _started(places)
    longest = scratch.met.shape[0] - 1
    kept = _kept(store)
    need = _advance(places, lexers, store, found, longest, limits)
    while need.kind != NOTHING:
        if need.kind == TABLE:
            store = _with_table(store, nodes, lexers, scratch, need)
        if _kept(store) > kept + 2 * limits[2]:
            found.used[2] = limits[2] + 1
        found = _with_room(found, need.room, store.sets.num_sequences)
        need = _advance(places, lexers, store, found, longest, limits)
    return store, found


@njit(cache=True)
def _kept(store):
    """Members of all sets and frontiers; those that no edge bears count towards the limit too."""
    sets, frontiers = store.sets, store.frontiers
    return sets.ptr[sets.num_sequences] + frontiers.ptr[frontiers.num_sequences]


@njit(cache=True)
def _started(places):
    number = np.full(places.base[-1], -1, dtype=np.int32)
    number[places.start[0]] = 0
    used = np.array([1, 0, 0, 0, 0, 0])
    place, lexer_state = np.empty(1024, dtype=np.int32), np.empty(1024, dtype=np.int32)
    place[0], lexer_state[0] = 0, places.start[0]
    ptr, seen = np.zeros(1024, dtype=np.int64), np.zeros(0, dtype=np.bool_)
    edge_set, target = np.empty(8192, dtype=np.int32), np.empty(8192, dtype=np.int32)
    visits, frontiers = np.empty(64, dtype=np.int32), np.empty(64, dtype=np.int32)
    return Configurations(
        used, place, lexer_state, number, ptr, edge_set, target, seen, visits, frontiers
    )


@njit(cache=True)
def _with_table(store, nodes, lexers, scratch, need):
    """The store with the table of a configuration."""
    store, table = walked(store, nodes, lexers, scratch, need.lexer, need.state, need.frontier)
    if lexers.body[need.lexer] >= 0:
        store = narrowed(store, lexers, need.lexer, table, need.bounds)
    return store


@njit(cache=True)
def _with_room(found, more, num_sets):
    """What was found, with room for more edges, configurations and visits."""
    seen = found.seen
    if num_sets > seen.shape[0]:
        seen = np.zeros(2 * num_sets, dtype=np.bool_)
        seen[: found.seen.shape[0]] = found.seen
    return Configurations(
        found.used,
        roomy(found.place, found.used[0] + more),
        roomy(found.lexer_state, found.used[0] + more),
        found.number,
        roomy(found.ptr, found.used[0] + more + 1),
        roomy(found.edge_set, found.used[1] + more),
        roomy(found.target, found.used[1] + more),
        seen,
        roomy(found.visit_place, more),
        roomy(found.visit_frontier, more),
    )


@njit(cache=True)
def _advance(places, lexers, store, found, longest, limits):
    """Expands configurations, breadth first, until a table or room is needed that is not there.

    The tokens of one configuration are found through a queue of visits. A visit is a place at
    which the rest of some tokens is read, and the frontier of that rest; the first is the
    configuration's own place and the whole trie. An expansion that is broken off goes on with the
    visit that it was broken off at.
    """
    used, end = found.used, places.lexer.shape[0]
    while used[3] < used[0] and _within(used, limits):
        head = used[3]
        if used[5] == 0 and found.place[head] < end:
            found.visit_place[0], found.visit_frontier[0] = found.place[head], WHOLE
            used[5] = 1
        while used[4] < used[5]:
            visit, num_visits = used[4], used[5]
            place = np.int64(found.visit_place[visit])
            frontier = np.int64(found.visit_frontier[visit])
            at = np.int64(found.lexer_state[head] if visit == 0 else places.start[place])
            place = np.int64(places.home[place])
            lexer = np.int64(places.lexer[place])
            size = lexers.first[lexer + 1] - lexers.first[lexer]
            state, count = at % size, at // size
            bounds = _bounds(lexers.low[lexer], lexers.high[lexer], count, longest)
            key = walk_key(lexers.number[lexer], state)
            table, _ = table_of(store.keys, store.slots, key, frontier)
            if table >= 0 and lexers.body[lexer] >= 0:
                table, _ = table_of(store.keys, store.slots, -1 - table, bounds)
            if table < 0:
                return _need(TABLE, 0, lexer, state, frontier, bounds)
            rows = store.inside.ptr[table + 1] - store.inside.ptr[table]
            crossings = store.crossing.ptr[table + 1] - store.crossing.ptr[table]
            if _lacks_room(found, store.sets.num_sequences, rows, num_visits + crossings):
                room = max(rows, num_visits + crossings)
                return _need(ROOM, room, lexer, state, frontier, bounds)
            _add_edges(found, places, lexers, store, table, place, count)
            used[5] = _queue(found, num_visits, places, store.crossing, table, place)
            used[4] += 1
        used[3] += 1
        used[4:] = 0
        found.ptr[used[3]] = used[1]
    return _need(NOTHING, 0, 0, 0, 0, 0)


@njit(cache=True)
def _within(used, limits):
    return used[0] <= limits[0] and used[1] <= limits[1] and used[2] <= limits[2]


@njit(cache=True)
def _need(kind, room, lexer, state, frontier, bounds):
    return Need(
        np.int64(kind),
        np.int64(room),
        np.int64(lexer),
        np.int64(state),
        np.int64(frontier),
        np.int64(bounds),
    )


@njit(cache=True)
def _bounds(low, high, count, longest):
    """The key of the rows that hold at a count; see `narrowed`."""
    fewest = min(max(low - count, 0), longest)
    most = min(high - count, longest) if high >= 0 else longest
    return (fewest << 32) | most


@njit(cache=True)
def _lacks_room(found, num_sets, rows, num_visits):
    return (
        found.used[1] + rows > found.edge_set.shape[0]
        or found.used[0] + rows + 1 > found.ptr.shape[0]
        or found.used[0] + rows > found.place.shape[0]
        or num_visits > found.visit_place.shape[0]
        or num_sets > found.seen.shape[0]
    )


@njit(cache=True)
def _add_edges(found, places, lexers, store, table, place, count):
    """Adds an edge for every row inside, and the configuration it leads to where that is new."""
    used = found.used
    lexer = places.lexer[place]
    first = lexers.first[lexer]
    size = lexers.first[lexer + 1] - first
    low = lexers.low[lexer]
    saturates = lexers.high[lexer] < 0
    for i in range(store.inside.ptr[table], store.inside.ptr[table + 1]):
        state = np.int64(store.inside.cells[i, HEAD])
        target = place
        if lexers.final[first + state]:
            label = lexers.label[first + state]
            target = np.int64(places.goto[places.goto_ptr[place] + label])
            if target < 0:
                continue
            lexer_state = np.int64(places.start[target])
            target = np.int64(places.home[target])
        else:
            begun = count + store.inside.cells[i, BEGUN]
            lexer_state = state + size * (min(begun, low) if saturates else begun)
        token_set = store.inside.cells[i, VALUE]
        if not found.seen[token_set]:
            found.seen[token_set] = True
            used[2] += store.sets.ptr[token_set + 1] - store.sets.ptr[token_set]
        slot = places.base[target] + lexer_state
        if found.number[slot] < 0:
            found.number[slot] = used[0]
            found.place[used[0]], found.lexer_state[used[0]] = target, lexer_state
            used[0] += 1
        found.edge_set[used[1]] = token_set
        found.target[used[1]] = found.number[slot]
        used[1] += 1


@njit(cache=True)
def _queue(found, num_visits, places, crossing, table, place):
    """Queues the visits that a table's rows crossing lead to; returns how many there are then.

    Nothing is read after the end. Places whose terminals can all be empty may follow each other in
    a circle; a visit that comes again reads nothing new.
    """
    end = places.lexer.shape[0]
    for i in range(crossing.ptr[table], crossing.ptr[table + 1]):
        following = places.goto[places.goto_ptr[place] + crossing.cells[i, HEAD]]
        if following < 0 or following == end:
            continue
        frontier, known = crossing.cells[i, VALUE], False
        for visit in range(1, num_visits):
            same = found.visit_place[visit] == following
            known = known or (same and found.visit_frontier[visit] == frontier)
        if not known:
            found.visit_place[num_visits] = following
            found.visit_frontier[num_visits] = frontier
            num_visits += 1
    return num_visits
