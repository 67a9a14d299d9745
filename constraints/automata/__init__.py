"""Finite automata over integer symbols: bytes, or Unicode code points."""

from constraints.automata.dfa import BYTES, CODE_POINTS, Dfa

__all__ = ["BYTES", "CODE_POINTS", "Dfa"]
