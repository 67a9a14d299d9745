"""Words: what each name and keyword may be in a query, and the rules of grammar on them.

Every word is read as a NAME first; the lexicon then says which terminal it is. Words that may be
several things at once (a table and a column, a function and a column) have a terminal for just that
combination of roles, so that reading stays deterministic. The terminals of a dialect are fixed: a
new catalog changes the lexicon alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from string import ascii_lowercase, digits

import sqlglot

from constraints.sql.catalog import Catalog
from constraints.sql.dialects import (
    CALLABLE,
    Dialect,
    Reach,
    grammar_text,
    roles_of_words,
)

LETTERS = "A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u052f"
IDEOGRAPHS = "\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3"
SHAPE = f"[{LETTERS}{IDEOGRAPHS}][{LETTERS}{IDEOGRAPHS}0-9]*"
UNQUOTED = re.compile(SHAPE)
MAX_KNOWN = 64
RESERVED, PLAIN, SHORT = "reserved", "plain", "short"
NAME, RESERVED_WORD, NEVER = "NAME", "RESERVED_WORD", "NEVER"

WORDLESS = CALLABLE | {"own", "own_schema", "collation"}
"""Roles that are no word of their own where a dialect lists none for them."""

Roles = frozenset[str]
"""What a word may be: roles of the dialect (`wordlists/*.txt`)."""


@dataclass(frozen=True, slots=True)
class Names:
    """What the rules on names depend on.

    Attributes:
        dialect: The dialect.
        functions: The functions that may be called, in lower case; None, those of the dialect.
        depth: How many names qualify a table of the catalog.
        reach: What queries may be about.
    """

    dialect: Dialect
    functions: tuple[str, ...] | None
    depth: int
    reach: Reach


def names_of(dialect: Dialect, catalog: Catalog, functions: Iterable[str] | None) -> Names:
    """What the rules on names depend on, for a catalog."""
    listed = None if functions is None else tuple(sorted({name.lower() for name in functions}))
    depth = len(catalog.tables[0].schema) if catalog.tables else 0
    return Names(dialect, listed, depth, "open" if catalog.is_open else "catalog")


@lru_cache(MAX_KNOWN)
def dialect_words(names: Names) -> Mapping[str, Roles]:
    """The roles of each word of the dialect, in lower case, functions as they are allowed."""
    roles = {word: set(each) for word, each in roles_of_words(names.dialect).items()}
    if names.functions is not None:
        for word, each in roles.items():
            if word not in names.functions:
                each -= CALLABLE
        for function in names.functions:
            *path, word = function.split(".")
            if not roles.get(word):
                roles[word] = {"own"}
            for part in path:
                roles.setdefault(part, set()).add("own_schema")
    text = grammar_text(names.dialect, names.reach)
    for keyword in hard_keywords(text):
        roles.setdefault(keyword.lower(), set()).update((keyword, RESERVED))
    for keyword in soft_keywords(text):
        if keyword not in WORDLESS and not any(keyword in each for each in roles.values()):
            roles.setdefault(keyword, set()).add(keyword)
    known = sqlglot.Dialect.get_or_raise(names.dialect.name).tokenizer_class.KEYWORDS
    for word in map(str.lower, known):
        if UNQUOTED.fullmatch(word):
            roles.setdefault(word, {PLAIN})
    if names.reach == "catalog":
        for word in short_words():
            roles.setdefault(word, {SHORT})
    return {word: frozenset(each) for word, each in roles.items()}


def short_words() -> Iterator[str]:
    """What may be an alias without AS: one or two letters, or a letter and a digit.

    A longer one would admit a keyword that is not whole: in `FROM orders WHER`, it is an alias.
    """
    for first in ascii_lowercase:
        yield first
        yield from (first + second for second in ascii_lowercase + digits)


def hard_keywords(text: str) -> list[str]:
    """Reserved words that rules name: symbols in upper case that are no terminals of their own."""
    bare = re.sub(r'//.*|"[^"]*"|/(?:[^/\\\n]|\\.)+/', " ", text)
    defined = set(re.findall(r"^([A-Z_]+)(?:\.\d+)?:", text, re.MULTILINE)) | {NAME, NEVER}
    return sorted(set(re.findall(r"\b[A-Z][A-Z_]+\b", bare)) - defined)


def soft_keywords(text: str) -> list[str]:
    """Roles that rules name as `kw_*`."""
    return sorted(set(re.findall(r"\bkw_(\w+)", text)))


def terminal(roles: Roles, catalog_roles: str = "") -> str:
    """The terminal of a word by its roles in the dialect and in the catalog."""
    keyword = next((role for role in roles if role.isupper()), None)
    if keyword is not None:
        return keyword
    if RESERVED in roles and not roles - {RESERVED}:
        return RESERVED_WORD
    parts = [*sorted(roles - {RESERVED}), *catalog_roles]
    return "_".join(("WORD", *parts)).upper() if parts else NAME


@lru_cache(MAX_KNOWN)
def name_rules(names: Names) -> str:
    """Grammar text that defines NAME, every `kw_*`, and what may stand as a name."""
    known = set(dialect_words(names).values())
    text = grammar_text(names.dialect, names.reach)
    by_role: dict[str, list[str]] = {role: [] for role in soft_keywords(text)}
    tables, columns, schemas, labels, aliases = [], [], [], [NAME], [NAME]
    everything: list[str] = []
    short: list[str] = []
    for roles in sorted(known | {frozenset()}, key=sorted):
        named = RESERVED not in roles
        for catalog_roles in _catalog_roles(names) if named else [""]:
            word = terminal(roles, catalog_roles)
            everything.append(word)
            for role in roles & by_role.keys():
                by_role[role].append(word)
            for role, listed in (("C", columns), ("T", tables), ("S", schemas)):
                if role in catalog_roles:
                    listed.append(word)
            if named and word != NAME:
                labels.append(word)
            if roles <= {SHORT} and catalog_roles in ("", "C") and word != NAME:
                aliases.append(word)
            if roles == {SHORT} and catalog_roles in ("", "C"):
                short.append(word)
    rules = {f"kw_{role}": words for role, words in by_role.items()}
    rules |= {"label": labels, "alias": aliases, "table_alias": aliases}
    rules |= {"any_word": sorted({*labels, *everything, RESERVED_WORD})}
    rules |= {
        "any_function": [
            w for role in ("f0", "f1", "f2", "f3", "f4", "f5", "own") for w in by_role[role]
        ]
    }
    implicit = short if names.reach == "catalog" else aliases
    rules |= {"implicit_label": implicit, "implicit_table_alias": implicit}
    if names.reach == "open":
        rules |= {
            "column": ["label"],
            "table_name": ['label ("." label)*'],
            "bare_table": ["label"],
        }
    else:
        path = 'schema_name "." ' * names.depth
        rules |= {"column": columns, "bare_table": tables, "table_name": [f"{path}bare_table"]}
        rules |= {"schema_name": schemas} if names.depth else {}
    declared = sorted(
        {word for words in rules.values() for word in words if word.isupper()} - {NAME}
    )
    declared = sorted({*declared, *hard_keywords(text), NEVER})
    lines = [f"{rule}: {' | '.join(words) or NEVER}" for rule, words in rules.items()]
    return "\n".join(
        (*lines, f"NAME: {_shape(names.dialect)}", f"%declare {' '.join(declared)}", "")
    )


@lru_cache(MAX_KNOWN)
def word_terminals(names: Names) -> tuple[str, ...]:
    """Every terminal that a word of the dialect, or of any catalog, may be."""
    known = {*dialect_words(names).values(), frozenset[str]()}
    listed = {
        terminal(roles, catalog_roles)
        for roles in known
        for catalog_roles in (_catalog_roles(names) if RESERVED not in roles else [""])
    }
    return tuple(sorted(listed - {NAME}))


def _catalog_roles(names: Names) -> list[str]:
    if names.reach == "open":
        return [""]
    letters = "CST" if names.depth else "CT"
    return ["".join(each) for n in range(len(letters) + 1) for each in combinations(letters, n)]


def _shape(dialect: Dialect) -> str:
    begin, end = (re.escape(quote) for quote in dialect.quotes)
    return rf"/{SHAPE}|{begin}(?:[^{end}\x00-\x1f\x7f]|{end}{end})+{end}/"


def lexicon(names: Names, catalog: Catalog) -> dict[bytes, str]:
    """The terminal of every word that is not simply a NAME.

    Letters of ASCII are in lower case where the dialect reads names in any case; elsewhere every
    usual spelling is a word of its own.
    """
    known = dialect_words(names)
    words: dict[bytes, str] = {}
    for word, roles in known.items():
        for spelled in _cases(names.dialect, word):
            words[spelled.encode()] = terminal(roles)
    for spelled, catalog_roles in _catalog_words(names.dialect, catalog).items():
        roles = known.get(spelled.lower(), frozenset())
        if RESERVED not in roles:
            words[spelled.encode()] = terminal(roles, "".join(sorted(catalog_roles)))
    return words


def _cases(dialect: Dialect, word: str) -> Iterable[str]:
    return (word,) if dialect.folding == "any" else {word, word.upper(), word.capitalize()}


def _catalog_words(dialect: Dialect, catalog: Catalog) -> dict[str, set[str]]:
    words: dict[str, set[str]] = {}
    for name, quoted, role in _names(catalog):
        for spelled in _spellings(dialect, name, quoted):
            words.setdefault(spelled, set()).add(role)
    return words


def _names(catalog: Catalog) -> Iterator[tuple[str, bool, str]]:
    for table in catalog.tables:
        yield table.name, table.quoted, "T"
        for schema in table.schema:
            yield schema, table.quoted, "S"
        for column in table.columns:
            yield column.name, column.quoted, "C"


def _spellings(dialect: Dialect, name: str, quoted: bool) -> Iterator[str]:
    """How a query may spell a name of the catalog."""
    if dialect.folding == "any":
        yield dialect.quoted(name).lower()
        if UNQUOTED.fullmatch(name):
            yield name.lower()
        return
    needs_quotes = not UNQUOTED.fullmatch(name)
    meant = name if quoted or needs_quotes else dialect.folded(name)
    yield dialect.quoted(meant)
    if not needs_quotes and meant == dialect.folded(name):
        yield from {name, name.lower(), name.upper(), name.capitalize()}
        yield from {name[0].lower() + name[1:], name[0].upper() + name[1:]}
