"""From an SQL spec to the language of its queries, and back to a narrower one."""

from __future__ import annotations

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
    return sql_language(checked_names(spec), spec.catalog), (how,)


def checked_names(spec: Sql) -> Names:
    """What the rules on names depend on, for a spec.

    Raises:
        SpecError: See `compile_sql`.
    """
    dialect = dialect_of(spec.dialect)
    if not isinstance(spec.catalog, Catalog):
        raise MalformedError(
            f"the catalog is {type(spec.catalog).__name__}, not a Catalog",
            keyword="catalog",
            hint="make one with Catalog.from_ddl, or Catalog.open()",
        )
    if not spec.catalog.tables and not spec.catalog.is_open:
        raise UnsatisfiableError("the catalog has no tables", keyword="catalog")
    for function in spec.functions or ():
        if not isinstance(function, str) or not all(map(UNQUOTED.fullmatch, function.split("."))):
            raise MalformedError(f"{function!r} is no function's name", keyword="functions")
    return names_of(dialect, spec.catalog, spec.functions)


def fault_of(spec: Sql, text: str) -> str | None:
    """Why a text is no query of a spec, by libraries that are not ours; None where it is one."""
    return fault(text, checked_names(spec), spec.catalog)
