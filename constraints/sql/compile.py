"""From an SQL spec to the language of its queries, and back to a narrower one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from constraints.diagnostics import Diagnostic
from constraints.errors import MalformedError, UnsatisfiableError
from constraints.pushdown import PushdownLanguage
from constraints.sql.catalog import Catalog
from constraints.sql.dialects import dialect_of
from constraints.sql.grammar import sql_language
from constraints.sql.guard import fault
from constraints.sql.words import UNQUOTED, Names, names_of

if TYPE_CHECKING:
    from constraints.spec import Sql

MAX_CATALOGS = 64
NARROWED = (
    "columns of aliases and derived tables are checked once a query stands, and chosen again where "
    "they do not resolve; comments are left out"
)


def compile_sql(spec: Sql) -> tuple[PushdownLanguage, tuple[Diagnostic, ...]]:
    """The language of an SQL spec, and how it was taken.

    Raises:
        SpecError: The dialect is unknown, the catalog is empty or no catalog, a function's name is
            no name.
    """
    how = Diagnostic("", "sql", "narrowed", NARROWED)
    return sql_language(checked_names(spec), catalog_of(spec)), (how,)


def catalog_of(spec: Sql) -> Catalog:
    """The catalog of a spec; read, where it is CREATE statements.

    Raises:
        SpecError: They cannot be read; see `Catalog.from_ddl`.
    """
    if isinstance(spec.catalog, Catalog):
        return spec.catalog
    if not isinstance(spec.catalog, str):
        raise MalformedError(
            f"the catalog is {type(spec.catalog).__name__}, not a Catalog or CREATE statements",
            keyword="catalog",
        )
    dialect_of(spec.dialect)
    return _read(spec.catalog, spec.dialect)


@lru_cache(MAX_CATALOGS)
def _read(ddl: str, dialect: str) -> Catalog:
    return Catalog.from_ddl(ddl, dialect)


def checked_names(spec: Sql) -> Names:
    """What the rules on names depend on, for a spec.

    Raises:
        SpecError: See `compile_sql`.
    """
    dialect = dialect_of(spec.dialect)
    catalog = catalog_of(spec)
    if not catalog.tables and not catalog.is_open:
        raise UnsatisfiableError("the catalog has no tables", keyword="catalog")
    for function in spec.functions or ():
        if not isinstance(function, str) or not all(map(UNQUOTED.fullmatch, function.split("."))):
            raise MalformedError(f"{function!r} is no function's name", keyword="functions")
    return names_of(dialect, catalog, spec.functions)


def fault_of(spec: Sql, text: str) -> str | None:
    """Why a text is no query of a spec, by libraries that are not ours; None where it is one."""
    return fault(text, checked_names(spec), catalog_of(spec))
