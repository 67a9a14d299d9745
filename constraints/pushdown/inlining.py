"""Spells nonterminals out where they stand: what is regular never needs a stack."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Mapping

import numpy as np

from constraints.pushdown.symbols import Table, spelled_out

MAX_INLINED = 200
"""States past which the automaton of a caller is not made larger by spelling out a nonterminal."""
MAX_WORK = 20_000_000
"""Members of all sets of states that are looked at."""


def calls_of(table: Table, tables: Mapping[int, Table]) -> set[int]:
    """The nonterminals that an automaton reads."""
    return {symbol for symbol in np.unique(table.symbol).tolist() if symbol in tables}


def reached_tables(tables: Mapping[int, Table], start: int) -> set[int]:
    """The nonterminals that a text of the start is derived through."""
    reached, stack = {start}, [start]
    while stack:
        new = calls_of(tables[stack.pop()], tables) - reached
        reached |= new
        stack += new
    return reached


class Inlining:
    """Spells out, smallest first, every nonterminal that does not embed itself.

    A chain of precedence levels so becomes one automaton; only those nonterminals remain to which
    something must be returned, and those whose callers would grow too large. Where the work that
    is allowed is done, the rest stays as it is.
    """

    def __init__(self, tables: dict[int, Table], start: int) -> None:
        self._tables = tables
        self._start = start
        self._work = MAX_WORK
        self._calls = {n: calls_of(table, tables) for n, table in tables.items()}
        self._callers: dict[int, set[int]] = {n: set() for n in tables}
        for caller, called in self._calls.items():
            for n in called:
                self._callers[n].add(caller)
        self._waiting = [(len(table.final), n) for n, table in tables.items()]
        heapq.heapify(self._waiting)

    def run(self) -> None:
        """Changes the tables; those that are spelled out everywhere are taken away."""
        kept = {self._start}
        while self._waiting and self._work >= 0:
            size, number = heapq.heappop(self._waiting)
            if number in kept or number in self._calls.get(number, {number}):
                continue
            if size != len(self._tables[number].final):
                continue
            spelled = dict(self._spelled(number))
            if len(spelled) < len(self._callers[number]):
                kept.add(number)
            else:
                self._replace(number, spelled)

    def _spelled(self, number: int) -> Iterator[tuple[int, Table]]:
        """The callers of a nonterminal with its texts in its place, until one grows too large."""
        callee = self._tables[number]
        for caller in sorted(self._callers[number]):
            table = self._tables[caller]
            calls = int((table.symbol == number).sum())
            if calls * len(callee.final) > 4 * MAX_INLINED:
                return
            spelled, self._work = spelled_out(table, number, callee, self._work)
            if self._work < 0 or len(spelled.final) > max(MAX_INLINED, len(table.final)):
                return
            yield caller, spelled

    def _replace(self, number: int, spelled: Mapping[int, Table]) -> None:
        del self._tables[number]
        called = self._calls.pop(number)
        for n in called:
            self._callers[n].discard(number)
        for caller, table in spelled.items():
            self._tables[caller] = table
            self._calls[caller] = (self._calls[caller] | called) - {number}
            for n in called:
                self._callers[n].add(caller)
            heapq.heappush(self._waiting, (len(table.final), caller))
