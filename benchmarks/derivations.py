"""Random texts of a grammar, derived from its rules, and texts near these."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from constraints.errors import SpecError
from constraints.pushdown import Grammar
from constraints.pushdown.scanner import Scanner, scanner_of

DEEP = 12
"""Rules above one another from which on only the shallowest alternatives are taken."""
LONGEST_WORD = 12
MAX_TERMINALS = 120


class Derivations:
    """Derives texts by chance.

    Args:
        grammar: The grammar.
        rng: Chance.
    """

    def __init__(self, grammar: Grammar, rng: np.random.Generator) -> None:
        self._grammar = grammar
        self._rng = rng
        self._height = self._heights()
        self._numbers = {terminal.name: t for t, terminal in enumerate(grammar.terminals)}
        self._scanner: Scanner = scanner_of(
            grammar, [frozenset([t]) for t in self._numbers.values()]
        )
        self._to_end = _distances(self._scanner)
        self._separators = [name for name in grammar.ignored if name in self._numbers]

    def text(self) -> str:
        """One text; what is ignored stands between terminals now and then."""
        terminals: list[str] = []
        self._derive(self._grammar.start, 0, terminals)
        spaced = bool(self._rng.random() < 0.7) and bool(self._separators)
        pieces = []
        for terminal in terminals:
            if spaced and self._rng.random() < 0.8:
                pieces.append(self._word(str(self._rng.choice(self._separators))))
            pieces.append(self._word(terminal))
        return b"".join(pieces).decode(errors="ignore")

    def _derive(self, symbol: str, depth: int, terminals: list[str]) -> None:
        if symbol in self._numbers:
            terminals.append(symbol)
            return
        alternatives = self._grammar.rules.get(symbol, ((),))
        if depth > DEEP or len(terminals) > MAX_TERMINALS:
            least = min(self._cost(a) for a in alternatives)
            alternatives = [a for a in alternatives if self._cost(a) == least]
        chosen = alternatives[int(self._rng.integers(len(alternatives)))]
        for each in chosen:
            self._derive(each, depth + 1, terminals)

    def _cost(self, alternative: Sequence[str]) -> int:
        return max((self._height.get(symbol, 0) for symbol in alternative), default=0)

    def _heights(self) -> dict[str, int]:
        """Of each nonterminal the least height of a derivation."""
        never = 1 << 20
        heights = dict.fromkeys(self._grammar.rules, never)
        changed = True
        while changed:
            changed = False
            for name, alternatives in self._grammar.rules.items():
                least = 1 + min(
                    max((heights.get(symbol, 0) for symbol in alternative), default=0)
                    for alternative in alternatives
                )
                if least < heights[name]:
                    heights[name] = least
                    changed = True
        return heights

    def _word(self, terminal: str) -> bytes:
        """A text of a terminal: a walk through its automaton that turns to the end in time."""
        scanner = self._scanner
        state = scanner.starts[self._numbers[terminal]]
        word = bytearray()
        while True:
            ends = scanner.label[state] >= 0
            row = scanner.delta[state, scanner.class_of]
            goes_on = np.flatnonzero(row > 0)
            goes_on = goes_on[self._to_end[row[goes_on]] < 1 << 20]
            if not len(goes_on) or (ends and self._rng.random() < 0.4):
                return bytes(word)
            if len(word) > LONGEST_WORD:
                if ends:
                    return bytes(word)
                distance = self._to_end[row[goes_on]]
                goes_on = goes_on[distance == distance.min()]
            printable = goes_on[(goes_on >= 0x20) & (goes_on < 0x7F)]
            if len(printable) and self._rng.random() < 0.9:
                goes_on = printable
            byte = int(self._rng.choice(goes_on))
            word.append(byte)
            state = int(row[byte])


def _distances(scanner: Scanner) -> np.ndarray:
    """Fewest bytes from each state to one that ends a terminal."""
    distance = np.where(scanner.label >= 0, 0, 1 << 20)
    changed = True
    while changed:
        onwards = np.where(scanner.delta > 0, distance[scanner.delta], 1 << 20).min(axis=1) + 1
        shorter = np.minimum(distance, onwards)
        changed = bool((shorter < distance).any())
        distance = shorter
    return distance


def mutated(text: str, others: Sequence[str], rng: np.random.Generator) -> str:
    """A text near another: characters taken out, put in, exchanged, or a piece of another text."""
    characters = list(text)
    alphabet = sorted({*"".join(others), " ", "é", "\n", "a", "0"})
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.integers(len(characters) + 1))
        action = int(rng.integers(4))
        if action == 0 and at < len(characters):
            del characters[at]
        elif action == 1:
            characters.insert(at, alphabet[int(rng.integers(len(alphabet)))])
        elif action == 2 and len(characters) > 1:
            other, at = int(rng.integers(len(characters))), min(at, len(characters) - 1)
            characters[at], characters[other] = characters[other], characters[at]
        else:
            piece = others[int(rng.integers(len(others)))]
            begin = int(rng.integers(len(piece) + 1))
            characters[at:at] = piece[begin : begin + int(rng.integers(1, 7))]
    return "".join(characters)


def derivations(grammar: Grammar, rng: np.random.Generator) -> Derivations | None:
    """The derivations of a grammar; None where its terminals cannot be read alone."""
    try:
        return Derivations(grammar, rng)
    except SpecError:
        return None
