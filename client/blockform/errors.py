"""One exception tree for callers; it mirrors the details of the statuses in docs/errors.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2, status_pb2

DETAILS_KEY = "grpc-status-details-bin"


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDetails:
    """What an error says beyond its message; empty or None where it says nothing.

    Attributes:
        status: Name of the gRPC status, for example `INVALID_ARGUMENT`.
        code: Stable UPPER_SNAKE reason, the same in every language.
        field: Path of the request's field at fault.
        pointer: JSON pointer into the spec.
        line: 1-based line in the spec.
        column: 1-based column in the spec.
        keyword: The spec's keyword at fault.
        hint: What can be done about it.
        request_id: Where to look in the server's log.
        retry_after_s: Seconds after which to try again.
    """

    status: str = "UNKNOWN"
    code: str = ""
    field: str = ""
    pointer: str | None = None
    line: int | None = None
    column: int | None = None
    keyword: str = ""
    hint: str = ""
    request_id: str = ""
    retry_after_s: float | None = None


class BlockformClientError(Exception):
    """Root of every error that a client raises.

    Attributes:
        message: What was wrong, in one sentence.
        details: The same in parts.
    """

    def __init__(self, message: str, details: ErrorDetails | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details or ErrorDetails()

    @property
    def code(self) -> str:
        """The stable UPPER_SNAKE reason, or the status where the server gave none."""
        return self.details.code or self.details.status


class SpecError(BlockformClientError):
    """The constraint was refused."""


class MalformedError(SpecError):
    """The constraint is not well formed: not JSON, not a schema, not a pattern."""


class UnsupportedError(SpecError):
    """The constraint asks for something that cannot be enforced."""


class UnsatisfiableError(SpecError):
    """No text satisfies the constraint."""


class LimitError(SpecError):
    """The constraint is too big."""


class UnimplementedError(SpecError):
    """The server does not answer this kind of constraint, or this method."""


class EmptyError(SpecError):
    """No text of the language fits where it has to stand."""


class RequestError(BlockformClientError):
    """A field of the request is wrong; `details.field` names it."""


class ContextError(RequestError):
    """The text is longer than the model or the server takes."""


class BudgetError(RequestError):
    """The language's shortest text does not fit `max_tokens`."""


class ModelError(BlockformClientError):
    """The server has no such model."""


class OverloadedError(BlockformClientError):
    """The server's queue is full; `details.retry_after_s` says when to come back."""


class UnavailableError(BlockformClientError):
    """There is no server, or it is starting, restarting or going down."""


class DeadlineError(BlockformClientError):
    """The deadline came before any valid text."""


class CallCancelledError(BlockformClientError):
    """The call was cancelled."""


class ServerError(BlockformClientError):
    """The server failed; its log has the cause under `details.request_id`."""


class ResultError(BlockformClientError):
    """The text is valid under the schema, but the caller's own model class refuses it.

    Attributes:
        text: The text.
    """

    def __init__(self, message: str, text: str) -> None:
        super().__init__(message, ErrorDetails(code="VALUE_REFUSED"))
        self.text = text


KINDS: Mapping[str, type[BlockformClientError]] = {
    kind.__name__: kind
    for kind in (
        SpecError,
        MalformedError,
        UnsupportedError,
        UnsatisfiableError,
        LimitError,
        UnimplementedError,
        EmptyError,
        RequestError,
        ContextError,
        BudgetError,
        ModelError,
        OverloadedError,
        UnavailableError,
        DeadlineError,
    )
}
"""By the name of the server's class, where the server names one that is known here."""

STATUSES: Mapping[str, type[BlockformClientError]] = {
    "INVALID_ARGUMENT": RequestError,
    "FAILED_PRECONDITION": RequestError,
    "NOT_FOUND": ModelError,
    "UNIMPLEMENTED": UnimplementedError,
    "RESOURCE_EXHAUSTED": OverloadedError,
    "UNAVAILABLE": UnavailableError,
    "DEADLINE_EXCEEDED": DeadlineError,
    "CANCELLED": CallCancelledError,
}
"""By status, where the server names no class; any other is a `ServerError`."""

STATUS_NAMES: Mapping[int, str] = {code.value[0]: code.name for code in grpc.StatusCode}


def from_status(status: status_pb2.Status) -> BlockformClientError:
    """Returns the exception for a google.rpc.Status."""
    info, violation = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    retry = error_details_pb2.RetryInfo()
    found = {
        part.DESCRIPTOR.name
        for detail in status.details
        for part in (info, violation, retry)
        if detail.Unpack(part)
    }
    fields = [each.field for each in violation.field_violations]
    details = ErrorDetails(
        status=STATUS_NAMES.get(status.code, "UNKNOWN"),
        code=info.reason,
        field=fields[0] if fields else "",
        retry_after_s=_seconds(retry) if "RetryInfo" in found else None,
        **_places(info.metadata),
    )
    return _kind(info.metadata.get("kind", ""), details.status)(status.message, details)


def from_rpc_error(error: grpc.RpcError) -> BlockformClientError:
    """Returns the exception for a failed call."""
    call: Any = error
    for key, value in call.trailing_metadata() or ():
        if key == DETAILS_KEY:
            try:
                return from_status(status_pb2.Status.FromString(value))
            except DecodeError:
                break
    details = ErrorDetails(status=call.code().name)
    return _kind("", details.status)(call.details() or details.status, details)


@contextmanager
def mapped() -> Iterator[None]:
    """Turns gRPC's exceptions inside the `with` block into ours."""
    try:
        yield
    except grpc.RpcError as error:
        raise from_rpc_error(error) from error


def _kind(name: str, status: str) -> type[BlockformClientError]:
    return KINDS.get(name) or STATUSES.get(status, ServerError)


def _places(metadata: Mapping[str, str]) -> dict[str, Any]:
    places: dict[str, Any] = {
        name: metadata[name]
        for name in ("pointer", "keyword", "hint", "request_id")
        if name in metadata
    }
    return places | {name: int(metadata[name]) for name in ("line", "column") if name in metadata}


def _seconds(retry: error_details_pb2.RetryInfo) -> float:
    return retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
