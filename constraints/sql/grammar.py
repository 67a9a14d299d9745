"""The grammar of a dialect with the words of a catalog."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from constraints.lark import load
from constraints.pushdown import (
    Grammar,
    Lexicon,
    PushdownLanguage,
    Terminal,
    pushdown_language,
)
from constraints.pushdown.ignoring import bounded
from constraints.pushdown.scanner import Matches, matches_of, with_words
from constraints.sql.catalog import Catalog
from constraints.sql.dialects import grammar_text
from constraints.sql.words import NAME, Names, lexicon, name_rules, word_terminals

JUNK = re.compile(r"^(JUNK\w*)\.(\d+): /(.*)/$", re.MULTILINE)
MAX_LANGUAGES = 16
LONG = 1_000
"""Wider than any terminal of bounded width; Lark orders terminals by it."""


def sql_language(names: Names, catalog: Catalog) -> PushdownLanguage:
    """The language of queries over a catalog.

    Only the words depend on the catalog; parser and patterns are made once for each dialect.
    """
    base, matches = _language(names)
    words = Lexicon(NAME, lexicon(names, catalog), ignore_case=names.dialect.folding == "any")
    grammar = base.grammar.with_lexicon(words)
    scanner = with_words(matches, grammar)
    ignored = base.ignored[:-1]
    return replace(base, grammar=grammar, scanner=scanner, bounded=bounded(scanner, ignored))


@lru_cache(MAX_LANGUAGES)
def _language(names: Names) -> tuple[PushdownLanguage, Matches]:
    """The language without words, and what its patterns match."""
    language = pushdown_language(_grammar(names))
    return language, matches_of(language.grammar, [frozenset(range(len(language.ignored) - 1))])


def _grammar(names: Names) -> Grammar:
    """The grammar without words; its terminals are also those that no rule names."""
    text = f"{grammar_text(names.dialect, names.reach)}\n{name_rules(names)}"
    grammar = load(text, parser="rules", lexer="basic")
    junk = tuple(
        Terminal(name, pattern, priority=int(priority), max_width=LONG, length=len(pattern))
        for name, priority, pattern in JUNK.findall(text)
    )
    known = {terminal.name for terminal in grammar.terminals}
    unused = tuple(Terminal(name, None) for name in word_terminals(names) if name not in known)
    return replace(grammar, terminals=(*grammar.terminals, *junk, *unused))
