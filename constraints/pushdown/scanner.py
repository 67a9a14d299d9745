"""From terminals to the lexer of a grammar, as Lark scans (lark/lexer.py, `BasicLexer`).

Lark tries its terminals in an order, takes the first that matches, and makes what a pattern has
matched the keyword that it spells. All contexts (sets of terminals that a parser may expect) share
one automaton and differ in where they start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from constraints.errors import SpecError
from constraints.pushdown.grammar import Grammar, Terminal
from constraints.pushdown.pattern import Nodes
from constraints.pushdown.threads import REFUSED, Threads, terminals_of
from constraints.pushdown.words import NO_WORD, Word, Words, plain_word, word

Ints = NDArray[np.int32]

NOTHING = -1


@dataclass(frozen=True, eq=False)
class Scanner:
    """A deterministic automaton over bytes that tells which terminal Lark would find.

    Attributes:
        delta: (S, 256) int32, the next state, or -1 where the terminal ends, if it can. State 0
            reads nothing and ends nothing.
        label: (S,) int32, the terminal that ends here unless a byte goes on, or -1.
        at_end: (S,) bool, whether that terminal may end with the text.
        certain: (S,) bool, whether no lookahead has a say in it.
        becomes: (S, T) bool, the terminals that it may still end as.
        starts: The state in which each context begins.
    """

    delta: Ints
    label: Ints
    at_end: NDArray[np.bool_]
    certain: NDArray[np.bool_]
    becomes: NDArray[np.bool_]
    starts: tuple[int, ...]


def scanner_of(grammar: Grammar, contexts: Sequence[frozenset[int]]) -> Scanner:
    """The scanner of a grammar.

    Args:
        grammar: The grammar.
        contexts: Sets of terminals, by number, each with those that are ignored.

    Raises:
        SpecError: A terminal's pattern is malformed, unsupported or too large.
    """
    nodes = Nodes()
    entries = [_entry(nodes, number, each) for number, each in enumerate(grammar.terminals)]
    threads = Threads(nodes.nodes)
    words = Words()
    begins = []
    for context in contexts:
        order = _ordered(grammar.terminals, context)
        spelled, embedded = _retyped(grammar, order)
        root = words.add([*spelled, *_catalog(grammar, context)])
        tried = [entries[t] for t in order if t not in embedded]
        begins.append((_start(threads, tried), root))
    return _joined(threads, words, begins, len(grammar.terminals))


def _entry(nodes: Nodes, number: int, terminal: Terminal) -> int:
    if terminal.pattern is None:
        return NOTHING
    try:
        return nodes.add_pattern(terminal.pattern, number)
    except SpecError as error:
        error.message = f"{error.message} ({terminal.name}: {terminal.pattern})"
        error.keyword = terminal.name
        raise


def _start(threads: Threads, entries: Iterable[int]) -> int:
    return threads.start(entry for entry in entries if entry != NOTHING)


def _ordered(terminals: Sequence[Terminal], context: frozenset[int]) -> list[int]:
    """The terminals of a context in the order in which Lark tries them."""

    def rank(number: int) -> tuple[int, int, int, str]:
        terminal = terminals[number]
        return -terminal.priority, -terminal.max_width, -terminal.length, terminal.name

    return sorted((t for t in context if terminals[t].pattern is not None), key=rank)


def _retyped(grammar: Grammar, order: Sequence[int]) -> tuple[list[Word], set[int]]:
    """Fixed texts that a pattern of equal priority matches, and those tried no more on their own.

    As `_create_unless` in lark/lexer.py.
    """
    terminals = grammar.terminals
    fixed = [t for t in order if terminals[t].text is not None]
    words: list[Word] = []
    embedded: set[int] = set()
    for shape in order:
        if terminals[shape].text is not None:
            continue
        pattern = re.compile(terminals[shape].pattern or "")
        for t in fixed:
            text = terminals[t].text or ""
            if terminals[t].priority != terminals[shape].priority:
                continue
            matched = pattern.match(text)
            if matched is None or matched.group() != text:
                continue
            words.append(word(text, shape, t, ignore_case="i" in terminals[t].flags))
            if terminals[t].flags <= terminals[shape].flags:
                embedded.add(t)
    return words, embedded


def _catalog(grammar: Grammar, context: frozenset[int]) -> list[Word]:
    """The words of the grammar's lexicon whose terminals a context has."""
    lexicon = grammar.lexicon
    if lexicon is None:
        return []
    numbers = {terminal.name: t for t, terminal in enumerate(grammar.terminals)}
    shape = numbers[lexicon.shape]
    return [
        plain_word(data, shape, numbers[name], ignore_case=lexicon.ignore_case)
        for data, name in lexicon.words.items()
        if numbers.get(name) in context
    ]


def _joined(
    threads: Threads, words: Words, begins: Sequence[tuple[int, int]], num_terminals: int
) -> Scanner:
    """The product of threads and words; state s without a word under way is thread state s."""
    becomes = terminals_of(threads, num_terminals)
    shapes = sorted({shape for outcome in words.outcomes for shape in outcome})
    spelling = np.asarray(becomes[:, shapes].any(axis=1))
    rows, label = list(threads.rows), list(threads.match)
    at_end, origin, node_of = list(threads.at_end), list(range(len(rows))), [NO_WORD] * len(rows)
    numbers: dict[tuple[int, int], int] = {}

    def number(state: int, node: int) -> int:
        if node == NO_WORD or not spelling[state]:
            return state
        if (state, node) not in numbers:
            numbers[state, node] = len(label)
            matched = threads.match[state]
            label.append(words.outcomes[node].get(matched, matched))
            at_end.append(threads.at_end[state])
            origin.append(state)
            node_of.append(node)
        return numbers[state, node]

    def beginning(state: int, node: int) -> int:
        """A state like another that is never come back to, so that it says that nothing is read."""
        if (state, -1 - node) not in numbers:
            numbers[state, -1 - node] = len(label)
            label.append(NOTHING)
            at_end.append(False)
            origin.append(state)
            node_of.append(node)
        return numbers[state, -1 - node]

    starts = tuple(beginning(state, root) for state, root in begins)
    while len(rows) < len(label):
        here = len(rows)
        row = threads.rows[origin[here]].copy()
        for byte, child in words.edges[node_of[here]].items():
            if row[byte] > REFUSED:
                row[byte] = number(int(row[byte]), child)
        rows.append(row)
    return Scanner(
        delta=np.array(rows, dtype=np.int32),
        label=np.array(label, dtype=np.int32),
        at_end=np.array(at_end, dtype=np.bool_),
        certain=np.array(threads.certain, dtype=np.bool_)[origin],
        becomes=_with_words(becomes[origin], words, node_of),
        starts=starts,
    )


def _with_words(
    becomes: NDArray[np.bool_], words: Words, node_of: Sequence[int]
) -> NDArray[np.bool_]:
    """The terminals of each state with those that the words under way may make of them."""
    reachable: list[set[tuple[int, int]]] = []
    for node, outcome in enumerate(words.outcomes):
        found = set(outcome.items())
        for child in words.edges[node].values():
            found |= reachable[child]
        reachable.append(found)
    for state, node in enumerate(node_of):
        for shape, terminal in reachable[node]:
            becomes[state, terminal] = becomes[state, terminal] or becomes[state, shape]
    return becomes
