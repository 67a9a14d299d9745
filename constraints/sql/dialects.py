"""The dialects: how each spells names, and which words and rules are its own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from constraints.errors import MalformedError

Folding = Literal["any", "lower", "upper"]
Reach = Literal["catalog", "open", "single"]
"""What queries may be about: the tables of a catalog, anything, or one table alone."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one dialect of SQL spells names.

    Attributes:
        name: As sqlglot has it.
        quotes: The characters around a quoted name.
        folding: What an unquoted name stands for: a name in `any` case (quoted ones too), or the
            one in `lower` or in `upper` case (quoted ones exactly as they are).
        inherits: The dialects whose rules are read before its own.
    """

    name: str
    quotes: tuple[str, str] = ('"', '"')
    folding: Folding = "any"
    inherits: tuple[str, ...] = ()

    def quoted(self, name: str) -> str:
        """A name in quotes; a quote within is doubled."""
        begin, end = self.quotes
        return f"{begin}{name.replace(end, end * 2)}{end}"

    def folded(self, name: str) -> str:
        """The name that an unquoted spelling stands for."""
        if self.folding == "upper":
            return name.upper()
        return name.lower()


DIALECTS = {
    dialect.name: dialect
    for dialect in (
        Dialect("sqlite"),
        Dialect("postgres", folding="lower"),
        Dialect("mysql", quotes=("`", "`")),
        Dialect("duckdb", inherits=("postgres",)),
        Dialect("bigquery", quotes=("`", "`")),
        Dialect("snowflake", folding="upper"),
        Dialect("tsql", quotes=("[", "]")),
    )
}


def dialect_of(name: object) -> Dialect:
    """The dialect of a name.

    Raises:
        MalformedError: There is none.
    """
    if not isinstance(name, str) or name not in DIALECTS:
        raise MalformedError(
            f"{name!r} is no dialect of SQL that is known here",
            keyword="dialect",
            hint=f"one of {', '.join(DIALECTS)}",
        )
    return DIALECTS[name]


@cache
def grammar_text(dialect: Dialect, reach: Reach) -> str:
    """The rules of a dialect, but for those on names, as Lark grammar text."""
    names = ("query", *dialect.inherits, dialect.name, *((reach,) if reach != "catalog" else ()))
    return "\n".join(_packaged("grammars", f"{name}.lark") for name in names)


@cache
def roles_of_words(dialect: Dialect) -> dict[str, frozenset[str]]:
    """What each word of a dialect, in lower case, may be; see `wordlists/`.

    `f2` is a function of two arguments, `f5` one of five or more, `a1` an aggregate of one, `w0` a
    window function of none; `reserved`, a word that is no name without quotes; a word without
    roles is a name like any other, whatever sqlglot makes of it.
    """
    roles: dict[str, set[str]] = {}
    for name in ("common", *dialect.inherits, dialect.name):
        for line in _packaged("wordlists", f"{name}.txt").splitlines():
            kind, colon, listed = line.partition(":")
            if not colon or line.startswith("#"):
                continue
            for entry in listed.split():
                word, _, arity = entry.partition("/")
                roles.setdefault(word, set()).update(_roles(kind, arity))
    return {word: frozenset(each - {"name"}) for word, each in roles.items()}


def functions_of(name: str) -> tuple[str, ...]:
    """The functions that queries of a dialect may call unless the caller says otherwise.

    Raises:
        MalformedError: There is no such dialect.
    """
    roles = roles_of_words(dialect_of(name))
    return tuple(sorted(word for word, each in roles.items() if each & CALLABLE))


MOST_ARGUMENTS = 5
LETTER = {"scalar": "f", "aggregate": "a", "window": "w"}
CALLABLE = {f"{letter}{arity}" for letter in LETTER.values() for arity in (*"012345", "n", "v")}
CALLABLE |= {"count"}


def _roles(kind: str, arity: str) -> list[str]:
    if kind not in LETTER:
        return [kind]
    if not arity.rstrip("+").replace("-", "").isdigit():
        return [LETTER[kind] + arity]
    low, _, high = arity.rstrip("+").partition("-")
    last = MOST_ARGUMENTS if arity.endswith("+") else int(high or low)
    counts = range(int(low), min(last, MOST_ARGUMENTS) + 1)
    return [f"{LETTER[kind]}{count}" for count in counts]


def _packaged(folder: str, name: str) -> str:
    return files("constraints.sql").joinpath(folder, name).read_text(encoding="utf-8")
