"""Which queries belong to the language of a catalog."""

from __future__ import annotations

import pytest

from constraints import Catalog, MalformedError, Sql, UnsatisfiableError, validate
from constraints.sql.compile import compile_sql
from constraints.sql.dialects import DIALECTS, functions_of
from tests.constraints.sql.queries import accepts, spec

EVERYWHERE = [
    "SELECT name FROM singer",
    "select NAME from Singer where YEAR >= 1990 order by year desc",
    "SELECT T1.name, COUNT(*) AS n FROM singer AS T1 JOIN concert AS T2 ON T1.id = T2.singer_id "
    "WHERE T2.venue = 'Hall' GROUP BY T1.name HAVING COUNT(*) > 2 ORDER BY COUNT(*) DESC",
    "SELECT DISTINCT s.name FROM singer AS s LEFT JOIN concert AS c ON s.id = c.singer_id",
    "SELECT name FROM singer WHERE id IN (SELECT singer_id FROM concert WHERE venue LIKE '%x%')",
    "SELECT name FROM singer WHERE NOT EXISTS (SELECT * FROM concert WHERE singer_id = singer.id)",
    "SELECT name FROM singer WHERE year BETWEEN 1990 AND 2000 AND name IS NOT NULL",
    "SELECT CASE WHEN year > 2000 THEN 'new' ELSE 'old' END AS age FROM singer GROUP BY year",
    "SELECT MAX(year) - MIN(year) FROM singer",
    "SELECT name FROM singer UNION SELECT venue FROM concert",
    "WITH w AS (SELECT singer_id, COUNT(*) AS n FROM concert GROUP BY singer_id) "
    "SELECT s.name, w.n FROM singer AS s JOIN w ON s.id = w.singer_id",
    "SELECT t.n FROM (SELECT COUNT(*) AS n FROM concert) AS t",
    "SELECT name, RANK() OVER (PARTITION BY year ORDER BY id DESC) AS r FROM singer",
    "SELECT CAST(year AS DECIMAL(10, 2)) FROM singer;",
    "SELECT AVG(1.5 * year) FROM singer WHERE name = 'it''s'",
]
"""Queries of every dialect but for quotes that BigQuery doubles otherwise."""

NOWHERE = [
    "SELECT nosuch FROM singer",
    "SELECT name FROM nosuch",
    "SELECT s.nosuch FROM singer AS s",
    "SELECT singer.nosuch FROM singer",
    "SELECT nosuch(name) FROM singer",
    "SELECT pg_read_file('/etc/passwd') FROM singer",
    "SELECT load_extension('x') FROM singer",
    "DELETE FROM singer",
    "DROP TABLE singer",
    "INSERT INTO singer VALUES (1)",
    "SELECT name FROM singer; SELECT name FROM singer",
    "SELECT name INTO copy FROM singer",
    "SELECT name FROM singer FOR UPDATE",
    "WITH w AS (DELETE FROM singer RETURNING id) SELECT id FROM w",
    "SELECT name FROM singer -- a comment",
    "SELECT name /* hidden */ FROM singer",
    "SELECT name FROM singer WHERE MAX(year) = 1",
    "SELECT MAX(MAX(year)) FROM singer",
    "SELECT name, year FROM singer UNION SELECT name FROM singer",
    "SELECT name FROM singer WHERE id IN (SELECT id, name FROM singer)",
    "SELECT 1x FROM singer",
    "SELECT name FROM singer WHER",
    "SELECT name FROM singer GROUP BYname",
    "SELECT never FROM singer",
    "SELECT id percent 2 FROM singer",
    "",
]

OF_ONE = {
    "sqlite": [
        "SELECT \"Home Town\" FROM singer WHERE name GLOB 'a*' LIMIT 5 OFFSET 2",
        "SELECT strftime('%Y', held), name || 'x' FROM concert, singer WHERE venue ISNULL",
        "SELECT SUM(id) FILTER (WHERE venue = 'x') FROM concert ORDER BY 1 NULLS LAST",
    ],
    "postgres": [
        "SELECT DATE_TRUNC('month', held) AS m, COUNT(DISTINCT singer_id) FROM concert GROUP BY m",
        "SELECT name FROM singer WHERE name ILIKE 'a%' FETCH FIRST 3 ROWS ONLY",
        "SELECT held::date + INTERVAL '1 day', EXTRACT(YEAR FROM held) FROM concert",
        'SELECT "name", "Home Town" FROM singer ORDER BY year NULLS LAST LIMIT 5 OFFSET 2',
        "SELECT STRING_AGG(name, ', ' ORDER BY id) FROM singer",
        "SELECT name FROM singer WHERE id = ANY (SELECT singer_id FROM concert)",
    ],
    "mysql": [
        "SELECT `Home Town` FROM singer WHERE name REGEXP 'a' LIMIT 2, 5",
        "SELECT DATE_SUB(held, INTERVAL 1 MONTH), TIMESTAMPDIFF(DAY, held, NOW()) FROM concert",
        "SELECT GROUP_CONCAT(DISTINCT name ORDER BY name SEPARATOR ', ') FROM singer",
    ],
    "duckdb": [
        "SELECT * EXCLUDE (id) FROM singer QUALIFY ROW_NUMBER() OVER (ORDER BY id) = 1",
        "SELECT name FROM singer SEMI JOIN concert ON singer.id = concert.singer_id",
        "SELECT year, MEDIAN(id) FROM singer GROUP BY ALL",
    ],
    "bigquery": [
        "SELECT * EXCEPT (id) FROM singer",
        "SELECT DATE_DIFF(CURRENT_DATE(), held, DAY), SAFE_CAST(id AS STRING) FROM concert",
        "SELECT ARRAY_AGG(name ORDER BY id LIMIT 3), [1] FROM singer",
        'SELECT name FROM singer, UNNEST([1, 2]) AS n WHERE name LIKE "a%"',
        "SELECT name FROM singer QUALIFY RANK() OVER (ORDER BY id) = 1",
    ],
    "snowflake": [
        "SELECT DATEADD(day, 1, held), IFF(id > 1, 'a', 'b') FROM concert WHERE venue ILIKE '%x'",
        "SELECT * EXCLUDE id FROM singer QUALIFY RANK() OVER (PARTITION BY year ORDER BY id) = 1",
        "SELECT LISTAGG(name, ', ') WITHIN GROUP (ORDER BY name) FROM singer LIMIT 3",
    ],
    "tsql": [
        "SELECT TOP 5 [Home Town], name FROM singer ORDER BY year DESC",
        "SELECT name FROM singer ORDER BY id OFFSET 5 ROWS FETCH NEXT 3 ROWS ONLY",
        "SELECT DATEADD(month, -1, held), CONVERT(VARCHAR(10), held) FROM concert",
        "SELECT s.name FROM singer AS s CROSS APPLY (SELECT TOP 1 c.venue FROM concert AS c) AS x",
    ],
}

