"""The guard: what it says of texts that no grammar of ours has seen."""

from __future__ import annotations

import pytest

from constraints import validate
from constraints.sql.dialects import DIALECTS
from constraints.sql.guard import empty_database
from tests.constraints.sql.queries import catalog, spec


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SELECT nosuch FROM singer", "nosuch"),
        ("SELECT name FROM nosuch", "nosuch"),
        ("SELECT concert.name FROM concert", "name"),
        ("SELECT x.name FROM singer AS s", "x"),
        ("SELECT id FROM singer CROSS JOIN concert", "id"),
        ("SELECT exec_everything(name) FROM singer", "exec_everything"),
        ("SELECT name FROM singer; SELECT name FROM singer", "2 statements"),
        ("DELETE FROM singer", "DELETE"),
        ("SELECT name FROM", "parse"),
        ("", "0 statements"),
    ],
)
def test_what_is_wrong_is_said(dialect, text, says):
    fault = validate(spec(dialect), text.encode())
    assert fault is not None
    assert says.lower() in fault.lower()


@pytest.mark.parametrize(
    "text",
    [
        "WITH w AS (DELETE FROM singer RETURNING id) SELECT id FROM w",
        "SELECT name INTO copy FROM singer",
        "SELECT name FROM singer FOR UPDATE",
        "SELECT pg_read_file('/etc/passwd') FROM singer",
        "SELECT pg_catalog.pg_sleep(5) FROM singer",
        'SELECT "pg_sleep"(5) FROM singer',
    ],
)
def test_what_does_more_than_read_is_refused(text):
    assert validate(spec("postgres"), text.encode()) is not None


@pytest.mark.parametrize(
    "text",
    [
        "SELECT name FROM singer UNION SELECT id, name FROM singer",
        "SELECT name FROM singer WHERE COUNT(*) > 1",
        "SELECT SUM(SUM(id)) FROM singer",
        "SELECT ABS(id, 1) FROM singer",
        "SELECT name FROM singer ORDER BY 7",
        "SELECT * FROM singer GROUP BY 1 ORDER BY 9",
        "SELECT name FROM singer WHERE id = (SELECT id, name FROM singer)",
    ],
)
def test_what_sqlite_does_not_prepare_is_refused(text):
    assert validate(spec(), text.encode()) is not None


def test_the_empty_database_has_the_catalogs_tables_and_cannot_be_written():
    database = empty_database(catalog())
    assert database.execute('SELECT "Home Town" FROM singer, concert').fetchall() == []
    with pytest.raises(Exception, match="readonly"):
        database.execute("INSERT INTO concert VALUES (1, 1, 'x', 'y')")
    database.close()


def test_columns_of_a_schema_resolve():
    from constraints import Catalog, Sql

    catalog = Catalog.from_ddl('CREATE TABLE sales.orders (id INT, "Total" INT)', "postgres")
    asked = Sql("postgres", catalog=catalog)
    assert validate(asked, b'SELECT o.id, o."Total" FROM sales.orders AS o') is None
    assert validate(asked, b"SELECT o.total FROM sales.orders AS o") is not None
    assert validate(asked, b"SELECT id FROM orders") is not None
