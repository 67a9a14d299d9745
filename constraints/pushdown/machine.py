"""The working state of a pushdown language over a vocabulary: what has been met so far.

Nothing here changes what the language is; it only ever knows more of it. A machine is used by one
thread at a time, and is never pickled: another process begins with an empty one.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from constraints.expansion import lexers_of
from constraints.frontier import empty_store
from constraints.parser_graph import ParserGraph
from constraints.pushdown.configurations import (
    IGNORED,
    NUMBER,
    Scan,
    all_ends,
    ends,
    expanded,
    no_configurations,
    numbered,
    read_byte,
    start_state,
    with_room,
)
from constraints.pushdown.ignoring import SPENT
from constraints.pushdown.language import PushdownLanguage
from constraints.pushdown.reactions import beginning, feed
from constraints.pushdown.stacks import NO_ROOM, empty_heap, grown, pushed, standing_of
from constraints.trie import Trie
from constraints.walk import nodes_of, scratch_for

Configuration = tuple[int, int]
"""Standing and scanner state."""

Stacks = tuple[tuple[int, ...], ...]
"""The stacks of a standing, each from the bottom: what a standing is in any machine."""


def scan_of(language: PushdownLanguage) -> Scan:
    """The scanner of a language for compiled code."""
    bounded = language.bounded
    label = bounded.lexer.label
    becomes = bounded.becomes[:, :-1]
    classes, pending = np.unique(becomes, axis=0, return_inverse=True)
    always = np.flatnonzero((classes & language.ignored[:-1]).any(axis=1))
    contexts = language.context_of
    return Scan(
        label=label,
        final=(label >= 0) & (bounded.lexer.delta < 0).all(axis=1),
        at_end=bounded.at_end,
        begins=np.isin(np.arange(len(label)), bounded.starts),
        pending=np.where(np.isin(pending, always), IGNORED, pending).astype(np.int32),
        becomes_ptr=np.concatenate([[0], np.cumsum(classes.sum(axis=1))]).astype(np.int32),
        becomes=np.nonzero(classes)[1].astype(np.int32),
        start_of=bounded.starts[contexts],
        by_state=len(contexts) > 1,
        has_sets=not language.parser.has_tables,
        ignored=np.concatenate([language.ignored, np.ones(SPENT + 1, dtype=np.bool_)]),
        num_terminals=len(language.ignored) - 1,
    )


class Machine:
    """Stacks, frontier tables and configurations, grown as they are asked for.

    Attributes:
        language: The language.
        scan: Its scanner, for compiled code.
        heap: Stacks and standings.
        store: Frontier tables and token sets.
        found: Configurations and their edges.
    """

    def __init__(self, language: PushdownLanguage, trie: Trie) -> None:
        self.language = language
        self.scan = scan_of(language)
        lexer = language.bounded.lexer
        nothing = np.zeros(1, dtype=np.int32)
        graph = ParserGraph((lexer,), nothing[:0], nothing[:0], nothing, nothing[:0])
        self._lexer = (lexer.delta, lexer.class_of)
        self._lexers = lexers_of(graph, {})
        self._nodes = nodes_of(trie)
        self._scratch = scratch_for(trie, self._lexers)
        self.heap = empty_heap()
        self.store = empty_store()
        self.found = no_configurations()

    @property
    def size(self) -> int:
        """How many configurations have been met."""
        return int(self.found.used[NUMBER])

    @property
    def parser(self):  # noqa: ANN201 - a table of arrays
        """The parser, for compiled code."""
        return self.language.parser

    def start(self) -> int:
        """The configuration of an empty text."""
        standing = int(beginning(self.heap, self.parser))
        return self.number((standing, self.begin(standing)))

    def begin(self, standing: int, read: int = 0) -> int:
        """Where scanning begins in a standing, after some bytes of ignored text."""
        return int(start_state(self.heap, self.scan, standing, read))

    def number(self, configuration: Configuration) -> int:
        """The number of a configuration."""
        if self.found.used[NUMBER] + 1 > len(self.found.standing):
            self.found = with_room(self.found, 1024)
        return int(numbered(self.found, *configuration))

    def configuration(self, number: int) -> Configuration:
        """The configuration of a number."""
        return int(self.found.standing[number]), int(self.found.state[number])

    def feed(self, standing: int, terminal: int) -> int:
        """The standing after a terminal, or a negative number."""
        while (after := int(feed(self.heap, self.parser, standing, terminal))) == NO_ROOM:
            self.heap = grown(self.heap)
        return after

    def ends(self, configuration: Configuration) -> bool:
        """Whether the text may end in a configuration."""
        while (answer := int(ends(self.heap, self.parser, self.scan, *configuration))) == NO_ROOM:
            self.heap = grown(self.heap)
        return answer == 1

    def all_ends(self, numbers: NDArray[np.integer]) -> NDArray[np.bool_]:
        """(n,) bool, whether the text may end in each of some configurations."""
        wanted = np.asarray(numbers, dtype=np.int64)
        while True:
            answers = all_ends(self.heap, self.parser, self.scan, self.found, wanted)
            if not (answers == NO_ROOM).any():
                return answers == 1
            self.heap = grown(self.heap)

    def read(self, configuration: Configuration, data: bytes) -> Configuration | None:
        """The configuration after some bytes, or None where they leave the language."""
        standing, state = configuration
        for byte in data:
            while True:
                after, following = read_byte(
                    self.heap, self.parser, self.scan, self._lexer, standing, state, byte
                )
                if after != NO_ROOM:
                    break
                self.heap = grown(self.heap)
            if after < 0:
                return None
            standing, state = int(after), int(following)
        return standing, state

    def expand(self, numbers: Iterable[int]) -> None:
        """Finds the edges of configurations that have none yet."""
        self.heap, self.store, self.found = expanded(
            self.heap,
            self.parser,
            self.scan,
            self._lexers,
            self._nodes,
            self._scratch,
            self.store,
            self.found,
            np.asarray(list(numbers), dtype=np.int64),
        )

    def edges(self, number: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Token sets and targets of the edges of an expanded configuration."""
        first, last = int(self.found.first[number]), int(self.found.last[number])
        return self.found.edge_set[first:last], self.found.target[first:last]

    def stacks(self, standing: int) -> Stacks:
        """The stacks of a standing."""
        heap = self.heap
        cells = [standing]
        if not self.parser.has_tables:
            first, last = heap.set_ptr[standing : standing + 2]
            cells = heap.set_cells[first:last].tolist()
        return tuple(self._stack(cell) for cell in cells)

    def _stack(self, cell: int) -> tuple[int, ...]:
        states = []
        while cell >= 0:
            states.append(int(self.heap.top[cell]))
            cell = int(self.heap.below[cell])
        return tuple(reversed(states))

    def standing(self, stacks: Stacks) -> int:
        """The standing of some stacks."""
        cells = sorted(self._cell(stack) for stack in stacks)
        if self.parser.has_tables:
            return cells[0]
        members = np.array(cells, dtype=np.int32)
        while (number := int(standing_of(self.heap, members))) == NO_ROOM:
            self.heap = grown(self.heap)
        return number

    def _cell(self, stack: tuple[int, ...]) -> int:
        cell = -1
        for state in stack:
            while (above := int(pushed(self.heap, state, cell))) == NO_ROOM:
                self.heap = grown(self.heap)
            cell = above
        return cell
