"""From patterns of Python's `re` to one automaton over bytes whose threads are in order.

The patterns are parsed by the standard library's own parser, so that they mean what they mean to
Lark. What comes out is Thompson's automaton (1968) read like Pike's machine: of two threads the one
that comes first is the one that a backtracking matcher would try first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import import_module
from typing import Any

from constraints.automata import CODE_POINTS, Dfa
from constraints.automata.spelling import utf8
from constraints.errors import LimitError, MalformedError, UnsupportedError
from constraints.pushdown.characters import EVERYTHING, Ranges, category, merged, with_case
from constraints.pushdown.characters import complement as other_characters

ops: Any = import_module("re._constants")
"""The names that the standard library's parser gives to parts of patterns, as Lark reads them."""
parsed: Any = import_module("re._parser").parse
MAX_NODES = 200_000
MAX_STEPS = 400_000
"""Parts of patterns written out, counted as often as repeats make them anew."""
NEWLINE = ((0x0A, 0x0A),)

Row = tuple[tuple[int, int, int], ...]
"""Edges over bytes: (low, high, node), bounds inclusive."""


@dataclass(frozen=True, slots=True)
class Read:
    """Reads one byte."""

    row: Row


@dataclass(frozen=True, slots=True)
class Split:
    """Goes on in several places, the first of them first."""

    targets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """The pattern ends here; `terminal` is -1 for the pattern of a lookahead."""

    terminal: int


@dataclass(frozen=True, slots=True)
class Behind:
    """Goes on if the byte just read is one of `allowed`; None has been read where it begins."""

    allowed: frozenset[int]
    target: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """Goes on under the condition that what follows does (not) begin with a pattern."""

    negative: bool
    entry: int
    target: int


@dataclass(frozen=True, slots=True)
class End:
    """Within a lookahead: matches where the text ends."""


Node = Read | Split | Match | Behind | Ahead | End


@dataclass
class Nodes:
    """The nodes of an automaton, by number, as patterns are added to it."""

    nodes: list[Node] = field(default_factory=list)
    _numbers: dict[Node, int] = field(default_factory=dict)
    _steps: int = 0

    def step(self, parts: int) -> None:
        """Counts parts of patterns that are written out."""
        self._steps += parts
        if self._steps > MAX_STEPS:
            raise LimitError(
                f"the terminals come to more than {MAX_STEPS} parts once repeats are written out",
                hint="lower the counts in patterns",
            )

    def add(self, node: Node) -> int:
        """The number of a node; equal nodes are one."""
        known = self._numbers.get(node)
        if known is not None:
            return known
        if len(self.nodes) >= MAX_NODES:
            raise LimitError(
                f"the terminals pass {MAX_NODES} states", hint="shorten counts in patterns"
            )
        self._numbers[node] = len(self.nodes)
        self.nodes.append(node)
        return self._numbers[node]

    def open(self) -> int:
        """The number of a node that is given later, as a loop needs it."""
        self.nodes.append(Split(()))
        return len(self.nodes) - 1

    def close(self, number: int, targets: tuple[int, ...]) -> None:
        """Gives the node that was left open."""
        self.nodes[number] = Split(targets)

    def add_pattern(self, pattern: str, terminal: int) -> int:
        """Where the pattern of a terminal begins.

        Raises:
            MalformedError: It is no pattern.
            UnsupportedError: It needs what no automaton of this kind can do.
        """
        try:
            tree = parsed(pattern)
        except re.error as error:
            raise MalformedError(f"not a regular expression: {error.msg}") from error
        builder = _Builder(self, tree.state.flags)
        return builder.sequence(list(tree), self.add(Match(terminal)))


