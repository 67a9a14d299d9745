"""The cheapest terminals that finish a text, from any standing.

The cost of a terminal is that of its shortest text. With rule automata a stack costs what its
frames cost, each the cheapest path to its end. With LALR tables an item `A → u · v` on top of the
stack leads, for the cost of v, to the stack without u and with A: the cheapest way through such
truncated stacks (Dijkstra 1959) is the answer. A plan is a promise of the grammar only; that the
tables or the scanner take it has to be tried.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from constraints.pushdown.lalr import Tables
from constraints.pushdown.parser import Parser
from constraints.pushdown.stacks import Heap

INFINITE = 1 << 40

Plan = tuple[int, ...]
"""Terminals in order."""

Item = tuple[int, int]
"""A rule, the last being that of the whole text, and how many of its symbols have been read."""


class Plans(Protocol):
    """What finishes a text."""

    def best(self, heap: Heap, standing: int) -> tuple[int, Plan]:
        """The cost of the cheapest terminals that finish a standing, and these; or `INFINITE`."""
        ...


def plans_of(parser: Parser, tables: Tables | None, costs: Sequence[int]) -> Plans:
    """The plans of a parser.

    Args:
        parser: The parser.
        tables: The grammar's tables, where it has any.
        costs: Of each terminal; `INFINITE` where no text is it.
    """
    return RulePlans(parser, costs) if tables is None else TablePlans(tables, costs)


class RulePlans:
    """Plans of rule automata."""

    def __init__(self, parser: Parser, costs: Sequence[int]) -> None:
        self._parser = parser
        self._costs = costs
        self._to_end = self._costs_to_end()
        self._paths: dict[int, Plan] = {}
        self._stacks: dict[int, tuple[int, Plan]] = {-1: (0, ())}

    def best(self, heap: Heap, standing: int) -> tuple[int, Plan]:
        """See `Plans`."""
        cells = heap.set_cells[heap.set_ptr[standing] : heap.set_ptr[standing + 1]].tolist()
        return min((self._stack(heap, cell) for cell in cells), key=lambda found: found[0])

    def _stack(self, heap: Heap, cell: int) -> tuple[int, Plan]:
        above = []
        while cell not in self._stacks:
            above.append(cell)
            cell = int(heap.below[cell])
        cost, plan = self._stacks[cell]
        for upper in reversed(above):
            state = int(heap.top[upper])
            cost = min(cost + self._to_end[state], INFINITE)
            plan = self._path(state) + plan if cost < INFINITE else ()
            self._stacks[upper] = cost, plan
        return cost, plan

    def _steps(self, state: int) -> list[tuple[int, int, int]]:
        """(cost, terminal or -1 - entry of a call, next state) of what goes on from a state."""
        parser = self._parser
        found = [
            (self._costs[terminal], terminal, int(parser.shift[state, terminal]))
            for terminal in np.flatnonzero(parser.shift[state] >= 0).tolist()
        ]
        calls = range(parser.call_ptr[state], parser.call_ptr[state + 1])
        entries = ((int(parser.call_entry[call]), int(parser.call_return[call])) for call in calls)
        return found + [(self._to_end[entry], -1 - entry, back) for entry, back in entries]

    def _costs_to_end(self) -> list[int]:
        """Of each state the cost to the end of its automaton, from the bottom up."""
        parser = self._parser
        source, terminal = np.nonzero(parser.shift >= 0)
        target = parser.shift[source, terminal]
        cost = np.asarray(self._costs, dtype=np.int64)[terminal]
        num_states = len(parser.final)
        caller = np.repeat(np.arange(num_states), np.diff(parser.call_ptr))
        known = np.where(parser.final, 0, INFINITE).astype(np.int64)
        while True:
            found = known.copy()
            np.minimum.at(found, source, np.minimum(cost + known[target], INFINITE))
            called = known[parser.call_entry] + known[parser.call_return]
            np.minimum.at(found, caller, np.minimum(called, INFINITE))
            if (found == known).all():
                return found.tolist()
            known = found

    def _path(self, state: int) -> Plan:
        """The terminals of the cheapest way to the end of an automaton."""
        if state not in self._paths:
            plan: Plan = ()
            if not self._parser.final[state]:
                _, symbol, target = min(
                    self._steps(state), key=lambda step: step[0] + self._to_end[step[2]]
                )
                begun = (symbol,) if symbol >= 0 else self._path(-1 - symbol)
                plan = begun + self._path(target)
            self._paths[state] = plan
        return self._paths[state]


class TablePlans:
    """Plans of LALR tables."""

    def __init__(self, tables: Tables, costs: Sequence[int]) -> None:
        self._tables = tables
        self._costs = costs
        whole = int(np.flatnonzero(tables.goto[tables.start] == tables.end)[0])
        self._symbols = (*tables.rule_symbols, (-1 - whole,))
        self._heads = (*tables.rule_head.tolist(), -1)
        self._yields = self._cheapest_yields()
        self._kernels = self._kernel_items()
        self._known: dict[tuple[int, int], tuple[int, Plan]] = {}

    def best(self, heap: Heap, standing: int) -> tuple[int, Plan]:
        """See `Plans`."""
        start = int(heap.top[standing]), int(heap.below[standing])
        settled: dict[tuple[int, int], tuple[tuple[int, int] | None, Plan, int]] = {}
        queue: list[tuple[int, int, tuple[int, int], tuple[int, int] | None, Plan]] = [
            (0, 0, start, None, ())
        ]
        count = 0
        while queue:
            cost, _, node, before, plan = heapq.heappop(queue)
            if node in settled:
                continue
            settled[node] = before, plan, cost
            known = self._known.get(node)
            if node == (self._tables.end, -1) or self._is_end(node, heap):
                known = 0, ()
            if known is not None:
                return self._traced(settled, node, known)
            for step_cost, terminals, target in self._steps(heap, node):
                count += 1
                heapq.heappush(queue, (cost + step_cost, count, target, node, terminals))
        return INFINITE, ()

    def _is_end(self, node: tuple[int, int], heap: Heap) -> bool:
        return node[0] == self._tables.end and int(heap.below[node[1]]) < 0

    def _traced(
        self,
        settled: dict[tuple[int, int], tuple[tuple[int, int] | None, Plan, int]],
        node: tuple[int, int],
        known: tuple[int, Plan],
    ) -> tuple[int, Plan]:
        """The plan from the start to a node whose own is known; those on the way become known."""
        cost, plan = known
        self._known[node] = known
        total = settled[node][2] + cost
        while (before := settled[node][0]) is not None:
            plan = settled[node][1] + plan
            node = before
            self._known[node] = total - settled[node][2], plan
        return total, plan

    def _steps(self, heap: Heap, node: tuple[int, int]) -> list[tuple[int, Plan, tuple[int, int]]]:
        state, cell = node
        found = []
        for rule, dot in self._kernels[state]:
            cost, terminals = self._yield_of(self._symbols[rule][dot:])
            if cost >= INFINITE or self._heads[rule] < 0:
                continue
            under = cell
            for _ in range(dot - 1):
                under = int(heap.below[under])
            if dot == 0:
                continue
            target = int(self._tables.goto[int(heap.top[under]), self._heads[rule]])
            found.append((cost, terminals, (target, under)))
        if not self._kernels[state]:
            cost, terminals = self._yields[-1 - self._symbols[-1][0]]
            found.append((cost, terminals, (self._tables.end, -1)))
        return found

    def _yield_of(self, symbols: Sequence[int]) -> tuple[int, Plan]:
        """The cheapest terminals of some symbols."""
        cost, plan = 0, ()
        for symbol in symbols:
            more, terminals = (
                (self._costs[symbol], (symbol,)) if symbol >= 0 else self._yields[-1 - symbol]
            )
            cost, plan = cost + more, plan + terminals
        return (cost, plan) if cost < INFINITE else (INFINITE, ())

    def _cheapest_yields(self) -> list[tuple[int, Plan]]:
        self._yields: list[tuple[int, Plan]] = [(INFINITE, ())] * self._tables.goto.shape[1]
        changed = True
        while changed:
            changed = False
            for head, symbols in zip(self._heads[:-1], self._symbols[:-1], strict=True):
                found = self._yield_of(symbols)
                if found[0] < self._yields[head][0]:
                    self._yields[head] = found
                    changed = True
        return self._yields

    def _kernel_items(self) -> list[list[Item]]:
        """The items that each state was reached by, found again by following the tables."""
        tables = self._tables
        by_head: dict[int, list[int]] = {}
        for rule, head in enumerate(self._heads[:-1]):
            by_head.setdefault(head, []).append(rule)
        kernels: list[dict[Item, None]] = [{} for _ in tables.goto]
        whole = len(self._symbols) - 1
        queue: list[tuple[int, list[Item]]] = [(tables.start, [(whole, 0)])]
        for state, new in queue:
            moved: dict[int, list[Item]] = {}
            for rule, dot in self._closed(new, by_head):
                if dot == len(self._symbols[rule]):
                    continue
                symbol = self._symbols[rule][dot]
                target = (
                    int(tables.action[state, symbol]) - 1
                    if symbol >= 0
                    else int(tables.goto[state, -1 - symbol])
                )
                if target >= 0 and (rule, dot + 1) not in kernels[target]:
                    kernels[target][rule, dot + 1] = None
                    moved.setdefault(target, []).append((rule, dot + 1))
            queue += moved.items()
        return [list(kernel) for kernel in kernels]

    def _closed(self, items: Sequence[Item], by_head: dict[int, list[int]]) -> list[Item]:
        found = dict.fromkeys(items)
        queue = list(items)
        for rule, dot in queue:
            if dot < len(self._symbols[rule]) and self._symbols[rule][dot] < 0:
                for each in by_head.get(-1 - self._symbols[rule][dot], ()):
                    if (each, 0) not in found:
                        found[each, 0] = None
                        queue.append((each, 0))
        return queue
