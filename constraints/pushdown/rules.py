"""Rule automata: for each nonterminal one minimal automaton over symbols (Woods 1970).

Alternatives are joined by what they begin with, left recursion is a loop, right recursion a jump to
the beginning, and nonterminals that do not embed themselves are spelled out where they stand: what
is regular never needs a stack. No nonterminal is empty: where one could be, its callers may skip
it; only the whole text may be empty.
"""

from __future__ import annotations

import heapq
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

import numpy as np

from constraints.errors import LimitError, UnsatisfiableError
from constraints.pushdown.grammar import Alternative
from constraints.pushdown.inlining import Inlining, calls_of, reached_tables
from constraints.pushdown.symbols import EMPTY, Table, determinised, minimised

MAX_STATES = 20_000
"""States of all automata together."""
MAX_EDGES = 1_000_000
"""Edges of all graphs that automata are made from."""
MAX_WORK = 20_000_000
"""Members of all sets of states that are looked at to make rules deterministic."""

MAX_SHORTEST = 20_000
"""Terminals of the shortest text of a nonterminal."""
MAX_CACHED = 16

Rules = Mapping[str, tuple[Alternative, ...]]
Listed = tuple[tuple[str, tuple[Alternative, ...]], ...]
Row = dict[str, int]
Node = TypeVar("Node", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Automaton:
    """A minimal automaton over symbols; state 0 is the start.

    Attributes:
        rows: The next state by symbol.
        final: Which states may end it.
    """

    rows: tuple[Row, ...]
    final: tuple[bool, ...]

    @property
    def symbols(self) -> set[str]:
        """The symbols it reads."""
        return {symbol for row in self.rows for symbol in row}


def rule_automata(rules: Rules, start: str) -> tuple[dict[str, Automaton], bool]:
    """The automata of a grammar, and whether the empty text is a member.

    Args:
        rules: Alternatives of each nonterminal.
        start: The nonterminal of a whole text.

    Returns:
        An automaton for each nonterminal that the start needs in the end.

    Raises:
        UnsatisfiableError: No text is a member.
        LimitError: The automata are too large.
    """
    automata, empty = _rule_automata(tuple(rules.items()), start)
    return dict(automata), empty


@lru_cache(maxsize=MAX_CACHED)
def _rule_automata(listed: Listed, start: str) -> tuple[dict[str, Automaton], bool]:
    """See `rule_automata`; one set of rules comes with many lexicons."""
    rules, made = _tables(listed, start)
    tables = dict(made)
    Inlining(tables, rules.numbers[start]).run()
    used = reached_tables(tables, rules.numbers[start])
    if sum(len(tables[number].final) for number in used) > MAX_STATES:
        raise _too_large()
    automata = {rules.names[n]: rules.automaton(tables[n]) for n in tables if n in used}
    return automata, start in rules.empty


@lru_cache(maxsize=MAX_CACHED)
def _tables(listed: Listed, start: str) -> tuple[_Productive, dict[int, Table]]:
    rules = _Productive.of(dict(listed), start)
    return rules, rules.tables()


def is_regular(rules: Rules, start: str) -> bool:
    """Whether rules need no stack beyond a fixed depth; false where they are too large to tell.

    Raises:
        UnsatisfiableError: No text is a member.
    """
    try:
        known, tables = _tables(tuple(rules.items()), start)
    except LimitError:
        return False
    used = reached_tables(tables, known.numbers[start])
    calls = {n: calls_of(tables[n], tables) for n in used}
    return all(len(each) == 1 and each[0] not in calls[each[0]] for each in components(calls))


def productive(rules: Rules, start: str) -> dict[str, tuple[Alternative, ...]]:
    """The rules without what derives no text.

    Raises:
        UnsatisfiableError: The start derives none.
    """
    good = _fixpoint(rules, with_terminals=True)
    if start not in good:
        raise UnsatisfiableError(f"no text of finite length is a {start!r}", keyword=start)
    return {
        name: tuple(
            alternative
            for alternative in alternatives
            if all(symbol not in rules or symbol in good for symbol in alternative)
        )
        for name, alternatives in rules.items()
        if name in good
    }


def check_lengths(rules: Rules) -> None:
    """Refuses rules of which the shortest text is too long to be written (Knuth 1977).

    Raises:
        LimitError: As said.
    """
    shortest: dict[str, int] = {}
    waiting: dict[str, list[tuple[str, int]]] = {}
    missing: dict[tuple[str, int], int] = {}
    queue: list[tuple[int, str]] = []
    for name, listed in rules.items():
        for number, alternative in enumerate(listed):
            own = {symbol for symbol in alternative if symbol in rules}
            missing[name, number] = len(own)
            for symbol in own:
                waiting.setdefault(symbol, []).append((name, number))
            if not own:
                heapq.heappush(queue, (len(alternative), name))
    while queue:
        length, name = heapq.heappop(queue)
        if name in shortest:
            continue
        shortest[name] = length
        if length > MAX_SHORTEST:
            raise LimitError(
                f"a text of {name!r} has more than {MAX_SHORTEST} terminals",
                keyword=name,
                hint="lower repeat counts",
            )
        for caller, number in waiting.get(name, ()):
            missing[caller, number] -= 1
            if not missing[caller, number]:
                symbols = rules[caller][number]
                heapq.heappush(queue, (sum(shortest.get(s, 1) for s in symbols), caller))


def _fixpoint(rules: Rules, *, with_terminals: bool) -> set[str]:
    """Nonterminals with an alternative of which every symbol is found before, or a terminal.

    Each alternative waits for its symbols one after the other, so that every one is met once
    (Dowling and Gallier 1984).
    """
    found: set[str] = set()
    waiting: dict[str, list[tuple[str, Iterator[str]]]] = {}
    queue = [(name, iter(alternative)) for name, listed in rules.items() for alternative in listed]
    while queue:
        name, symbols = queue.pop()
        if name in found:
            continue
        missing = next(
            (s for s in symbols if s not in found and (s in rules or not with_terminals)), None
        )
        if missing is not None:
            waiting.setdefault(missing, []).append((name, symbols))
            continue
        found.add(name)
        queue += waiting.pop(name, ())
    return found


def _reached(rules: Rules, start: str) -> list[str]:
    order = {start: None}
    queue = [start]
    for name in queue:
        for alternative in rules[name]:
            new = [s for s in alternative if s in rules and s not in order]
            order |= dict.fromkeys(new)
            queue += dict.fromkeys(new)
    return queue


@dataclass(frozen=True)
class _Productive:
    """Rules that derive something, reached from the start.

    Attributes:
        rules: Alternatives of each nonterminal.
        empty: Nonterminals that derive the empty text.
        names: All symbols in order; each is known by its place.
        numbers: The place of each.
        families: Of each nonterminal those that a text of it can begin with and that can begin
            with it, itself first.
    """

    rules: Rules
    empty: set[str]
    names: list[str]
    numbers: Mapping[str, int]
    families: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, rules: Rules, start: str) -> _Productive:
        """See `productive`."""
        good = productive(rules, start)
        kept = {name: good[name] for name in _reached(good, start)}
        empty = _fixpoint(kept, with_terminals=False)
        corners = {name: _left_corners(kept, empty, name) for name in kept}
        families = {
            name: [name, *(other for other in component if other != name)]
            for component in components(corners)
            for name in component
        }
        symbols = {s for listed in kept.values() for alternative in listed for s in alternative}
        names = sorted(symbols | kept.keys())
        return cls(kept, empty, names, {name: n for n, name in enumerate(names)}, families)

    def tables(self) -> dict[int, Table]:
        """The automata of the nonempty texts of nonterminals, none spelled out in another.

        Raises:
            LimitError: They are too large.
        """
        edges, work = MAX_EDGES, MAX_WORK
        found: dict[int, Table] = {}
        for name in self.rules:
            graph = self._graph(name, edges)
            edges -= graph.num_edges
            table, work = determinised(graph.table(), work)
            if work < 0:
                raise _too_large()
            found[self.numbers[name]] = _without_empty(table)
        return found

    def _graph(self, name: str, max_edges: int) -> _Graph:
        """The graph of the texts of a nonterminal.

        What is left recursive through others forms a left-linear grammar: a text begins with an
        alternative of any of them that is not left recursive, and every left recursive alternative
        leads on from the end of what it begins with (Paull's elimination as a graph).
        """
        graph = _Graph(max_edges)
        start = graph.state()
        ends = {member: graph.state() for member in self.families[name]}
        graph.end = ends[name]
        for member in ends:
            for alternative in self.rules[member]:
                self._add_alternative(graph, start, ends, member, alternative, name)
        return graph

    def _add_alternative(
        self,
        graph: _Graph,
        start: int,
        ends: Mapping[str, int],
        member: str,
        alternative: Alternative,
        name: str,
    ) -> None:
        """Adds the ways to read an alternative: from the start, and on from each left corner.

        A symbol that may be empty may be left out. Where the last one is the nonterminal itself, a
        jump leads back to the start.
        """
        behind = [graph.state() for _ in alternative]
        for index, symbol in enumerate(alternative[1:], start=1):
            source, target = behind[index - 1 : index + 1]
            if symbol == name == member and index == len(alternative) - 1:
                graph.add(source, EMPTY, start)
            else:
                graph.add(source, self.numbers[symbol], target)
            if symbol in self.empty:
                graph.add(source, EMPTY, target)
        for index, symbol in enumerate(alternative):
            if symbol in ends:
                graph.add(ends[symbol], EMPTY, behind[index])
            else:
                graph.add(start, self.numbers[symbol], behind[index])
            if symbol not in self.empty:
                break
        if alternative:
            graph.add(behind[-1], EMPTY, ends[member])

    def automaton(self, table: Table) -> Automaton:
        """An automaton by the names of symbols."""
        symbols = [self.names[symbol] for symbol in table.symbol.tolist()]
        targets, ptr = table.target.tolist(), table.ptr.tolist()
        rows = tuple(
            dict(zip(symbols[first:last], targets[first:last], strict=True))
            for first, last in pairwise(ptr)
        )
        return Automaton(rows, tuple(table.final.tolist()))


