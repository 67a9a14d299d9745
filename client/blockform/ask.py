"""What a caller says, as the messages that say it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Unpack

from pydantic import BaseModel

from blockform.options import KindOptions, Lark, Schema, Sql, Whitespace
from blockform.v1 import constraint_pb2 as constraint_messages
from blockform.v1 import generation_pb2 as messages

WHITESPACE: Mapping[Whitespace | None, constraint_messages.Whitespace] = {
    None: constraint_messages.WHITESPACE_UNSPECIFIED,
    "compact": constraint_messages.WHITESPACE_COMPACT,
    "spaced": constraint_messages.WHITESPACE_SPACED,
    "indented": constraint_messages.WHITESPACE_INDENTED,
    "flexible": constraint_messages.WHITESPACE_FLEXIBLE,
    "any": constraint_messages.WHITESPACE_ANY,
}


def generate_request(
    text: str,
    schema: Schema | None = None,
    *,
    seed: int | None = None,
    max_tokens: int | None = None,
    max_steps: int | None = None,
    max_thinking_tokens: int | None = None,
    prefix: str = "",
    suffix: str = "",
    template: Sequence[str] | None = None,
    constrained: bool = True,
    model: str = "",
    request_id: str = "",
    **options: Unpack[KindOptions],
) -> messages.GenerateRequest:
    """Returns the message for one generation; see `GenerateOptions`.

    Raises:
        ValueError: A value is out of range, or more than one kind of constraint is given.
    """
    return messages.GenerateRequest(
        model=model,
        text=text,
        constraint=constraint(schema, **options),
        max_tokens=max_tokens,
        max_steps=max_steps,
        seed=seed,
        request_id=request_id,
        unconstrained=not constrained,
        prefix=prefix,
        suffix=suffix,
        template=template_message(template),
        max_thinking_tokens=max_thinking_tokens,
    )


def check_request(
    schema: Schema | None = None,
    *,
    text: str | None = None,
    prefix: str = "",
    suffix: str = "",
    template: Sequence[str] | None = None,
    model: str = "",
    **options: Unpack[KindOptions],
) -> messages.CheckConstraintRequest:
    """Returns the message for a compile; see `ConstraintOptions`.

    Raises:
        ValueError: No language is given, or more than one kind of constraint.
    """
    asked = constraint(schema, **options)
    if asked is None and not (prefix or suffix or template is not None):
        raise ValueError(
            "one of schema, regex, choice, lark, sql, prefix, suffix and template is needed"
        )
    return messages.CheckConstraintRequest(
        model=model,
        constraint=asked,
        text=text,
        prefix=prefix,
        suffix=suffix,
        template=template_message(template),
    )


def constraint(
    schema: Schema | None = None,
    *,
    regex: str | None = None,
    choice: Sequence[str] | None = None,
    lark: str | Lark | None = None,
    sql: Sql | None = None,
    whitespace: Whitespace | None = None,
    documents: Mapping[str, str] | None = None,
    open_objects: bool = False,
    assert_formats: bool = True,
) -> constraint_messages.Constraint | None:
    """Returns the message for a constraint; None where none is given.

    Raises:
        ValueError: More than one kind is given, or an option without the schema it belongs to.
    """
    given = [kind for kind in (schema, regex, choice, lark, sql) if kind is not None]
    if len(given) > 1:
        raise ValueError("at most one of schema, regex, choice, lark and sql can be given")
    if schema is None and (whitespace or documents or open_objects or not assert_formats):
        raise ValueError("whitespace, documents, objects and formats need a schema")
    if schema is not None:
        asked = constraint_messages.JsonSchema(
            text=schema_text(schema),
            documents=documents,
            whitespace=WHITESPACE[whitespace],
            open_objects=open_objects,
            annotate_formats=not assert_formats,
        )
        return constraint_messages.Constraint(json_schema=asked)
    if regex is not None:
        return constraint_messages.Constraint(regex=constraint_messages.Regex(pattern=regex))
    return _other(choice, lark, sql)


def template_message(template: Sequence[str] | None) -> constraint_messages.Template | None:
    """Returns the message for a template; None where none is given.

    Raises:
        TypeError: One text is given in place of a list of them.
    """
    if isinstance(template, str):
        raise TypeError("a template is a list of texts, with a hole between each and the next")
    return None if template is None else constraint_messages.Template(literals=template)


def schema_text(schema: Schema) -> str:
    """Returns a schema as JSON text; the order of its properties is kept."""
    if isinstance(schema, str):
        return schema
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        schema = schema.model_json_schema()
    return json.dumps(schema, ensure_ascii=False)


def _other(
    choice: Sequence[str] | None, lark: str | Lark | None, sql: Sql | None
) -> constraint_messages.Constraint | None:
    if isinstance(choice, str):
        raise TypeError("choice is a list of texts, not one text")
    if choice is not None:
        return constraint_messages.Constraint(choice=constraint_messages.Choice(options=choice))
    if lark is not None:
        full = lark if isinstance(lark, Lark) else Lark(lark)
        asked = constraint_messages.Lark(
            grammar=full.grammar,
            start=full.start,
            parser=full.parser,
            lexer=full.lexer or "",
            imports=full.imports,
        )
        return constraint_messages.Constraint(lark=asked)
    if sql is not None:
        asked = constraint_messages.Sql(dialect=sql.dialect, catalog=sql.catalog)
        return constraint_messages.Constraint(sql=asked)
    return None