@dataclass
class _Builder:
    """Adds one pattern, from its end to its beginning."""

    nodes: Nodes
    flags: int
    looks_ahead: bool = False

    def sequence(self, items: Sequence[Any], following: int) -> int:
        for item in reversed(items):
            following = self.item(item, following)
        self.nodes.step(1 + len(items))
        return following

    def item(self, item: tuple[Any, Any], following: int) -> int:
        op, argument = item
        build = _BUILDERS.get(op)
        if build is None:
            raise UnsupportedError(f"{_described(op)} in a terminal's pattern")
        return build(self, argument, following)

    def characters(self, ranges: Ranges, following: int) -> int:
        """Reads one character, as UTF-8."""
        rows = _spelled(ranges)
        if not rows:
            return self.nodes.add(Split(()))
        numbers = {len(rows): following}
        for state in range(len(rows) - 1, -1, -1):
            row = tuple((low, high, numbers[target]) for low, high, target in rows[state])
            numbers[state] = self.nodes.add(Read(row))
        return numbers[0]

    def one(self, ranges: Ranges, following: int) -> int:
        if self.flags & re.IGNORECASE:
            ranges = with_case(ranges, bool(self.flags & re.ASCII))
        return self.characters(ranges, following)

    def literal(self, point: int, following: int) -> int:
        if 0xD800 <= point <= 0xDFFF:
            raise MalformedError(f"\\u{point:04x} is half of a surrogate pair and no character")
        return self.one(((point, point),), following)

    def other_than(self, point: int, following: int) -> int:
        ranges: Ranges = ((point, point),)
        if self.flags & re.IGNORECASE:
            ranges = with_case(ranges, bool(self.flags & re.ASCII))
        return self.characters(other_characters(ranges), following)

    def any(self, _: None, following: int) -> int:
        dotall = self.flags & re.DOTALL
        return self.characters(EVERYTHING if dotall else other_characters(NEWLINE), following)

    def members(self, items: Sequence[tuple[Any, Any]], following: int) -> int:
        return self.characters(self.set_of(items), following)

    def set_of(self, items: Sequence[tuple[Any, Any]]) -> Ranges:
        negated = bool(items) and items[0][0] is ops.NEGATE
        ranges: list[tuple[int, int]] = []
        for op, argument in items[1 if negated else 0 :]:
            if op is ops.LITERAL:
                ranges.append((argument, argument))
            elif op is ops.RANGE:
                ranges.append(argument)
            else:
                letter = _CATEGORIES[argument]
                ranges += category(letter, bool(self.flags & re.ASCII))
        found = merged(ranges)
        if self.flags & re.IGNORECASE:
            found = with_case(found, bool(self.flags & re.ASCII))
        return other_characters(found) if negated else found

    def branch(self, argument: tuple[None, Sequence[Any]], following: int) -> int:
        entries = [self.sequence(list(branch), following) for branch in argument[1]]
        return self.nodes.add(Split(tuple(entries)))

    def group(self, argument: tuple[Any, int, int, Sequence[Any]], following: int) -> int:
        _, added, removed, items = argument
        inner = replace(self, flags=(self.flags | added) & ~removed)
        return inner.sequence(list(items), following)

    def greedy(self, argument: tuple[int, Any, Sequence[Any]], following: int) -> int:
        return self.repeat(argument, following, greedy=True)

    def lazy(self, argument: tuple[int, Any, Sequence[Any]], following: int) -> int:
        return self.repeat(argument, following, greedy=False)

    def repeat(
        self, argument: tuple[int, Any, Sequence[Any]], following: int, *, greedy: bool
    ) -> int:
        low, high, items = argument
        items = list(items)
        entry = following
        if high is ops.MAXREPEAT:
            loop = self.nodes.open()
            again = self.sequence(items, loop)
            self.nodes.close(loop, (again, following) if greedy else (following, again))
            entry = loop
        else:
            for _ in range(high - low):
                again = self.sequence(items, entry)
                targets = (again, following) if greedy else (following, again)
                entry = self.nodes.add(Split(targets))
        for _ in range(low):
            entry = self.sequence(items, entry)
        return entry

    def look(self, argument: tuple[int, Sequence[Any]], following: int) -> int:
        return self.around(argument, following, negative=False)

    def look_not(self, argument: tuple[int, Sequence[Any]], following: int) -> int:
        return self.around(argument, following, negative=True)

    def around(self, argument: tuple[int, Sequence[Any]], following: int, *, negative: bool) -> int:
        direction, items = argument
        if direction > 0:
            inner = replace(self, looks_ahead=True)
            entry = inner.sequence(list(items), self.nodes.add(Match(-1)))
            return self.nodes.add(Ahead(negative, entry, following))
        ranges = self.single(list(items))
        allowed = None if ranges is None else _last_bytes(ranges)
        if allowed is None:
            raise UnsupportedError(
                "a lookbehind other than at one ASCII character in a terminal's pattern"
            )
        if negative:
            allowed = frozenset(range(0x100)) - allowed
        return self.nodes.add(Behind(allowed, following))

    def single(self, items: list[Any]) -> Ranges | None:
        """The characters of a pattern of one character, or None."""
        if len(items) != 1:
            return None
        op, argument = items[0]
        if op is ops.LITERAL:
            return ((argument, argument),)
        if op is ops.NOT_LITERAL:
            return other_characters(((argument, argument),))
        return self.set_of(argument) if op is ops.IN else None

    def boundary(self, kind: Any, following: int) -> int:
        r"""`\b` where a word ends, and `\Z`; where a terminal begins nothing is known."""
        word = category("w", bool(self.flags & re.ASCII))
        if self.looks_ahead:
            return self._looked_for(kind, word, following)
        if kind is ops.AT_BOUNDARY:
            return self._at_boundary(word, following)
        if kind is ops.AT_END_STRING:
            none_follows = self.characters(EVERYTHING, self.nodes.add(Match(-1)))
            return self.nodes.add(Ahead(True, none_follows, following))
        raise UnsupportedError(f"the anchor {str(kind).lower()} in a terminal's pattern")

    def _looked_for(self, kind: Any, word: Ranges, following: int) -> int:
        r"""`\b` and `\Z` as the last that a lookahead asks for."""
        if following != self.nodes.add(Match(-1)):
            raise UnsupportedError("an anchor other than at the end of a lookahead")
        end = self.nodes.add(End())
        if kind is ops.AT_END_STRING:
            return end
        if kind is not ops.AT_BOUNDARY:
            raise UnsupportedError(f"the anchor {str(kind).lower()} in a lookahead")
        inside = _ascii_of(word)
        gap = self.characters(other_characters(word), following)
        behind_word = self.nodes.add(Split((gap, end)))
        return self.nodes.add(
            Split(
                (
                    self.nodes.add(Behind(inside, behind_word)),
                    self.nodes.add(
                        Behind(frozenset(range(0x80)) - inside, self.characters(word, following))
                    ),
                )
            )
        )

    def _at_boundary(self, word: Ranges, following: int) -> int:
        letter = self.characters(word, self.nodes.add(Match(-1)))
        ascii_word = _ascii_of(word)
        after_letter = self.nodes.add(Ahead(True, letter, following))
        before_letter = self.nodes.add(Ahead(False, letter, following))
        other = frozenset(range(0x80)) - ascii_word
        return self.nodes.add(
            Split(
                (
                    self.nodes.add(Behind(ascii_word, after_letter)),
                    self.nodes.add(Behind(other, before_letter)),
                )
            )
        )


