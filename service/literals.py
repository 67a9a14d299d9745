"""The texts that a message gives of its answer: a prefix, a suffix, or a template."""

from __future__ import annotations

from blockform.v1 import generation_pb2 as messages
from engine.errors import RequestError
from service.settings import Limits

Message = messages.GenerateRequest | messages.CheckConstraintRequest


def texts(message: Message, limits: Limits) -> tuple[str, ...]:
    """Returns the texts around the holes of an answer; none where nothing is given.

    Raises:
        RequestError: Two ways of giving them at once, no hole, too many bytes, or nothing is
            enforced.
    """
    if message.HasField("template"):
        given = _template(message)
    elif message.prefix or message.suffix:
        given = (message.prefix, message.suffix)
    else:
        return ()
    if (size := sum(len(text.encode()) for text in given)) > limits.constraint_bytes:
        raise RequestError(
            f"{size} bytes are more than the limit of {limits.constraint_bytes}",
            field=field(message),
        )
    if isinstance(message, messages.GenerateRequest) and message.unconstrained:
        raise RequestError(
            "what is given of an answer is enforced, and this request enforces nothing",
            field=field(message),
            hint="leave out `unconstrained`, or prefix, suffix and template",
        )
    return given


def field(message: Message) -> str:
    """Returns the first field that gives a part of the answer; empty where none does."""
    if message.HasField("template"):
        return "template"
    return "prefix" if message.prefix else "suffix" if message.suffix else ""


def _template(message: Message) -> tuple[str, ...]:
    if message.prefix or message.suffix:
        raise RequestError(
            "a template has prefix and suffix as its first and last text",
            field="template",
            hint="give the template or the others",
        )
    given = tuple(message.template.literals)
    if len(given) < 2:
        raise RequestError(
            f"a template has at least 2 texts, with a hole between them, not {len(given)}",
            field="template.literals",
            hint="a text at the border may be empty",
        )
    return given
