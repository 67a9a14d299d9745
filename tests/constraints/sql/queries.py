"""A catalog and queries over it, for the tests of SQL."""

from __future__ import annotations

from functools import cache

from constraints import Catalog, Sql
from constraints.pushdown import PushdownLanguage
from constraints.sql.compile import catalog_of, compile_sql

DDL = """
CREATE TABLE singer (id INTEGER, name TEXT, year INTEGER, "Home Town" TEXT);
CREATE TABLE concert (id INTEGER, singer_id INTEGER, venue TEXT, held DATE);
"""


@cache
def spec(dialect: str = "sqlite", *, is_open: bool = False) -> Sql:
    catalog = Catalog.open() if is_open else Catalog.from_ddl(DDL, dialect=quoting(dialect))
    return Sql(dialect, catalog=catalog)


def quoting(dialect: str) -> str:
    """The dialect in which the quotes of the DDL are quotes of names."""
    return "sqlite" if dialect in ("mysql", "bigquery") else dialect


@cache
def language(dialect: str = "sqlite", *, is_open: bool = False) -> PushdownLanguage:
    return compile_sql(spec(dialect, is_open=is_open))[0]


def catalog(dialect: str = "sqlite") -> Catalog:
    return catalog_of(spec(dialect))


def accepts(query: str, dialect: str = "sqlite", *, is_open: bool = False) -> bool:
    return language(dialect, is_open=is_open).accepts(query.encode())
