"""A context-free language over bytes: a scanner and a parser, and whether a text is a member."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from constraints.pushdown.dynamic import DynamicReader
from constraints.pushdown.grammar import Grammar
from constraints.pushdown.ignoring import Bounded, bounded
from constraints.pushdown.parser import Parser, expected, parser_of
from constraints.pushdown.reactions import beginning, feed, may_end
from constraints.pushdown.scanner import Scanner, scanner_of
from constraints.pushdown.stacks import NO_ROOM, Heap, empty_heap, grown


@dataclass(frozen=True, eq=False)
class PushdownLanguage:
    """What a grammar comes to, whatever the vocabulary.

    Attributes:
        grammar: The grammar.
        parser: Its parser.
        scanner: Its scanner, as Lark's.
        bounded: The scanner for generation: runs of ignored text have a bound.
        context_of: (S,) int32, the scanner's context of each state on top of a stack.
        ignored: (T + 1,) bool, terminals that lead nowhere; the last is that of refused text.
    """

    grammar: Grammar
    parser: Parser
    scanner: Scanner
    bounded: Bounded
    context_of: NDArray[np.int32]
    ignored: NDArray[np.bool_]

    def accepts(self, text: bytes) -> bool:
        """Whether a whole text is a member, read as Lark reads it: with no bound on anything."""
        if self.grammar.lexer.startswith("dynamic"):
            return DynamicReader(self.grammar, self.parser).accepts(text)
        return _Reader(self).accepts(text)


def pushdown_language(grammar: Grammar) -> PushdownLanguage:
    """The language of a grammar.

    Raises:
        SpecError: A terminal's pattern is unsupported, the language is empty, or a limit is passed.
    """
    parser = parser_of(grammar)
    ignored = np.array([t.name in grammar.ignored for t in grammar.terminals] + [False])
    contexts, context_of = _contexts(grammar, parser, ignored[:-1])
    scanner = scanner_of(grammar, contexts)
    return PushdownLanguage(
        grammar=grammar,
        parser=parser,
        scanner=scanner,
        bounded=bounded(scanner, ignored[:-1]),
        context_of=context_of,
        ignored=ignored,
    )


def _contexts(
    grammar: Grammar, parser: Parser, ignored: NDArray[np.bool_]
) -> tuple[list[frozenset[int]], NDArray[np.int32]]:
    """Sets of terminals that are scanned for, and which of them each parser state has.

    With the dynamic lexer a text is written with one terminal at a time, among those that can
    follow where a state is on top. What the scanner then finds is what the terminal alone would
    match, so Lark finds it too, whichever terminals the scanner looks for.
    """
    if grammar.lexer == "basic":
        return [frozenset(range(len(ignored)))], np.zeros(1, dtype=np.int32)
    numbers: dict[frozenset[int], int] = {}
    tables = grammar.tables
    follows = expected(parser) if tables is None else tables.action[:, :-1] != 0
    context_of = [
        numbers.setdefault(frozenset(np.flatnonzero(row).tolist()), len(numbers))
        for row in follows | ignored
    ]
    return list(numbers), np.array(context_of, dtype=np.int32)


class _Reader:
    """Reads one text, terminal after terminal; where a match turns out too long, it goes back."""

    def __init__(self, language: PushdownLanguage) -> None:
        self.language = language
        self.heap: Heap = empty_heap(1 << 10)

    def accepts(self, text: bytes) -> bool:
        standing = int(beginning(self.heap, self.language.parser))
        at = 0
        while at < len(text):
            terminal, at = self._terminal(self._start(standing), text, at)
            if terminal < 0:
                return False
            if self.language.ignored[terminal]:
                continue
            standing = self._fed(standing, terminal)
            if standing < 0:
                return False
        return bool(may_end(self.heap, self.language.parser, standing))

    def _start(self, standing: int) -> int:
        context_of = self.language.context_of
        top = int(self.heap.top[standing]) if len(context_of) > 1 else 0
        return self.language.scanner.starts[int(context_of[top])]

    def _fed(self, standing: int, terminal: int) -> int:
        while (after := int(feed(self.heap, self.language.parser, standing, terminal))) == NO_ROOM:
            self.heap = grown(self.heap)
        return after

    def _terminal(self, state: int, text: bytes, at: int) -> tuple[int, int]:
        """The terminal that the scanner finds, or -1, and where it ends."""
        scanner = self.language.scanner
        found, end = -1, at
        for position in range(at, len(text)):
            following = int(scanner.delta[state, scanner.class_of[text[position]]])
            if following < 0 and scanner.label[state] >= 0:
                return int(scanner.label[state]), position
            if following <= 0:
                return found, end
            state = following
            if scanner.label[state] >= 0 and scanner.certain[state]:
                found, end = int(scanner.label[state]), position + 1
        if scanner.label[state] >= 0 and scanner.at_end[state]:
            return int(scanner.label[state]), len(text)
        return found, end
