"""Lexers: byte automata with labelled exits, shared by all places of a language that read alike."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from constraints.automata.dfa import Row

NO_LABEL = -1


@dataclass(frozen=True, slots=True)
class Counter:
    """Bounds on the characters of a string, beside the automaton that spells it.

    A character begins with every byte that is read in a state of the body and does not lead to a
    labelled state (the closing quote). With `high` characters read no further one begins; a
    labelled state is reached only with `low` or more.

    Attributes:
        body: The first state in which characters begin.
        low: Fewest characters.
        high: Most characters, or None.
        bodies: How many such states there are, numbered one after the other.
    """

    body: int
    low: int
    high: int | None
    bodies: int = 1

    def begins(self, state: int) -> bool:
        """Whether characters begin in a state."""
        return self.body <= state < self.body + self.bodies


@dataclass(frozen=True, eq=False)
class Lexer:
    """A deterministic byte automaton whose states may end a terminal.

    A terminal ends where its state has a label and the next byte leads nowhere from it; a labelled
    state without outgoing bytes ends it at once. A labelled state with outgoing bytes stays
    pending until the next byte (leftmost-longest; nothing is ever given back).

    Attributes:
        delta: (S, C) int32, next state or -1.
        class_of: (256,) int32, class of each byte.
        label: (S,) int32, label of the terminal that ends here, or `NO_LABEL`.
        counter: Bounds on characters, or None.
    """

    delta: NDArray[np.int32]
    class_of: NDArray[np.int32]
    label: NDArray[np.int32]
    counter: Counter | None = field(default=None)

    @classmethod
    def from_rows(
        cls, rows: Sequence[Row], label: Sequence[int], counter: Counter | None = None
    ) -> Lexer:
        """Builds a lexer from the byte ranges of each state: (low, high, target), inclusive."""
        cuts = sorted({0, *(b for row in rows for low, high, _ in row for b in (low, high + 1))})
        cuts = [cut for cut in cuts if cut < 0x100]
        index = {cut: c for c, cut in enumerate(cuts)} | {0x100: len(cuts)}
        delta = np.full((len(rows), len(cuts)), -1, dtype=np.int32)
        for state, row in enumerate(rows):
            for low, high, target in row:
                delta[state, index[low] : index[high + 1]] = target
        widths = np.diff([*cuts, 0x100])
        class_of = np.repeat(np.arange(len(cuts), dtype=np.int32), widths)
        return cls(delta, class_of, np.asarray(label, dtype=np.int32), counter)

    @property
    def num_states(self) -> int:
        """S."""
        return len(self.label)

    @cached_property
    def num_labels(self) -> int:
        """One more than the highest label."""
        return int(self.label.max(initial=NO_LABEL)) + 1

    @cached_property
    def key(self) -> bytes:
        """A digest of the content: lexers with equal keys read alike, state by state."""
        digest = hashlib.blake2b(digest_size=16)
        for part in (self.delta, self.class_of, self.label):
            digest.update(str(part.shape).encode() + np.ascontiguousarray(part).tobytes())
        digest.update(repr(self.counter).encode())
        return digest.digest()
