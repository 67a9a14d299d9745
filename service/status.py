"""The only table from exception to status; docs/errors.md is its description for callers."""

from __future__ import annotations

import grpc
from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from constraints.errors import BlockformError, EmptyError, SpecError
from engine.errors import BudgetError, EngineError, ModelError, RequestError
from service.errors import (
    DeadlineError,
    ListenError,
    OverloadedError,
    UnavailableError,
    UnexpectedError,
)

DOMAIN = "blockform"
MAX_TEXT_BYTES = 500
"""Details travel in trailers, for which gRPC grants 8 KiB in all; a message stands there thrice."""

CODES: dict[type[BlockformError], grpc.StatusCode] = {
    SpecError: grpc.StatusCode.INVALID_ARGUMENT,
    RequestError: grpc.StatusCode.INVALID_ARGUMENT,
    BudgetError: grpc.StatusCode.FAILED_PRECONDITION,
    EmptyError: grpc.StatusCode.FAILED_PRECONDITION,
    ModelError: grpc.StatusCode.NOT_FOUND,
    OverloadedError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    UnavailableError: grpc.StatusCode.UNAVAILABLE,
    ListenError: grpc.StatusCode.UNAVAILABLE,
    DeadlineError: grpc.StatusCode.DEADLINE_EXCEEDED,
    EngineError: grpc.StatusCode.INTERNAL,
    UnexpectedError: grpc.StatusCode.INTERNAL,
    BlockformError: grpc.StatusCode.INTERNAL,
}
PLACES = ("pointer", "keyword", "line", "column", "position", "hint")
"""Attributes that errors may carry and that travel in ErrorInfo's metadata."""


def code(kind: type[BlockformError]) -> grpc.StatusCode:
    """Returns the status code of a class: its own entry, or that of the nearest class above."""
    return next(CODES[base] for base in kind.__mro__ if base in CODES)


def to_status(error: BlockformError, *, field: str = "", request_id: str = "") -> status_pb2.Status:
    """Returns what a caller is told about an error.

    Args:
        error: What was raised.
        field: Path of the request's field at fault; empty where none is.
        request_id: Where to look in the server's log.
    """
    details: list[Message] = [_error_info(error, request_id)]
    if field:
        details.append(_bad_request(error, field))
    if isinstance(error, OverloadedError):
        details.append(_retry_info(error))
    return status_pb2.Status(
        code=code(type(error)).value[0],
        message=shortened(str(error)),
        details=[_packed(detail) for detail in details],
    )


def shortened(text: str) -> str:
    """Returns a text that fits: cut at a character, with an ellipsis where something is missing."""
    encoded = text.encode()
    if len(encoded) <= MAX_TEXT_BYTES:
        return text
    return encoded[:MAX_TEXT_BYTES].decode(errors="ignore") + "…"


def _error_info(error: BlockformError, request_id: str) -> error_details_pb2.ErrorInfo:
    places = {name: getattr(error, name, None) for name in PLACES}
    told = {name: str(value) for name, value in places.items() if value not in (None, "")}
    named = {"kind": type(error).__name__, "request_id": request_id, **told}
    return error_details_pb2.ErrorInfo(
        reason=error.code,
        domain=DOMAIN,
        metadata={name: shortened(value) for name, value in named.items()},
    )


def _bad_request(error: BlockformError, field: str) -> error_details_pb2.BadRequest:
    return error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(
                field=field, description=shortened(str(error)), reason=error.code
            )
        ]
    )


def _retry_info(error: OverloadedError) -> error_details_pb2.RetryInfo:
    delay = duration_pb2.Duration()
    delay.FromMilliseconds(round(error.retry_after_s * 1000))
    return error_details_pb2.RetryInfo(retry_delay=delay)


def _packed(detail: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(detail)
    return packed
