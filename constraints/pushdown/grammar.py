"""A context-free grammar over terminals: what the pushdown automaton is built from.

A front end makes a `Grammar` and asks for its language; `constraints.lark.load` makes one of
grammar text that Lark's own loader reads. A front end that retypes names by a catalog does it so:

    from constraints.lark import load
    from constraints.pushdown import Lexicon, pushdown_language

    grammar = load(text, start="query", parser="rules", lexer="basic")     # cached by its arguments
    words = {b"users": "TABLE", b"id": "COLUMN", b"name": "TABLE_OR_COLUMN"}
    language = pushdown_language(grammar.with_lexicon(Lexicon("NAME", words, ignore_case=True)))

`text` declares the terminals that only the lexicon yields: `%declare TABLE COLUMN TABLE_OR_COLUMN`.
A text that the terminal `NAME` matches in full is the terminal that `words` says; keywords of the
grammar come first, and a word that is in neither stays a `NAME`, which the parser accepts only
where the rules name it. An entry of `FRONT_ENDS` (constraints/compile.py) returns `language` in
the place of a parser graph; everything after that is the same for every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

LexerName = Literal["basic", "contextual", "dynamic", "dynamic_complete"]

Alternative = tuple[str, ...]
"""Symbols in order; a name is a terminal iff the grammar has a terminal of that name."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal by its pattern.

    Attributes:
        name: The name that rules use.
        pattern: A regular expression of Python's `re`, flags included; None for a terminal that
            only a lexicon yields.
        text: The text of a terminal that is one fixed text, else None.
        flags: Letters of the flags of a fixed text, `i` for any case.
        priority: Higher comes first.
        max_width: Most characters, as Lark counts them.
        length: Characters of the pattern, as Lark orders by them.
    """

    name: str
    pattern: str | None
    text: str | None = None
    flags: frozenset[str] = frozenset()
    priority: int = 0
    max_width: int = 0
    length: int = 0


@dataclass(frozen=True)
class Lexicon:
    """Words that make a terminal of one shape another terminal.

    Attributes:
        shape: The terminal that matches the words, such as NAME.
        words: The terminal that a word is, by the word's bytes.
        ignore_case: Whether ASCII letters of either case spell a word.
    """

    shape: str
    words: Mapping[bytes, str]
    ignore_case: bool = False


@dataclass(frozen=True)
class Grammar:
    """Rules over terminals.

    Attributes:
        start: The nonterminal that a whole text is.
        rules: Alternatives of each nonterminal.
        terminals: All terminals that rules use or that are ignored, in the grammar's order.
        ignored: Names of terminals that may stand between any two others.
        lexer: How text becomes terminals: by all of them (`basic`), by those that the parser's
            state expects (`contextual`, with tables only), or each on its own (`dynamic`).
        tables: Lark's LALR tables, which then define the language; None, the rules do.
        lexicon: Words that retype a terminal, or None.
    """

    start: str
    rules: Mapping[str, tuple[Alternative, ...]]
    terminals: tuple[Terminal, ...]
    ignored: frozenset[str] = frozenset()
    lexer: LexerName = "basic"
    tables: Any = field(default=None, repr=False)
    lexicon: Lexicon | None = field(default=None, repr=False)

    def with_lexicon(self, lexicon: Lexicon) -> Grammar:
        """The same grammar with words that retype a terminal."""
        return replace(self, lexicon=lexicon)
