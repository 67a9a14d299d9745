"""Words that make a terminal another one, as an acyclic automaton shared by all scanners."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, chain
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.errors import LimitError
from constraints.pool import Pool, empty_pool, interned, roomy
from constraints.pushdown.characters import with_case

NO_WORD = 0
"""The node from which no word can be completed."""
MAX_LETTERS = 8_000_000
"""Bytes of all words of all contexts, each with its spellings."""
NOTHING = -1

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Word:
    """A word by its spellings.

    Attributes:
        spellings: For each character the ways to spell it, as bytes.
        shape: The terminal that matches it.
        terminal: The terminal that it is.
    """

    spellings: tuple[tuple[bytes, ...], ...]
    shape: int
    terminal: int


def word(text: str, shape: int, terminal: int, *, ignore_case: bool) -> Word:
    """The word of a text."""
    points = [ord(character) for character in text]
    if not ignore_case:
        return Word(tuple((chr(point).encode(),) for point in points), shape, terminal)
    variants = [with_case(((point, point),), False) for point in points]
    return Word(
        tuple(
            tuple(chr(p).encode() for low, high in ranges for p in range(low, high + 1))
            for ranges in variants
        ),
        shape,
        terminal,
    )


class Words(NamedTuple):
    """The minimal automaton of words, as compiled code reads it; edges lead to smaller numbers.

    Attributes:
        edge_ptr: (N + 1,) int32, edges of node n are edge_ptr[n] .. edge_ptr[n + 1] - 1.
        edge_byte: int32, ascending for each node.
        edge_target: int32.
        outcome_ptr: (N + 1,) int32.
        outcome: (n, 2) int32: what the word that ends here is by the terminal that matches it:
            that terminal, and the one that the word is.
    """

    edge_ptr: Ints
    edge_byte: Ints
    edge_target: Ints
    outcome_ptr: Ints
    outcome: Ints


class Letters(NamedTuple):
    """Places between the bytes of words, and what leads from one to the next.

    Attributes:
        edge_ptr: (P + 1,) int32.
        edge_byte: int32.
        edge_target: int32.
        shape: (P,) int32, the terminal that matches a word that ends here, or -1.
        terminal: (P,) int32, the terminal that it is.
    """

    edge_ptr: Ints
    edge_byte: Ints
    edge_target: Ints
    shape: Ints
    terminal: Ints


@dataclass
class Spelling:
    """Collects words; a word added earlier comes before a later one of the same spelling."""

    _edges: list[list[tuple[int, int]]] = field(default_factory=list)
    _ends: dict[int, tuple[int, int]] = field(default_factory=dict)

    def add(self, added: Word) -> int:
        """Where a word begins."""
        begin = self._place()
        here = begin
        for spellings in added.spellings:
            following = self._place()
            for spelling in spellings:
                at = here
                for byte in spelling[:-1]:
                    between = self._place()
                    self._edges[at].append((byte, between))
                    at = between
                self._edges[at].append((spelling[-1], following))
            here = following
        self._ends[here] = added.shape, added.terminal
        return begin

    def _place(self) -> int:
        if len(self._edges) >= MAX_LETTERS:
            raise _too_long()
        self._edges.append([])
        return len(self._edges) - 1

    def letters(self) -> Letters:
        """All places."""
        ends = [self._ends.get(place, (NOTHING, NOTHING)) for place in range(len(self._edges))]
        shape, terminal = np.array(ends, dtype=np.int32).reshape(-1, 2).T
        flat = np.array(list(chain.from_iterable(self._edges)), dtype=np.int32).reshape(-1, 2)
        counts = accumulate(map(len, self._edges), initial=0)
        return Letters(
            np.fromiter(counts, dtype=np.int32),
            np.ascontiguousarray(flat[:, 0]),
            np.ascontiguousarray(flat[:, 1]),
            shape.copy(),
            terminal.copy(),
        )


def plain_letters(
    words: Mapping[bytes, int], shape: int, *, ignore_case: bool
) -> tuple[Letters, Ints]:
    """The places of words that are spelled byte by byte, and where each word begins.

    Args:
        words: The terminal that each word is.
        shape: The terminal that matches them.
        ignore_case: Whether ASCII letters of either case spell a word.
    """
    lengths = np.array([len(data) + 1 for data in words], dtype=np.int64)
    if lengths.sum() > MAX_LETTERS:
        raise _too_long()
    byte = np.frombuffer(b"\0".join([*words, b""]), dtype=np.uint8)
    ends = np.cumsum(lengths) - 1
    is_end = np.zeros(len(byte), dtype=np.bool_)
    is_end[ends] = True
    lower = byte | 0x20
    cased = (lower >= ord("a")) & (lower <= ord("z")) & ignore_case
    counts = np.where(is_end, 0, 1 + cased)
    source = np.repeat(np.arange(len(byte)), counts)
    edge_ptr = np.concatenate([[0], np.cumsum(counts)])
    second = np.arange(len(source)) > edge_ptr[source]
    terminal = np.full(len(byte), NOTHING, dtype=np.int32)
    terminal[ends] = list(words.values())
    letters = Letters(
        edge_ptr.astype(np.int32),
        np.where(second, byte[source] ^ 0x20, byte[source]).astype(np.int32),
        (source + 1).astype(np.int32),
        np.where(is_end, shape, NOTHING).astype(np.int32),
        terminal,
    )
    return letters, (ends - lengths + 1).astype(np.int32)


def joined(first: Letters, second: Letters) -> Letters:
    """The places of both, those of the second numbered after those of the first."""
    offset = len(first.shape)
    return Letters(
        np.concatenate([first.edge_ptr, second.edge_ptr[1:] + len(first.edge_byte)]).astype(
            np.int32
        ),
        np.concatenate([first.edge_byte, second.edge_byte]),
        np.concatenate([first.edge_target, second.edge_target + np.int32(offset)]),
        np.concatenate([first.shape, second.shape]),
        np.concatenate([first.terminal, second.terminal]),
    )


def words_of(letters: Letters, begins: Sequence[Iterable[int]]) -> tuple[Words, list[int]]:
    """The automaton of words, and the node at which the words of each context begin.

    Args:
        letters: Their places.
        begins: Where the words of each context begin; of words that are spelled alike and matched
            by the same terminal the first counts.

    Raises:
        LimitError: They are too many, or too long.
    """
    roots = [np.unique(np.fromiter(each, dtype=np.int32)) for each in begins]
    ptr = np.cumsum([0, *map(len, roots)]).astype(np.int32)
    flat = np.concatenate([np.zeros(0, dtype=np.int32), *roots])
    subsets, first, edge_ptr, edge_byte, edge_target, done = _subsets(
        letters, ptr, flat, empty_pool(), MAX_LETTERS
    )
    if not done:
        raise _too_long()
    contents, number = _minimal(letters, subsets, edge_ptr, edge_byte, edge_target, empty_pool())
    return _unpacked(contents), number[first].tolist()


def _too_long() -> LimitError:
    return LimitError(
        f"the words of the grammar pass {MAX_LETTERS} letters", hint="name fewer words"
    )


@njit(cache=True)
def _subsets(letters, root_ptr, roots, pool, budget):
    """The sets of places that texts lead to, each with its edges, in order of discovery.

    Set 0 is empty. The last value tells whether the places of all sets stay within the budget.
    """
    pool, _ = interned(pool, np.zeros(0, dtype=np.int32))
    first = np.empty(root_ptr.shape[0] - 1, dtype=np.int32)
    for i in range(first.shape[0]):
        pool, number = interned(pool, roots[root_ptr[i] : root_ptr[i + 1]])
        first[i] = number
    edge_ptr = np.zeros(1024, dtype=np.int32)
    edge_byte, edge_target = np.empty(1024, dtype=np.int32), np.empty(1024, dtype=np.int32)
    bytes_met, targets = np.empty(1024, dtype=np.int32), np.empty(1024, dtype=np.int32)
    used, here = 0, 0
    while here < pool.num_sequences and pool.ptr[pool.num_sequences] <= budget:
        members = pool.members[pool.ptr[here] : pool.ptr[here + 1]]
        here += 1
        edge_ptr = roomy(edge_ptr, here + 1)
        bytes_met, targets, met = _moves(letters, members, bytes_met, targets)
        edge_byte, edge_target = roomy(edge_byte, used + met), roomy(edge_target, used + met)
        order = np.argsort(bytes_met[:met], kind="mergesort")
        at = 0
        while at < met:
            byte, end = bytes_met[order[at]], at + 1
            while end < met and bytes_met[order[end]] == byte:
                end += 1
            pool, number = interned(pool, _distinct(targets[order[at:end]]))
            edge_byte[used], edge_target[used] = byte, number
            used += 1
            at = end
        edge_ptr[here] = used
    return pool, first, edge_ptr, edge_byte, edge_target, here == pool.num_sequences


@njit(cache=True)
def _moves(letters, members, bytes_met, targets):
    """The bytes and targets of all edges of some places, in room that is used again."""
    edge_ptr, edge_byte, edge_target = letters.edge_ptr, letters.edge_byte, letters.edge_target
    met = 0
    for place in members:
        first, last = edge_ptr[place], edge_ptr[place + 1]
        bytes_met, targets = (
            roomy(bytes_met, met + last - first),
            roomy(targets, met + last - first),
        )
        for e in range(first, last):
            bytes_met[met], targets[met] = edge_byte[e], edge_target[e]
            met += 1
    return bytes_met, targets, met


@njit(cache=True)
def _distinct(values):
    """Values in order, each once; the array itself where it is so."""
    for i in range(1, values.shape[0]):
        if values[i] <= values[i - 1]:
            return np.unique(values)
    return values


@njit(cache=True)
def _minimal(letters, subsets, edge_ptr, edge_byte, edge_target, pool):
    """The contents of the nodes of the minimal automaton, and the node of each set of places.

    A content is (byte, node) of each edge, -1, (shape, terminal) of each outcome.
    """
    count = subsets.num_sequences
    number = np.full(count, NOTHING, dtype=np.int32)
    stack, at = np.empty(count + 1, dtype=np.int32), np.zeros(count, dtype=np.int32)
    longest = 0
    for node in range(count):
        ends = 0
        for place in subsets.members[subsets.ptr[node] : subsets.ptr[node + 1]]:
            ends += letters.shape[place] >= 0
        longest = max(longest, 2 * (edge_ptr[node + 1] - edge_ptr[node]) + 1 + 2 * ends)
    content = np.empty(longest, dtype=np.int32)
    for root in range(count):
        if number[root] >= 0:
            continue
        stack[0], depth = root, 1
        while depth:
            node = stack[depth - 1]
            edge = edge_ptr[node] + at[node]
            if edge < edge_ptr[node + 1]:
                at[node] += 1
                if number[edge_target[edge]] < 0:
                    stack[depth] = edge_target[edge]
                    depth += 1
                continue
            used = 0
            for e in range(edge_ptr[node], edge_ptr[node + 1]):
                content[used], content[used + 1] = edge_byte[e], number[edge_target[e]]
                used += 2
            content[used] = NOTHING
            used = _with_outcomes(letters, subsets, node, content, used + 1)
            pool, found = interned(pool, content[:used])
            number[node] = found
            depth -= 1
    return pool, number


@njit(cache=True)
def _with_outcomes(letters, subsets, node, content, used):
    """Appends what the words that end in a set of places are; of each shape the first."""
    begin = used
    for place in subsets.members[subsets.ptr[node] : subsets.ptr[node + 1]]:
        shape = letters.shape[place]
        known = shape < 0
        for i in range(begin, used, 2):
            known |= content[i] == shape
        if not known:
            content[used], content[used + 1] = shape, letters.terminal[place]
            used += 2
    return used


def _unpacked(contents: Pool) -> Words:
    """The automaton of some contents."""
    count = contents.num_sequences
    ptr = contents.ptr[: count + 1]
    cells = contents.members[: ptr[-1]]
    node = np.repeat(np.arange(count), np.diff(ptr))
    edges, outcomes = _parts(ptr, cells)
    edge_ptr = np.searchsorted(node[edges], np.arange(count + 1))
    outcome_ptr = np.searchsorted(node[outcomes], np.arange(count + 1))
    return Words(
        edge_ptr.astype(np.int32),
        cells[edges],
        cells[edges + 1],
        outcome_ptr.astype(np.int32),
        np.stack([cells[outcomes], cells[outcomes + 1]], axis=1),
    )


@njit(cache=True)
def _parts(ptr, cells):
    """Where the edges and where the outcomes of contents stand."""
    edges, outcomes = np.empty(cells.shape[0], dtype=np.int64), np.empty(cells.shape[0], np.int64)
    num_edges, num_outcomes = 0, 0
    for node in range(ptr.shape[0] - 1):
        at = ptr[node]
        while cells[at] != NOTHING:
            edges[num_edges] = at
            num_edges += 1
            at += 2
        for place in range(at + 1, ptr[node + 1], 2):
            outcomes[num_outcomes] = place
            num_outcomes += 1
    return edges[:num_edges], outcomes[:num_outcomes]
