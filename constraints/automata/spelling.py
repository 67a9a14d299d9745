r"""From automata over code points to automata over the bytes that spell them.

A code point has one spelling in UTF-8 (RFC 3629) and several in a JSON string (RFC 8259 §7):
itself, a short escape such as `\n`, or `\uXXXX`, two of these for a code point past FFFF.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal

from constraints.automata.dfa import BYTES, Dfa, Row

Spelling = Literal["full", "plain", "raw"]
r"""Which spellings of a JSON string count.

`full`: every one that RFC 8259 allows. `plain`: those that JSON writers use: printable ASCII as
itself, short escapes and `\uXXXX` where JSON requires one, other characters as themselves or
as `\uXXXX`. `raw`: as plain, but other characters only as themselves.
"""

SHORT_ESCAPES = {0x22: '"', 0x5C: "\\", 0x08: "b", 0x0C: "f", 0x0A: "n", 0x0D: "r", 0x09: "t"}
UTF8_FORMS = ((0x00, 0x7F, 0x00, 0), (0x80, 0x7FF, 0xC0, 1), (0x800, 0xFFFF, 0xE0, 2))
UTF8_LONGEST = (0x10000, 0x10FFFF, 0xF0, 3)
RAW_IN_JSON = ((0x20, 0x21), (0x23, 0x5B), (0x5D, 0xD7FF), (0xE000, 0x10FFFF))
UNICODE_ESCAPES = {
    "plain": ((0x00, 0x07), (0x0B, 0x0B), (0x0E, 0x1F), (0x7F, 0x10FFFF)),
    "raw": ((0x00, 0x07), (0x0B, 0x0B), (0x0E, 0x1F)),
}

Pieces = tuple[tuple[int, int, int], ...]
"""A piecewise constant function: (low, high, destination), sorted, bounds inclusive."""


def utf8(dfa: Dfa) -> Dfa:
    """The UTF-8 bytes of the strings of a DFA over code points."""
    speller = _Speller(dfa.num_states)
    for state, row in enumerate(dfa.rows()):
        speller.rows[state] = speller.utf8_row(tuple(row))
    return Dfa.from_rows(speller.rows, [*dfa.accepting, *([False] * speller.num_extra(dfa))], BYTES)


def json_string(dfa: Dfa, spelling: Spelling) -> Dfa:
    """The JSON string texts, quotes included, whose values a DFA over code points accepts."""
    if dfa.is_empty:
        return Dfa.empty(BYTES)
    labels = [0 if accepts else -1 for accepts in dfa.accepting]
    rows, ends, starts = json_strings(dfa.rows(), labels, [0], spelling)
    rows = _start_first(rows, starts[0])
    accepting = [state in ends for state in (starts[0], *range(len(rows) - 1))]
    return Dfa.from_rows(rows, accepting, BYTES)


def json_strings(
    rows: Sequence[Row], labels: Sequence[int], starts: Sequence[int], spelling: Spelling
) -> tuple[list[Row], dict[int, int], list[int]]:
    """The JSON string texts, quotes included, of an automaton that labels strings.

    Args:
        rows: Edges over code points of each state.
        labels: Label of the strings that end in each state, or -1.
        starts: States in which strings begin.
        spelling: Which spellings count.

    Returns:
        Edges over bytes; label by final state, which nothing leaves; the state before the opening
        quote for each start.
    """
    speller = _Speller(len(rows))
    end_of: dict[int, int] = {}
    for state, (row, label) in enumerate(zip(rows, labels, strict=True)):
        edges = _printable(row) if spelling != "full" else None
        if edges is None:
            pieces = tuple(row)
            edges = speller.utf8_row(_restricted(pieces, RAW_IN_JSON))
            escape = speller.escape(pieces, spelling)
            if escape is not None:
                edges.append((0x5C, 0x5C, escape))
        if label >= 0:
            if label not in end_of:
                end_of[label] = speller.add([])
            edges.append((0x22, 0x22, end_of[label]))
        speller.rows[state] = sorted(edges)
    opening = [speller.add([(0x22, 0x22, start)]) for start in starts]
    return speller.rows, {end: label for label, end in end_of.items()}, opening


def _printable(row: Row) -> Row | None:
    """A row of printable ASCII, which has one plain spelling; None for any other."""
    for low, high, _ in row:
        if low < 0x20 or high > 0x7E or low <= 0x22 <= high or low <= 0x5C <= high:
            return None
    return list(row)


def _start_first(rows: list[Row], start: int) -> list[Row]:
    """Moves the last state, the start, to the front."""
    if start != len(rows) - 1:
        raise ValueError("the start is not the last state")
    shifted = [[(low, high, target + 1) for low, high, target in row] for row in rows[:-1]]
    return [[(low, high, target + 1) for low, high, target in rows[-1]], *shifted]


def _restricted(pieces: Pieces, ranges: Iterable[tuple[int, int]]) -> Pieces:
    return tuple(
        (max(low, first), min(high, last), target)
        for first, last in ranges
        for low, high, target in pieces
        if low <= last and first <= high
    )


def _shifted(pieces: Pieces, low: int, high: int) -> Pieces:
    """The part of a function on low .. high, moved to begin at 0."""
    return tuple((a - low, b - low, t) for a, b, t in _restricted(pieces, [(low, high)]))


def _blocks(pieces: Pieces, size: int) -> Iterable[tuple[int, int, Pieces]]:
    """Cuts a function into aligned blocks: (first block, last block, the function inside)."""
    partial: dict[int, list[tuple[int, int, int]]] = {}
    for low, high, target in pieces:
        first, last = low // size, high // size
        if low % size or (first == last and (high + 1) % size):
            stop = min(high, (first + 1) * size - 1)
            partial.setdefault(first, []).append((low % size, stop % size, target))
            first += 1
        if first <= last and (high + 1) % size:
            partial.setdefault(last, []).append((0, high % size, target))
            last -= 1
        if first <= last:
            yield first, last, ((0, size - 1, target),)
    for block, inside in partial.items():
        yield block, block, tuple(sorted(inside))


class _Speller:
    """Rows under construction; equal functions share a state."""

    def __init__(self, num_states: int) -> None:
        self.rows: list[Row] = [[] for _ in range(num_states)]
        self._known: dict[tuple[str, int, Pieces], int] = {}

    def num_extra(self, dfa: Dfa) -> int:
        return len(self.rows) - dfa.num_states

    def add(self, row: Row) -> int:
        self.rows.append(row)
        return len(self.rows) - 1

    def shared(self, kind: str, digits: int, pieces: Pieces, build: Callable[[], Row]) -> int:
        key = (kind, digits, pieces)
        if key not in self._known:
            self._known[key] = self.add(sorted(build()))
        return self._known[key]

    def utf8_row(self, pieces: Pieces) -> Row:
        """The bytes that begin the UTF-8 form of each code point."""
        row: Row = []
        for low, high, lead, rest in (*UTF8_FORMS, UTF8_LONGEST):
            inside = _restricted(pieces, [(low, high)])
            if rest == 0:
                row.extend(inside)
                continue
            for first, last, sub in _blocks(inside, 64**rest):
                row.append((lead + first, lead + last, self.continuation(rest, sub)))
        return sorted(row)

    def continuation(self, rest: int, pieces: Pieces) -> int:
        """The state before `rest` continuation bytes, which spell a number in base 64."""

        def build() -> Row:
            if rest == 1:
                return [(0x80 + low, 0x80 + high, target) for low, high, target in pieces]
            return [
                (0x80 + first, 0x80 + last, self.continuation(rest - 1, sub))
                for first, last, sub in _blocks(pieces, 64 ** (rest - 1))
            ]

        return self.shared("utf8", rest, pieces, build)

    def escape(self, pieces: Pieces, spelling: Spelling) -> int | None:
        """The state after a backslash inside a JSON string, or None where none may stand."""
        short = dict(SHORT_ESCAPES) | ({0x2F: "/"} if spelling == "full" else {})
        row: Row = []
        for code, letter in short.items():
            for _, _, target in _restricted(pieces, [(code, code)]):
                row.append((ord(letter), ord(letter), target))
        if spelling != "full":
            pieces = _restricted(pieces, UNICODE_ESCAPES[spelling])
        units = self.units(pieces)
        if units:
            row.append((ord("u"), ord("u"), self.hexadecimal(4, units)))
        if not row:
            return None
        return self.shared("escape", 0, tuple(sorted(row)), lambda: row)

    def units(self, pieces: Pieces) -> Pieces:
        """The same function on the first UTF-16 code unit (RFC 2781 §2.1)."""
        plane = _restricted(pieces, [(0, 0xD7FF), (0xE000, 0xFFFF)])
        above = _shifted(pieces, 0x10000, 0x10FFFF)
        high = tuple(
            (0xD800 + first, 0xD800 + last, self.low_surrogate(sub))
            for first, last, sub in _blocks(above, 0x400)
        )
        return tuple(sorted(plane + high))

    def low_surrogate(self, pieces: Pieces) -> int:
        low = tuple((0xDC00 + first, 0xDC00 + last, target) for first, last, target in pieces)
        before_u = self.shared(
            "u", 0, low, lambda: [(ord("u"), ord("u"), self.hexadecimal(4, low))]
        )
        return self.shared("backslash", 0, low, lambda: [(0x5C, 0x5C, before_u)])

    def hexadecimal(self, digits: int, pieces: Pieces) -> int:
        """The state before `digits` hexadecimal digits of either case."""

        def build() -> Row:
            row: Row = []
            for first, last, sub in _blocks(pieces, 16 ** (digits - 1)):
                target = sub[0][2] if digits == 1 else self.hexadecimal(digits - 1, sub)
                row.extend((low, high, target) for low, high in _digit_bytes(first, last))
            return row

        return self.shared("hex", digits, pieces, build)


def _digit_bytes(first: int, last: int) -> Iterable[tuple[int, int]]:
    if first <= 9:
        yield 0x30 + first, 0x30 + min(last, 9)
    if last >= 10:
        for ten in (0x41, 0x61):
            yield ten + max(first, 10) - 10, ten + last - 10
