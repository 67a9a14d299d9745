"""Messages in: what a caller asks, checked field by field, as the engine understands it."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf.message import Message
from google.protobuf.unknown_fields import UnknownFieldSet

from blockform.v1 import constraint_pb2 as constraint_messages
from blockform.v1 import generation_pb2 as messages
from constraints.errors import BlockformError, LimitError, SpecError
from constraints.spec import Choice, JsonSchema, Lark, Regex, Sql, Template, Whitespace
from constraints.spec import Spec as Language
from engine.errors import ContextError, ModelError, RequestError
from engine.request import ANY_TEXT, Request, Spec
from service import literals
from service.errors import UnknownFieldError
from service.jobs import CompileJob
from service.settings import Limits

MAX_REQUEST_ID = 128
CONSTRAINED = (messages.GenerateRequest, messages.CheckConstraintRequest)

WHITESPACE: dict[int, Whitespace] = {
    constraint_messages.WHITESPACE_UNSPECIFIED: "flexible",
    constraint_messages.WHITESPACE_COMPACT: "compact",
    constraint_messages.WHITESPACE_SPACED: "spaced",
    constraint_messages.WHITESPACE_INDENTED: "indented",
    constraint_messages.WHITESPACE_FLEXIBLE: "flexible",
    constraint_messages.WHITESPACE_ANY: "any",
}

SPEC_FIELDS: dict[str | None, str] = {
    "json_schema": "constraint.json_schema.text",
    "regex": "constraint.regex.pattern",
    "choice": "constraint.choice.options",
    "lark": "constraint.lark.grammar",
    "sql": "constraint.sql",
    None: "constraint",
}
"""Where the text of each kind of constraint stands: the field that a `SpecError` is about."""

TEMPLATE_KEYWORD = "template"
"""The keyword of a `SpecError` that is about what is given of the answer."""


def request(message: messages.GenerateRequest, limits: Limits) -> Request:
    """Returns the request that a message asks for.

    Raises:
        BlockformError: A field is wrong; `field_of` names it.
    """
    known_fields_only(message)
    _check_request_id(message.request_id)
    _check_text(message.text, limits)
    return Request(
        text=message.text,
        spec=spec(message.constraint, limits) if message.HasField("constraint") else None,
        constrained=not message.unconstrained,
        template=literals.texts(message, limits),
        **_between(message, "max_tokens", 1, limits.max_tokens),
        **_between(message, "max_thinking_tokens", 0, limits.max_tokens),
        **_between(message, "max_steps", 1, limits.max_steps),
        **_between(message, "seed", 0, 2**63 - 1),
    )


def compile_job(
    message: messages.CheckConstraintRequest, limits: Limits, stop_at: float | None = None
) -> CompileJob:
    """Returns the compile that a message asks for.

    Raises:
        BlockformError: A field is wrong; `field_of` names it.
    """
    known_fields_only(message)
    _check_request_id(message.request_id)
    text = message.text if message.HasField("text") else None
    return CompileJob(spec=_language(message, limits), text=text, stop_at=stop_at)


def batch(message: messages.BatchGenerateRequest, limits: Limits) -> None:
    """Checks what does not belong to a single item.

    Raises:
        RequestError: It is empty, too long, or has a field that nobody knows.
    """
    if unknown := next(_unknown_here(message, ""), None):
        raise unknown
    if not 1 <= len(message.requests) <= limits.batch_items:
        raise RequestError(
            f"a batch has 1 to {limits.batch_items} requests, not {len(message.requests)}",
            field="requests",
        )


def spec(message: constraint_messages.Constraint, limits: Limits) -> Spec:
    """Returns the spec that a constraint describes.

    Raises:
        SpecError: It is too big, or empty where it must not be.
        RequestError: No kind is set.
    """
    kind = message.WhichOneof("kind")
    if kind is None:
        raise RequestError("one kind of constraint must be set", field="constraint")
    if (size := message.ByteSize()) > limits.constraint_bytes:
        raise LimitError(f"{size} bytes are more than the limit of {limits.constraint_bytes}")
    return KINDS[kind](getattr(message, kind))


def model(name: str, served: str) -> None:
    """Checks the name of a model.

    Raises:
        ModelError: It is another one than the one served.
    """
    if name not in ("", served):
        raise ModelError(f"there is no model {name!r} here", hint=f"this server has {served!r}")


def identify(message: object) -> str:
    """Returns the request's id; makes one up, and writes it into the message, where it has none."""
    match message:
        case messages.StreamGenerateRequest():
            return identify(message.request)
        case messages.GenerateRequest() | messages.CheckConstraintRequest():
            message.request_id = message.request_id or uuid.uuid4().hex
            return message.request_id[:MAX_REQUEST_ID]
        case _:
            return uuid.uuid4().hex


