"""Questions over small catalogs, and the SQLite query that answers each."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from engine.prompt import catalog_outline
from models import values as v
from models.example import Example
from models.pools import Pools, made_up_word
from models.values import Writer

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


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a catalog, its columns sorted by kind."""

    name: str
    texts: tuple[str, ...]
    numbers: tuple[str, ...]
    dates: tuple[str, ...]
    link: str = ""

    def columns(self) -> dict[str, str]:
        """Returns every column with its type, the key first."""
        return {
            "id": "integer",
            **({self.link: "integer"} if self.link else {}),
            **dict.fromkeys(self.texts, "text"),
            **dict.fromkeys(self.numbers, "real"),
            **dict.fromkeys(self.dates, "date"),
        }


@dataclass(frozen=True, slots=True)
class Query:
    """A question and its answer."""

    question: str
    sql: str


def question_example(rng: random.Random, pools: Pools) -> Example:
    """Returns one case: the catalog as outline, the question as text, the query as answer."""
    w = v.new_writer(rng, pools)
    main, other = _table(rng), _table(rng)
    while other.name == main.name:
        other = _table(rng)
    joins = rng.random() < 0.2
    query = _joined(w, main, other) if joins else rng.choice(SHAPES)(w, main)
    linked = Table(main.name, main.texts, main.numbers, main.dates, _key(other)) if joins else main
    tables = [linked, other] if joins or rng.random() < 0.4 else [linked]
    rng.shuffle(tables)
    outline = catalog_outline({table.name: table.columns() for table in tables})
    question = query.question.replace("_", " ") if rng.random() < 0.7 else query.question
    return Example("sql", outline, _punctuated(rng, question), query.sql)


def _punctuated(rng: random.Random, question: str) -> str:
    end = rng.choice(("?", "?", ".", ""))
    return (question[0].upper() + question[1:] if rng.random() < 0.7 else question) + end


def _table(rng: random.Random) -> Table:
    name = rng.choice(NOUNS) if rng.random() < 0.75 else f"{made_up_word(rng, 2)}s"
    own = [made_up_word(rng, 2)] if rng.random() < 0.3 else []
    return Table(
        name.encode("ascii", "ignore").decode() or "items",
        tuple(rng.sample(TEXT_COLUMNS, rng.randint(1, 3))),
        tuple(rng.sample(NUMBER_COLUMNS, rng.randint(1, 2)))
        + tuple(c for c in own if c.isascii() and c not in NUMBER_COLUMNS),
        tuple(rng.sample(DATE_COLUMNS, rng.randint(0, 1))),
    )


def _key(table: Table) -> str:
    return f"{table.name.removesuffix('s')}_id"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _number(w: Writer) -> str:
    return str(w.rng.choice((w.rng.randint(1, 50), w.rng.randint(50, 5000), 100, 10, 1000)))


def _filter(w: Writer, table: Table, prefix: str = "") -> tuple[str, str]:
    """Returns a condition in English and in SQL."""
    roll = w.rng.random()
    if roll < 0.45:
        column, value = (
            w.rng.choice(table.texts),
            w.rng.choice((v.city, v.word, v.person))(w).answer,
        )
        said = w.rng.choice(
            ("whose {c} is {v}", "with {c} {v}", "where {c} is {v}", "with {c} equal to {v}")
        )
        return said.format(c=column, v=value), f"{prefix}{column} = {_quoted(value)}"
    if roll < 0.8 or not table.dates:
        column, value = w.rng.choice(table.numbers), _number(w)
        said, sign = w.rng.choice(COMPARISONS)
        return said.format(c=column, v=value), f"{prefix}{column} {sign} {value}"
    column, when = w.rng.choice(table.dates), v.day(w)
    said, sign = w.rng.choice((("after {v}", ">"), ("before {v}", "<"), ("since {v}", ">=")))
    return f"with {column} {said.format(v=when.shown)}", f"{prefix}{column} {sign} '{when.answer}'"


COMPARISONS = (
    ("with {c} above {v}", ">"), ("with more than {v} {c}", ">"), ("with {c} over {v}", ">"),
    ("with {c} below {v}", "<"), ("with less than {v} {c}", "<"), ("with {c} at least {v}", ">="),
    ("with {c} of {v} or more", ">="), ("with {c} at most {v}", "<="), ("with {c} under {v}", "<"),
)  # fmt: skip
AGGREGATES = (
    ("average", "AVG"), ("mean", "AVG"), ("total", "SUM"), ("sum of", "SUM"), ("highest", "MAX"),
    ("maximum", "MAX"), ("largest", "MAX"), ("lowest", "MIN"), ("minimum", "MIN"),
    ("smallest", "MIN"),
)  # fmt: skip


def _list_all(w: Writer, t: Table) -> Query:
    said = w.rng.choice(("show all {t}", "list all {t}", "give me every row of {t}", "all {t}"))
    return Query(said.format(t=t.name), f"SELECT * FROM {t.name}")


def _list_some(w: Writer, t: Table) -> Query:
    column = w.rng.choice(t.texts + t.numbers)
    said = w.rng.choice(("show the {c} of {t} {f}", "list the {c} of {t} {f}", "{c} of {t} {f}",
                         "what is the {c} of {t} {f}"))  # fmt: skip
    words, condition = _filter(w, t)
    return Query(
        said.format(c=column, t=t.name, f=words), f"SELECT {column} FROM {t.name} WHERE {condition}"
    )


