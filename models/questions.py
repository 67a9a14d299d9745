"""Questions over small catalogs, and the SQLite query that answers each.

Asked which rows, a query gives the column that names them (`Table.label`); asked for every column,
`*`. So one question has one answer.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from models.catalogs import Catalog, Column, Table, random_catalog, shop_ddl
from models.conditions import some_rows
from models.example import Example
from models.pools import Pools, Split
from models.shop import shop

SHOP_SHARE = 0.6
HELD_OUT_EVERY = 10


@dataclass(frozen=True, slots=True)
class Query:
    """A question and its answer."""

    question: str
    sql: str


def question_example(
    rng: random.Random, pools: Pools, split: Split = "train", *, shop_share: float = SHOP_SHARE
) -> Example:
    """Returns one case: the catalog as outline, the question as text, the query as answer.

    No query over the demo shop is in both splits; over catalogs of random make, the names and
    words are not.
    """
    if rng.random() < shop_share:
        catalog, ddl = shop(), shop_ddl()
        query = _query(rng, catalog)
        while _is_held_out(query.sql) != (split == "held_out"):
            query = _query(rng, catalog)
    else:
        catalog = random_catalog(rng, pools)
        query, ddl = _query(rng, catalog), catalog.ddl()
    text = _punctuated(rng, _voiced(rng, query.question))
    return Example("sql", catalog.outline(), text, query.sql, catalog=ddl)


def _is_held_out(sql: str) -> bool:
    return zlib.crc32(sql.encode()) % HELD_OUT_EVERY == 0


def _query(rng: random.Random, catalog: Catalog) -> Query:
    joints = catalog.joints()
    if joints and rng.random() < 0.3:
        return rng.choice(JOINED)(rng, *rng.choice(joints))
    while True:
        table = rng.choice(catalog.tables)
        query = rng.choice(SHAPES)(rng, table)
        if query is not None:
            return query


def _voiced(rng: random.Random, question: str) -> str:
    """Puts a question that begins with `=` into a voice: what follows is a noun phrase."""
    if not question.startswith("="):
        return question
    return rng.choice(VOICES).format(x=question[1:])


def _punctuated(rng: random.Random, question: str) -> str:
    end = rng.choice(("?", "?", ".", ""))
    return (question[0].upper() + question[1:] if rng.random() < 0.7 else question) + end


VOICES = (
    "{x}", "{x}", "show me {x}", "show {x}", "list {x}", "give me {x}", "I need {x}", "get {x}",
    "what are {x}", "find {x}", "please list {x}", "can you tell me {x}", "I would like {x}",
    "could you show me {x}", "tell me {x}", "let me see {x}", "{x}, please", "return {x}",
)  # fmt: skip
AGGREGATES = {
    "AVG": ("average", "mean", "average", "typical"),
    "SUM": ("total", "sum of the", "summed", "combined"),
    "MAX": ("highest", "maximum", "largest", "biggest"),
    "MIN": ("lowest", "minimum", "smallest", "least"),
}


def _said(rng: random.Random, column: Column) -> str:
    return rng.choice(column.said)


def _list_all(rng: random.Random, t: Table) -> Query:
    said = rng.choice((
        "=all columns of all {t}", "show everything about the {t}", "=every row of {t}",
        "=all details of all {t}", "=the whole {t} table",
    ))  # fmt: skip
    return Query(said.format(t=rng.choice(t.said)), f"SELECT * FROM {t.name}")


def _details(rng: random.Random, t: Table) -> Query:
    rows = some_rows(rng, t)
    said = rng.choice((
        "=all columns of {r}", "=everything about {r}", "=all details of {r}", "=full rows of {r}",
        "=the complete records of {r}",
    ))  # fmt: skip
    return Query(said.format(r=rows.said), f"SELECT * FROM {t.name}{rows.sql()}")


def _which(rng: random.Random, t: Table) -> Query:
    rows = some_rows(rng, t, all_share=0.1)
    said = rng.choice((
        "which {r} are there", "=the {r}", "={r}", "which {r} do we have", "find {r}", "which {r}",
        "are there any {r}", "who or what are the {r}", "do we have {r}",
    ))  # fmt: skip
    return Query(said.format(r=rows.said), f"SELECT {t.label} FROM {t.name}{rows.sql()}")


def _list_one(rng: random.Random, t: Table) -> Query:
    column, rows = rng.choice(t.columns), some_rows(rng, t, all_share=0.2)
    said = rng.choice((
        "=the {c} of {r}", "={c} of {r}", "=the {c} of all {r}", "what is the {c} of {r}",
        "=the {c} for {r}", "={r} with only their {c}",
    ))  # fmt: skip
    question = said.format(c=_said(rng, column), r=rows.said)
    return Query(question, f"SELECT {column.name} FROM {t.name}{rows.sql()}")


def _list_two(rng: random.Random, t: Table) -> Query | None:
    if len(t.columns) < 2:
        return None
    first, second = rng.sample(t.columns, 2)
    rows = some_rows(rng, t, all_share=0.3)
    said = rng.choice((
        "={a} and {b} of {r}", "=the {a} and the {b} of {r}", "=the {a} and {b} for {r}",
        "={r} with their {a} and {b}", "={a} plus {b} of all {r}",
    ))  # fmt: skip
    question = said.format(a=_said(rng, first), b=_said(rng, second), r=rows.said)
    return Query(question, f"SELECT {first.name}, {second.name} FROM {t.name}{rows.sql()}")


def _count(rng: random.Random, t: Table) -> Query:
    rows = some_rows(rng, t, all_share=0.25)
    said = rng.choice((
        "how many {r} are there", "how many {r} do we have", "count the {r}", "=the number of {r}",
        "how many {r}", "=a count of {r}",
    ))  # fmt: skip
    return Query(said.format(r=rows.said), f"SELECT COUNT(*) FROM {t.name}{rows.sql()}")


def _aggregate(rng: random.Random, t: Table) -> Query | None:
    if not t.of_kind("number"):
        return None
    column, rows = rng.choice(t.of_kind("number")), some_rows(rng, t, all_share=0.5)
    function = rng.choice(list(AGGREGATES))
    word = rng.choice(AGGREGATES[function])
    said = rng.choice((
        "what is the {a} {c} of {r}", "=the {a} {c} of {r}", "{a} {c} of {r}",
        "=the {a} {c} over all {r}", "what is the {a} {c} for {r}",
        "what is the {a} {c} among {r}",
    ))  # fmt: skip
    question = said.format(a=word, c=_said(rng, column), r=rows.said)
    return Query(question, f"SELECT {function}({column.name}) FROM {t.name}{rows.sql()}")


def _grouped(rng: random.Random, t: Table) -> Query | None:
    groups = [column for column in t.of_kind("text") if column.name != t.label]
    if not groups:
        return None
    by, rows = rng.choice(groups), some_rows(rng, t, all_share=0.75)
    each = rng.choice(("per {b}", "for each {b}", "by {b}", "grouped by {b}", "in each {b}",
                       "for every {b}")).format(b=_said(rng, by))  # fmt: skip
    tail = f"FROM {t.name}{rows.sql()} GROUP BY {by.name}"
    if not t.of_kind("number") or rng.random() < 0.5:
        said = rng.choice((
            "how many {r} {e}", "=the number of {r} {e}", "count the {r} {e}",
            "how many {r} are there {e}",
        ))  # fmt: skip
        return Query(said.format(r=rows.said, e=each), f"SELECT {by.name}, COUNT(*) {tail}")
    column, function = rng.choice(t.of_kind("number")), rng.choice(list(AGGREGATES))
    said = rng.choice((
        "=the {a} {c} of {r} {e}", "what is the {a} {c} of {r} {e}", "{a} {c} of {r} {e}",
        "{e}, what is the {a} {c} of {r}",
    ))  # fmt: skip
    word = rng.choice(AGGREGATES[function])
    question = said.format(a=word, c=_said(rng, column), r=rows.said, e=each)
    return Query(question, f"SELECT {by.name}, {function}({column.name}) {tail}")


def _having(rng: random.Random, t: Table) -> Query | None:
    groups = [column for column in t.of_kind("text") if column.name != t.label]
    if not groups:
        return None
    by, number = rng.choice(groups), rng.randint(1, 9)
    said = rng.choice((
        "which {b} has more than {n} {t}", "=every {b} with more than {n} {t}",
        "=each {b} that has over {n} {t}",
    ))  # fmt: skip
    question = said.format(b=_said(rng, by), n=number, t=rng.choice(t.said))
    sql = f"SELECT {by.name} FROM {t.name} GROUP BY {by.name} HAVING COUNT(*) > {number}"
    return Query(question, sql)


def _top(rng: random.Random, t: Table) -> Query | None:
    if not t.of_kind("number"):
        return None
    column, many = rng.choice(t.of_kind("number")), rng.choice((1, 1, 3, 5, 10, rng.randint(2, 9)))
    word, order = rng.choice((("highest", "DESC"), ("largest", "DESC"), ("biggest", "DESC"),
                              ("lowest", "ASC"), ("smallest", "ASC")))  # fmt: skip
    rows = some_rows(rng, t, all_share=0.7)
    if many == 1:
        said = rng.choice((
            "which of the {t} has the {a} {c}", "=the one of the {t} with the {a} {c}",
            "what has the {a} {c} of all {t}",
        ))  # fmt: skip
    else:
        said = rng.choice((
            "=the {n} {t} with the {a} {c}", "=the top {n} {t} by {a} {c}",
            "which {n} {t} have the {a} {c}", "={n} {t} with the {a} {c}",
        ))  # fmt: skip
    question = said.format(n=many, t=rows.said, a=word, c=_said(rng, column))
    sql = f"SELECT {t.label} FROM {t.name}{rows.sql()} ORDER BY {column.name} {order} LIMIT {many}"
    return Query(question, sql)


def _sorted(rng: random.Random, t: Table) -> Query | None:
    if not t.of_kind("number", "date"):
        return None
    by, rows = rng.choice(t.of_kind("number", "date")), some_rows(rng, t, all_share=0.6)
    words = {
        "number": (("descending", "DESC"), ("ascending", "ASC"), ("from high to low", "DESC"),
                   ("from low to high", "ASC"), ("highest first", "DESC"), ("lowest first", "ASC")),
        "date": (("newest first", "DESC"), ("oldest first", "ASC"), ("descending", "DESC"),
                 ("ascending", "ASC"), ("latest first", "DESC"), ("earliest first", "ASC")),
    }  # fmt: skip
    word, order = rng.choice(words[by.kind])
    said = rng.choice((
        "={r} sorted by {c} {o}", "={r} ordered by {c}, {o}", "sort {r} by {c} {o}",
        "={r} by {c} {o}",
    ))  # fmt: skip
    question = said.format(r=rows.said, c=_said(rng, by), o=word)
    return Query(question, f"SELECT {t.label} FROM {t.name}{rows.sql()} ORDER BY {by.name} {order}")


def _distinct(rng: random.Random, t: Table) -> Query | None:
    if not t.of_kind("text"):
        return None
    column, rows = rng.choice(t.of_kind("text")), some_rows(rng, t, all_share=0.6)
    said = rng.choice((
        "=the different {c} of {r}", "which different {c} do the {r} have",
        "=the distinct {c} of {r}", "=unique {c} values of {r}", "=every {c} of {r} once",
        "=the {c} of {r} without duplicates",
    ))  # fmt: skip
    question = said.format(c=_said(rng, column), r=rows.said)
    return Query(question, f"SELECT DISTINCT {column.name} FROM {t.name}{rows.sql()}")


def _count_distinct(rng: random.Random, t: Table) -> Query | None:
    if not t.of_kind("text"):
        return None
    column, rows = rng.choice(t.of_kind("text")), some_rows(rng, t, all_share=0.7)
    said = rng.choice((
        "how many different {c} do the {r} have", "=the number of distinct {c} of {r}",
        "how many different {c} are there among the {r}",
    ))  # fmt: skip
    question = said.format(c=_said(rng, column), r=rows.said)
    return Query(question, f"SELECT COUNT(DISTINCT {column.name}) FROM {t.name}{rows.sql()}")


def _beyond_average(rng: random.Random, t: Table) -> Query | None:
    if not t.of_kind("number"):
        return None
    column = rng.choice(t.of_kind("number"))
    word, sign = rng.choice((("above", ">"), ("over", ">"), ("below", "<"), ("under", "<")))
    said = rng.choice((
        "which {t} have a {c} {w} average", "={t} with {c} {w} the average",
        "={t} whose {c} is {w} the mean",
    ))  # fmt: skip
    question = said.format(t=rng.choice(t.said), c=_said(rng, column), w=word)
    average = f"(SELECT AVG({column.name}) FROM {t.name})"
    return Query(question, f"SELECT {t.label} FROM {t.name} WHERE {column.name} {sign} {average}")


def _between(rng: random.Random, t: Table) -> Query | None:
    if not t.of_kind("number"):
        return None
    column = rng.choice(t.of_kind("number"))
    low, high = sorted((int(column.draw(rng)), int(column.draw(rng))))
    said = rng.choice((
        "with {c} between {a} and {b}", "whose {c} is between {a} and {b}",
        "with a {c} from {a} to {b}",
    ))  # fmt: skip
    words = said.format(c=_said(rng, column), a=low, b=high + 1)
    tail = f"FROM {t.name} WHERE {column.name} BETWEEN {low} AND {high + 1}"
    noun = rng.choice(t.said)
    if rng.random() < 0.4:
        return Query(f"how many {noun} {words}", f"SELECT COUNT(*) {tail}")
    return Query(f"={noun} {words}", f"SELECT {t.label} {tail}")


def _on(child: Table, link: str, parent: Table) -> str:
    return f"FROM {child.name} JOIN {parent.name} ON {child.name}.{link} = {parent.name}.id"


def _child_column(rng: random.Random, child: Table, link: str, parent: Table) -> Query:
    column, rows = rng.choice(child.columns), some_rows(rng, parent, qualified=True)
    said = rng.choice((
        "=the {c} of {t} of {r}", "={c} of {t} belonging to {r}", "=the {c} of {t} for {r}",
        "what is the {c} of {t} from {r}",
    ))  # fmt: skip
    question = said.format(c=_said(rng, column), t=rng.choice(child.said), r=rows.said)
    return Query(
        question, f"SELECT {child.name}.{column.name} {_on(child, link, parent)}{rows.sql()}"
    )


def _children(rng: random.Random, child: Table, link: str, parent: Table) -> Query:
    rows = some_rows(rng, parent, qualified=True)
    said = rng.choice((
        "which {t} belong to {r}", "=the {t} of {r}", "={t} of {r}", "={t} for {r}",
        "={t} from {r}",
    ))  # fmt: skip
    question = said.format(t=rng.choice(child.said), r=rows.said)
    return Query(
        question, f"SELECT {child.name}.{child.label} {_on(child, link, parent)}{rows.sql()}"
    )


def _count_children(rng: random.Random, child: Table, link: str, parent: Table) -> Query:
    rows = some_rows(rng, parent, qualified=True)
    said = rng.choice((
        "how many {t} belong to {r}", "=the number of {t} of {r}", "how many {t} are from {r}",
        "how many {t} do {r} have", "count the {t} of {r}",
    ))  # fmt: skip
    question = said.format(t=rng.choice(child.said), r=rows.said)
    return Query(question, f"SELECT COUNT(*) {_on(child, link, parent)}{rows.sql()}")


def _sum_of_children(rng: random.Random, child: Table, link: str, parent: Table) -> Query:
    if not child.of_kind("number"):
        return _count_children(rng, child, link, parent)
    rows, column = some_rows(rng, parent, qualified=True), rng.choice(child.of_kind("number"))
    function = rng.choice(list(AGGREGATES))
    said = rng.choice((
        "=the {a} {c} of {t} of {r}", "what is the {a} {c} of {t} from {r}",
        "=the {a} {c} of the {t} of {r}",
    ))  # fmt: skip
    question = said.format(
        a=rng.choice(AGGREGATES[function]),
        c=_said(rng, column),
        t=rng.choice(child.said),
        r=rows.said,
    )
    return Query(
        question,
        f"SELECT {function}({child.name}.{column.name}) {_on(child, link, parent)}{rows.sql()}",
    )


def _per_parent(rng: random.Random, child: Table, link: str, parent: Table) -> Query:
    groups = [column for column in parent.of_kind("text") if column.name != "id"]
    by = rng.choice(groups) if groups else parent.columns[0]
    shown = f"{parent.name}.{by.name}"
    each = rng.choice(
        ("per {p} {b}", "for each {p} {b}", "by {p} {b}", "for every {p} {b}")
    ).format(p=parent.name.removesuffix("s"), b=_said(rng, by))
    tail = f"{_on(child, link, parent)} GROUP BY {shown}"
    noun = rng.choice(child.said)
    if not child.of_kind("number") or rng.random() < 0.4:
        said = rng.choice(("how many {t} {e}", "=the number of {t} {e}"))
        return Query(said.format(t=noun, e=each), f"SELECT {shown}, COUNT(*) {tail}")
    column, function = rng.choice(child.of_kind("number")), rng.choice(list(AGGREGATES))
    said = rng.choice(
        ("=the {a} {c} of {t} {e}", "what is the {a} {c} of {t} {e}", "{a} {c} of {t} {e}")
    )
    question = said.format(a=rng.choice(AGGREGATES[function]), c=_said(rng, column), t=noun, e=each)
    return Query(question, f"SELECT {shown}, {function}({child.name}.{column.name}) {tail}")


SHAPES: tuple[Callable[[random.Random, Table], Query | None], ...] = (
    _list_all, _details, _which, _which, _which, _which, _list_one, _list_one, _list_two, _list_two,
    _count, _count, _count, _aggregate, _aggregate, _grouped, _grouped, _having, _top, _top,
    _sorted, _distinct, _count_distinct, _beyond_average, _between,
)  # fmt: skip
JOINED: tuple[Callable[[random.Random, Table, str, Table], Query], ...] = (
    _child_column, _children, _children, _count_children, _sum_of_children, _per_parent,
    _per_parent,
)  # fmt: skip