NOT_OF = {
    "sqlite": ["SELECT TOP 5 name FROM singer", "SELECT name FROM singer WHERE name ILIKE 'a'"],
    "postgres": ["SELECT name FROM singer LIMIT 2, 5", 'SELECT "NAME" FROM singer'],
    "mysql": ["SELECT name FROM singer OFFSET 3", "SELECT x.id FROM (SELECT id FROM singer)"],
    "duckdb": ["SELECT TOP 5 name FROM singer", "SELECT read_csv('x') FROM singer"],
    "bigquery": ["SELECT name FROM singer UNION SELECT name FROM singer"],
    "snowflake": ["SELECT SYSTEM$WAIT(5) FROM singer", 'SELECT "name" FROM singer'],
    "tsql": ["SELECT name FROM singer LIMIT 5", "SELECT id = 1 > 2 FROM singer"],
}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_every_dialect_has_is_accepted_and_valid(dialect):
    for query in EVERYWHERE:
        if dialect == "bigquery":
            query = query.replace("''", "\\'").replace("UNION", "UNION ALL")
        assert accepts(query, dialect), query
        assert validate(spec(dialect), query.encode()) is None, query


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_one_dialects_own_is_accepted_there(dialect):
    for query in OF_ONE[dialect]:
        assert accepts(query, dialect), query


@pytest.mark.parametrize("dialect", DIALECTS)
def test_unknown_names_writes_and_misuse_are_refused(dialect):
    for query in [*NOWHERE, *NOT_OF[dialect]]:
        assert not accepts(query, dialect), query


def test_an_open_catalog_takes_any_name_and_only_known_functions():
    assert accepts("SELECT a.b.c, x FROM p.q AS a WHERE f = 1", is_open=True)
    assert accepts("SELECT 1", is_open=True)
    assert not accepts("SELECT load_extension('x')", is_open=True)
    assert not accepts("DELETE FROM t", is_open=True)


def test_functions_are_those_that_the_caller_lists():
    own = compile_sql(Sql(catalog=spec().catalog, functions=("upper", "geo.distance")))[0]
    assert own.accepts(b"SELECT UPPER(name), geo.distance(id, 1, 2) FROM singer")
    assert not own.accepts(b"SELECT LOWER(name) FROM singer")
    assert not own.accepts(b"SELECT COUNT(*) FROM singer")
    assert "count" in functions_of("sqlite")


def test_names_that_are_keywords_elsewhere_and_names_in_quotes():
    ddl = 'CREATE TABLE "order" ("group" INT, date TEXT, rank INT, "two words" INT, "q""q" INT)'
    words = compile_sql(Sql(catalog=Catalog.from_ddl(ddl)))[0]
    assert words.accepts(b'SELECT date, rank, "two words", "q""q", "group" FROM "order"')
    assert words.accepts(b'SELECT RANK() OVER (ORDER BY rank), DATE(date) FROM "order"')
    assert not words.accepts(b'SELECT group FROM "order"')
    assert not words.accepts(b"SELECT date FROM order")


def test_qualified_tables_need_their_schema():
    catalog = Catalog.from_ddl("CREATE TABLE sales.orders (id INT)", "postgres")
    queries = compile_sql(Sql("postgres", catalog=catalog))[0]
    assert queries.accepts(b"SELECT orders.id FROM sales.orders")
    assert not queries.accepts(b"SELECT id FROM orders")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (Sql("oracle", catalog=Catalog.open()), MalformedError),
        (Sql(catalog=Catalog()), UnsatisfiableError),
        (Sql(catalog="CREATE TABLE a"), MalformedError),
        (Sql(catalog=None), MalformedError),  # pyright: ignore[reportArgumentType]
        (Sql(catalog=Catalog.open(), functions=("drop table",)), MalformedError),
    ],
)
def test_what_is_no_spec_is_refused(wrong, error):
    with pytest.raises(error):
        compile_sql(wrong)
