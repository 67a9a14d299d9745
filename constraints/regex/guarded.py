"""Determinises a graph with lookaround: the subset construction, every state under a guard.

A state of the result says which states of the graph the text so far leads to, and for each what
the rest of the text must be like for that (`guards.py`). Lookbehinds are such states too: their
trackers read the text from its start, next to the pattern itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce

from constraints.automata import Dfa
from constraints.errors import LimitError
from constraints.regex.alphabet import Alphabet, MaskRow, pieces
from constraints.regex.graph import Ahead, Condition, Graph, Place
from constraints.regex.guards import FALSE, TRUE, Guard, both, either, literal, negated

MAX_STATES = 5_000
MAX_WORK = 400_000

Guards = dict[int, Guard]
Situation = tuple[frozenset[tuple[int, Guard]], ...]
"""The guarded states of each tracker and, last, of the pattern."""


def determinised(graph: Graph, start: int, accepting: int) -> Dfa:
    """The minimal DFA of the texts that lead from `start` to `accepting`.

    Raises:
        LimitError: More than `MAX_STATES` situations, or more than `MAX_WORK` steps to find them.
    """
    return _Situations(graph, start, accepting).explored()


@dataclass(slots=True)
class _Position:
    """A place in a text: what is known there, trackers first.

    Attributes:
        at_start: Whether it is before the first character.
        guards: The states reached here.
        ahead: What each state of a lookahead comes to here.
        stepped: What each guard of the place before comes to here.
    """

    at_start: bool
    guards: Guards = field(default_factory=dict)
    ahead: Guards = field(default_factory=dict)
    stepped: dict[Guard, Guard] = field(default_factory=dict)


class _Situations:
    def __init__(self, graph: Graph, start: int, accepting: int) -> None:
        self.graph = graph
        self.starts = [*graph.trackers, start]
        self.accepting = accepting
        self.alphabet = Alphabet.of(label for row in graph.edges for label, _ in row)
        masks = self.alphabet.masks
        self.edges = [[(masks[label], target) for label, target in row] for row in graph.edges]
        self.work = 0

    def explored(self) -> Dfa:
        first = self._situation([{start: TRUE} for start in self.starts], _Position(at_start=True))
        number = {first: 0}
        situations = [first]
        rows: list[MaskRow] = []
        for situation in situations:
            row: MaskRow = []
            for mask, following in self._moves(situation):
                if following not in number:
                    self._spend(len(following), len(situations))
                    number[following] = len(situations)
                    situations.append(following)
                row.append((mask, number[following]))
            rows.append(row)
        return self.alphabet.dfa(rows, [self._accepts(s) for s in situations])

    def _accepts(self, situation: Situation) -> bool:
        guard = dict(situation[-1]).get(self.accepting, FALSE)
        return any(all(map(self._holds_at_end, clause)) for clause in guard)

    def _holds_at_end(self, q: int) -> bool:
        return q in self.graph.finals if q >= 0 else ~q not in self.graph.finals

    def _moves(self, situation: Situation) -> Iterable[tuple[int, Situation]]:
        reading = {state for program in situation for state, _ in program}
        for program in situation:
            for _, guard in program:
                reading.update(q if q >= 0 else ~q for clause in guard for q in clause)
        for piece in pieces({mask for state in reading for mask, _ in self.edges[state]}):
            position = _Position(at_start=False)
            kernels = (self._stepped_program(p, piece, position) for p in situation)
            following = self._situation(kernels, position)
            if following[-1]:
                yield piece, following

    def _situation(self, kernels: Iterable[Guards], position: _Position) -> Situation:
        """Closes the programs' states in order, so that each sees the trackers before it."""
        programs: list[frozenset[tuple[int, Guard]]] = []
        for kernel in kernels:
            closed = self._closed(kernel, position)
            position.guards.update(closed)
            programs.append(frozenset((s, g) for s, g in closed.items() if self._is_kept(s)))
        if position.guards.get(self.accepting) == TRUE and self.edges[self.accepting]:
            nothing = frozenset[tuple[int, Guard]]()
            return (*(nothing for _ in programs[1:]), frozenset(((self.accepting, TRUE),)))
        return tuple(programs)

    def _is_kept(self, state: int) -> bool:
        return bool(self.edges[state]) or state == self.accepting

    def _closed(self, kernel: Guards, position: _Position) -> Guards:
        guards = {state: guard for state, guard in kernel.items() if guard}
        stack = list(guards)
        while stack:
            state = stack.pop()
            for target, when in self.graph.empties[state]:
                before = guards.get(target, FALSE)
                after = either(before, both(guards[state], self._condition(when, position)))
                self._spend(len(after))
                if after != before:
                    guards[target] = after
                    stack.append(target)
        return guards

    def _condition(self, when: Condition, position: _Position) -> Guard:
        if when is None:
            return TRUE
        if when is Place.START:
            return TRUE if position.at_start else FALSE
        if when is Place.END:
            return literal(self.graph.end)
        if isinstance(when, Ahead):
            guard = self._ahead(when.start, position)
        else:
            guard = position.guards.get(when.end, FALSE)
        return negated(guard) if when.negative else guard

    def _ahead(self, state: int, position: _Position) -> Guard:
        """What it comes to here that the rest leads from `state` to the end of its lookahead."""
        if state not in position.ahead:
            closed = self._closed({state: TRUE}, position)
            position.ahead[state] = reduce(
                either, (both(guard, self._literal(s)) for s, guard in closed.items()), FALSE
            )
        return position.ahead[state]

    def _literal(self, state: int) -> Guard:
        if state == self.graph.done:
            return TRUE
        return literal(state) if self.edges[state] or state in self.graph.finals else FALSE

    def _stepped_program(
        self, program: frozenset[tuple[int, Guard]], piece: int, position: _Position
    ) -> Guards:
        kernel: Guards = {}
        for state, guard in program:
            for target in self._targets(state, piece):
                stepped = self._stepped(guard, piece, position)
                kernel[target] = either(kernel.get(target, FALSE), stepped)
        return kernel

    def _stepped(self, guard: Guard, piece: int, position: _Position) -> Guard:
        """What a guard of the place before comes to once one character of a class is read."""
        if guard == TRUE:
            return TRUE
        if guard not in position.stepped:
            position.stepped[guard] = reduce(
                either,
                (
                    reduce(both, (self._stepped_literal(q, piece, position) for q in clause), TRUE)
                    for clause in guard
                ),
                FALSE,
            )
            self._spend(len(guard))
        return position.stepped[guard]

    def _stepped_literal(self, q: int, piece: int, position: _Position) -> Guard:
        targets = self._targets(q if q >= 0 else ~q, piece)
        guard = reduce(either, (self._ahead(target, position) for target in targets), FALSE)
        return guard if q >= 0 else negated(guard)

    def _targets(self, state: int, piece: int) -> list[int]:
        return [target for mask, target in self.edges[state] if mask & piece]

    def _spend(self, work: int, num_situations: int = 0) -> None:
        self.work += work + 1
        if num_situations >= MAX_STATES or self.work > MAX_WORK:
            raise LimitError(
                f"a pattern with lookaround passes {MAX_STATES} states or {MAX_WORK} steps",
                hint="use fewer lookarounds and fewer repeats",
            )
