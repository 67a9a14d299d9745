"""Catalogs that questions are asked over: the demo shop, and small ones of random make."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.prompt import catalog_outline
from models import values as v
from models.pools import Pools, made_up_word

SHOP = Path(__file__).parents[1] / "examples" / "data" / "shop.sql"
ROWS_BEGIN = "INSERT INTO"
READ_AS = {"integer": "int", "real": "double"}  # what sqlglot makes of a declared type

Kind = Literal["text", "number", "date"]
Draw = Callable[[random.Random], str]


@dataclass(frozen=True, slots=True)
class Column:
    """A column and how people talk about it.

    Attributes:
        name: As declared.
        type: As declared: text, integer, real or date.
        kind: Which conditions it can have.
        said: What it is called in a question.
        conditions: Pairs of what is said of a row and what it means. A phrase follows the noun,
            or holds it as `{t}`; `{c}` is the column, `{v}` the value.
        draw: Draws a value for a condition.
    """

    name: str
    type: str
    kind: Kind
    said: tuple[str, ...]
    conditions: tuple[tuple[str, str], ...]
    draw: Draw


@dataclass(frozen=True, slots=True)
class Table:
    """A table and how people talk about its rows.

    Attributes:
        name: As declared.
        said: What its rows are called in a question, in the plural.
        label: The column that names a row: asked which, a query gives this one.
        columns: All but keys.
        links: Key columns and the tables they point at.
    """

    name: str
    said: tuple[str, ...]
    label: str
    columns: tuple[Column, ...]
    links: tuple[tuple[str, str], ...] = ()

    def of_kind(self, *kinds: Kind) -> list[Column]:
        """Returns the columns of these kinds."""
        return [column for column in self.columns if column.kind in kinds]

    def types(self) -> dict[str, str]:
        """Returns every column with its type, the key first."""
        keys = {"id": "integer", **{link: "integer" for link, _ in self.links}}
        return keys | {column.name: column.type for column in self.columns}


@dataclass(frozen=True, slots=True)
class Catalog:
    """Tables that a question may be about."""

    tables: tuple[Table, ...]

    def named(self, name: str) -> Table:
        """Returns the table of this name."""
        return next(table for table in self.tables if table.name == name)

    def joints(self) -> list[tuple[Table, str, Table]]:
        """Returns every (table, key column, table it points at)."""
        return [
            (table, link, self.named(parent))
            for table in self.tables
            for link, parent in table.links
        ]

    def outline(self) -> str:
        """Returns the outline that `engine.prompt` makes of the DDL, without parsing it."""
        return catalog_outline(
            {
                table.name: {
                    name: READ_AS.get(type_, type_) for name, type_ in table.types().items()
                }
                for table in self.tables
            }
        )

    def ddl(self) -> str:
        """Returns a CREATE statement for each table."""
        return "\n".join(
            f"CREATE TABLE {table.name} ({', '.join(map(' '.join, table.types().items()))});"
            for table in self.tables
        )


def shop_ddl() -> str:
    """Returns the demo shop's DDL, without its rows."""
    return SHOP.read_text(encoding="utf-8").partition(ROWS_BEGIN)[0].strip()


NOUNS = (
    "orders", "customers", "products", "invoices", "employees", "tickets", "shipments", "payments",
    "suppliers", "bookings", "events", "students", "courses", "patients", "cars", "houses",
    "books", "films", "teams", "players", "stores", "sales", "reviews", "projects", "tasks",
    "accounts", "contracts", "visits", "machines", "parts",
)  # fmt: skip
TEXT_COLUMNS = (
    "name", "city", "country", "status", "category", "region", "brand", "color", "department",
    "title", "owner", "email", "type", "manager", "supplier", "language", "genre", "channel",
    "level",
)  # fmt: skip
NUMBER_COLUMNS = (
    "price", "amount", "quantity", "total", "age", "salary", "weight", "stock", "rating", "cost",
    "score", "year", "duration", "budget", "discount", "distance", "points", "hours",
)  # fmt: skip
DATE_COLUMNS = (
    "created_at", "order_date", "due_date", "start_date", "end_date", "birthday", "shipped_on",
)  # fmt: skip
LABELS = ("name", "title")

