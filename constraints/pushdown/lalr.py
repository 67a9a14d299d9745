"""The tables of an LALR(1) parser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Tables:
    """Actions of an LR parser (Knuth 1965; LALR: DeRemer 1969) by number.

    Attributes:
        action: (S, T + 1) int32, by state and terminal, the end of the text last: 0 an error,
            1 + s shifts to state s, -1 - r reduces by rule r.
        goto: (S, N) int32, the state after a nonterminal, or -1.
        rule_length: (R,) int32, symbols of each rule.
        rule_head: (R,) int32, its nonterminal.
        rule_symbols: Symbols of each rule: a terminal's number, or -1 - n for nonterminal n.
        start: The first state.
        end: The state after the start symbol; reaching it at the end of the text accepts.
    """

    action: Ints
    goto: Ints
    rule_length: Ints
    rule_head: Ints
    rule_symbols: tuple[tuple[int, ...], ...]
    start: int
    end: int
