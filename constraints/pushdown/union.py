"""The part of a pushdown language that is known: one automaton over tokens that grows.

For every configuration in it there is a completion in it, token by token, that has been run; so
from everywhere a member can be reached.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from constraints.atoms import Base, atoms_of
from constraints.pushdown.completion import Completion
from constraints.pushdown.configurations import NUMBER
from constraints.pushdown.language import PushdownLanguage
from constraints.pushdown.machine import Configuration, Machine
from constraints.segmentation import shortest_segmentation
from constraints.token_automaton import NEVER, TokenAutomaton, breadth_first
from constraints.vocabulary import Vocabulary

Ints = NDArray[np.int32]

MAX_SEARCHED = 4_000
"""Configurations to look through for an end where no completion can be planned."""


class Workshop:
    """What all blocks of one constraint share: a machine, completions, the atoms' base.

    Attributes:
        vocabulary: The tokens.
        machine: Configurations.
        completion: Completions.
        base: The partition of tokens that atoms start from.
        lock: Held by whoever uses the rest; one thread at a time.
    """

    def __init__(self, language: PushdownLanguage, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self.lock = threading.RLock()
        self.machine = Machine(language, vocabulary.trie)
        available = np.zeros(0x100, dtype=np.bool_)
        available[[data[0] for data in vocabulary.tokens if data and len(data) == 1]] = True
        self.completion = Completion(self.machine, available)
        self.base = Base(vocabulary.trie.num_leaves + 4)
        self.start = self.machine.start()
        self._ways: dict[int, tuple[int, ...] | None] = {}
        self._ends: dict[int, bool] = {}

    def ends(self, number: int) -> bool:
        """Whether the text may end in a configuration."""
        if number not in self._ends:
            self._ends[number] = self.machine.ends(self.machine.configuration(number))
        return self._ends[number]

    def way(self, number: int) -> tuple[int, ...] | None:
        """The configurations that a short completion passes, one for each token; None for none."""
        if number not in self._ways:
            found = self._planned(number)
            self._ways[number] = self._searched(number) if found is None else found
        return self._ways[number]

    def learn(self, number: int, way: tuple[int, ...]) -> None:
        """Remembers a shorter completion than the one planned."""
        self._ways[number] = way

    def _planned(self, number: int) -> tuple[int, ...] | None:
        configuration = self.machine.configuration(number)
        text = self.completion.of(configuration)
        if text is None:
            return None
        tokens = shortest_segmentation(self.vocabulary, text)
        if tokens is None:
            return None
        way = []
        for token in tokens:
            following = self.read(configuration, token)
            if following is None:
                return None
            configuration = following
            way.append(self.machine.number(configuration))
        return tuple(way)

    def _searched(self, number: int) -> tuple[int, ...] | None:
        """The same by breadth, for the first that is asked and vocabularies that lack bytes."""
        if number != self.start and self.completion.spells_everything:
            return None
        before = {number: number}
        queue = [number]
        for here in queue:
            if self.ends(here):
                return self._traced(before, here)
            if len(queue) > MAX_SEARCHED:
                continue
            self.machine.expand([here])
            for target in self.machine.edges(here)[1].tolist():
                if target not in before:
                    before[target] = here
                    queue.append(target)
        return None

    def _traced(self, before: dict[int, int], number: int) -> tuple[int, ...]:
        way: list[int] = []
        while before[number] != number:
            way.append(number)
            number = before[number]
        return tuple(reversed(way))

    def read(self, configuration: Configuration, token: int) -> Configuration | None:
        """The configuration after a token, or None."""
        data = self.vocabulary.tokens[token]
        return self.machine.read(configuration, data) if data else None


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The known part at one moment.

    Attributes:
        automaton: It, over tokens.
        numbers: (N,) int64, the configuration of each state.
        leaving: Source state, set and target configuration of the edges that lead out of it.
        is_whole: Whether no edge does.
    """

    automaton: TokenAutomaton
    numbers: NDArray[np.int64]
    leaving: tuple[Ints, Ints, Ints]

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


class Union:
    """The known part, grown by those who ask for it."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self._order: dict[int, int] = {}
        self._snapshot: Snapshot | None = None

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, number: int) -> bool:
        return number in self._order

    def include(self, numbers: Iterable[int]) -> None:
        """Adds configurations, each with its completion; those that have none are left out."""
        added = []
        for number in numbers:
            if number in self._order:
                continue
            way = self.workshop.way(number)
            if way is None:
                continue
            for each in (number, *way):
                if each not in self._order:
                    self._order[each] = len(self._order)
                    added.append(each)
        if added:
            self.workshop.machine.expand(added)
            self._snapshot = None

    def fewest(self, number: int) -> int:
        """Tokens of the completion of a configuration, or `NEVER`."""
        way = self.workshop.way(number)
        return NEVER if way is None else len(way)

    def index(self, number: int) -> int:
        """The state of a configuration."""
        return self._order[number]

    def snapshot(self) -> Snapshot:
        """The known part as a token automaton."""
        if self._snapshot is None:
            self._snapshot = snapshot_of(self.workshop, np.array(list(self._order), dtype=np.int64))
        return self._snapshot


def snapshot_of(workshop: Workshop, numbers: NDArray[np.int64]) -> Snapshot:
    """The automaton of some configurations and the edges between them."""
    found, vocabulary = workshop.machine.found, workshop.vocabulary
    index = np.full(int(found.used[NUMBER]), -1, dtype=np.int32)
    index[numbers] = np.arange(len(numbers), dtype=np.int32)
    source, sets, target = _edges_of(found, numbers)
    inside = index[target] >= 0
    named, eos_set, pad_set = _named_sets(vocabulary)
    used, set_of = _in_order(sets)
    set_of = (set_of + 1 + len(named)).astype(np.int32)
    leaving = source[~inside], set_of[~inside], target[~inside]
    accepting = np.append(workshop.machine.all_ends(numbers), True)
    edges = _with_end(source[inside], set_of[inside], index[target[inside]], accepting, eos_set)
    atoms = atoms_of(
        workshop.base, workshop.machine.store.sets, used, named, vocabulary.shelf.item_of
    )
    automaton = _automaton(numbers, edges, accepting, atoms, pad_set)
    return Snapshot(automaton, numbers, leaving)


def _edges_of(found, numbers: NDArray[np.int64]) -> tuple[Ints, Ints, Ints]:  # noqa: ANN001
    """Source index, set and target configuration of all edges of some configurations."""
    counts = found.last[numbers] - found.first[numbers]
    source = np.repeat(np.arange(len(numbers), dtype=np.int32), counts)
    offset = np.repeat(found.first[numbers] - np.cumsum(counts) + counts, counts)
    at = offset + np.arange(counts.sum())
    return source, found.edge_set[at], found.target[at]


def _in_order(sets: Ints) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The distinct sets in the order in which they come, and the place of each among them."""
    distinct, first, inverse = np.unique(sets, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return distinct[order].astype(np.int64), rank[inverse]


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
    atoms,  # noqa: ANN001
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