TEXT_SAID = tuple(
    (said, f"{{c}} {sign} {{v}}")
    for sign, phrases in {
        "=": ("whose {s} is {v}", "with {s} {v}", "where {s} is {v}", "where the {s} is {v}",
              "with {s} equal to {v}", "having {s} {v}", "with {v} as {s}"),
        "<>": ("whose {s} is not {v}", "with a {s} other than {v}"),
    }.items()
    for said in phrases
)  # fmt: skip
NUMBER_SAID = tuple(
    (said, f"{{c}} {sign} {{v}}")
    for sign, phrases in {
        ">": ("with {s} above {v}", "with more than {v} {s}", "with {s} over {v}",
              "whose {s} is greater than {v}", "with a {s} higher than {v}"),
        "<": ("with {s} below {v}", "with less than {v} {s}", "with {s} under {v}",
              "whose {s} is lower than {v}", "with a {s} smaller than {v}"),
        ">=": ("with {s} of at least {v}", "with {s} of {v} or more"),
        "<=": ("with {s} of at most {v}", "with {s} of {v} or less"),
        "=": ("with {s} of exactly {v}", "whose {s} is {v}"),
    }.items()
    for said in phrases
)  # fmt: skip
DATE_SAID = (
    ("with {s} after {v}", "{c} > {v}"), ("with {s} before {v}", "{c} < {v}"),
    ("with {s} since {v}", "{c} >= {v}"), ("whose {s} is {v}", "{c} = {v}"),
    ("with {s} later than {v}", "{c} > {v}"), ("with {s} earlier than {v}", "{c} < {v}"),
)  # fmt: skip
GENERIC: dict[Kind, tuple[tuple[str, str], ...]] = {
    "text": TEXT_SAID,
    "number": NUMBER_SAID,
    "date": DATE_SAID,
}


def column(
    name: str, type_: str, draw: Draw, said: str = "", own: tuple[tuple[str, str], ...] = ()
) -> Column:
    """Returns a column; what is said of it is its own phrases, more often, and those of its kind.

    Args:
        name: As declared.
        type_: text, integer, real or date.
        draw: Draws a value.
        said: Other names for it, parted by `|`.
        own: Conditions of its own.
    """
    kind: Kind = "text" if type_ == "text" else "date" if type_ == "date" else "number"
    return Column(
        name,
        type_,
        kind,
        (name.replace("_", " "), *filter(None, said.split("|"))),
        own * 3 + GENERIC[kind] if own else GENERIC[kind],
        draw,
    )


def random_catalog(rng: random.Random, pools: Pools) -> Catalog:
    """Returns one or two tables; where there are two, the first points at the second or not."""
    first, second = _table(rng, pools), _table(rng, pools)
    while second.name == first.name:
        second = _table(rng, pools)
    roll = rng.random()
    if roll < 0.4:
        return Catalog((first,))
    if roll < 0.8:
        key = f"{second.name.removesuffix('s')}_id"
        links = ((key, second.name),)
        first = Table(first.name, first.said, first.label, first.columns, links)
    return Catalog((first, second) if rng.random() < 0.5 else (second, first))


def _table(rng: random.Random, pools: Pools) -> Table:
    noun = rng.choice(NOUNS) if rng.random() < 0.75 else f"{made_up_word(rng, 2)}s"
    name = noun.encode("ascii", "ignore").decode() or "items"
    texts = rng.sample(TEXT_COLUMNS, rng.randint(1, 3))
    own = [made_up_word(rng, 2)] if rng.random() < 0.3 else []
    numbers = rng.sample(NUMBER_COLUMNS, rng.randint(1, 2)) + [w for w in own if w.isascii()]
    columns = [
        *(column(each, "text", _word_of(pools)) for each in texts),
        *(column(each, "real", _number) for each in dict.fromkeys(numbers)),
        *(column(each, "date", _day) for each in rng.sample(DATE_COLUMNS, rng.randint(0, 1))),
    ]
    label = next((each for each in LABELS if each in texts), "id")
    return Table(name, (name,), label, tuple(columns))


def _word_of(pools: Pools) -> Draw:
    def draw(rng: random.Random) -> str:
        writer = v.new_writer(rng, pools)
        return str(rng.choice((v.city, v.word, v.person))(writer).answer)

    return draw


def _number(rng: random.Random) -> str:
    return str(rng.choice((rng.randint(1, 50), rng.randint(50, 5000), 100, 10, 1000)))


def _day(rng: random.Random) -> str:
    return f"{rng.randint(2019, 2028)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"