def _list_two(w: Writer, t: Table) -> Query:
    first, second = w.rng.sample(t.texts + t.numbers, 2)
    words, condition = _filter(w, t)
    said = w.rng.choice(("show {a} and {b} of {t} {f}", "list {a} and {b} for {t} {f}"))
    return Query(
        said.format(a=first, b=second, t=t.name, f=words),
        f"SELECT {first}, {second} FROM {t.name} WHERE {condition}",
    )


def _which(w: Writer, t: Table) -> Query:
    words, condition = _filter(w, t)
    if w.rng.random() < 0.4:
        more, second = _filter(w, t)
        link = w.rng.choice(("and", "or"))
        words, condition = f"{words} {link} {more}", f"{condition} {link.upper()} {second}"
    said = w.rng.choice(
        ("which {t} are there {f}", "find {t} {f}", "show {t} {f}", "get all {t} {f}")
    )
    return Query(said.format(t=t.name, f=words), f"SELECT * FROM {t.name} WHERE {condition}")


def _count(w: Writer, t: Table) -> Query:
    said = w.rng.choice(("how many {t} are there", "count the {t}", "number of {t}"))
    if w.rng.random() < 0.3:
        return Query(said.format(t=t.name), f"SELECT COUNT(*) FROM {t.name}")
    words, condition = _filter(w, t)
    question = f"{said.format(t=t.name)} {words}"
    return Query(question, f"SELECT COUNT(*) FROM {t.name} WHERE {condition}")


def _aggregate(w: Writer, t: Table) -> Query:
    word, function = w.rng.choice(AGGREGATES)
    column = w.rng.choice(t.numbers)
    said = w.rng.choice(
        ("what is the {a} {c} of {t}", "{a} {c} of {t}", "the {a} {c} over all {t}")
    )
    question, sql = (
        said.format(a=word, c=column, t=t.name),
        f"SELECT {function}({column}) FROM {t.name}",
    )
    if w.rng.random() < 0.5:
        words, condition = _filter(w, t)
        return Query(f"{question} {words}", f"{sql} WHERE {condition}")
    return Query(question, sql)


def _grouped(w: Writer, t: Table) -> Query:
    by = w.rng.choice(t.texts)
    each = w.rng.choice(("per {b}", "for each {b}", "by {b}", "grouped by {b}")).format(b=by)
    if w.rng.random() < 0.4:
        return Query(
            f"how many {t.name} {each}", f"SELECT {by}, COUNT(*) FROM {t.name} GROUP BY {by}"
        )
    word, function = w.rng.choice(AGGREGATES)
    column = w.rng.choice(t.numbers)
    return Query(
        f"{word} {column} of {t.name} {each}",
        f"SELECT {by}, {function}({column}) FROM {t.name} GROUP BY {by}",
    )


def _top(w: Writer, t: Table) -> Query:
    number, column = w.rng.choice((1, 3, 5, 10, w.rng.randint(2, 30))), w.rng.choice(t.numbers)
    word, order = w.rng.choice((("highest", "DESC"), ("largest", "DESC"), ("lowest", "ASC"),
                                ("smallest", "ASC")))  # fmt: skip
    said = w.rng.choice(("the {n} {t} with the {a} {c}", "top {n} {t} by {a} {c}",
                         "show {n} {t} with the {a} {c}"))  # fmt: skip
    return Query(
        said.format(n=number, t=t.name, a=word, c=column),
        f"SELECT * FROM {t.name} ORDER BY {column} {order} LIMIT {number}",
    )


def _sorted(w: Writer, t: Table) -> Query:
    shown, by = w.rng.choice(t.texts), w.rng.choice(t.numbers + t.dates)
    word, order = w.rng.choice((("descending", "DESC"), ("ascending", "ASC")))
    return Query(
        f"list the {shown} of {t.name} sorted by {by} {word}",
        f"SELECT {shown} FROM {t.name} ORDER BY {by} {order}",
    )


def _distinct(w: Writer, t: Table) -> Query:
    column = w.rng.choice(t.texts)
    said = w.rng.choice(("the different {c} of {t}", "which distinct {c} do {t} have",
                         "list unique {c} in {t}"))  # fmt: skip
    return Query(said.format(c=column, t=t.name), f"SELECT DISTINCT {column} FROM {t.name}")


def _joined(w: Writer, t: Table, other: Table) -> Query:
    shown = w.rng.choice(t.texts + t.numbers)
    words, condition = _filter(w, other, f"{other.name}.")
    said = w.rng.choice(("show the {c} of {t} for {o} {f}", "list {c} of {t} of {o} {f}",
                         "{c} of {t} belonging to {o} {f}"))  # fmt: skip
    return Query(
        said.format(c=shown, t=t.name, o=other.name, f=words),
        f"SELECT {t.name}.{shown} FROM {t.name} JOIN {other.name} "
        f"ON {t.name}.{_key(other)} = {other.name}.id WHERE {condition}",
    )


SHAPES: tuple[Callable[[Writer, Table], Query], ...] = (
    _list_all, _list_some, _list_some, _list_two, _which, _which, _count, _aggregate, _grouped,
    _top, _sorted, _distinct,
)  # fmt: skip
