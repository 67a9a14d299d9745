"""Reads texts as Lark's Earley parser does with its dynamic lexer (lark/parsers/xearley.py).

At each position every terminal that the rules expect is matched on its own, at the length that its
pattern prefers (`dynamic`) or at all lengths (`dynamic_complete`); what is ignored may stand
anywhere between.
"""

from __future__ import annotations

import re

import numpy as np

from constraints.pushdown.grammar import Grammar
from constraints.pushdown.parser import Parser
from constraints.pushdown.reactions import beginning, feed, may_end
from constraints.pushdown.stacks import NO_ROOM, empty_heap, grown, standing_of


class DynamicReader:
    """Reads one text with rule automata."""

    def __init__(self, grammar: Grammar, parser: Parser) -> None:
        self._parser = parser
        self._complete = grammar.lexer == "dynamic_complete"
        self._patterns = [re.compile(t.pattern) if t.pattern else None for t in grammar.terminals]
        self._ignored = [t.name in grammar.ignored for t in grammar.terminals]
        self._heap = empty_heap(1 << 10)

    def accepts(self, text: bytes) -> bool:
        """Whether a whole text is a member."""
        try:
            decoded = text.decode()
        except UnicodeDecodeError:
            return False
        start = int(beginning(self._heap, self._parser))
        at: dict[int, set[int]] = {0: self._cells(start)}
        for position in range(len(decoded)):
            cells = at.pop(position, None)
            if cells:
                self._scan(decoded, position, cells, at)
        left = at.get(len(decoded))
        return bool(left) and bool(may_end(self._heap, self._parser, self._standing(left)))

    def _scan(self, text: str, position: int, cells: set[int], at: dict[int, set[int]]) -> None:
        standing = self._standing(cells)
        for terminal, pattern in enumerate(self._patterns):
            if pattern is None:
                continue
            ignored = self._ignored[terminal]
            after = self._fed(standing, terminal)
            if after < 0 and not ignored:
                continue
            matched = pattern.match(text, position)
            if matched is None:
                continue
            if ignored:
                at.setdefault(matched.end(), set()).update(cells)
            if after >= 0:
                for end in self._ends(pattern, matched, position):
                    at.setdefault(end, set()).update(self._cells(after))

    def _ends(self, pattern: re.Pattern[str], matched: re.Match[str], position: int) -> set[int]:
        ends = {matched.end()}
        if self._complete:
            word = matched.group()
            shorter = (pattern.match(word[:-cut]) for cut in range(1, len(word)))
            ends |= {position + each.end() for each in shorter if each is not None}
        return ends

    def _fed(self, standing: int, terminal: int) -> int:
        while (after := int(feed(self._heap, self._parser, standing, terminal))) == NO_ROOM:
            self._heap = grown(self._heap)
        return after

    def _cells(self, standing: int) -> set[int]:
        first, last = self._heap.set_ptr[standing : standing + 2]
        return set(self._heap.set_cells[first:last].tolist())

    def _standing(self, cells: set[int]) -> int:
        members = np.array(sorted(cells), dtype=np.int32)
        while (number := int(standing_of(self._heap, members))) == NO_ROOM:
            self._heap = grown(self._heap)
        return number
