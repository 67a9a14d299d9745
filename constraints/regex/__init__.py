"""Regular expressions of the ECMA-262 dialect, as automata over code points."""

from constraints.regex.automaton import full_match, search

__all__ = ["full_match", "search"]