@dataclass
class _Graph:
    """A nondeterministic automaton over symbols by number; it begins in state 0.

    Attributes:
        max_edges: Edges past which it is too large.
        end: The state in which it ends.
        num_edges: How many edges there are.
    """

    max_edges: int
    end: int = 0
    num_edges: int = 0
    _edges: list[list[tuple[int, int]]] = field(default_factory=list)

    def state(self) -> int:
        """A new state."""
        self._edges.append([])
        return len(self._edges) - 1

    def add(self, source: int, symbol: int, target: int) -> None:
        """Adds an edge."""
        self.num_edges += 1
        if self.num_edges > self.max_edges:
            raise _too_large()
        self._edges[source].append((symbol, target))

    def table(self) -> Table:
        """The graph for compiled code."""
        flat = [edge for edges in self._edges for edge in edges]
        symbol, target = np.array(flat, dtype=np.int32).reshape(-1, 2).T
        counts = np.fromiter(map(len, self._edges), dtype=np.int32)
        final = np.zeros(len(counts), dtype=np.bool_)
        final[self.end] = True
        ptr = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
        return Table(ptr, np.ascontiguousarray(symbol), np.ascontiguousarray(target), final)


def _left_corners(rules: Rules, empty: set[str], name: str) -> set[str]:
    """The nonterminals that alternatives of one can begin with."""
    corners = set()
    for alternative in rules[name]:
        for symbol in alternative:
            if symbol in rules:
                corners.add(symbol)
            if symbol not in empty:
                break
    return corners


