"""Catalogs: the tables and columns that queries may name."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.tokens import Token, TokenType  # pyright: ignore[reportPrivateImportUsage]

from constraints.errors import LimitError, MalformedError, UnsupportedError
from constraints.sql.dialects import dialect_of

MAX_TABLES = 2_000
MAX_COLUMNS = 50_000
MAX_DDL_CHARACTERS = 4_000_000
MAX_NAME = 128


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: As declared.
        type: The declared type, as text; empty where none is known.
        quoted: Whether it was declared in quotes, which some dialects read exactly.
    """

    name: str
    type: str = ""
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view.

    Attributes:
        name: As declared.
        columns: In order; at least one.
        schema: What qualifies the name, outermost first; empty where nothing does.
        quoted: Whether the name was declared in quotes.
    """

    name: str
    columns: tuple[Column, ...]
    schema: tuple[str, ...] = ()
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Catalog:
    """What queries may name.

    Attributes:
        tables: In order.
        is_open: Whether nothing is known, so that any table and any column may be named.
    """

    tables: tuple[Table, ...] = ()
    is_open: bool = False

    def __post_init__(self) -> None:
        if self.is_open:
            return
        _check_limits(len(self.tables), sum(len(table.columns) for table in self.tables))
        for table in self.tables:
            _check_table(table)
        if len({len(table.schema) for table in self.tables}) > 1:
            raise UnsupportedError(
                "some tables of the catalog are qualified by a schema and others are not",
                hint="qualify all of them alike",
            )

    @classmethod
    def open(cls) -> Catalog:
        """A catalog of which nothing is known: any table and any column may be named."""
        return cls(is_open=True)

    @classmethod
    def from_ddl(cls, ddl: str, dialect: str = "sqlite") -> Catalog:
        """Reads CREATE TABLE and CREATE VIEW statements, and what ALTER TABLE adds to them.

        Statements that declare no names (indexes, comments, inserted rows) are passed over.

        Args:
            ddl: Statements, separated by semicolons.
            dialect: One of `DIALECTS`.

        Raises:
            MalformedError: A statement does not parse; the message names it, with line and column.
            LimitError: Too many tables or columns, or too long a text.
        """
        if not isinstance(ddl, str):
            raise MalformedError(f"the DDL is {type(ddl).__name__}, not a string")
        if len(ddl) > MAX_DDL_CHARACTERS:
            raise LimitError(
                f"a DDL of {len(ddl)} characters passes the limit of {MAX_DDL_CHARACTERS}",
                hint="name only the tables that questions are about",
            )
        tables: dict[tuple[str, ...], Table] = {}
        for statement in _parsed(ddl, dialect):
            _read_statement(statement, tables)
        if not tables:
            raise MalformedError("the DDL declares no table", hint="give CREATE TABLE statements")
        return cls(tuple(tables.values()))

    @classmethod
    def from_spider(cls, database: Mapping[str, Any]) -> Catalog:
        """Reads one entry of Spider's `tables.json` (https://github.com/taoyds/spider).

        Raises:
            MalformedError: A field is missing or of another shape.
        """
        try:
            columns: list[list[Column]] = [[] for _ in database["table_names_original"]]
            types = database.get("column_types") or [""] * len(database["column_names_original"])
            for (table, name), kind in zip(database["column_names_original"], types, strict=True):
                if table >= 0:
                    columns[table].append(Column(str(name), str(kind)))
            names = [str(name) for name in database["table_names_original"]]
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise MalformedError(f"no entry of Spider's tables.json: {error!r}") from error
        listed = zip(names, columns, strict=True)
        return cls(
            tuple(
                Table(name, tuple(each)) for name, each in listed if each and not _is_sqlites(name)
            )
        )

    @classmethod
    def from_information_schema(cls, rows: Iterable[Sequence[str]]) -> Catalog:
        """Reads rows of `information_schema.columns`, in order of `ordinal_position`.

        Args:
            rows: (table_schema, table_name, column_name, data_type), as the database has the
                names: they are read exactly. An empty schema leaves the table unqualified.

        Raises:
            MalformedError: A row has another shape.
        """
        tables: dict[tuple[str, str], list[Column]] = {}
        for number, row in enumerate(rows):
            if len(row) != 4:
                raise MalformedError(f"row {number} has {len(row)} fields, not 4")
            schema, table, column, kind = (str(field or "") for field in row)
            tables.setdefault((schema, table), []).append(Column(column, kind, quoted=True))
        return cls(
            tuple(
                Table(table, tuple(columns), (schema,) if schema else (), quoted=True)
                for (schema, table), columns in tables.items()
            )
        )


def _is_sqlites(name: str) -> bool:
    """Whether a table is one that SQLite keeps for itself."""
    return name.lower().startswith("sqlite_")


def _check_limits(num_tables: int, num_columns: int = 0) -> None:
    for what, count, limit in (
        ("tables", num_tables, MAX_TABLES),
        ("columns", num_columns, MAX_COLUMNS),
    ):
        if count > limit:
            raise LimitError(
                f"a catalog of {count} {what} passes the limit of {limit}",
                hint="name only the tables that questions are about",
            )


def _check_table(table: Table) -> None:
    if not table.columns:
        raise MalformedError(f"table {table.name!r} has no columns")
    names = [column.name for column in table.columns]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedError(f"table {table.name!r} has two columns {twice!r}")
    for name in (table.name, *table.schema, *(column.name for column in table.columns)):
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise MalformedError(
                f"{name[:MAX_NAME]!r}, of table {table.name[:MAX_NAME]!r}, is no name: names have "
                f"1 to {MAX_NAME} printable characters"
            )


def _parsed(ddl: str, dialect: str) -> Iterator[exp.Expr]:
    """Each statement that parses.

    Raises:
        MalformedError: One does not.
    """
    language = sqlglot.Dialect.get_or_raise(dialect_of(dialect).name)
    try:
        tokens = language.tokenize(ddl)
    except SqlglotError as error:
        raise MalformedError(f"the DDL cannot be split into statements: {error}") from error
    statements = list(_split(tokens))
    _check_limits(sum(_creates_table(statement) for statement in statements))
    for number, statement in enumerate(statements, start=1):
        yield _one_parsed(language, statement, ddl, number)


def _creates_table(statement: Sequence[Token]) -> bool:
    kinds = [token.token_type for token in statement[:5]]
    return kinds[0] is TokenType.CREATE and TokenType.TABLE in kinds


def _one_parsed(
    language: sqlglot.Dialect, statement: Sequence[Token], ddl: str, number: int
) -> exp.Expr:
    first = statement[0]
    text = ddl[first.start : statement[-1].end + 1]
    column = first.start - ddl.rfind("\n", 0, first.start)
    logger = logging.getLogger("sqlglot")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        parsed = language.parser().parse(list(statement), ddl)[0]
    except RecursionError as error:
        raise LimitError(f"statement {number} of the DDL nests too deep") from error
    except SqlglotError as error:
        raise MalformedError(
            f"statement {number} of the DDL does not parse: {_excerpt(text)!r}: "
            f"{str(error).splitlines()[0]}",
            line=first.line,
            column=column,
        ) from error
    finally:
        logger.setLevel(level)
    if parsed is None or (isinstance(parsed, exp.Command) and _creates_table(statement)):
        raise MalformedError(
            f"statement {number} of the DDL is not understood: {_excerpt(text)!r}",
            line=first.line,
            column=column,
        )
    return parsed


def _excerpt(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _split(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    statement: list[Token] = []
    for token in tokens:
        if token.token_type is TokenType.SEMICOLON:
            if statement:
                yield statement
            statement = []
        else:
            statement.append(token)
    if statement:
        yield statement


def _read_statement(statement: exp.Expr, tables: dict[tuple[str, ...], Table]) -> None:
    if isinstance(statement, exp.Create) and statement.kind in ("TABLE", "VIEW"):
        table = _created(statement)
        if table is not None:
            tables[(*table.schema, table.name)] = table
    elif isinstance(statement, exp.Alter):
        _alter(statement, tables)


def _created(statement: exp.Create) -> Table | None:
    target = statement.this
    named = target.this if isinstance(target, exp.Schema) else target
    listed = target.expressions if isinstance(target, exp.Schema) else []
    columns = [column for column in map(_column, listed) if column is not None]
    query = statement.expression
    if not columns and isinstance(query, exp.Query):
        columns = [Column(name) for name in query.named_selects if name not in ("", "*")]
    if isinstance(named, exp.Table) and _is_sqlites(named.name):
        return None
    if not isinstance(named, exp.Table) or not columns:
        raise MalformedError(
            f"{_excerpt(statement.sql())!r} declares no columns",
            hint="list the columns of every table and view by name",
        )
    schema = tuple(part.name for part in named.parts[:-1])
    return Table(named.name, tuple(columns), schema, _is_quoted(named.this))


def _column(declared: exp.Expr) -> Column | None:
    if isinstance(declared, exp.ColumnDef):
        kind = declared.args.get("kind")
        return Column(declared.name, kind.sql() if kind else "", _is_quoted(declared.this))
    if isinstance(declared, exp.Identifier):
        return Column(declared.name, "", declared.quoted)
    return None


def _is_quoted(identifier: Any) -> bool:
    return isinstance(identifier, exp.Identifier) and bool(identifier.args.get("quoted"))


def _alter(statement: exp.Alter, tables: dict[tuple[str, ...], Table]) -> None:
    named = statement.this
    key = (*(part.name for part in named.parts[:-1]), named.name)
    for action in statement.args.get("actions") or ():
        if isinstance(action, exp.ColumnDef) and key in tables:
            column = _column(action)
            table = tables[key]
            if column is not None:
                tables[key] = replace(table, columns=(*table.columns, column))
        elif isinstance(action, exp.RenameColumn | exp.AlterRename | exp.Drop):
            raise UnsupportedError(
                f"{_excerpt(statement.sql())!r} changes what another statement declared",
                hint="give the tables as they are now",
            )
