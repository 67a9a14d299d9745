"""A Lark spec, compiled to a pushdown language with its diagnostics."""

from __future__ import annotations

from functools import lru_cache

import lark

from constraints.diagnostics import Diagnostic
from constraints.errors import LimitError, MalformedError, SpecError
from constraints.lark.builtin import LEXERS, named_grammar
from constraints.lark.conflicts import conflicts
from constraints.lark.load import check_is_text, grammar_of, loaded, located, table_of
from constraints.pushdown.grammar import LexerName
from constraints.pushdown.ignoring import LONGEST
from constraints.pushdown.language import PushdownLanguage, pushdown_language
from constraints.spec import Lark

MAX_CACHED = 32
MAX_CONFLICTS = 20
"""Conflicts that diagnostics list one by one."""
DEFAULT_LEXERS: dict[str, LexerName] = {"lalr": "contextual", "earley": "dynamic"}
LEXERS_OF: dict[str, tuple[LexerName, ...]] = {
    "lalr": ("contextual", "basic"),
    "earley": ("dynamic", "dynamic_complete", "basic"),
}


def compile_lark(spec: Lark) -> tuple[PushdownLanguage, tuple[Diagnostic, ...]]:
    """The language of a Lark grammar, and how it is taken.

    Raises:
        SpecError: The grammar is malformed, unsupported, empty or over a limit.
    """
    for what, value in (("the grammar", spec.text), ("the start rule", spec.start)):
        if not isinstance(value, str):
            raise MalformedError(f"{what} is {type(value).__name__}, not a string")
    check_is_text(spec.text)
    if spec.parser not in DEFAULT_LEXERS:
        raise MalformedError(
            f"no parser {spec.parser!r}", hint=f"one of {', '.join(DEFAULT_LEXERS)}"
        )
    lexer = lexer_of(spec)
    if lexer not in LEXERS_OF[spec.parser]:
        raise MalformedError(
            f"parser {spec.parser} has no lexer {lexer!r}",
            hint=f"one of {', '.join(LEXERS_OF[spec.parser])}",
        )
    return _language(spec)


def lexer_of(spec: Lark) -> LexerName:
    """The lexer of a spec, `auto` resolved as Lark does, or as a built-in grammar needs."""
    if spec.lexer != "auto":
        return spec.lexer
    if spec.parser == "lalr" and spec.text in LEXERS:
        return LEXERS[spec.text]
    return DEFAULT_LEXERS[spec.parser]


def grammar_text(spec: Lark) -> str:
    """The grammar of a spec, where a name is given that of the built-in one."""
    return named_grammar(spec.text) or spec.text


@lru_cache(maxsize=MAX_CACHED)
def _language(spec: Lark) -> tuple[PushdownLanguage, tuple[Diagnostic, ...]]:
    text, lexer, own = grammar_text(spec), lexer_of(spec), larks_own(spec)
    grammar = grammar_of(own, text, spec.start, spec.parser, lexer)
    try:
        language = pushdown_language(grammar)
    except SpecError as error:
        raise located(error, grammar, text) from error
    except RecursionError as error:
        raise LimitError("the grammar nests too deep, or a word is too long") from error
    return language, (*_diagnostics(language), *_resolved(own, spec))


@lru_cache(maxsize=MAX_CACHED)
def larks_own(spec: Lark) -> lark.Lark:
    """Lark's own parser of a spec, which shares only the grammar's text with ours.

    Raises:
        SpecError: Lark refuses the grammar.
    """
    return loaded(grammar_text(spec), spec.start, spec.parser, lexer_of(spec), spec.imports)


def _diagnostics(language: PushdownLanguage) -> list[Diagnostic]:
    found = [Diagnostic("", "lark", "exact")]
    if language.grammar.ignored:
        message = f"at most {LONGEST} bytes of ignored text between two terminals"
        found.append(Diagnostic("", "%ignore", "narrowed", message))
    if language.grammar.lexer.startswith("dynamic"):
        message = "where texts could be read in several ways, only some of them are written"
        found.append(Diagnostic("", "lexer", "narrowed", message))
    return found


def _resolved(own: lark.Lark, spec: Lark) -> list[Diagnostic]:
    """The conflicts that Lark's LALR parser resolves: the language is what it makes of them."""
    if spec.parser != "lalr":
        return []
    found = conflicts(own.rules, spec.start, table_of(own))
    messages = [str(conflict) for conflict in found[:MAX_CONFLICTS]]
    if len(found) > MAX_CONFLICTS:
        messages.append(f"and {len(found) - MAX_CONFLICTS} more choices of this kind")
    return [Diagnostic("", "conflict", "exact", message) for message in messages]
