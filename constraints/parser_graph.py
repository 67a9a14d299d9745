"""The parser of a language with finitely many places: what a lexer's label leads to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from constraints.automata import Dfa
from constraints.lexer import Lexer


@dataclass(frozen=True, eq=False)
class ParserGraph:
    """Places of a language; a text is a member iff reading it leads from place 0 to the end.

    A configuration is (place, lexer state). Place R, one past the last, is the end: nothing
    follows it.

    Attributes:
        lexers: The lexers that the places read with.
        lexer: (R,) int32, which lexer reads at each place.
        start: (R,) int32, the lexer's state in which it begins there.
        goto_ptr: (R + 1,) int32, label l leads from place r to goto[goto_ptr[r] + l].
        goto: (n,) int32, the next place, or -1 where the label is refused.
        home: (R,) int32, the place at which a configuration counts that begins here: places that
            differ only in where their lexer starts share one, which has the labels. None: itself.
    """

    lexers: tuple[Lexer, ...]
    lexer: NDArray[np.int32]
    start: NDArray[np.int32]
    goto_ptr: NDArray[np.int32]
    goto: NDArray[np.int32]
    home: NDArray[np.int32] | None = None

    @property
    def num_places(self) -> int:
        """R."""
        return len(self.lexer)

    @property
    def end(self) -> int:
        """The place after the whole text."""
        return self.num_places

    def following(self, place: int, label: int) -> int:
        """The place a label leads to, or -1."""
        return int(self.goto[self.goto_ptr[place] + label])

    def beginning(self, place: int) -> tuple[int, int]:
        """The place and lexer state in which a place begins; the end is (end, 0)."""
        if place == self.end:
            return place, 0
        home = place if self.home is None else int(self.home[place])
        return home, int(self.start[place])


def single_lexer(dfa: Dfa) -> ParserGraph:
    """The language of one automaton over bytes: a single place, then the end."""
    labels = [0 if accepts else -1 for accepts in dfa.accepting]
    return ParserGraph(
        lexers=(Lexer.from_rows(dfa.rows(), labels),),
        lexer=np.zeros(1, dtype=np.int32),
        start=np.zeros(1, dtype=np.int32),
        goto_ptr=np.asarray([0, 1], dtype=np.int32),
        goto=np.asarray([1], dtype=np.int32),
    )
