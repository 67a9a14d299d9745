"""From a query that does not hold to a narrower constraint whose queries do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from constraints.automata.spelling import utf8
from constraints.constraint import Constraint
from constraints.parser_graph import single_lexer
from constraints.pushdown import PushdownConstraint
from constraints.regex import full_match
from constraints.spec import Sql
from constraints.sql.catalog import Catalog, Table
from constraints.sql.compile import catalog_of, checked_names
from constraints.sql.grammar import sql_language
from constraints.sql.tighten import Piece, tightened
from constraints.token_automaton import build_token_automaton

MAX_ROUNDS = 4
"""How often names are chosen again before the query is given up for one on a single table."""
SYNTAX = frozenset("^$\\.*+?()[]{}|/")


def narrowed(constraint: Constraint, text: bytes, attempt: int) -> Constraint:
    """A narrower constraint for a text of one that `validate` refuses.

    At first the text stays as it is but for the names that do not resolve. Where names are not
    what is wrong, or after `MAX_ROUNDS`, what remains are queries on one of its tables alone.

    Args:
        constraint: The constraint of an `Sql` spec.
        text: A member of it, or of what `narrowed` gave before.
        attempt: How many came before this one, from 0.

    Returns:
        A constraint of the same spec and vocabulary; all its members are members of `constraint`
        or mend one.
    """
    spec = constraint.spec
    if not isinstance(spec, Sql):
        raise TypeError(f"{type(spec).__name__} is no SQL spec")
    names, catalog = checked_names(spec), catalog_of(spec)
    decoded = text.decode()
    pieces = tightened(decoded, names, catalog) if attempt < MAX_ROUNDS else None
    if pieces is not None:
        return _around(constraint, pieces)
    table = _table_of(decoded, catalog)
    language = sql_language(replace(names, reach="single"), Catalog((table,)))
    single = PushdownConstraint.of(spec, language, constraint.vocabulary)
    return single.with_diagnostics(constraint.diagnostics)


def _around(constraint: Constraint, pieces: Iterable[Piece]) -> Constraint:
    pattern = "".join(f"(?:{'|'.join(map(_escaped, piece))})" for piece in pieces)
    graph = single_lexer(utf8(full_match(pattern)))
    return Constraint(
        spec=constraint.spec,
        vocabulary=constraint.vocabulary,
        graph=graph,
        automaton=build_token_automaton(graph, constraint.vocabulary),
        diagnostics=constraint.diagnostics,
    )


def _escaped(text: str) -> str:
    return "".join(f"\\{character}" if character in SYNTAX else character for character in text)


def _table_of(text: str, catalog: Catalog) -> Table:
    """The table of a catalog that a text names first, else the first one."""
    folded = text.lower()

    def place(table: Table) -> int:
        found = folded.find(table.name.lower())
        return len(folded) if found < 0 else found

    return min(catalog.tables, key=place)
