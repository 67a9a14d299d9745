"""What a server says, as values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from google.rpc import status_pb2
from pydantic import BaseModel, ValidationError

from blockform.errors import BlockformClientError, ResultError, from_status
from blockform.options import Schema
from blockform.result import (
    CanvasFrame,
    CommittedText,
    Diagnostic,
    Diagnostics,
    FinishReason,
    Limits,
    ModelInfo,
    Report,
    Result,
    Started,
    StreamEvent,
    Timings,
)
from blockform.v1 import constraint_pb2 as constraint_messages
from blockform.v1 import generation_pb2 as messages

FINISH_REASONS: Mapping[int, FinishReason] = {
    messages.FINISH_REASON_COMPLETE: FinishReason.COMPLETE,
    messages.FINISH_REASON_LENGTH: FinishReason.LENGTH,
    messages.FINISH_REASON_STOPPED: FinishReason.STOPPED,
}
ENFORCEMENTS: Mapping[int, str] = {
    constraint_messages.ENFORCEMENT_EXACT: "exact",
    constraint_messages.ENFORCEMENT_NARROWED: "narrowed",
    constraint_messages.ENFORCEMENT_ANNOTATION: "annotation",
}


def result(message: messages.GenerateResponse, schema: Schema | None = None) -> Result:
    """Returns the result that a message carries.

    Args:
        message: The server's answer.
        schema: What was asked for: it says how the text becomes a value.

    Raises:
        ResultError: The caller's model class refuses the text.
    """
    timings = message.timings
    return Result(
        text=message.text,
        value=value(message.text, schema),
        tokens=len(message.token_ids),
        steps=message.steps,
        finish_reason=FINISH_REASONS[message.finish_reason],
        timings=Timings(**{each.name: getattr(timings, each.name) for each in _fields(timings)}),
        diagnostics=_diagnostics(message.diagnostics) if message.HasField("diagnostics") else None,
        token_ids=tuple(message.token_ids),
        num_blocks=message.num_blocks,
        log_z=message.log_z,
        certificate=message.certificate,
        seed=message.seed,
        request_id=message.request_id,
        model=message.model,
        thinking=message.thinking,
    )


def wanted(request: messages.GenerateRequest, schema: Schema | None) -> Schema | None:
    """Returns the schema that the answer must be a value of; None where none is enforced."""
    return None if request.unconstrained else schema


def value(text: str, schema: Schema | None) -> Any:
    """Returns the text parsed: JSON under a schema, an instance under a model class.

    Raises:
        ResultError: The caller's model class refuses the text.
    """
    if schema is None:
        return text
    try:
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            return schema.model_validate_json(text)
        return json.loads(text)
    except (ValidationError, ValueError) as error:
        raise ResultError(f"the text is no value of the schema given: {error}", text) from error


def report(message: messages.CheckConstraintResponse) -> Report:
    """Returns what a compile came to."""
    return Report(
        diagnostics=_diagnostics(message.diagnostics),
        fewest_tokens=message.fewest_tokens,
        compile_ms=message.compile_ms,
        request_id=message.request_id,
        accepted=message.accepted if message.HasField("accepted") else None,
    )


def model_info(message: messages.GetModelInfoResponse) -> ModelInfo:
    """Returns a server's model and limits."""
    limits = {each.name: getattr(message.limits, each.name) for each in _fields(message.limits)}
    return ModelInfo(
        model=message.model,
        canvas_length=message.canvas_length,
        max_input_tokens=message.max_input_tokens,
        vocabulary_size=message.vocabulary_size,
        num_parameters=message.num_parameters,
        max_steps=message.max_steps,
        device=message.device,
        dtype=message.dtype,
        limits=Limits(**limits),
        constraint_kinds=tuple(message.constraint_kinds),
        version=message.version,
    )


def item(message: messages.BatchItem, schema: Schema | None) -> Result | BlockformClientError:
    """Returns one item of a batch: its result, or the error that its own call would have raised."""
    if message.HasField("response"):
        try:
            return result(message.response, schema)
        except ResultError as error:
            return error
    error = message.error
    status = status_pb2.Status(code=error.code, message=error.message, details=error.details)
    return from_status(status)


def event(message: messages.StreamGenerateResponse, schema: Schema | None) -> StreamEvent | None:
    """Returns what happened; None where a newer server says something that is not known here."""
    kind = message.WhichOneof("event")
    if kind == "completed":
        return result(message.completed, schema)
    return EVENTS[kind](getattr(message, kind)) if kind else None


def _diagnostics(message: constraint_messages.Diagnostics) -> Diagnostics:
    return Diagnostics(
        keywords=tuple(
            Diagnostic(
                pointer=entry.pointer,
                keyword=entry.keyword,
                enforcement=ENFORCEMENTS.get(entry.enforcement, "unknown"),
                message=entry.message,
            )
            for entry in message.keywords
        ),
        num_states=message.num_states,
        num_edges=message.num_edges,
        num_atoms=message.num_atoms,
        stage_ms={stage.name: stage.duration_ms for stage in message.stages},
    )


def _started(message: messages.Started) -> Started:
    return Started(
        request_id=message.request_id,
        canvas_length=message.canvas_length,
        queue_ms=message.queue_ms,
    )


def _canvas(message: messages.CanvasFrame) -> CanvasFrame:
    return CanvasFrame(
        block=message.block,
        step=message.step,
        pieces=tuple(message.pieces),
        entropy=tuple(message.entropy),
        accepted=tuple(message.accepted),
        overridden=tuple(message.overridden),
    )


def _committed(message: messages.Committed) -> CommittedText:
    return CommittedText(block=message.block, text=message.text)


EVENTS: Mapping[str, Callable[[Any], StreamEvent]] = {
    "started": _started,
    "canvas": _canvas,
    "committed": _committed,
}


def _fields(message: messages.Timings | messages.Limits) -> list[Any]:
    return list(message.DESCRIPTOR.fields)
