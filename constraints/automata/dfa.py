"""Deterministic automata with ranges of symbols as edges, and the Boolean algebra on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from constraints.automata.minimise import coarsest_partition
from constraints.errors import LimitError

BYTES = 0x100
CODE_POINTS = 0x110000
MAX_PRODUCT_STATES = 20_000
MAX_CELLS = 100_000_000
MAX_TEXT = 20_000
MAX_TEXTS = 1_500_000

Row = list[tuple[int, int, int]]
"""Edges of one state: (low, high, destination), sorted, disjoint, bounds inclusive."""


@dataclass(frozen=True, slots=True)
class Dfa:
    """A trim, partial DFA; the empty language has no states.

    Attributes:
        bounds: (C,) int32, first symbol of each class; class c ends where class c + 1 begins.
        delta: (N, C) int32, next state or -1; state 0 is the start.
        accepting: (N,) bool.
        limit: Symbols are 0 .. limit - 1: `BYTES` or `CODE_POINTS`.
    """

    bounds: NDArray[np.int32]
    delta: NDArray[np.int32]
    accepting: NDArray[np.bool_]
    limit: int

    @classmethod
    def from_rows(cls, rows: Sequence[Row], accepting: Sequence[bool], limit: int) -> Dfa:
        """Builds the minimal DFA of the language that `rows` define from state 0.

        Args:
            rows: Edges of each state.
            accepting: Which states accept.
            limit: Number of symbols.
        """
        cuts = {0}
        for row in rows:
            for low, high, _ in row:
                cuts.add(low)
                cuts.add(high + 1)
        cuts.discard(limit)
        if len(rows) * len(cuts) > MAX_CELLS:
            raise LimitError(
                f"an automaton of {len(rows)} states tells {len(cuts)} classes of characters apart",
                hint="use fewer different characters, or shorter texts",
            )
        bounds = np.fromiter(sorted(cuts), dtype=np.int32, count=len(cuts))
        index = {int(cut): c for c, cut in enumerate(bounds)} | {limit: len(bounds)}
        delta = np.full((len(rows), len(bounds)), -1, dtype=np.int32)
        for state, row in enumerate(rows):
            for low, high, target in row:
                delta[state, index[low] : index[high + 1]] = target
        return cls(bounds, delta, np.asarray(accepting, dtype=np.bool_), limit).minimised()

    @classmethod
    def empty(cls, limit: int) -> Dfa:
        """The DFA of no text at all."""
        return cls.from_rows([], [], limit)

    @classmethod
    def anything(cls, limit: int) -> Dfa:
        """The DFA of every text."""
        return cls.from_rows([[(0, limit - 1, 0)]], [True], limit)

    @classmethod
    def of_texts(cls, texts: Iterable[Sequence[int]], limit: int) -> Dfa:
        """The DFA of a finite set of texts, each a sequence of symbols."""
        children: list[dict[int, int]] = [{}]
        accepting = [False]
        for text in texts:
            state = 0
            for symbol in text:
                if symbol not in children[state]:
                    children[state][symbol] = len(children)
                    children.append({})
                    accepting.append(False)
                state = children[state][symbol]
            accepting[state] = True
        rows = [[(s, s, child[s]) for s in sorted(child)] for child in children]
        return cls.from_rows(rows, accepting, limit)

    @classmethod
    def of_strings(cls, texts: Iterable[str]) -> Dfa:
        """The DFA over code points of a finite set of strings.

        Raises:
            LimitError: One is too long, or all of them are in sum.
        """
        listed = list(texts)
        longest, total = max(map(len, listed), default=0), sum(map(len, listed))
        if longest > MAX_TEXT or total > MAX_TEXTS:
            raise LimitError(
                f"literal texts of {longest} characters, {total} in sum, pass the limits of "
                f"{MAX_TEXT} and {MAX_TEXTS}",
                hint="shorten or drop the longest ones",
            )
        return cls.of_texts([list(map(ord, text)) for text in listed], CODE_POINTS)

    @property
    def num_states(self) -> int:
        """N."""
        return len(self.accepting)

    @property
    def is_empty(self) -> bool:
        """Whether no text at all is accepted."""
        return self.num_states == 0

    def rows(self) -> list[Row]:
        """Edges of each state, neighbouring classes with one destination merged."""
        highs = np.append(self.bounds[1:], self.limit) - 1
        result: list[Row] = []
        for targets in self.delta:
            row: Row = []
            for c in np.flatnonzero(targets >= 0):
                low, high, target = int(self.bounds[c]), int(highs[c]), int(targets[c])
                if row and row[-1][2] == target and row[-1][1] + 1 == low:
                    row[-1] = (row[-1][0], high, target)
                else:
                    row.append((low, high, target))
            result.append(row)
        return result

    def class_of(self) -> NDArray[np.int32]:
        """(limit,) int32, the class of each symbol."""
        widths = np.diff(np.append(self.bounds, self.limit))
        return np.repeat(np.arange(len(self.bounds), dtype=np.int32), widths)

    def accepts(self, text: Iterable[int]) -> bool:
        """Whether a sequence of symbols is in the language."""
        if self.is_empty:
            return False
        state = 0
        for symbol in text:
            state = int(self.delta[state, np.searchsorted(self.bounds, symbol, side="right") - 1])
            if state < 0:
                return False
        return bool(self.accepting[state])

    def minimised(self) -> Dfa:
        """The minimal trim DFA of the same language; its states are numbered breadth first."""
        live = _coaccessible(self.delta, self.accepting)
        if not len(live) or not live[0]:
            return Dfa(
                np.zeros(1, np.int32), np.zeros((0, 1), np.int32), np.zeros(0, np.bool_), self.limit
            )
        delta = np.where(live[self.delta] & (self.delta >= 0), self.delta, -1).astype(np.int32)
        block = coarsest_partition(delta, self.accepting)
        return _renumbered(self.bounds, delta, self.accepting, block, self.limit)

    def complement(self) -> Dfa:
        """The DFA of every text this one refuses."""
        sink = self.num_states
        delta = np.append(self.delta, np.full((1, len(self.bounds)), -1, np.int32), axis=0)
        delta = np.where(delta < 0, sink, delta).astype(np.int32)
        accepting = ~np.append(self.accepting, False)
        return Dfa(self.bounds, delta, accepting, self.limit).minimised()

    def __and__(self, other: Dfa) -> Dfa:
        return _product(self, other, lambda a, b: a and b, both=True)

    def __or__(self, other: Dfa) -> Dfa:
        return _product(self, other, lambda a, b: a or b, both=False)

    def __sub__(self, other: Dfa) -> Dfa:
        return _product(self, other, lambda a, b: a and not b, both=False)


def _coaccessible(delta: NDArray[np.int32], accepting: NDArray[np.bool_]) -> NDArray[np.bool_]:
    sources, classes = np.nonzero(delta >= 0)
    targets = delta[sources, classes]
    order = np.argsort(targets, kind="stable")
    sources, targets = sources[order], targets[order]
    starts = np.searchsorted(targets, np.arange(len(accepting) + 1))
    live = accepting.copy()
    stack = list(np.flatnonzero(live))
    while stack:
        state = stack.pop()
        for source in sources[starts[state] : starts[state + 1]]:
            if not live[source]:
                live[source] = True
                stack.append(source)
    return live


def _renumbered(
    bounds: NDArray[np.int32],
    delta: NDArray[np.int32],
    accepting: NDArray[np.bool_],
    block: NDArray[np.int32],
    limit: int,
) -> Dfa:
    """One state for each block, breadth first from the block of state 0; equal columns merged."""
    representative = np.zeros(int(block.max()) + 1, dtype=np.int64)
    representative[block[::-1]] = np.arange(len(block))[::-1]
    number = {int(block[0]): 0}
    queue = [int(block[0])]
    for current in queue:
        targets = delta[representative[current]]
        for following in dict.fromkeys(block[targets[targets >= 0]].tolist()):
            if following not in number:
                number[following] = len(queue)
                queue.append(following)
    new_of_block = np.full(len(representative), -1, dtype=np.int32)
    new_of_block[queue] = np.arange(len(queue), dtype=np.int32)
    chosen = representative[queue]
    picked = delta[chosen]
    renamed = np.where(picked >= 0, new_of_block[block[picked]], -1).astype(np.int32)
    keep = np.ones(len(bounds), dtype=np.bool_)
    keep[1:] = (renamed[:, 1:] != renamed[:, :-1]).any(axis=0)
    return Dfa(bounds[keep], np.ascontiguousarray(renamed[:, keep]), accepting[chosen], limit)


def _product(left: Dfa, right: Dfa, accept: Callable[[bool, bool], bool], *, both: bool) -> Dfa:
    """The reachable product; with `both` a pair dies where either side does."""
    if left.limit != right.limit:
        raise ValueError(f"alphabets differ: {left.limit} and {right.limit} symbols")
    bounds = np.union1d(left.bounds, right.bounds).astype(np.int32)
    a = left.delta[:, np.searchsorted(left.bounds, bounds, side="right") - 1]
    b = right.delta[:, np.searchsorted(right.bounds, bounds, side="right") - 1]
    dead = np.full(len(bounds), -1, dtype=np.int32)
    start: tuple[int, int] = (min(0, left.num_states - 1), min(0, right.num_states - 1))
    number: dict[tuple[int, int], int] = {start: 0}
    pairs = [start]
    rows: list[list[int]] = []
    for p, q in pairs:
        following: list[int] = []
        for pair in zip(
            (a[p] if p >= 0 else dead).tolist(), (b[q] if q >= 0 else dead).tolist(), strict=True
        ):
            if min(pair) < 0 and (both or max(pair) < 0):
                following.append(-1)
                continue
            if pair not in number:
                number[pair] = len(pairs)
                pairs.append(pair)
            following.append(number[pair])
        rows.append(following)
        if len(pairs) > MAX_PRODUCT_STATES:
            raise LimitError(
                f"combining two automata passes {MAX_PRODUCT_STATES} states",
                hint="shorten patterns, length bounds or lists that must hold together",
            )
    accepting = [
        accept(p >= 0 and bool(left.accepting[p]), q >= 0 and bool(right.accepting[q]))
        for p, q in pairs
    ]
    delta = np.asarray(rows, dtype=np.int32).reshape(len(pairs), len(bounds))
    return Dfa(bounds, delta, np.asarray(accepting, dtype=np.bool_), left.limit).minimised()
