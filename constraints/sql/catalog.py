"""Catalogs: the tables and columns that queries may name."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.schema import MappingSchema
from sqlglot.tokens import Token  # pyright: ignore[reportPrivateImportUsage]

from constraints.errors import LimitError, MalformedError, SpecError, UnsupportedError
from constraints.sql.dialects import dialect_of
from constraints.sql.statements import (
    Statement,
    essentials,
    statements,
    without_client_lines,
)

MAX_TABLES = 2_000
MAX_COLUMNS = 50_000
MAX_DDL_CHARACTERS = 4_000_000
MAX_NAME = 128

Path = tuple[str, ...]
"""What a table is called, outermost first."""


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

        Statements that declare no names (indexes, comments, inserted rows) are passed over, and so
        are options of a table that sqlglot does not know.

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
        tables = _read(ddl, dialect)
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


def _read(ddl: str, dialect: str) -> dict[Path, Table]:
    """The tables that a text declares.

    Raises:
        SpecError: See `Catalog.from_ddl`.
    """
    language = sqlglot.Dialect.get_or_raise(dialect_of(dialect).name)
    text = without_client_lines(ddl, dialect)
    try:
        found = list(statements(language.tokenize(text)))
    except SqlglotError as error:
        raise MalformedError(f"the DDL cannot be split into statements: {error}") from error
    _check_limits(sum(statement.kind == "table" for statement in found))
    tables: dict[Path, Table] = {}
    for statement in found:
        if statement.kind == "other":
            continue
        place = _Place(statement, text)
        if statement.kind == "unknown":
            raise place.not_understood()
        _read_statement(_tree(language, place), tables, place)
    return tables


@dataclass(frozen=True)
class _Place:
    """A statement and the text that it stands in, for what is said of it."""

    statement: Statement
    text: str

    @property
    def excerpt(self) -> str:
        """The statement, shortened."""
        tokens = self.statement.tokens
        return _excerpt(self.text[tokens[0].start : tokens[-1].end + 1])

    def error(self, kind: type[SpecError], says: str, hint: str = "") -> SpecError:
        """An error about it, with its line and column."""
        first = self.statement.tokens[0]
        column = first.start - self.text.rfind("\n", 0, first.start)
        said = f"statement {self.statement.number} of the DDL {says}"
        return kind(said, line=first.line, column=column, hint=hint)

    def not_understood(self) -> SpecError:
        """The error of a statement that is none."""
        word, meant = self.statement.word, self.statement.suggestion
        hint = f"{word!r} is no word that is known there" + f"; {meant}, perhaps?" * bool(meant)
        return self.error(MalformedError, f"is not understood: {self.excerpt!r}", hint)


def _tree(language: sqlglot.Dialect, place: _Place) -> exp.Expr:
    """The tree of a statement; where sqlglot does not know all of it, of what declares names."""
    whole = place.statement.tokens
    columns = essentials(place.statement)
    try:
        tree = _parsed(language, whole, place)
        if not isinstance(tree, exp.Command):
            return tree
    except MalformedError:
        if len(columns) == len(whole):
            raise
    tree = _parsed(language, columns, place)
    if isinstance(tree, exp.Command) and place.statement.kind != "alter":
        raise place.error(MalformedError, f"is not understood: {place.excerpt!r}")
    return tree


def _parsed(language: sqlglot.Dialect, tokens: Sequence[Token], place: _Place) -> exp.Expr:
    logger = logging.getLogger("sqlglot")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        parsed = language.parser().parse(list(tokens), place.text)[0]
    except RecursionError as error:
        raise place.error(LimitError, "nests too deep") from error
    except SqlglotError as error:
        reason = str(error).splitlines()[0]
        says = f"does not parse: {place.excerpt!r}: {reason}"
        raise place.error(MalformedError, says) from error
    finally:
        logger.setLevel(level)
    if parsed is None:
        raise place.not_understood()
    return parsed


def _excerpt(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _read_statement(tree: exp.Expr, tables: dict[Path, Table], place: _Place) -> None:
    if isinstance(tree, exp.Create):
        table = _created(tree, tables, place)
        if table is not None:
            tables[(*table.schema, table.name)] = table
    elif isinstance(tree, exp.Alter):
        _alter(tree, tables, place)


def _created(tree: exp.Create, tables: dict[Path, Table], place: _Place) -> Table | None:
    target = tree.this
    named = target.this if isinstance(target, exp.Schema) else target
    if not isinstance(named, exp.Table):
        raise place.error(MalformedError, f"names no table: {place.excerpt!r}")
    if _is_sqlites(named.name):
        return None
    listed = target.expressions if isinstance(target, exp.Schema) else []
    columns = [*_inherited(tree, tables, place), *filter(None, map(_column, listed))]
    if not columns and isinstance(tree.expression, exp.Query):
        columns = [Column(name) for name in _outputs(tree.expression, tables) if name]
    if not columns or any(column.name == "*" for column in columns):
        raise place.error(
            MalformedError,
            f"declares no columns: {place.excerpt!r}",
            "list the columns of every table and view by name",
        )
    schema = tuple(part.name for part in named.parts[:-1])
    if tree.find(*PARENTS) is not None:
        columns = list({column.name: column for column in columns}.values())
    return Table(named.name, tuple(columns), schema, _is_quoted(named.this))


PARENTS = (exp.LikeProperty, exp.PartitionedOfProperty, exp.InheritsProperty)
"""What gives a table the columns of another one."""


def _inherited(tree: exp.Create, tables: Mapping[Path, Table], place: _Place) -> Iterator[Column]:
    """The columns that a table has from those that it is like, a partition or an heir of."""
    for parent in tree.find_all(*PARENTS):
        for named in parent.find_all(exp.Table):
            path = tuple(part.name for part in named.parts)
            if path not in tables:
                raise place.error(
                    MalformedError,
                    f"has the columns of {'.'.join(path)!r}, which is not declared before",
                )
            yield from tables[path].columns


def _outputs(query: exp.Query, tables: Mapping[Path, Table]) -> list[str]:
    """The names of a query's columns, `*` among them where it cannot be told what it stands for."""
    if not any(select.is_star for select in query.selects):
        return query.named_selects
    nested: dict[str, Any] = {}
    declared: dict[str, str] = {}
    for path, table in tables.items():
        level = nested
        for part in path[:-1]:
            level = level.setdefault(part.lower(), {})
        level[path[-1].lower()] = {column.name.lower(): "unknown" for column in table.columns}
        declared |= {column.name.lower(): column.name for column in table.columns}
    copied = query.copy()
    for identifier in copied.find_all(exp.Identifier):
        identifier.replace(exp.to_identifier(identifier.name.lower(), quoted=True))
    try:
        whole = qualify(copied, schema=MappingSchema(nested, normalize=False))
    except SqlglotError:
        return ["*"]
    names = whole.named_selects if isinstance(whole, exp.Query) else ["*"]
    return [declared.get(name, name) for name in names]


def _column(declared: exp.Expr) -> Column | None:
    if isinstance(declared, exp.ColumnDef):
        kind = declared.args.get("kind")
        return Column(declared.name, kind.sql() if kind else "", _is_quoted(declared.this))
    if isinstance(declared, exp.Identifier):
        return Column(declared.name, "", declared.quoted)
    return None


def _is_quoted(identifier: Any) -> bool:
    return isinstance(identifier, exp.Identifier) and bool(identifier.args.get("quoted"))


def _alter(statement: exp.Alter, tables: dict[Path, Table], place: _Place) -> None:
    named = statement.this
    key = (*(part.name for part in named.parts[:-1]), named.name)
    for action in statement.args.get("actions") or ():
        if isinstance(action, exp.ColumnDef) and key in tables:
            column = _column(action)
            table = tables[key]
            if column is not None:
                tables[key] = replace(table, columns=(*table.columns, column))
        elif isinstance(action, exp.RenameColumn | exp.AlterRename | exp.Drop):
            raise place.error(
                UnsupportedError,
                f"changes what another one declared: {place.excerpt!r}",
                "give the tables as they are now",
            )
