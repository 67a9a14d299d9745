"""The demo shop as people talk about it; its tables and rows are `examples/data/shop.sql`."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable
from contextlib import closing
from functools import lru_cache

from models.catalogs import SHOP, Catalog, Draw, Table, column


@lru_cache(maxsize=1)
def shop() -> Catalog:
    """Returns the demo shop; the values that conditions name are those of its rows."""
    return Catalog((_customers(), _products(), _orders(), _order_items()))


def _customers() -> Table:
    return Table(
        "customers",
        ("customers", "customers", "clients", "buyers"),
        "name",
        (
            column("name", "text", _found("customers", "name"), own=(
                ("called {v}", "{c} = {v}"), ("named {v}", "{c} = {v}"),
            )),
            column("city", "text", _found("customers", "city"), "town|home town", (
                ("from {v}", "{c} = {v}"), ("in {v}", "{c} = {v}"), ("living in {v}", "{c} = {v}"),
                ("who live in {v}", "{c} = {v}"), ("based in {v}", "{c} = {v}"),
                ("outside {v}", "{c} <> {v}"), ("not from {v}", "{c} <> {v}"),
            )),
            column("country", "text", _found("customers", "country"), "home country", (
                ("from {v}", "{c} = {v}"), ("in {v}", "{c} = {v}"), ("living in {v}", "{c} = {v}"),
                ("who live in {v}", "{c} = {v}"), ("based in {v}", "{c} = {v}"),
                ("outside {v}", "{c} <> {v}"), ("not from {v}", "{c} <> {v}"),
            )),
            column("joined", "date", _day(2021, 2024), "joining date|date of joining", (
                ("who joined after {v}", "{c} > {v}"), ("who joined before {v}", "{c} < {v}"),
                ("who joined since {v}", "{c} >= {v}"), ("who joined on {v}", "{c} = {v}"),
                ("who have been with us since before {v}", "{c} < {v}"),
                ("who signed up after {v}", "{c} > {v}"),
                ("who signed up before {v}", "{c} < {v}"),
                *_in_a_year("who joined in", "who signed up in", "that joined in"),
            )),
        ),
    )  # fmt: skip


def _products() -> Table:
    return Table(
        "products",
        ("products", "products", "articles", "goods"),
        "name",
        (
            column("name", "text", _found("products", "name"), own=(
                ("called {v}", "{c} = {v}"), ("named {v}", "{c} = {v}"),
            )),
            column("category", "text", _found("products", "category"), "kind|group", (
                ("{v} {t}", "{c} = {v}"), ("in the {v} category", "{c} = {v}"),
                ("of category {v}", "{c} = {v}"), ("from {v}", "{c} = {v}"),
                ("in {v}", "{c} = {v}"), ("that are not {v}", "{c} <> {v}"),
                ("outside the {v} category", "{c} <> {v}"),
            )),
            column("price", "real", _number(2, 350), "cost", (
                ("that cost more than {v}", "{c} > {v}"), ("above {v} euros", "{c} > {v}"),
                ("costing over {v}", "{c} > {v}"), ("more expensive than {v}", "{c} > {v}"),
                ("that cost less than {v}", "{c} < {v}"), ("under {v} euros", "{c} < {v}"),
                ("cheaper than {v}", "{c} < {v}"), ("costing less than {v}", "{c} < {v}"),
                ("for at most {v}", "{c} <= {v}"), ("that cost at least {v}", "{c} >= {v}"),
                ("that cost {v} or more", "{c} >= {v}"),
            )),
            column("stock", "integer", _number(0, 400), "inventory|stock level", (
                ("with fewer than {v} in stock", "{c} < {v}"), ("out of stock", "{c} = 0"),
                ("with less than {v} units left", "{c} < {v}"), ("that are sold out", "{c} = 0"),
                ("with more than {v} in stock", "{c} > {v}"), ("in stock", "{c} > 0"),
                ("with at least {v} units left", "{c} >= {v}"), ("still available", "{c} > 0"),
            )),
        ),
    )  # fmt: skip


def _orders() -> Table:
    return Table(
        "orders",
        ("orders", "orders", "purchases"),
        "id",
        (
            column("order_date", "date", _day(2023, 2025), "date|day", (
                ("placed after {v}", "{c} > {v}"), ("placed before {v}", "{c} < {v}"),
                ("since {v}", "{c} >= {v}"), ("placed on {v}", "{c} = {v}"),
                ("from {v}", "{c} = {v}"), ("after {v}", "{c} > {v}"), ("before {v}", "{c} < {v}"),
                *_in_a_year("placed in", "from", "in", "made in"),
            )),
            column("status", "text", _found("orders", "status"), "state", (
                ("{v} {t}", "{c} = {v}"), ("that are {v}", "{c} = {v}"),
                ("that were {v}", "{c} = {v}"), ("with status {v}", "{c} = {v}"),
                ("that are still {v}", "{c} = {v}"), ("which are {v}", "{c} = {v}"),
                ("that are not {v}", "{c} <> {v}"), ("not yet {v}", "{c} <> {v}"),
            )),
            column("total", "real", _number(5, 1500), "amount|value|order value", (
                ("worth more than {v}", "{c} > {v}"), ("over {v} euros", "{c} > {v}"),
                ("above {v}", "{c} > {v}"), ("of more than {v}", "{c} > {v}"),
                ("worth less than {v}", "{c} < {v}"), ("below {v}", "{c} < {v}"),
                ("under {v} euros", "{c} < {v}"), ("of at least {v}", "{c} >= {v}"),
                ("worth {v} or more", "{c} >= {v}"), ("of at most {v}", "{c} <= {v}"),
            )),
        ),
        (("customer_id", "customers"),),
    )  # fmt: skip


def _order_items() -> Table:
    return Table(
        "order_items",
        ("order items", "order items", "order lines", "positions"),
        "id",
        (
            column("quantity", "integer", _number(1, 10), "number of pieces|number of units", (
                ("with more than {v} pieces", "{c} > {v}"), ("of at least {v} units", "{c} >= {v}"),
                ("with fewer than {v} pieces", "{c} < {v}"), ("of {v} pieces", "{c} = {v}"),
            )),
        ),
        (("order_id", "orders"), ("product_id", "products")),
    )  # fmt: skip


def _in_a_year(*begins: str) -> tuple[tuple[str, str], ...]:
    """Returns phrases with a year, which mean a span of dates."""
    span = "{c} BETWEEN '{y}-01-01' AND '{y}-12-31'"
    return tuple((f"{begin} {{y}}", span) for begin in begins)


@lru_cache(maxsize=16)
def _values(table: str, name: str) -> tuple[str, ...]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.executescript(SHOP.read_text(encoding="utf-8"))
        rows = database.execute(f"SELECT DISTINCT {name} FROM {table} ORDER BY {name}")
        return tuple(value for (value,) in rows)


def _found(table: str, name: str) -> Draw:
    return lambda rng: rng.choice(_values(table, name))


def _number(low: int, high: int) -> Draw:
    def draw(rng: random.Random) -> str:
        ranges: tuple[Callable[[], int], ...] = (
            lambda: rng.randint(low, high),
            lambda: rng.randint(low, max(low + 1, high // 10)),
            lambda: rng.randint(low, high) // 10 * 10 or 10,
            lambda: rng.randint(low, high) // 50 * 50 or 50,
        )
        return str(rng.choice(ranges)())

    return draw


def _day(first: int, last: int) -> Draw:
    return lambda rng: (
        f"{rng.randint(first, last)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
    )
