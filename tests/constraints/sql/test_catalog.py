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


@pytest.mark.parametrize(
    ("ddl", "line", "column", "says"),
    [
        ("CREATE TABEL x (", 1, 1, "TABLE, perhaps?"),
        ("CREATE TABLE t (a INT);\n CREATE TABEL y (b INT)", 2, 2, "TABLE, perhaps?"),
        ("CRATE TABLE x (a INT)", 1, 1, "CREATE, perhaps?"),
        ("CREATE VIEW v AS SELECT * FROM nosuch", 1, 1, "declares no columns"),
        ("CREATE TABLE t (LIKE u)", 1, 1, "'u', which is not declared before"),
    ],
)
def test_a_statement_that_is_not_understood_is_named(ddl, line, column, says):
    with pytest.raises(MalformedError) as caught:
        Catalog.from_ddl(ddl, "postgres")
    assert (caught.value.line, caught.value.column) == (line, column)
    assert says in str(caught.value)


DUMPS = {
    "postgres": (
        r"""SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
\connect shop
CREATE TYPE public.mood AS ENUM ('sad', 'ok');
CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RETURN NEW; END;$$;
CREATE UNLOGGED TABLE public.actor (
    actor_id integer DEFAULT nextval('public.actor_seq'::regclass) NOT NULL,
    "First Name" character varying(45), tags text[], m public.mood,
    CONSTRAINT positive CHECK ((actor_id > 0))
);
ALTER TABLE public.actor OWNER TO postgres;
ALTER TABLE ONLY public.actor ADD CONSTRAINT actor_pkey PRIMARY KEY (actor_id);
CREATE TABLE public.p (id int, d date) PARTITION BY RANGE (d);
CREATE TABLE public.p1 PARTITION OF public.p FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE MATERIALIZED VIEW public.mv AS SELECT actor_id AS who FROM public.actor WITH NO DATA;
CREATE VIEW public.v AS SELECT p.*, 1 AS one FROM public.p;
COPY public.actor (actor_id) FROM stdin;
1; 'x
\.
CREATE INDEX i ON public.actor USING btree (actor_id);
GRANT SELECT ON TABLE public.actor TO reader;
""",
        {
            "actor": ["actor_id", "First Name", "tags", "m"],
            "p": ["id", "d"],
            "p1": ["id", "d"],
            "mv": ["who"],
            "v": ["id", "d", "one"],
        },
    ),
    "mysql": (
        """DROP TABLE IF EXISTS `a`;
CREATE TABLE `a` (
  `id` int(10) unsigned NOT NULL AUTO_INCREMENT COMMENT 'the id',
  `first name` varchar(45) CHARACTER SET utf8mb4 DEFAULT NULL, e enum('a','b'),
  PRIMARY KEY (`id`), UNIQUE KEY `u` (`first name`), KEY `k` (`e`) USING BTREE,
  FULLTEXT KEY ft (`first name`)
) ENGINE=InnoDB AUTO_INCREMENT=5 DEFAULT CHARSET=utf8mb4 COMMENT='x' PARTITION BY HASH(id);
LOCK TABLES `a` WRITE;
INSERT INTO `a` VALUES (1, 'x; y', 'a');
UNLOCK TABLES;
CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`%` SQL SECURITY DEFINER VIEW `v` AS
  select `a`.`id` AS `n` from `a`;
CREATE TABLE b LIKE a;
""",
        {"a": ["id", "first name", "e"], "v": ["n"], "b": ["id", "first name", "e"]},
    ),
    "tsql": (
        """USE [master]
GO
CREATE TABLE [dbo].[Customers](
  [CustomerID] [nchar](5) NOT NULL, [Company Name] [nvarchar](40) NULL DEFAULT (getdate()),
  [u] [uniqueidentifier] ROWGUIDCOL NOT NULL, id int IDENTITY(1,1),
  CONSTRAINT [PK] PRIMARY KEY CLUSTERED ([CustomerID] ASC) WITH (PAD_INDEX = OFF) ON [PRIMARY]
) ON [PRIMARY] TEXTIMAGE_ON [PRIMARY]
GO
CREATE NONCLUSTERED INDEX [ix] ON [dbo].[Customers]([CustomerID])
GO
CREATE VIEW [dbo].[V] AS SELECT * FROM [dbo].[Customers]
GO
""",
        {
            "Customers": ["CustomerID", "Company Name", "u", "id"],
            "V": ["CustomerID", "Company Name", "u", "id"],
        },
    ),
    "bigquery": (
        """CREATE OR REPLACE TABLE `my-project.ds.orders` (
  id INT64 NOT NULL OPTIONS(description='x'),
  items ARRAY<STRUCT<sku STRING, qty INT64>>, addr STRUCT<street STRING>, ts TIMESTAMP
) PARTITION BY DATE(ts) CLUSTER BY id OPTIONS(description='t');
CREATE MATERIALIZED VIEW `my-project.ds.v` AS SELECT id FROM `my-project.ds.orders`;
""",
        {"orders": ["id", "items", "addr", "ts"], "v": ["id"]},
    ),
    "snowflake": (
        """create or replace TABLE DB.PUBLIC.T (
  ID NUMBER(38,0) NOT NULL autoincrement, V VARIANT, primary key (ID)
) CLUSTER BY (ID);
create or replace secure view DB.PUBLIC.W(A, B COMMENT 'x') as select id, v from t;
create file format ff type=csv;
create stream st on table t;
""",
        {"T": ["ID", "V"], "W": ["A", "B"]},
    ),
    "sqlite": (
        """CREATE TABLE t (a, "b c" TEXT, UNIQUE (a)) WITHOUT ROWID;
CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END;
CREATE TEMP VIEW v (p, q) AS SELECT * FROM T;
""",
        {"t": ["a", "b c"], "v": ["p", "q"]},
    ),
}


@pytest.mark.parametrize("dialect", DUMPS)
def test_dumps_of_databases_are_read(dialect):
    ddl, tables = DUMPS[dialect]
    catalog = Catalog.from_ddl(ddl, dialect)
    assert {t.name: [column.name for column in t.columns] for t in catalog.tables} == tables
