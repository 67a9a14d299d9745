"""The guard: whether a text is one query that only reads, checked by libraries that are not ours.

It shares the list of allowed functions with the grammar, and no code. sqlglot parses the text and
resolves its names; where the dialect is SQLite's, SQLite itself prepares the query on an empty
database with the catalog's tables.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import pairwise

import sqlglot
from sqlglot import exp
from sqlglot.tokens import TokenType  # pyright: ignore[reportPrivateImportUsage]

from constraints.sql.catalog import Catalog
from constraints.sql.resolution import comparable, fault_of_names, parsed
from constraints.sql.words import PLAIN, RESERVED, UNQUOTED, Names, dialect_words

FORBIDDEN = (
    exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Command, exp.Into, exp.Lock,
    exp.Drop, exp.Alter, exp.Set, exp.Use, exp.Pragma, exp.Copy, exp.Transaction, exp.Commit,
    exp.Rollback, exp.Kill, exp.Attach, exp.Detach, exp.TruncateTable,
)  # fmt: skip
"""What writes, locks, or is no query; nothing of it may stand anywhere in the tree."""
LITERALS = (TokenType.STRING, TokenType.NUMBER)


def fault(text: str, names: Names, catalog: Catalog) -> str | None:
    """Why a text is no query over the catalog, or None where it is one.

    Args:
        text: The whole text.
        names: Dialect and allowed functions.
        catalog: What it may name; with an open one, names are not resolved.
    """
    tree = parsed(text, names.dialect)
    if isinstance(tree, str):
        return tree
    if not isinstance(tree, exp.Query):
        return f"the text is no query but {type(tree).__name__.upper()}"
    found = next((node for node in tree.walk() if _is_forbidden(node)), None)
    if found is not None:
        return f"the query does more than read: {type(found).__name__.upper()}"
    function = next(_unknown_functions(text, tree, names), None)
    if function is not None:
        return f"the function {function!r} is not allowed"
    if catalog.is_open:
        return None
    return fault_of_names(comparable(tree, names.dialect), names.dialect, catalog) or (
        fault_on_empty_database(text, catalog) if names.dialect.name == "sqlite" else None
    )


def _is_forbidden(node: exp.Expr) -> bool:
    return isinstance(node, FORBIDDEN) and not isinstance(node, exp.Query)


def _unknown_functions(text: str, tree: exp.Expr, names: Names) -> Iterator[str]:
    """Words before a parenthesis that are no function, no keyword, and no name of the query."""
    words = dialect_words(names)
    own = {alias.name.lower() for alias in tree.find_all(exp.TableAlias, exp.Window)}
    own |= {window.alias.lower() for window in tree.find_all(exp.Window, exp.WindowSpec)}
    tokens = sqlglot.Dialect.get_or_raise(names.dialect.name).tokenize(text)
    for token, following in pairwise(tokens):
        word = token.text.lower()
        if following.token_type is not TokenType.L_PAREN or token.token_type in LITERALS:
            continue
        if not UNQUOTED.match(word) and token.token_type is not TokenType.IDENTIFIER:
            continue
        if not words.get(word, frozenset()) - {PLAIN, RESERVED} and word not in own:
            yield token.text


def fault_on_empty_database(text: str, catalog: Catalog) -> str | None:
    """What SQLite says against a query on an empty database of the catalog, or None.

    It prepares the query and does not run it, for recursion need not end.
    """
    database = empty_database(catalog)
    try:
        database.execute(f"EXPLAIN {text}").fetchall()
    except sqlite3.Error as error:
        return f"SQLite refuses the query: {error}"
    finally:
        database.close()
    return None


def empty_database(catalog: Catalog) -> sqlite3.Connection:
    """A database in memory with the catalog's tables, without rows, that refuses to be written."""
    database = sqlite3.connect(":memory:")
    schemas = {table.schema[-1] for table in catalog.tables if table.schema}
    for schema in sorted(schemas - {"main", "temp"}):
        database.execute(f"ATTACH ':memory:' AS {_quoted(schema)}")
    for table in catalog.tables:
        path = ".".join(map(_quoted, (*table.schema[-1:], table.name)))
        columns = ", ".join(_quoted(column.name) for column in table.columns)
        database.execute(f"CREATE TABLE {path} ({columns})")
    database.execute("PRAGMA query_only = ON")
    return database


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
