"""Pushdown token automata: context-free languages over the tokens of a vocabulary."""

from constraints.pushdown.constraint import PushdownConstraint
from constraints.pushdown.grammar import Grammar, Lexicon, Terminal
from constraints.pushdown.language import PushdownLanguage, pushdown_language

__all__ = [
    "Grammar",
    "Lexicon",
    "PushdownConstraint",
    "PushdownLanguage",
    "Terminal",
    "pushdown_language",
]
