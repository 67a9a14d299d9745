"""Catalogs: what is read from DDL, Spider's tables and an information schema, and what is not."""

from __future__ import annotations

import pickle

import pytest

from constraints import Catalog, LimitError, MalformedError, UnsupportedError
from constraints.sql.catalog import MAX_TABLES, Column, Table

SHOP = """
-- a dump
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    "Placed On" DATE,
    total NUMERIC(10, 2) NOT NULL DEFAULT 0 CHECK (total >= 0)
);
CREATE INDEX by_total ON orders (total);
INSERT INTO orders VALUES (1, '2024-01-01', 3);
CREATE VIEW big AS SELECT id, total AS amount FROM orders WHERE total > 100;
ALTER TABLE orders ADD COLUMN status TEXT;
"""


def test_tables_views_and_added_columns_are_read():
    orders, big = Catalog.from_ddl(SHOP).tables
    assert [column.name for column in orders.columns] == ["id", "Placed On", "total", "status"]
    assert orders.columns[1] == Column("Placed On", "DATE", quoted=True)
    assert big == Table("big", (Column("id"), Column("amount")))


def test_a_schema_before_the_name_is_kept():
    (table,) = Catalog.from_ddl("CREATE TABLE sales.orders (id INT)", "postgres").tables
    assert table.schema == ("sales",)
    assert table.name == "orders"


def test_a_statement_that_does_not_parse_is_named_with_its_place():
    with pytest.raises(MalformedError) as raised:
        Catalog.from_ddl("CREATE TABLE a (id INT);\n  CREATE TABLE b (id INT;")
    assert "statement 2" in raised.value.message
    assert "CREATE TABLE b" in raised.value.message
    assert (raised.value.line, raised.value.column) == (2, 3)


@pytest.mark.parametrize(
    ("ddl", "error"),
    [
        ("", MalformedError),
        ("SELECT 1", MalformedError),
        ("CREATE TABLE a AS SELECT * FROM b", MalformedError),
        ("CREATE TABLE a (x INT, x INT)", MalformedError),
        ("CREATE TABLE a (x INT); CREATE TABLE s.b (y INT)", UnsupportedError),
        ("CREATE TABLE a (x INT); ALTER TABLE a DROP COLUMN x", UnsupportedError),
        ("x" * 5_000_000, LimitError),
    ],
)
def test_what_is_no_catalog_is_refused(ddl, error):
    with pytest.raises(error):
        Catalog.from_ddl(ddl)


def test_ten_thousand_tables_end_in_a_limit():
    with pytest.raises(LimitError, match=str(MAX_TABLES)):
        Catalog.from_ddl(";".join(f"CREATE TABLE t{n} (id INT)" for n in range(10_000)))
    with pytest.raises(LimitError):
        Catalog(tuple(Table(f"t{n}", (Column("id"),)) for n in range(10_000)))


def test_an_unknown_dialect_is_refused_by_name():
    with pytest.raises(MalformedError, match="oracle"):
        Catalog.from_ddl("CREATE TABLE a (x INT)", "oracle")


def test_spiders_tables_are_read_and_other_things_are_not():
    database = {
        "table_names_original": ["singer", "sqlite_sequence"],
        "column_names_original": [[-1, "*"], [0, "Singer_ID"], [0, "Home Town"], [1, "seq"]],
        "column_types": ["text", "number", "text", "number"],
    }
    (table,) = Catalog.from_spider(database).tables
    assert table == Table("singer", (Column("Singer_ID", "number"), Column("Home Town", "text")))
    with pytest.raises(MalformedError):
        Catalog.from_spider({"table_names_original": ["singer"]})


def test_an_information_schema_is_read_with_its_names_as_they_are():
    rows = [("sales", "orders", "id", "integer"), ("sales", "orders", "Total", "numeric")]
    (table,) = Catalog.from_information_schema(rows).tables
    assert table.schema == ("sales",)
    assert table.columns[1] == Column("Total", "numeric", quoted=True)
    with pytest.raises(MalformedError):
        Catalog.from_information_schema([("orders", "id")])


def test_a_catalog_is_a_key_and_can_be_sent():
    catalog = Catalog.from_ddl(SHOP)
    assert catalog == Catalog.from_ddl(SHOP)
    assert hash(catalog) == hash(pickle.loads(pickle.dumps(catalog)))


def test_a_statement_that_nests_too_deep_is_a_limit():
    deep = "(" * 5000 + "1" + ")" * 5000
    with pytest.raises(LimitError, match="nests too deep"):
        Catalog.from_ddl(f"CREATE TABLE a (x INT DEFAULT {deep})", "sqlite")
