"""Spec → parser graph, or pushdown language → token automaton → Constraint."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from constraints.automata import Dfa
from constraints.automata.spelling import utf8
from constraints.constraint import Constraint
from constraints.diagnostics import Diagnostic, Diagnostics
from constraints.errors import LimitError, MalformedError, UnsatisfiableError, UnsupportedError
from constraints.json_schema import compile_json_schema
from constraints.lark import compile_lark
from constraints.parser_graph import ParserGraph, single_lexer
from constraints.pushdown import PushdownConstraint, PushdownLanguage
from constraints.regex import full_match
from constraints.spec import Choice, JsonSchema, Lark, Regex, Spec, Sql, Template
from constraints.sql.compile import compile_sql
from constraints.template import infilled, scanner_of
from constraints.token_automaton import build_token_automaton
from constraints.vocabulary import Vocabulary

Language = tuple[ParserGraph | PushdownLanguage, tuple[Diagnostic, ...]]


def compile(spec: Spec, vocabulary: Vocabulary) -> Constraint:
    """Compiles a spec for a vocabulary.

    Args:
        spec: `JsonSchema`, `Regex`, `Choice`, `Lark`, `Sql` or `Template`.
        vocabulary: The tokens of the model.

    Returns:
        An immutable constraint.

    Raises:
        SpecError: The spec is malformed, unsupported, unsatisfiable or over a limit; nothing else.
    """
    started = time.perf_counter()
    with _collector_paused():
        graph, keywords = language(spec.spec if isinstance(spec, Template) else spec)
        lowered = time.perf_counter()
        constraint = _tokens(spec, graph, vocabulary)
    walked = time.perf_counter()
    diagnostics = Diagnostics(
        keywords=keywords,
        num_states=constraint.num_states,
        num_edges=constraint.num_edges,
        num_atoms=constraint.num_atoms,
        stage_ms={"language": (lowered - started) * 1e3, "tokens": (walked - lowered) * 1e3},
    )
    return constraint.with_diagnostics(diagnostics)


def _tokens(
    spec: Spec, graph: ParserGraph | PushdownLanguage, vocabulary: Vocabulary
) -> Constraint:
    """A language over the tokens of a vocabulary."""
    if isinstance(graph, PushdownLanguage):
        if isinstance(spec, Template):
            raise UnsupportedError(
                "a grammar cannot be filled into a template",
                keyword="template",
                hint="put the texts into the grammar, or pin tokens",
            )
        try:
            return PushdownConstraint.of(spec, graph, vocabulary)
        except RecursionError as error:
            raise LimitError("the grammar nests too deep") from error
    automaton = build_token_automaton(graph, vocabulary)
    if isinstance(spec, Template):
        automaton = infilled(automaton, scanner_of(literals(spec)), vocabulary.trie)
    return Constraint(spec, vocabulary, graph, automaton, Diagnostics())


def literals(spec: Template) -> list[bytes]:
    """The literals of a template as bytes.

    Raises:
        MalformedError: There is no hole, or a literal is no Unicode text.
    """
    if len(spec.literals) < 2:
        raise MalformedError(
            f"the template has {len(spec.literals)} literals and no hole",
            hint="give the texts around each hole; a text at the border may be empty",
            keyword="template",
        )
    try:
        return [literal.encode() for literal in spec.literals]
    except UnicodeEncodeError as error:
        raise MalformedError(
            f"a literal of the template is not text: {error.reason}",
            hint="leave out halves of surrogate pairs",
            keyword="template",
        ) from error


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Leaves cycles alone for a while: a compile makes many objects, and drops few before its end.

    With a vocabulary loaded each full collection takes tens of milliseconds.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def language(spec: Spec) -> Language:
    """The language of a spec over bytes, and how its keywords were taken.

    Raises:
        SpecError: See `compile`.
    """
    front_end = FRONT_ENDS.get(type(spec))
    if front_end is None:
        raise MalformedError(f"{type(spec).__name__} is no spec")
    return front_end(spec)


def _require_text(value: object, what: str) -> None:
    if not isinstance(value, str):
        raise MalformedError(f"{what} is {type(value).__name__}, not a string")


def _json_schema(spec: JsonSchema) -> Language:
    _require_text(spec.text, "the schema")
    return compile_json_schema(spec)


def _regex(spec: Regex) -> Language:
    _require_text(spec.pattern, "the pattern")
    dfa = utf8(full_match(spec.pattern))
    if dfa.is_empty:
        raise UnsatisfiableError("no text matches the pattern")
    return single_lexer(dfa), (Diagnostic("", "regex", "exact"),)


def _lark(spec: Lark) -> Language:
    return compile_lark(spec)


def _choice(spec: Choice) -> Language:
    if not spec.options:
        raise UnsatisfiableError("a choice without options")
    options = [_encoded(option, index) for index, option in enumerate(spec.options)]
    return single_lexer(utf8(Dfa.of_strings(options))), (Diagnostic("", "choice", "exact"),)


def _encoded(option: str, index: int) -> str:
    _require_text(option, f"option {index}")
    try:
        option.encode()
    except UnicodeEncodeError as error:
        raise MalformedError(
            f"option {index} is no Unicode text: {error.reason}", pointer=f"/{index}"
        ) from error
    return option


FRONT_ENDS: dict[type, Callable[[Any], Language]] = {
    JsonSchema: _json_schema,
    Regex: _regex,
    Choice: _choice,
    Sql: compile_sql,
    Lark: _lark,
}