def components(edges: Mapping[Node, Iterable[Node]]) -> list[list[Node]]:
    """The strongly connected components of a graph (Tarjan 1972), each after those it leads to."""
    index: dict[Node, int] = {}
    low: dict[Node, int] = {}
    stack: list[Node] = []
    waiting: set[Node] = set()
    found: list[list[Node]] = []
    for root in edges:
        path = [] if root in index else [(root, iter(edges[root]))]
        while path:
            node, following = path[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                stack.append(node)
                waiting.add(node)
            ahead = next((n for n in following if n not in index or n in waiting), None)
            if ahead is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == index[node]:
                    found.append(_popped(stack, node))
                    waiting.difference_update(found[-1])
            elif ahead in index:
                low[node] = min(low[node], index[ahead])
            else:
                path.append((ahead, iter(edges[ahead])))
    return found


def _popped(stack: list[Node], last: Node) -> list[Node]:
    """What lies on a stack down to a node, which comes first."""
    taken = [stack.pop()]
    while taken[-1] != last:
        taken.append(stack.pop())
    return taken[::-1]


def _without_empty(table: Table) -> Table:
    """The same texts but for the empty one."""
    if not table.final[0]:
        return table
    first = int(table.ptr[1])
    return minimised(
        Table(
            np.concatenate([[0], table.ptr + first]).astype(np.int32),
            np.concatenate([table.symbol[:first], table.symbol]),
            np.concatenate([table.target[:first], table.target]) + np.int32(1),
            np.concatenate([[False], table.final]),
        )
    )


def _too_large() -> LimitError:
    return LimitError(
        "the rules come to automata that are too large",
        hint="split long rules, lower repeat counts, or recur through fewer rules at a time",
    )
