"""Determinises a graph without lookaround: the subset construction."""

from __future__ import annotations

from collections.abc import Iterable

from constraints.automata import Dfa
from constraints.errors import LimitError
from constraints.regex.alphabet import Alphabet, MaskRow, pieces
from constraints.regex.graph import MAX_STATES, Condition, Graph, Place

MAX_WORK = 3_000_000


def determinised(graph: Graph, start: int, accepting: int) -> Dfa:
    """The minimal DFA of the texts that lead from `start` to `accepting`.

    Raises:
        LimitError: More than `MAX_STATES` subsets, or more than `MAX_WORK` states in all of them.
    """
    return _Subsets(graph, accepting).explored(start)


class _Subsets:
    """The subsets of one graph, of which only states that read or may end are kept."""

    def __init__(self, graph: Graph, accepting: int) -> None:
        self.graph = graph
        self.accepting = accepting
        self.alphabet = Alphabet.of(label for row in graph.edges for label, _ in row)
        masks = self.alphabet.masks
        self.edges = [[(masks[label], target) for label, target in row] for row in graph.edges]
        empties = graph.empties
        behind = [[t for t, when in row if when is not Place.START] for row in empties]
        self.finals = _leading_to(accepting, behind)
        onward = [
            [*targets, *(target for _, target in row)]
            for targets, row in zip(behind, self.edges, strict=True)
        ]
        self.live = _leading_to(accepting, onward)
        self.closures: dict[int, frozenset[int]] = {}
        self.work = 0

    def explored(self, start: int) -> Dfa:
        first = self._kept(self._reached(start, (None, Place.START)))
        ends_at_once = self.accepting in self._reached(start, (None, *Place))
        number = {(first, True): 0}
        subsets = [first]
        rows: list[MaskRow] = []
        for subset in subsets:
            row: MaskRow = []
            for mask, following in self._moves(subset):
                if (following, False) not in number:
                    self._spend(len(following), len(subsets))
                    number[following, False] = len(subsets)
                    subsets.append(following)
                row.append((mask, number[following, False]))
            rows.append(row)
        accepts = [not self.finals.isdisjoint(subset) for subset in subsets]
        return self.alphabet.dfa(rows, [ends_at_once, *accepts[1:]])

    def _moves(self, subset: frozenset[int]) -> Iterable[tuple[int, frozenset[int]]]:
        by_mask: dict[int, set[int]] = {}
        for state in subset:
            for mask, target in self.edges[state]:
                by_mask.setdefault(mask, set()).add(target)
        for piece in pieces(by_mask):
            held = [targets for mask, targets in by_mask.items() if mask & piece]
            yield piece, self._following(held[0].union(*held[1:]))

    def _following(self, targets: set[int]) -> frozenset[int]:
        for target in targets:
            if target not in self.closures:
                self.closures[target] = self._kept(self._reached(target, (None,)))
        self.work += len(targets)
        return self._settled(frozenset().union(*(self.closures[target] for target in targets)))

    def _settled(self, subset: frozenset[int]) -> frozenset[int]:
        """Once a text may go on at will, nothing else about it matters."""
        free = self.accepting in subset and bool(self.edges[self.accepting])
        return frozenset((self.accepting,)) if free else subset

    def _kept(self, states: set[int]) -> frozenset[int]:
        return frozenset(s for s in states & self.live if self.edges[s] or s in self.finals)

    def _reached(self, state: int, conditions: tuple[Condition, ...]) -> set[int]:
        seen = {state}
        stack = [state]
        while stack:
            for target, when in self.graph.empties[stack.pop()]:
                if target not in seen and when in conditions:
                    seen.add(target)
                    stack.append(target)
        self.work += len(seen)
        return seen

    def _spend(self, work: int, num_subsets: int) -> None:
        self.work += work
        if num_subsets >= MAX_STATES or self.work > MAX_WORK:
            raise LimitError(
                f"the pattern passes {MAX_STATES} automaton states or {MAX_WORK} steps",
                hint="nest fewer repeats, and let alternatives that begin alike differ earlier",
            )


def _leading_to(last: int, targets: list[list[int]]) -> set[int]:
    """The states from which some way leads to `last`."""
    sources: list[list[int]] = [[] for _ in targets]
    for source, row in enumerate(targets):
        for target in row:
            sources[target].append(source)
    seen = {last}
    stack = [last]
    while stack:
        for source in sources[stack.pop()]:
            if source not in seen:
                seen.add(source)
                stack.append(source)
    return seen
