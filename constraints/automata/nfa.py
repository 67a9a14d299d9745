"""A graph of states under construction, and its determinisation."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence

from constraints.automata.dfa import Dfa, Row
from constraints.errors import LimitError

MAX_WORK = 10_000_000
ALWAYS, AT_START, AT_END = 0, 1, 2
"""When an empty edge may be taken: always, before the first symbol, after the last."""


class Nfa:
    """A nondeterministic automaton with empty edges, built by adding states and edges.

    Attributes:
        limit: Number of symbols.
        start: The state in which reading begins.
    """

    def __init__(self, limit: int, max_states: int) -> None:
        self.limit = limit
        self.max_states = max_states
        self._work = 0
        self._rows: list[Row] = []
        self._empty: list[list[tuple[int, int]]] = []
        self.start = self.state()

    def state(self) -> int:
        """Adds a state.

        Raises:
            LimitError: More than `max_states`.
        """
        if len(self._rows) >= self.max_states:
            raise LimitError(
                f"the language needs more than {self.max_states} automaton states",
                hint="shorten length bounds, counts or lists",
            )
        self._rows.append([])
        self._empty.append([])
        return len(self._rows) - 1

    def edge(self, source: int, low: int, high: int, target: int) -> None:
        """Adds an edge for the symbols low .. high, both included."""
        self._rows[source].append((low, high, target))

    def empty(self, source: int, target: int, when: int = ALWAYS) -> None:
        """Adds an edge that reads nothing."""
        self._empty[source].append((target, when))

    def text(self, source: int, symbols: Iterable[int]) -> int:
        """Adds a path that reads exactly `symbols`; returns its last state."""
        for symbol in symbols:
            target = self.state()
            self.edge(source, symbol, symbol, target)
            source = target
        return source

    def embed(self, source: int, dfa: Dfa) -> int:
        """Adds a copy of a DFA entered from `source`; returns the state its acceptance leads to.

        The caller must know that a DFA without states makes the returned state unreachable.
        """
        base = [self.state() for _ in range(dfa.num_states)]
        exit_state = self.state()
        if base:
            self.empty(source, base[0])
        for state, row in zip(base, dfa.rows(), strict=True):
            self._rows[state] = [(low, high, base[target]) for low, high, target in row]
        for state, accepts in zip(base, dfa.accepting, strict=True):
            if accepts:
                self.empty(state, exit_state)
        return exit_state

    def determinised(self, accepting: int) -> Dfa:
        """The minimal DFA of the texts that lead from the start to `accepting`.

        Raises:
            LimitError: More than `max_states` subsets.
        """
        first = self._closure([self.start], (ALWAYS, AT_START))
        number: dict[tuple[int, ...], int] = {}
        subsets = [first]
        rows: list[Row] = []
        closures: dict[int, tuple[int, ...]] = {}
        for subset in subsets:
            row: Row = []
            for low, high, targets in self._moves(subset):
                following = self._joint_closure(targets, closures)
                if following not in number:
                    if len(subsets) >= self.max_states:
                        raise LimitError(
                            f"the language needs more than {self.max_states} automaton states",
                            hint="make alternatives that begin alike differ earlier",
                        )
                    number[following] = len(subsets)
                    subsets.append(following)
                row.append((low, high, number[following]))
            rows.append(row)
        return Dfa.from_rows(
            rows, [self._accepts(s, accepting, i == 0) for i, s in enumerate(subsets)], self.limit
        )

    def _accepts(self, subset: Sequence[int], accepting: int, at_start: bool) -> bool:
        conditions = (ALWAYS, AT_START, AT_END) if at_start else (ALWAYS, AT_END)
        return accepting in self._closure(subset, conditions)

    def _closure(self, states: Iterable[int], conditions: tuple[int, ...]) -> tuple[int, ...]:
        seen = set(states)
        stack = list(seen)
        while stack:
            for target, when in self._empty[stack.pop()]:
                if when in conditions and target not in seen:
                    seen.add(target)
                    stack.append(target)
        self._spend(len(seen))
        return tuple(sorted(seen))

    def _spend(self, work: int) -> None:
        self._work += work
        if self._work > MAX_WORK:
            raise LimitError(
                f"making the automaton deterministic passes {MAX_WORK} steps",
                hint="nest fewer optional parts and repeats",
            )

    def _joint_closure(
        self, targets: tuple[int, ...], closures: dict[int, tuple[int, ...]]
    ) -> tuple[int, ...]:
        for target in targets:
            if target not in closures:
                closures[target] = self._closure([target], (ALWAYS,))
        if len(targets) == 1:
            return closures[targets[0]]
        joint = set().union(*(closures[target] for target in targets))
        self._spend(len(joint))
        return tuple(sorted(joint))

    def _moves(self, subset: tuple[int, ...]) -> Iterable[tuple[int, int, tuple[int, ...]]]:
        """Splits the edges of a subset into disjoint ranges with their sets of targets."""
        edges = [edge for state in subset for edge in self._rows[state]]
        if not edges:
            return
        cuts = sorted({low for low, _, _ in edges} | {high + 1 for _, high, _ in edges})
        targets: list[set[int]] = [set() for _ in cuts]
        for low, high, target in edges:
            for index in range(bisect_right(cuts, low) - 1, bisect_right(cuts, high)):
                targets[index].add(target)
        for index, reached in enumerate(targets):
            if reached:
                yield cuts[index], cuts[index + 1] - 1, tuple(sorted(reached))
