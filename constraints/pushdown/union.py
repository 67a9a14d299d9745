"""The part of a pushdown language that is known: one automaton over tokens that grows.

For every configuration in it there is a completion in it, token by token, that has been run; so
from everywhere a member can be reached.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from constraints.atoms import Base
from constraints.pushdown.completion import Completion
from constraints.pushdown.language import PushdownLanguage
from constraints.pushdown.machine import Configuration, Machine
from constraints.pushdown.snapshot import Snapshot, snapshot_of
from constraints.segmentation import shortest_segmentation
from constraints.token_automaton import NEVER
from constraints.vocabulary import Vocabulary

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


class Union:
    """The known part, grown by those who ask for it."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self._order: dict[int, int] = {}
        self._held = np.zeros(1024, dtype=np.bool_)
        self._snapshot: Snapshot | None = None

    def __len__(self) -> int:
        return len(self._order)

    def __contains__(self, number: int) -> bool:
        return number in self._order

    def holds(self, numbers: NDArray[np.integer]) -> NDArray[np.bool_]:
        """(n,) bool, which of some configurations are known."""
        inside = numbers < len(self._held)
        return inside & self._held[np.where(inside, numbers, 0)]

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
            self._hold(added)
            self.workshop.machine.expand(added)
            self._snapshot = None

    def _hold(self, numbers: list[int]) -> None:
        if max(numbers) >= len(self._held):
            self._held = np.zeros(2 * max(numbers), dtype=np.bool_)
            numbers = list(self._order)
        self._held[numbers] = True

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
