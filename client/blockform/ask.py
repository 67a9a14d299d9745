"""What a caller says, as the messages that say it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Unpack

from pydantic import BaseModel

from blockform import arguments
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
        TypeError: A value is of another type.
        ValueError: A value is out of range, or more than one kind of constraint is given.
    """
    return messages.GenerateRequest(
        model=arguments.text("model", model),
        text=arguments.text("text", text),
        constraint=constraint(schema, **options),
        max_tokens=arguments.number("max_tokens", max_tokens),
        max_steps=arguments.number("max_steps", max_steps),
        seed=arguments.number("seed", seed),
        request_id=arguments.text("request_id", request_id),
        unconstrained=not arguments.flag("constrained", constrained),
        prefix=arguments.text("prefix", prefix),
        suffix=arguments.text("suffix", suffix),
        template=template_message(template),
        max_thinking_tokens=arguments.number("max_thinking_tokens", max_thinking_tokens),
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
        TypeError: A value is of another type.
        ValueError: No language is given, or more than one kind of constraint.
    """
    asked = constraint(schema, **options)
    if asked is None and not (prefix or suffix or template is not None):
        raise ValueError(
            "one of schema, regex, choice, lark, sql, prefix, suffix and template is needed"
        )
    return messages.CheckConstraintRequest(
        model=arguments.text("model", model),
        constraint=asked,
        text=None if text is None else arguments.text("text", text),
        prefix=arguments.text("prefix", prefix),
        suffix=arguments.text("suffix", suffix),
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
        TypeError: A value is of another type.
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
            documents=None if documents is None else arguments.named_texts("documents", documents),
            whitespace=_layout(whitespace),
            open_objects=arguments.flag("open_objects", open_objects),
            annotate_formats=not arguments.flag("assert_formats", assert_formats),
        )
        return constraint_messages.Constraint(json_schema=asked)
    if regex is not None:
        pattern = constraint_messages.Regex(pattern=arguments.text("regex", regex))
        return constraint_messages.Constraint(regex=pattern)
    return _other(choice, lark, sql)


def template_message(template: Sequence[str] | None) -> constraint_messages.Template | None:
    """Returns the message for a template; None where none is given.

    Raises:
        TypeError: One text is given in place of a list of them.
    """
    if isinstance(template, str):
        raise TypeError("a template is a list of texts, with a hole between each and the next")
    if template is None:
        return None
    return constraint_messages.Template(literals=arguments.texts("template", template))


def schema_text(schema: Schema) -> str:
    """Returns a schema as JSON text; the order of its properties is kept.

    Raises:
        TypeError: It is no schema, or has something in it that is not JSON.
        ValueError: It refers to itself, or has a text that is no Unicode.
    """
    if isinstance(schema, str):
        return arguments.text("schema", schema)
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        schema = schema.model_json_schema()
    if not isinstance(schema, Mapping | bool):
        raise TypeError(
            f"schema is {type(schema).__name__}; give a mapping, JSON text, True, False or a "
            "Pydantic model class"
        )
    try:
        written = json.dumps(schema, ensure_ascii=False, allow_nan=False, default=_as_json)
    except TypeError as error:
        raise TypeError(f"schema is not JSON: {error}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"schema is not JSON: {error}") from None
    return arguments.text("schema", written)


def _as_json(value: object) -> object:
    """Makes a plain mapping of another kind of mapping."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} is no JSON value")


def _layout(whitespace: Whitespace | None) -> constraint_messages.Whitespace:
    if whitespace not in WHITESPACE:
        known = ", ".join(name for name in WHITESPACE if name)
        raise ValueError(f"whitespace is {whitespace!r}; it must be one of {known}")
    return WHITESPACE[whitespace]


def _other(
    choice: Sequence[str] | None, lark: str | Lark | None, sql: Sql | None
) -> constraint_messages.Constraint | None:
    if isinstance(choice, str):
        raise TypeError("choice is a list of texts, not one text")
    if choice is not None:
        options = constraint_messages.Choice(options=arguments.texts("choice", choice))
        return constraint_messages.Constraint(choice=options)
    if lark is not None:
        return constraint_messages.Constraint(lark=_lark(lark))
    if sql is not None:
        return constraint_messages.Constraint(sql=_sql(sql))
    return None


def _lark(lark: str | Lark) -> constraint_messages.Lark:
    full = lark if isinstance(lark, Lark) else Lark(lark)
    return constraint_messages.Lark(
        grammar=arguments.text("lark", full.grammar),
        start=arguments.text("lark.start", full.start),
        parser=arguments.text("lark.parser", full.parser),
        lexer=arguments.text("lark.lexer", full.lexer or ""),
        imports=arguments.named_texts("lark.imports", full.imports or {}),
    )


def _sql(sql: Sql) -> constraint_messages.Sql:
    if not isinstance(sql, Sql):
        raise TypeError(f"sql is {type(sql).__name__}; give Sql(dialect, CREATE statements)")
    return constraint_messages.Sql(
        dialect=arguments.text("sql.dialect", sql.dialect),
        catalog=arguments.text("sql.catalog", sql.catalog),
    )
