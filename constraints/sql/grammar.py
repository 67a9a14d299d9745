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
from constraints.pushdown.scanner import scanner_of
from constraints.sql.catalog import Catalog
from constraints.sql.dialects import grammar_text
from constraints.sql.words import NAME, Names, lexicon, name_rules, word_terminals

JUNK = re.compile(r"^(JUNK\w*)\.(\d+): /(.*)/$", re.MULTILINE)
MAX_LANGUAGES = 16
LONG = 1_000
"""Wider than any terminal of bounded width; Lark orders terminals by it."""


def sql_language(names: Names, catalog: Catalog) -> PushdownLanguage:
    """The language of queries over a catalog.

    Only the scanner depends on the catalog; the parser is made once for each dialect.
    """
    base = _language(names)
    words = Lexicon(NAME, lexicon(names, catalog), ignore_case=names.dialect.folding == "any")
    grammar = base.grammar.with_lexicon(words)
    ignored = base.ignored[:-1]
    scanner = scanner_of(grammar, [frozenset(range(len(ignored)))])
    return replace(base, grammar=grammar, scanner=scanner, bounded=bounded(scanner, ignored))


@lru_cache(MAX_LANGUAGES)
def _language(names: Names) -> PushdownLanguage:
    """The language without words."""
    return pushdown_language(_grammar(names))


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