def field_of(error: BlockformError, message: object) -> str:
    """Returns the path, from `message` down, of the field at fault; empty where there is none."""
    if isinstance(error, UnknownFieldError):
        return error.field
    if isinstance(message, messages.StreamGenerateRequest):
        path = field_of(error, message.request)
        return f"request.{path}" if path else ""
    if isinstance(error, ContextError) and error.field == "constraint":
        return _constraint_field(message)
    if isinstance(error, RequestError):
        return error.field
    if isinstance(error, ModelError):
        return "model"
    if isinstance(error, SpecError) and isinstance(message, CONSTRAINED):
        return _spec_field(error, message)
    return ""


def _spec_field(error: SpecError, message: literals.Message) -> str:
    if isinstance(error, SpecError) and error.keyword == TEMPLATE_KEYWORD:
        return literals.field(message)
    return _constraint_field(message)


def _constraint_field(message: object) -> str:
    if not isinstance(message, CONSTRAINED):
        return "constraint"
    return SPEC_FIELDS[message.constraint.WhichOneof("kind")]


def known_fields_only(message: Message) -> None:
    """Checks that this server knows every field that was sent.

    Raises:
        UnknownFieldError: It does not know one, or a known one came with another wire type.
    """
    if unknown := next(_unknown(message, ""), None):
        raise unknown


def _unknown(message: Message, path: str) -> Iterator[UnknownFieldError]:
    yield from _unknown_here(message, path)
    for descriptor, value in message.ListFields():
        if isinstance(value, Message):
            yield from _unknown(value, f"{path}{descriptor.name}.")


def _unknown_here(message: Message, path: str) -> Iterator[UnknownFieldError]:
    for unknown in UnknownFieldSet(message):  # pyright: ignore[reportArgumentType]
        yield UnknownFieldError(
            f"{message.DESCRIPTOR.name} has no field with number {unknown.field_number} and wire "
            f"type {unknown.wire_type}",
            field=f"{path}{unknown.field_number}",
            hint="the server is older than the client, or the field has another type",
        )


def _language(message: messages.CheckConstraintRequest, limits: Limits) -> Language:
    given = literals.texts(message, limits)
    if given and not message.HasField("constraint"):
        return Template(ANY_TEXT, given)
    asked = spec(message.constraint, limits)
    return Template(asked, given) if given else asked


def _check_request_id(request_id: str) -> None:
    if len(request_id) > MAX_REQUEST_ID or not request_id.isprintable():
        raise RequestError(
            f"a request id has at most {MAX_REQUEST_ID} characters, all printable",
            field="request_id",
        )


def _check_text(text: str, limits: Limits) -> None:
    if not text.strip():
        raise RequestError("the text is empty", field="text")
    if (size := len(text.encode())) > limits.text_bytes:
        raise ContextError(f"{size} bytes are more than the limit of {limits.text_bytes}")


def _between(message: messages.GenerateRequest, name: str, low: int, high: int) -> dict[str, Any]:
    """Returns the optional field as a keyword argument, or nothing where it is unset."""
    if not message.HasField(name):  # pyright: ignore[reportArgumentType]
        return {}
    value = getattr(message, name)
    if not low <= value <= high:
        raise RequestError(f"{name} is {value}; it must be from {low} to {high}", field=name)
    return {name: value}


def _json_schema(message: constraint_messages.JsonSchema) -> JsonSchema:
    if message.whitespace not in WHITESPACE:
        raise RequestError(
            f"there is no white space policy {message.whitespace}",
            field="constraint.json_schema.whitespace",
        )
    return JsonSchema(
        text=message.text,
        documents=dict(message.documents),
        whitespace=WHITESPACE[message.whitespace],
        open_objects=message.open_objects,
        assert_formats=not message.annotate_formats,
    )


def _regex(message: constraint_messages.Regex) -> Regex:
    return Regex(message.pattern)


def _choice(message: constraint_messages.Choice) -> Choice:
    return Choice(message.options)


def _sql(message: constraint_messages.Sql) -> Sql:
    return Sql(message.dialect or "sqlite", catalog=message.catalog)


def _lark(message: constraint_messages.Lark) -> Lark:
    return Lark(
        text=message.grammar,
        start=message.start or "start",
        parser=message.parser or "lalr",  # pyright: ignore[reportArgumentType] - compile checks it
        lexer=message.lexer or "auto",  # pyright: ignore[reportArgumentType]
        imports=dict(message.imports),
    )


KINDS: dict[str, Callable[[Any], Spec]] = {
    "json_schema": _json_schema,
    "regex": _regex,
    "choice": _choice,
    "lark": _lark,
    "sql": _sql,
}
