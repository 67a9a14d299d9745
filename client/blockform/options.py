"""The keyword arguments that every way of asking shares, named and explained once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypedDict

from pydantic import BaseModel

Whitespace = Literal["compact", "spaced", "indented", "flexible", "any"]
Schema = Mapping[str, Any] | bool | str | type[BaseModel]


@dataclass(frozen=True, slots=True)
class Sql:
    """Queries of a dialect over a catalog, which is given as CREATE statements."""

    dialect: str
    catalog: str


@dataclass(frozen=True, slots=True)
class Lark:
    """The texts of a Lark grammar.

    Attributes:
        grammar: The grammar, or the name of a built-in one.
        start: The rule that a whole text is.
        parser: `lalr` or `earley`.
        lexer: `contextual`, `basic`, `dynamic` or `dynamic_complete`; None, as Lark chooses.
        imports: Grammars to import from, by name.
    """

    grammar: str
    start: str = "start"
    parser: str = "lalr"
    lexer: str | None = None
    imports: Mapping[str, str] | None = None


class KindOptions(TypedDict, total=False):
    """What the answer must be; at most one of schema, regex, choice, lark and sql.

    Attributes:
        regex: A pattern (ECMA-262) that the whole answer matches.
        choice: Texts, of which the answer is one.
        lark: A Lark grammar, its text or the name of a built-in one, or a `Lark` that says more.
        sql: A dialect and a catalog.
        whitespace: With a schema, the layout of the JSON; `flexible` where it is left out.
        documents: With a schema, URI to JSON text, for remote references.
        open_objects: With a schema, whether properties that it does not name may appear.
        assert_formats: With a schema, whether `format` constrains; True where it is left out.
    """

    regex: str | None
    choice: Sequence[str] | None
    lark: str | Lark | None
    sql: Sql | None
    whitespace: Whitespace | None
    documents: Mapping[str, str]
    open_objects: bool
    assert_formats: bool


class ConstraintOptions(KindOptions, total=False):
    """What the answer must be, and what is given of it; nothing else need be said of it then.

    Attributes:
        prefix: How the answer begins; it is part of the answer.
        suffix: How the answer ends.
        template: In place of both, at least two texts with a hole between each and the next: the
            first begins the answer, the last ends it, any may be empty.
    """

    prefix: str
    suffix: str
    template: Sequence[str] | None


class GenerateOptions(ConstraintOptions, total=False):
    """What the answer must be, and how to find it.

    Attributes:
        seed: The same seed gives the same tokens; 0 where it is left out.
        max_tokens: Budget of the answer; 256 where it is left out.
        max_steps: Denoising steps for each canvas at most.
        max_thinking_tokens: Tokens that the model may think before it answers; none where it is
            left out.
        constrained: False only tells the model what is wanted and enforces nothing: the value is
            then the text, whatever it is.
        model: The model's name, where the server has to be the right one.
        request_id: A name of the caller's own for the request, in errors and logs.
    """

    seed: int | None
    max_tokens: int | None
    max_steps: int | None
    max_thinking_tokens: int | None
    constrained: bool
    model: str
    request_id: str
