"""The grammar of a dialect with the words of a catalog."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from functools import cache

from constraints.lark import load
from constraints.pushdown import Grammar, Lexicon, Terminal
from constraints.sql.catalog import Catalog
from constraints.sql.dialects import dialect_of, grammar_text
from constraints.sql.words import NAME, Names, lexicon, name_rules, names_of

JUNK = re.compile(r"^(JUNK\w*)\.(\d+): /(.*)/$", re.MULTILINE)
LONG = 1_000
"""Wider than any terminal of bounded width; Lark orders terminals by it."""


def sql_grammar(dialect: str, catalog: Catalog, functions: Iterable[str] | None) -> Grammar:
    """The grammar of queries over a catalog.

    Raises:
        MalformedError: There is no such dialect.
    """
    names = names_of(dialect_of(dialect), catalog, functions)
    words = lexicon(names, catalog)
    grammar = _loaded(names)
    missing = sorted(set(words.values()) - {terminal.name for terminal in grammar.terminals})
    unused = tuple(Terminal(name, None) for name in missing)
    grammar = replace(grammar, terminals=(*grammar.terminals, *unused))
    return grammar.with_lexicon(
        Lexicon(NAME, words, ignore_case=names.dialect.folding == "any")
    )


@cache
def _loaded(names: Names) -> Grammar:
    """The grammar without words, and the terminals that no rule has but texts may begin with."""
    text = f"{grammar_text(names.dialect, is_open=names.is_open)}\n{name_rules(names)}"
    grammar = load(text, parser="rules", lexer="basic")
    junk = tuple(
        Terminal(name, pattern, priority=int(priority), max_width=LONG, length=len(pattern))
        for name, priority, pattern in JUNK.findall(text)
    )
    return replace(grammar, terminals=(*grammar.terminals, *junk))
