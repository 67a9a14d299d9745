"""Conditions on rows, as a question words them and as SQL writes them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date

from models.catalogs import Column, Table
from models.values import DATE_STYLES

YEARS = (2021, 2025)


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a table.

    Attributes:
        said: A plural noun with what is said of it.
        where: The condition, without WHERE; empty for all rows.
    """

    said: str
    where: str = ""

    def sql(self) -> str:
        """Returns the clause, with a space before it, or nothing."""
        return f" WHERE {self.where}" if self.where else ""


def some_rows(
    rng: random.Random, table: Table, *, qualified: bool = False, all_share: float = 0.0
) -> Rows:
    """Returns rows under one or two conditions, or at times all of them.

    Args:
        rng: A source of chance.
        table: Whose rows.
        qualified: Whether columns carry the name of their table.
        all_share: How often there is no condition.
    """
    noun = rng.choice(table.said)
    if rng.random() < all_share:
        return Rows(noun)
    prefix = f"{table.name}." if qualified else ""
    chosen = rng.choice(table.columns)
    said, where = _condition(rng, chosen, prefix)
    if "{t}" in said:
        noun, said = said.format(t=noun), ""
    if rng.random() < 0.75:
        return Rows(f"{noun} {said}".strip(), where)
    return _with_another(rng, table, chosen, Rows(f"{noun} {said}".strip(), where), prefix)


def _with_another(rng: random.Random, table: Table, first: Column, rows: Rows, prefix: str) -> Rows:
    """Adds a second condition, on another column, joined by AND, or by OR where both follow."""
    others = [column for column in table.columns if column is not first]
    if not others:
        return rows
    said, where = _condition(rng, rng.choice(others), prefix)
    if "{t}" in said:
        return rows
    link = rng.choice(("and", "and", "or")) if " " in rows.said else "and"
    return Rows(f"{rows.said} {link} {said}", f"{rows.where} {link.upper()} {where}")


def _condition(rng: random.Random, column: Column, prefix: str) -> tuple[str, str]:
    """Returns what is said of a row, `{t}` still in it, and the condition."""
    said, sql = rng.choice(column.conditions)
    value = column.draw(rng)
    shown, literal = _shown(rng, column, value), _literal(column, value)
    year = str(rng.randint(*YEARS))
    words = said.format(t="{t}", s=rng.choice(column.said), v=shown.replace("{", ""), y=year)
    return words, sql.format(c=f"{prefix}{column.name}", v=literal, y=year)


def _shown(rng: random.Random, column: Column, value: str) -> str:
    if column.kind == "date":
        return rng.choice(DATE_STYLES)(date.fromisoformat(value))
    if column.kind == "text" and rng.random() < 0.1:
        return f'"{value}"'
    return value


def _literal(column: Column, value: str) -> str:
    return value if column.kind == "number" else "'" + value.replace("'", "''") + "'"
