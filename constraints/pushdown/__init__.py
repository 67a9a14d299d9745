"""Pushdown token automata: context-free languages over the tokens of a vocabulary."""

from constraints.pushdown.grammar import Grammar, Lexicon, Terminal

__all__ = ["Grammar", "Lexicon", "Terminal"]
