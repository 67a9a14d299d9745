"""Queries written by others, as cases of the SQL benchmark: Spider's and sqlfluff's files."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType  # pyright: ignore[reportPrivateImportUsage]

from constraints import Catalog
from constraints.sql.guard import FORBIDDEN
from constraints.sql.words import UNQUOTED

logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

ANSI = "ansi"
STANDS_FOR_ANSI = "postgres"
SESSION = (exp.Parameter, exp.SessionParameter, exp.Placeholder)


@dataclass(frozen=True, slots=True)
class Case:
    """A query that a constraint is asked about.

    Attributes:
        group: The database, or the file.
        text: The query.
        out_of_scope: Why no constraint of ours is meant to accept it; empty where one is.
        functions: Functions that the query calls and sqlglot does not know: the caller's own.
    """

    group: str
    text: str
    out_of_scope: str = ""
    functions: tuple[str, ...] = ()


def spider_catalogs(path: Path) -> dict[str, Catalog]:
    """The catalog of each database of a `tables.json`."""
    return {each["db_id"]: Catalog.from_spider(each) for each in json.loads(path.read_text())}


def spider_cases(path: Path, catalogs: dict[str, Catalog], dialect: str) -> Iterator[Case]:
    """Gold queries as sqlglot prints them in a dialect.

    SQLite, for which they were written, reads "x" as a text where no name is x.
    """
    for question in json.loads(path.read_text()):
        database = question["db_id"]
        try:
            tree = sqlglot.parse_one(question["query"], read="sqlite")
        except SqlglotError as error:
            yield Case(database, question["query"], f"sqlglot: {_first_line(error)}")
            continue
        yield Case(database, _with_texts(tree, catalogs[database]).sql(dialect))


def _with_texts(tree: exp.Expr, catalog: Catalog) -> exp.Expr:
    known = {column.name.lower() for table in catalog.tables for column in table.columns}
    known |= {alias.alias.lower() for alias in tree.find_all(exp.Alias, exp.TableAlias)}
    for column in list(tree.find_all(exp.Column)):
        quoted = isinstance(column.this, exp.Identifier) and column.this.args.get("quoted")
        if quoted and not column.table and column.name.lower() not in known:
            column.replace(exp.Literal.string(column.name))
    return tree


def sqlfluff_cases(folder: Path, dialect: str) -> Iterator[Case]:
    """The statements of the files of a dialect, without their comments."""
    for file in sorted(folder.glob("*.sql")):
        text = file.read_text()
        try:
            statements = list(_statements(text, dialect))
        except SqlglotError as error:
            yield Case(file.name, text, f"sqlglot: {_first_line(error)}")
            continue
        for statement in statements:
            yield _judged(file.name, statement, dialect)


def _judged(group: str, text: str, dialect: str) -> Case:
    try:
        tree = sqlglot.parse_one(text, read=dialect)
    except SqlglotError as error:
        return Case(group, text, f"sqlglot: {_first_line(error)}")
    if not isinstance(tree, exp.Query):
        return Case(group, text, f"no query: {type(tree).__name__}")
    for node in tree.walk():
        if isinstance(node, FORBIDDEN) and not isinstance(node, exp.Query):
            return Case(group, text, f"more than reads: {type(node).__name__}")
        if isinstance(node, SESSION):
            return Case(group, text, "names a variable of the session")
    return Case(group, text, functions=tuple(sorted(set(_own_functions(tree)))))


def _own_functions(tree: exp.Expr) -> Iterator[str]:
    for call in tree.find_all(exp.Anonymous):
        path = [part.name for part in _path_before(call)]
        if all(map(UNQUOTED.fullmatch, (*path, call.name))):
            yield ".".join((*path, call.name)).lower()


def _path_before(call: exp.Anonymous) -> Sequence[exp.Expr]:
    owner = call.parent
    if isinstance(owner, exp.Dot) and owner.expression is call:
        return list(owner.this.find_all(exp.Identifier))
    if isinstance(owner, exp.Table):
        return owner.parts[:-1]
    return ()


def _statements(text: str, dialect: str) -> Iterator[str]:
    statement: list[Token] = []
    for token in sqlglot.Dialect.get_or_raise(dialect).tokenize(text):
        if token.token_type is not TokenType.SEMICOLON:
            statement.append(token)
        elif statement:
            yield _without_comments(text, statement)
            statement = []
    if statement:
        yield _without_comments(text, statement)


def _without_comments(text: str, tokens: Sequence[Token]) -> str:
    parts: list[str] = []
    at = tokens[0].start
    for token in tokens:
        between = text[at : token.start]
        parts += (" " if between.strip() else between, text[token.start : token.end + 1])
        at = token.end + 1
    return "".join(parts)


def _first_line(error: SqlglotError) -> str:
    return str(error).splitlines()[0][:60]
