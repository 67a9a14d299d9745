"""From a pattern to the automaton of the code point strings it matches."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from constraints.automata import CODE_POINTS, Dfa
from constraints.errors import UnsupportedError
from constraints.regex import guarded, subsets
from constraints.regex.classes import ANY, WORD
from constraints.regex.graph import Ahead, Behind, Graph, Place
from constraints.regex.parser import parse
from constraints.regex.simplify import is_context_free, leading_looks, without_free_start
from constraints.regex.tree import (
    Alternatives,
    Anchor,
    Boundary,
    Characters,
    Look,
    Node,
    Reference,
    Repeat,
    Sequence,
)

CACHE_SIZE = 256
ANYTHING = Repeat(Characters(ANY), 0, None)
AFTER_WORD, BEFORE_WORD = (Look(Characters(WORD), ahead, negative=False) for ahead in (False, True))
NOT_AFTER_WORD, NOT_BEFORE_WORD = (
    Look(Characters(WORD), ahead, negative=True) for ahead in (False, True)
)
BOUNDARIES = {
    False: Alternatives(
        (
            Sequence((AFTER_WORD, NOT_BEFORE_WORD)),
            Sequence((NOT_AFTER_WORD, BEFORE_WORD)),
        )
    ),
    True: Alternatives(
        (
            Sequence((AFTER_WORD, BEFORE_WORD)),
            Sequence((NOT_AFTER_WORD, NOT_BEFORE_WORD)),
        )
    ),
}
r"""What `\b`, and what `\B` (True) stands for (ECMA-262 §22.2.2.4)."""


@lru_cache(maxsize=CACHE_SIZE)
def full_match(pattern: str) -> Dfa:
    """The strings that a pattern matches from start to end.

    Args:
        pattern: ECMA-262 dialect, lookaround and word boundaries included.

    Returns:
        A DFA over code points; surrogates never occur.

    Raises:
        MalformedError: See `parse`.
        UnsupportedError: The pattern holds a back-reference.
        LimitError: The automaton passes its limits.
    """
    looks, rest = leading_looks(parse(pattern), anchored=True)
    return _narrowed(_compiled(rest, pattern), looks, pattern)


@lru_cache(maxsize=CACHE_SIZE)
def search(pattern: str) -> Dfa:
    """The strings in which a pattern matches somewhere, as JSON Schema's `pattern` has it.

    Raises:
        MalformedError, UnsupportedError, LimitError: See `full_match`.
    """
    looks, rest = leading_looks(without_free_start(parse(pattern)), anchored=False)
    found = _compiled(Sequence((ANYTHING, rest)), pattern, goes_on=True)
    return _narrowed(found, looks, pattern)


def _narrowed(dfa: Dfa, looks: tuple[Look, ...], pattern: str) -> Dfa:
    """The texts of a language that lookaheads at their start let pass."""
    for look in looks:
        seen = _compiled(look.part, pattern, goes_on=True)
        dfa = dfa - seen if look.negative else dfa & seen
    return dfa


def _compiled(node: Node, pattern: str, *, goes_on: bool = False) -> Dfa:
    """The language of a node; with `goes_on`, anything may follow it."""
    graph = Graph()
    start = graph.state()
    last = graph.state()
    graph.empty(_Builder(graph, pattern).add(node, start), last)
    if goes_on:
        graph.loop(last)
    determinised = guarded.determinised if graph.looks_around else subsets.determinised
    return determinised(graph, start, last)


class _Builder:
    """Thompson's construction (1968); every lookaround has a part of the graph of its own."""

    def __init__(self, graph: Graph, pattern: str) -> None:
        self.graph = graph
        self.pattern = pattern
        self.looks: dict[Look, Ahead | Behind] = {}

    def add(self, node: Node, source: int) -> int:
        """Adds the paths of a node from `source`; returns their end."""
        match node:
            case Sequence(parts):
                for part in parts:
                    source = self.add(part, source)
                return source
            case Alternatives(parts):
                return self._alternatives(parts, source)
            case Repeat(part, low, high):
                return self._repeat(part, low, high, source)
            case Boundary(negative):
                return self.add(BOUNDARIES[negative], source)
            case Reference(column):
                raise self._back_reference(column)
        target = self.graph.state()
        match node:
            case Characters(ranges):
                self.graph.edge(source, ranges, target)
            case Anchor(at_start):
                self.graph.empty(source, target, Place.START if at_start else Place.END)
            case Look():
                self.graph.empty(source, target, self._look(node))
        return target

    def _alternatives(self, parts: tuple[Node, ...], source: int) -> int:
        target = self.graph.state()
        for part in parts:
            entry = self.graph.state()
            self.graph.empty(source, entry)
            self.graph.empty(self.add(part, entry), target)
        return target

    def _repeat(self, part: Node, low: int, high: int | None, source: int) -> int:
        for _ in range(low):
            source = self.add(part, source)
        exit_state = self.graph.state()
        if high is None:
            loop = self.graph.state()
            self.graph.empty(source, loop)
            self.graph.empty(self.add(part, loop), loop)
            self.graph.empty(loop, exit_state)
            return exit_state
        self.graph.empty(source, exit_state)
        for _ in range(high - low):
            source = self.add(part, source)
            self.graph.empty(source, exit_state)
        return exit_state

    def _look(self, look: Look) -> Ahead | Behind:
        if look not in self.looks:
            self.looks[look] = self._ahead(look) if look.ahead else self._behind(look)
        return self.looks[look]

    def _ahead(self, look: Look) -> Ahead:
        if is_context_free(look.part):
            seen = _compiled(look.part, self.pattern, goes_on=True)
            start = self.graph.embed(_anything() - seen if look.negative else seen)
            return Ahead(start, negative=False)
        start = self.graph.state()
        self.graph.empty(self.add(look.part, start), self.graph.done)
        return Ahead(start, look.negative)

    def _behind(self, look: Look) -> Behind:
        opposite = self.looks.get(replace(look, negative=not look.negative))
        if isinstance(opposite, Behind):
            return replace(opposite, negative=look.negative)
        start, end = self.graph.state(), self.graph.state()
        self.graph.loop(start)
        self.graph.empty(self.add(look.part, start), end)
        self.graph.trackers.append(start)
        return Behind(end, look.negative)

    def _back_reference(self, column: int) -> UnsupportedError:
        return UnsupportedError(
            f"pattern {self.pattern[:80]!r}: back-references are not supported",
            line=1,
            column=column,
            hint="no automaton can follow them; write the language without",
        )


def _anything() -> Dfa:
    return Dfa.from_rows([[(low, high, 0) for low, high in ANY]], [True], CODE_POINTS)
