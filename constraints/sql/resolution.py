"""Resolves a query against a catalog with sqlglot: its tree, its tables, its columns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, traverse_scope
from sqlglot.schema import MappingSchema

from constraints.sql.catalog import Catalog
from constraints.sql.dialects import Dialect

MAX_DEPTH_OF_TREE = 400


@dataclass(frozen=True, slots=True)
class KnownTables:
    """A catalog by its names as a dialect compares them.

    Attributes:
        columns: Names of the columns of each table, by the table's path.
        spelled: How a query spells each name that stands for a column or a table.
    """

    columns: dict[tuple[str, ...], tuple[str, ...]]
    spelled: dict[str, str]


@lru_cache(16)
def known_tables(dialect: Dialect, catalog: Catalog) -> KnownTables:
    """A catalog by its names as a dialect compares them."""
    columns: dict[tuple[str, ...], tuple[str, ...]] = {}
    spelled: dict[str, str] = {}
    for table in catalog.tables:
        path = tuple(meant(dialect, part, table.quoted) for part in (*table.schema, table.name))
        names = [meant(dialect, column.name, column.quoted) for column in table.columns]
        columns[path] = tuple(names)
        declared = (*table.schema, table.name, *(column.name for column in table.columns))
        spelled |= dict(zip((*path, *names), declared, strict=True))
    return KnownTables(columns, spelled)


def meant(dialect: Dialect, name: str, quoted: bool) -> str:
    """The name that a spelling stands for; equal names compare equal in the dialect."""
    return name if quoted and dialect.folding != "any" else dialect.folded(name)


def parsed(text: str, dialect: Dialect) -> exp.Expr | str:
    """The tree of the one statement of a text, or why there is none."""
    try:
        statements = [each for each in sqlglot.parse(text, read=dialect.name) if each is not None]
    except SqlglotError as error:
        return f"the text does not parse: {str(error).splitlines()[0]}"
    if len(statements) != 1:
        return f"the text has {len(statements)} statements"
    return statements[0]


def comparable(tree: exp.Expr, dialect: Dialect) -> exp.Expr:
    """The same tree with every name as the dialect compares it, and positions kept."""
    copied = tree.copy()
    for identifier in copied.find_all(exp.Identifier):
        identifier.set("this", meant(dialect, identifier.name, bool(identifier.args.get("quoted"))))
        identifier.set("quoted", True)
    return copied


def fault_of_names(tree: exp.Expr, dialect: Dialect, catalog: Catalog) -> str | None:
    """Why a table or column of a query does not resolve, or None.

    Args:
        tree: A query, as `comparable` gives it.
        dialect: Its dialect.
        catalog: A catalog that is not open.
    """
    known = known_tables(dialect, catalog)
    schema = MappingSchema(_nested(known), dialect=dialect.name, normalize=False)
    try:
        for scope in scopes(tree):
            for table in tables_of(scope):
                if path_of(table) not in known.columns:
                    return f"there is no table {'.'.join(path_of(table))!r} in the catalog"
        qualify(
            tree.copy(),
            dialect=dialect.name,
            schema=schema,
            expand_stars=False,
            validate_qualify_columns=True,
            quote_identifiers=False,
        )
    except RecursionError:
        raise
    except Exception as error:  # noqa: BLE001 - what sqlglot stumbles over is not shown to resolve
        return f"a name does not resolve: {(str(error) or type(error).__name__).splitlines()[0]}"
    return None


def scopes(tree: exp.Expr) -> list[Scope]:
    """The SELECTs of a query, inner ones first."""
    return traverse_scope(tree)


def tables_of(scope: Scope) -> Iterator[exp.Table]:
    """The sources of a SELECT that are tables of the database, not of the query."""
    for source in scope.sources.values():
        if isinstance(source, exp.Table) and source.name:
            yield source


def path_of(table: exp.Table) -> tuple[str, ...]:
    """The names of a table, outermost first."""
    return tuple(part.name for part in table.parts)


def _nested(known: KnownTables) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path, columns in known.columns.items():
        level = nested
        for part in path[:-1]:
            level = level.setdefault(part, {})
        level[path[-1]] = dict.fromkeys(columns, "unknown")
    return nested
