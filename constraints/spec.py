"""What a caller asks for: immutable, hashable descriptions of a language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from constraints.sql.catalog import Catalog

LarkParser = Literal["lalr", "earley"]
LarkLexer = Literal["auto", "contextual", "basic", "dynamic", "dynamic_complete"]
Whitespace = Literal["compact", "spaced", "indented", "flexible", "any"]


class FrozenDocuments(dict[str, str]):
    """A hashable mapping from a name to a text; never mutated after construction."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


@dataclass(frozen=True, slots=True)
class JsonSchema:
    """The JSON texts that a JSON Schema admits.

    Attributes:
        text: The schema as JSON text; the order of `properties` is the order of generation.
        documents: URI to JSON text, for remote references; nothing is ever fetched.
        whitespace: Which layout the text may have.
        open_objects: Whether properties that no keyword names may appear.
        assert_formats: Whether `format` constrains (True) or only annotates (False).
    """

    text: str
    documents: Mapping[str, str] = field(default_factory=FrozenDocuments)
    whitespace: Whitespace = "flexible"
    open_objects: bool = False
    assert_formats: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "documents", FrozenDocuments(self.documents))


@dataclass(frozen=True, slots=True)
class Regex:
    """The texts that match a regular expression from start to end (ECMA-262 dialect, flag `u`)."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a list of texts."""

    options: tuple[str, ...]

    def __init__(self, options: Iterable[str]) -> None:
        object.__setattr__(self, "options", tuple(options))


@dataclass(frozen=True, slots=True)
class Lark:
    """The texts that a grammar of Lark accepts.

    Attributes:
        text: The grammar, or the name of a built-in one: `json`, `csv`, `xml`, `arithmetic`,
            `python_expression`.
        start: The rule that a whole text is.
        parser: `lalr`, or `earley` for grammars that LALR does not take.
        lexer: `auto` is what Lark takes: `contextual` for `lalr`, `dynamic` for `earley`.
        imports: Grammars by name, for `%import`; Lark's `common` is there, no file is ever read.
    """

    text: str
    start: str = "start"
    parser: LarkParser = "lalr"
    lexer: LarkLexer = "auto"
    imports: Mapping[str, str] = field(default_factory=FrozenDocuments)

    def __post_init__(self) -> None:
        object.__setattr__(self, "imports", FrozenDocuments(self.imports))


@dataclass(frozen=True, slots=True)
class Sql:
    """The queries of a dialect of SQL that read from a catalog: one query in each text.

    Attributes:
        dialect: `sqlite`, `postgres`, `mysql`, `duckdb`, `bigquery`, `snowflake` or `tsql`.
        catalog: The tables and columns that queries may name, or their CREATE statements, which
            are read when the spec is compiled; `Catalog.open()` knows none and admits any.
        functions: The functions that queries may call, in place of the dialect's own list
            (`constraints.sql.functions_of`); one that the dialect does not know takes any
            arguments. None: those of the dialect.
    """

    dialect: str = "sqlite"
    catalog: Catalog | str = field(kw_only=True)
    functions: tuple[str, ...] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if self.functions is not None:
            object.__setattr__(self, "functions", tuple(self.functions))


@dataclass(frozen=True, slots=True)
class Template:
    """The members of another spec that have given texts at given places, with holes between them.

    Attributes:
        spec: The language that the whole text must be in.
        literals: At least two texts, any of them empty: `literals[0]` begins the text,
            `literals[-1]` ends it, the others stand between them in order; each gap is a hole.
    """

    spec: JsonSchema | Regex | Choice | Lark | Sql
    literals: tuple[str, ...]

    def __init__(
        self, spec: JsonSchema | Regex | Choice | Lark | Sql, literals: Iterable[str]
    ) -> None:
        object.__setattr__(self, "spec", spec)
        object.__setattr__(self, "literals", tuple(literals))

    def has_literals(self, text: str) -> bool:
        """Whether a text has the literals at their places, whatever the spec says of it."""
        at = len(self.literals[0])
        if not text.startswith(self.literals[0]):
            return False
        for literal in self.literals[1:-1]:
            found = text.find(literal, at)
            if found < 0:
                return False
            at = found + len(literal)
        return text.endswith(self.literals[-1]) and at + len(self.literals[-1]) <= len(text)


Spec = JsonSchema | Regex | Choice | Lark | Sql | Template
