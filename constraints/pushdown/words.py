"""Words that make a terminal another one, as an acyclic automaton shared by all scanners."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from constraints.pushdown.characters import with_case

NO_WORD = 0
"""The node from which no word can be completed."""

Outcome = tuple[int, int]
"""The terminal that matches a word, and the terminal that the word is."""

Edges = tuple[tuple[int, int], ...]


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


def plain_word(data: bytes, shape: int, terminal: int, *, ignore_case: bool) -> Word:
    """The word of some bytes, of which ASCII letters may be of either case."""
    singles = [bytes([byte]) for byte in data]
    if ignore_case:
        spellings = tuple(tuple(sorted({s.lower(), s.upper()})) for s in singles)
    else:
        spellings = tuple((single,) for single in singles)
    return Word(spellings, shape, terminal)


@dataclass
class Words:
    """Nodes by number; equal nodes are one, so that what words end with is shared.

    Attributes:
        edges: The next node by byte, of each node.
        outcomes: What the word that ends here is, by the terminal that matches it.
    """

    edges: list[dict[int, int]] = field(default_factory=lambda: [{}])
    outcomes: list[dict[int, int]] = field(default_factory=lambda: [{}])
    _numbers: dict[tuple[Edges, tuple[Outcome, ...]], int] = field(
        default_factory=lambda: {((), ()): NO_WORD}
    )

    def add(self, words: Sequence[Word]) -> int:
        """The node at which some words begin; of equal words for one shape the first counts."""
        if _byte_by_byte(words):
            return self._trie(words)
        alive = [(index, 0, b"") for index in range(len(words))]
        return self._node(words, alive, {})

    def _trie(self, words: Sequence[Word]) -> int:
        """`add` for words whose characters are one byte each, always spelled the same ways."""
        children: list[dict[tuple[bytes, ...], int]] = [{}]
        outcomes: list[dict[int, int]] = [{}]
        for each in words:
            node = 0
            for spelling in each.spellings:
                following = children[node].get(spelling)
                if following is None:
                    following = children[node][spelling] = len(children)
                    children.append({})
                    outcomes.append({})
                node = following
            outcomes[node].setdefault(each.shape, each.terminal)
        numbers = [NO_WORD] * len(children)
        for node in range(len(children) - 1, -1, -1):
            edges = {
                single[0]: numbers[child]
                for spelling, child in children[node].items()
                for single in spelling
            }
            numbers[node] = self._number(edges, outcomes[node])
        return numbers[0]

    def _node(
        self,
        words: Sequence[Word],
        alive: Iterable[tuple[int, int, bytes]],
        known: dict[tuple[tuple[int, int, bytes], ...], int],
    ) -> int:
        """The node of words under way: (word, characters read, bytes read of the next)."""
        key = tuple(alive)
        if key in known:
            return known[key]
        moves: dict[int, dict[tuple[int, int, bytes], None]] = {}
        outcome: dict[int, int] = {}
        for index, position, begun in key:
            spellings = words[index].spellings
            if position == len(spellings):
                outcome.setdefault(words[index].shape, words[index].terminal)
                continue
            for spelling in spellings[position]:
                if not spelling.startswith(begun):
                    continue
                read = spelling[: len(begun) + 1]
                after = (index, position + 1, b"") if read == spelling else (index, position, read)
                moves.setdefault(read[-1], {})[after] = None
        edges = {byte: self._node(words, after, known) for byte, after in sorted(moves.items())}
        known[key] = self._number(edges, outcome)
        return known[key]

    def _number(self, edges: dict[int, int], outcome: dict[int, int]) -> int:
        content = _sorted_items(edges), _sorted_items(outcome)
        if content not in self._numbers:
            self._numbers[content] = len(self.edges)
            self.edges.append(edges)
            self.outcomes.append(outcome)
        return self._numbers[content]


def _sorted_items(numbers: dict[int, int]) -> tuple[tuple[int, int], ...]:
    return tuple(sorted(numbers.items())) if len(numbers) > 1 else tuple(numbers.items())


def _byte_by_byte(words: Sequence[Word]) -> bool:
    """Whether every character of some words is one byte that is always spelled alike."""
    ways: dict[bytes, tuple[bytes, ...]] = {}
    for spelling in {spelling for each in words for spelling in each.spellings}:
        for single in spelling:
            if len(single) != 1 or ways.setdefault(single, spelling) != spelling:
                return False
    return True
