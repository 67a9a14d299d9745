"""The known part of a pushdown language at one moment, as a token automaton."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.atoms import atoms_of
from constraints.pushdown.configurations import NUMBER
from constraints.token_automaton import TokenAutomaton, breadth_first
from constraints.vocabulary import Vocabulary

if TYPE_CHECKING:
    from constraints.pushdown.union import Workshop

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The known part at one moment.

    Attributes:
        automaton: It, over tokens.
        numbers: (N,) int64, the configuration of each state.
        leaving: Source state, set and target configuration of the edges that lead out of it, by
            source.
        is_whole: Whether no edge does.
    """

    automaton: TokenAutomaton
    numbers: NDArray[np.int64]
    leaving: tuple[Ints, Ints, Ints]

    @cached_property
    def leaving_ptr(self) -> Ints:
        """(N + 2,) int32, the edges that lead out of state q are leaving_ptr[q] .. [q + 1] - 1."""
        ends = np.arange(len(self.automaton.accepting) + 1)
        return np.searchsorted(self.leaving[0], ends).astype(np.int32)

    @property
    def is_whole(self) -> bool:
        """Whether the whole language is known."""
        return not len(self.leaving[0])

    def way(self, index: int) -> tuple[int, ...]:
        """The configurations that a shortest completion known passes, one for each token."""
        automaton, way = self.automaton, []
        while automaton.fewest[index] > 0:
            leaving = automaton.target[automaton.source == index]
            index = int(leaving[np.argmin(automaton.fewest[leaving])])
            way.append(int(self.numbers[index]))
        return tuple(way)


def snapshot_of(workshop: Workshop, numbers: NDArray[np.int64]) -> Snapshot:
    """The automaton of some configurations and the edges between them."""
    found, vocabulary = workshop.machine.found, workshop.vocabulary
    sets = workshop.machine.store.sets
    named, eos_set, pad_set = _named_sets(vocabulary)
    inner, leaving, used = _edges_of(
        found.first,
        found.last,
        found.edge_set,
        found.target,
        numbers,
        int(found.used[NUMBER]),
        sets.num_sequences,
        1 + len(named),
    )
    accepting = np.append(workshop.machine.all_ends(numbers), True)
    edges = _with_end(*inner, accepting, eos_set)
    atoms = atoms_of(workshop.base, sets, used, named, vocabulary.shelf.item_of)
    automaton = _automaton(numbers, edges, accepting, atoms, pad_set)
    return Snapshot(automaton, numbers, leaving)


@njit(cache=True)
def _edges_of(first, last, edge_set, target, numbers, num_found, num_sets, num_named):
    """The edges of some configurations, by source.

    Args:
        first: (n,) int64, the first edge of each configuration.
        last: (n,) int64, one past its last.
        edge_set: int32, of each edge.
        target: int32, the configuration that it leads to.
        numbers: (N,) int64, the configurations.
        num_found: How many configurations there are.
        num_sets: How many sets the pool has.
        num_named: How many sets come before those of edges.

    Returns:
        Source, set and target of the edges between them; source, set and target configuration of
        those that lead elsewhere; the pool's sets in the order in which they come.
    """
    state = np.full(num_found, -1, dtype=np.int32)
    total = 0
    for i in range(numbers.shape[0]):
        state[numbers[i]] = i
        total += last[numbers[i]] - first[numbers[i]]
    rank = np.full(num_sets, -1, dtype=np.int32)
    used = np.empty(min(num_sets, total), dtype=np.int64)
    num_used, inside, outside = 0, 0, total
    source, sets = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int32)
    targets = np.empty(total, dtype=np.int32)
    for i in range(numbers.shape[0]):
        for edge in range(first[numbers[i]], last[numbers[i]]):
            known = edge_set[edge]
            if rank[known] < 0:
                rank[known] = num_named + num_used
                used[num_used] = known
                num_used += 1
            there = state[target[edge]]
            if there >= 0:
                at, inside = inside, inside + 1
            else:
                at = outside = outside - 1
            source[at], sets[at] = i, rank[known]
            targets[at] = there if there >= 0 else target[edge]
    inner = source[:inside], sets[:inside], targets[:inside]
    outer = source[inside:][::-1].copy(), sets[inside:][::-1].copy(), targets[inside:][::-1].copy()
    return inner, outer, used[:num_used].copy()


def _named_sets(vocabulary: Vocabulary) -> tuple[list[Ints], int, int]:
    """Items of the end-of-text and pad sets, then the number of each, or -1; see `Shelf`."""
    leaves = np.int32(vocabulary.trie.num_leaves)
    ends, pads = np.array([[1, 3], [2, 3]], dtype=np.int32) + leaves
    has_ends, has_pad = bool(vocabulary.eos_ids), vocabulary.pad_id is not None
    if vocabulary.eos_ids == (vocabulary.pad_id,):
        return [ends], 1, 1
    named = [ends] * has_ends + [pads] * has_pad
    return named, 1 if has_ends else -1, len(named) if has_pad else -1


def _with_end(
    source: Ints, sets: Ints, target: Ints, accepting: NDArray[np.bool_], eos_set: int
) -> tuple[Ints, Ints, Ints]:
    """The edges by source, with those that end the text and the loop after it."""
    done = len(accepting) - 1
    ending = np.flatnonzero(accepting[:-1]) if eos_set >= 0 else np.zeros(0, dtype=np.int64)
    sources = np.concatenate([source, ending, [done]])
    order = np.argsort(sources, kind="stable")
    all_sets = np.concatenate([sets, np.full(len(ending), eos_set), [0]])
    targets = np.concatenate([target, np.full(len(ending) + 1, done)])
    return (
        sources[order].astype(np.int32),
        all_sets[order].astype(np.int32),
        targets[order].astype(np.int32),
    )


def _automaton(
    numbers: NDArray[np.int64],
    edges: tuple[Ints, Ints, Ints],
    accepting: NDArray[np.bool_],
    atoms,
    pad_set: int,
) -> TokenAutomaton:
    source, edge_set, target = edges
    size = len(accepting)
    out_ptr = _pointers(np.bincount(source, minlength=size))
    in_edges = np.argsort(target, kind="stable").astype(np.int32)
    in_ptr = _pointers(np.bincount(target, minlength=size))
    fewest = breadth_first(source, in_ptr, in_edges, accepting)
    return TokenAutomaton(
        place=numbers.astype(np.int32),
        lexer_state=np.zeros(len(numbers), dtype=np.int32),
        accepting=accepting,
        fewest=fewest,
        source=source,
        edge_set=edge_set,
        target=target,
        out_ptr=out_ptr,
        in_ptr=in_ptr,
        in_edges=in_edges,
        any_set=0,
        pad_set=pad_set,
        **atoms._asdict(),
    )


def _pointers(counts: NDArray[np.int64]) -> Ints:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
