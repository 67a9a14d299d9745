"""From terminals to the lexer of a grammar, as Lark scans (lark/lexer.py, `BasicLexer`).

Lark tries its terminals in an order, takes the first that matches, and makes what a pattern has
matched the keyword that it spells. All contexts (sets of terminals that a parser may expect) share
one automaton and differ in where they start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from constraints.errors import LimitError, SpecError
from constraints.pushdown.grammar import Grammar, Lexicon, Terminal
from constraints.pushdown.pattern import Nodes
from constraints.pushdown.retyping import product, terminals_of, terminals_with_words
from constraints.pushdown.threads import Threads
from constraints.pushdown.words import Letters, Spelling, joined, plain_letters, word, words_of

Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]

NOTHING = -1
MAX_CELLS = 60_000_000
"""States of a scanner times the classes of bytes, or the terminals, that they tell apart."""


@dataclass(frozen=True, eq=False)
class Scanner:
    """A deterministic automaton over bytes that tells which terminal Lark would find.

    Attributes:
        delta: (S, C) int32, the next state, or -1 where the terminal ends, if it can. State 0
            reads nothing and ends nothing.
        class_of: (256,) int32, the class of each byte.
        label: (S,) int32, the terminal that ends here unless a byte goes on, or -1.
        at_end: (S,) bool, whether that terminal may end with the text.
        certain: (S,) bool, whether no lookahead has a say in it.
        becomes: (S, T) bool, the terminals that it may still end as.
        starts: The state in which each context begins.
    """

    delta: Ints
    class_of: Ints
    label: Ints
    at_end: Bools
    certain: Bools
    becomes: Bools
    starts: tuple[int, ...]


class Matches(NamedTuple):
    """What the patterns of a grammar match, before words are told apart.

    Attributes:
        delta: (N, 256) int32.
        label: (N,) int32.
        at_end: (N,) bool.
        certain: (N,) bool.
        becomes: (N, T) bool.
        starts: (n,) int32, where each context begins.
        letters: The fixed texts that patterns match.
        begins: Where the fixed texts of each context begin among the letters.
    """

    delta: Ints
    label: Ints
    at_end: Bools
    certain: Bools
    becomes: Bools
    starts: Ints
    letters: Letters
    begins: tuple[tuple[int, ...], ...]


def scanner_of(grammar: Grammar, contexts: Sequence[frozenset[int]]) -> Scanner:
    """The scanner of a grammar.

    Args:
        grammar: The grammar.
        contexts: Sets of terminals, by number, each with those that are ignored.

    Raises:
        SpecError: A terminal's pattern is malformed, unsupported or too large.
    """
    return with_words(matches_of(grammar, contexts), grammar)


def matches_of(grammar: Grammar, contexts: Sequence[frozenset[int]]) -> Matches:
    """What the patterns of a grammar match; its lexicon has no say in it.

    Raises:
        SpecError: See `scanner_of`.
    """
    nodes = Nodes()
    entries = [_entry(nodes, number, each) for number, each in enumerate(grammar.terminals)]
    threads = Threads(nodes.nodes)
    fixed = _FixedTexts(grammar.terminals)
    starts, begins = [], []
    for context in contexts:
        order = _ordered(grammar.terminals, context)
        spelled, embedded = fixed.retyped(order)
        begins.append(tuple(spelled))
        tried = (entries[t] for t in order if t not in embedded)
        starts.append(threads.start(entry for entry in tried if entry != NOTHING))
    _check_cells(len(threads.rows), len(grammar.terminals))
    delta = np.array(threads.rows, dtype=np.int32)
    label = np.array(threads.match, dtype=np.int32)
    return Matches(
        delta=delta,
        label=label,
        at_end=np.array(threads.at_end, dtype=np.bool_),
        certain=np.array(threads.certain, dtype=np.bool_),
        becomes=terminals_of(delta, label, len(grammar.terminals)),
        starts=np.array(starts, dtype=np.int32),
        letters=fixed.spelling.letters(),
        begins=tuple(begins),
    )


def with_words(matches: Matches, grammar: Grammar) -> Scanner:
    """The scanner of a grammar whose patterns match as they do; words are told apart.

    Args:
        matches: What the patterns match.
        grammar: The grammar, with its lexicon, which every context has.

    Raises:
        LimitError: The words are too many.
    """
    letters, begins = matches.letters, [list(each) for each in matches.begins]
    if grammar.lexicon is not None:
        added, places = _listed(grammar.lexicon, grammar.terminals)
        offset = len(letters.shape)
        letters = joined(letters, added)
        begins = [[*each, *(places + offset).tolist()] for each in begins]
    words, roots = words_of(letters, begins)
    shapes = np.unique(words.outcome[:, 0])
    rows = product(matches, words, np.array(roots, dtype=np.int32), shapes)
    _check_cells(len(rows.delta), max(rows.delta.shape[1], len(grammar.terminals)))
    return Scanner(
        delta=rows.delta,
        class_of=rows.class_of,
        label=rows.label,
        at_end=rows.reads & matches.at_end[rows.origin],
        certain=matches.certain[rows.origin],
        becomes=terminals_with_words(matches.becomes, words, rows.origin, rows.node),
        starts=tuple(rows.starts.tolist()),
    )


def _check_cells(states: int, width: int) -> None:
    if states * width > MAX_CELLS:
        raise LimitError(
            f"the terminals together come to {states} states, too many for what they tell apart",
            hint="name fewer terminals or words, or simplify the terminals' patterns",
        )


def _entry(nodes: Nodes, number: int, terminal: Terminal) -> int:
    if terminal.pattern is None:
        return NOTHING
    try:
        return nodes.add_pattern(terminal.pattern, number)
    except SpecError as error:
        error.message = f"{error.message} ({terminal.name}: {terminal.pattern})"
        error.keyword = terminal.name
        raise


def _ordered(terminals: Sequence[Terminal], context: frozenset[int]) -> list[int]:
    """The terminals of a context in the order in which Lark tries them."""

    def rank(number: int) -> tuple[int, int, int, str]:
        terminal = terminals[number]
        return -terminal.priority, -terminal.max_width, -terminal.length, terminal.name

    return sorted((t for t in context if terminals[t].pattern is not None), key=rank)


class _FixedTexts:
    """Fixed texts that a pattern of equal priority matches, as `_create_unless` in lark/lexer.py.

    Attributes:
        spelling: Their spellings.
    """

    def __init__(self, terminals: Sequence[Terminal]) -> None:
        self.spelling = Spelling()
        self._terminals = terminals
        self._matched: dict[int, dict[int, int]] = {}

    def retyped(self, order: Iterable[int]) -> tuple[list[int], set[int]]:
        """Where the fixed texts of a context begin, and which are tried no more on their own."""
        listed = list(order)
        begins: list[int] = []
        embedded: set[int] = set()
        for shape in listed:
            if self._terminals[shape].text is not None:
                continue
            matched = self._matched_by(shape)
            for t in listed:
                if t in matched:
                    begins.append(matched[t])
                    if self._terminals[t].flags <= self._terminals[shape].flags:
                        embedded.add(t)
        return begins, embedded

    def _matched_by(self, shape: int) -> dict[int, int]:
        """The fixed texts that a pattern matches, and where each begins."""
        if shape not in self._matched:
            self._matched[shape] = dict(self._found(shape))
        return self._matched[shape]

    def _found(self, shape: int) -> Iterable[tuple[int, int]]:
        pattern = re.compile(self._terminals[shape].pattern or "")
        for t, terminal in enumerate(self._terminals):
            if terminal.text is None or terminal.priority != self._terminals[shape].priority:
                continue
            matched = pattern.match(terminal.text)
            if matched is not None and matched.group() == terminal.text:
                ignore_case = "i" in terminal.flags
                yield t, self.spelling.add(word(terminal.text, shape, t, ignore_case=ignore_case))


def _listed(lexicon: Lexicon, terminals: Sequence[Terminal]) -> tuple[Letters, Ints]:
    """The words of a lexicon that are terminals of the grammar, and where each begins."""
    numbers = {terminal.name: t for t, terminal in enumerate(terminals)}
    words = {data: numbers[name] for data, name in lexicon.words.items() if name in numbers}
    return plain_letters(words, numbers[lexicon.shape], ignore_case=lexicon.ignore_case)