def _ascii_of(word: Ranges) -> frozenset[int]:
    """The ASCII characters among some."""
    return frozenset(p for low, high in word for p in range(low, min(high, 0x7F) + 1))


def _described(op: Any) -> str:
    names = {
        ops.GROUPREF: "a reference to a group",
        ops.GROUPREF_EXISTS: "a condition on a group",
        ops.ATOMIC_GROUP: "an atomic group",
        ops.POSSESSIVE_REPEAT: "a possessive quantifier",
    }
    return names.get(op, str(op).lower())


def _last_bytes(ranges: Ranges) -> frozenset[int] | None:
    """The last bytes that tell the characters from all others, or None."""
    low = frozenset(p for first, last in ranges for p in range(first, min(last, 0x7F) + 1))
    if not ranges or ranges[-1][1] < 0x80:
        return low
    above = merged([*ranges, (0, 0x7F)])
    return low | frozenset(range(0x80, 0x100)) if above == EVERYTHING else None


@cache
def _spelled(ranges: Ranges) -> list[list[tuple[int, int, int]]]:
    """Edges over the UTF-8 bytes of one character; the state past the last one is the end.

    States are in an order in which edges lead forwards.
    """
    if not ranges:
        return []
    edges = [(low, high, 1) for low, high in ranges]
    dfa = utf8(Dfa.from_rows([edges, []], [False, True], CODE_POINTS))
    rows = dfa.rows()
    order = _forwards(rows)
    number = {state: index for index, state in enumerate(order)}
    return [[(low, high, number[to]) for low, high, to in rows[state]] for state in order[:-1]]


def _forwards(rows: Sequence[Sequence[tuple[int, int, int]]]) -> list[int]:
    """States in reverse postorder, of an automaton without loops and with one end."""
    order: list[int] = []
    seen: set[int] = set()

    def visit(state: int) -> None:
        if state in seen:
            return
        seen.add(state)
        for _, _, target in rows[state]:
            visit(target)
        order.append(state)

    visit(0)
    end = next(state for state in order if not rows[state])
    return [*(state for state in reversed(order) if state != end), end]


_CATEGORIES = {
    ops.CATEGORY_DIGIT: "d",
    ops.CATEGORY_NOT_DIGIT: "D",
    ops.CATEGORY_SPACE: "s",
    ops.CATEGORY_NOT_SPACE: "S",
    ops.CATEGORY_WORD: "w",
    ops.CATEGORY_NOT_WORD: "W",
}

_BUILDERS: dict[Any, Callable[[_Builder, Any, int], int]] = {
    ops.LITERAL: _Builder.literal,
    ops.NOT_LITERAL: _Builder.other_than,
    ops.ANY: _Builder.any,
    ops.IN: _Builder.members,
    ops.BRANCH: _Builder.branch,
    ops.SUBPATTERN: _Builder.group,
    ops.MAX_REPEAT: _Builder.greedy,
    ops.MIN_REPEAT: _Builder.lazy,
    ops.ASSERT: _Builder.look,
    ops.ASSERT_NOT: _Builder.look_not,
    ops.AT: _Builder.boundary,
}
