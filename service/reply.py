"""Messages out: what the engine answered, as the caller reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import metadata
from typing import Any

from google.rpc import status_pb2

from blockform.v1 import constraint_pb2 as constraint_messages
from blockform.v1 import generation_pb2 as messages
from constraints.diagnostics import Diagnostics
from engine import CanvasFrame, CommittedText, FinishReason, ModelInfo, Result
from service import convert
from service.jobs import CompileReport
from service.settings import Limits

FINISH_REASONS = {
    FinishReason.COMPLETE: messages.FINISH_REASON_COMPLETE,
    FinishReason.LENGTH: messages.FINISH_REASON_LENGTH,
    FinishReason.STOPPED: messages.FINISH_REASON_STOPPED,
}
ENFORCEMENTS = {
    "exact": constraint_messages.ENFORCEMENT_EXACT,
    "narrowed": constraint_messages.ENFORCEMENT_NARROWED,
    "annotation": constraint_messages.ENFORCEMENT_ANNOTATION,
}
TIMINGS = ("compile_ms", "encode_ms", "denoise_ms", "constraint_ms", "validate_ms", "total_ms")


def response(
    result: Result, *, model: str, request_id: str, queue_ms: float
) -> messages.GenerateResponse:
    """Returns the message for a finished generation."""
    return messages.GenerateResponse(
        text=result.text,
        token_ids=result.token_ids,
        finish_reason=FINISH_REASONS[result.finish_reason],
        steps=result.steps,
        num_blocks=result.num_blocks,
        log_z=result.log_z,
        certificate=result.certificate,
        seed=result.seed,
        timings=messages.Timings(
            queue_ms=queue_ms, **{name: getattr(result.timings, name) for name in TIMINGS}
        ),
        diagnostics=None if result.diagnostics is None else diagnostics(result.diagnostics),
        request_id=request_id,
        model=model,
        thinking=result.thinking,
    )


def diagnostics(report: Diagnostics) -> constraint_messages.Diagnostics:
    """Returns the message for what a compile reported."""
    return constraint_messages.Diagnostics(
        keywords=[
            constraint_messages.Diagnostic(
                pointer=entry.pointer,
                keyword=entry.keyword,
                enforcement=ENFORCEMENTS[entry.enforcement],
                message=entry.message,
            )
            for entry in report.keywords
        ],
        num_states=report.num_states,
        num_edges=report.num_edges,
        num_atoms=report.num_atoms,
        stages=[
            constraint_messages.StageTime(name=name, duration_ms=duration)
            for name, duration in report.stage_ms.items()
        ],
    )


def check(report: CompileReport, request_id: str) -> messages.CheckConstraintResponse:
    """Returns the message for a compile without a generation."""
    message = messages.CheckConstraintResponse(
        diagnostics=diagnostics(report.diagnostics),
        fewest_tokens=report.fewest_tokens,
        compile_ms=report.compile_ms,
        request_id=request_id,
    )
    if report.accepted is not None:
        message.accepted = report.accepted
    return message


def model_info(info: ModelInfo, limits: Limits) -> messages.GetModelInfoResponse:
    """Returns the message that describes a server."""
    return messages.GetModelInfoResponse(
        model=info.name,
        canvas_length=info.canvas_length,
        max_input_tokens=info.max_input_tokens,
        vocabulary_size=info.vocabulary_size,
        num_parameters=info.num_parameters,
        max_steps=info.max_steps,
        device=info.device,
        dtype=info.dtype,
        limits=messages.Limits(
            constraint_bytes=limits.constraint_bytes,
            text_bytes=limits.text_bytes,
            batch_items=limits.batch_items,
            queue_length=limits.queue_length,
            max_tokens=limits.max_tokens,
            max_steps=limits.max_steps,
            message_bytes=limits.message_bytes,
            batch_size=limits.batch_size,
        ),
        constraint_kinds=tuple(convert.KINDS),
        version=version(),
    )


def started(
    *, request_id: str, canvas_length: int, queue_ms: float
) -> messages.StreamGenerateResponse:
    """Returns the first message of a stream."""
    return messages.StreamGenerateResponse(
        started=messages.Started(
            request_id=request_id, canvas_length=canvas_length, queue_ms=queue_ms
        )
    )


def event(happened: CanvasFrame | CommittedText) -> messages.StreamGenerateResponse:
    """Returns the message for something that happened on the way."""
    return EVENTS[type(happened)](happened)


def item(
    outcome: messages.GenerateResponse | status_pb2.Status,
) -> messages.BatchItem:
    """Returns the message for one item of a batch."""
    if isinstance(outcome, messages.GenerateResponse):
        return messages.BatchItem(response=outcome)
    return messages.BatchItem(
        error=messages.ItemError(
            code=outcome.code, message=outcome.message, details=outcome.details
        )
    )


def version() -> str:
    """Returns the version of the installed distribution; empty where it is not installed."""
    try:
        return metadata.version("blockform")
    except metadata.PackageNotFoundError:
        return ""


def _canvas(frame: CanvasFrame) -> messages.StreamGenerateResponse:
    return messages.StreamGenerateResponse(
        canvas=messages.CanvasFrame(
            block=frame.block,
            step=frame.step,
            pieces=frame.pieces,
            entropy=frame.entropy,
            accepted=frame.accepted,
            overridden=frame.overridden,
        )
    )


def _committed(text: CommittedText) -> messages.StreamGenerateResponse:
    return messages.StreamGenerateResponse(
        committed=messages.Committed(block=text.block, text=text.text)
    )


EVENTS: Mapping[type, Callable[[Any], messages.StreamGenerateResponse]] = {
    CanvasFrame: _canvas,
    CommittedText: _committed,
}
