"""Databases that tell a right query from one that is nearly right, and what queries give."""

from __future__ import annotations

import random
import re
import sqlite3
from collections import Counter
from datetime import date, timedelta

from models.catalogs import SHOP, shop_ddl

ROWS = 24
TEXTS = re.compile(r"'((?:[^']|'')*)'")
NUMBERS = re.compile(r"(?<![\w'.-])\d+(?![\w'.-])")
OTHERS = ("north", "south", "green", "Ada Prime")
MAX_STEPS = 2_000_000

Row = tuple[object, ...]


def database_for(ddl: str, sql: str, seed: int = 0) -> sqlite3.Connection:
    """Returns the demo shop with its rows, or another catalog with rows made for a query.

    Made-up rows hold the values that the query names, values next to them, and others, so that
    queries with another sign, column or value give other results.

    Args:
        ddl: CREATE TABLE statements.
        sql: The query.
        seed: Of the rows.
    """
    database = sqlite3.connect(":memory:")
    if ddl == shop_ddl():
        database.executescript(SHOP.read_text(encoding="utf-8"))
    else:
        database.executescript(ddl)
        _fill(database, sql, random.Random(seed))
    return database


def _fill(database: sqlite3.Connection, sql: str, rng: random.Random) -> None:
    texts = [text.replace("''", "'") for text in TEXTS.findall(sql)]
    numbers = [int(number) for number in NUMBERS.findall(TEXTS.sub("", sql))]
    tables = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    for (table,) in tables:
        columns = database.execute(f'PRAGMA table_info("{table}")').fetchall()
        for key in range(1, ROWS + 1):
            row = [_value(rng, column[1], column[2], key, texts, numbers) for column in columns]
            database.execute(f'INSERT INTO "{table}" VALUES ({",".join("?" * len(row))})', row)


def _value(
    rng: random.Random, name: str, type_: str, key: int, texts: list[str], numbers: list[int]
) -> object:
    if name == "id":
        return key
    if type_ == "integer":
        return rng.randint(1, ROWS)
    days = [text for text in texts if re.fullmatch(r"\d{4}-\d\d-\d\d", text)]
    if type_ == "date":
        day = date.fromisoformat(rng.choice(days)) if days else date(2024, 6, 1)
        return (day + timedelta(days=rng.choice((-400, -9, -1, 0, 0, 1, 9, 400)))).isoformat()
    if type_ == "text":
        return rng.choice([text for text in texts if text not in days] * 2 + list(OTHERS))
    near = rng.choice(numbers) if numbers else 50
    return float(near + rng.choice((-1, 0, 0, 1, rng.randint(-40, 40), rng.randint(-900, 900))))


def result_of(database: sqlite3.Connection, sql: str) -> list[Row] | None:
    """Returns what a query gives; None where it does not run, or runs for too long."""
    left = [MAX_STEPS]

    def spent() -> int:
        left[0] -= 10_000
        return int(left[0] < 0)

    database.set_progress_handler(spent, 10_000)
    try:
        return database.execute(sql).fetchall()
    except (sqlite3.Error, sqlite3.Warning):
        return None


def same_result(database: sqlite3.Connection, wanted: str, found: str) -> bool:
    """Returns whether two queries give the same rows, in the same order where it is asked for.

    Rows are compared as a multiset unless `wanted` orders them; a float counts to nine digits.
    """
    expected, got = (result_of(database, sql) for sql in (wanted, found))
    if expected is None or got is None:
        return False
    one, other = ([tuple(map(_rounded, row)) for row in rows] for rows in (expected, got))
    if "ORDER BY" in wanted.upper():
        return one == other
    return Counter(one) == Counter(other)


def _rounded(value: object) -> object:
    return float(f"{value:.9g}") if isinstance(value, (int, float)) else value
