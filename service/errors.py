"""What can go wrong around the engine; the root is in `constraints.errors`."""

from __future__ import annotations

from constraints.errors import BlockformError
from engine.errors import RequestError


class UnreadableError(RequestError):
    """The bytes on the wire are not the message that the method takes."""

    code = "UNREADABLE_REQUEST"


class UnknownFieldError(RequestError):
    """A message carries a field that this server does not know, so it cannot be honoured."""

    code = "UNKNOWN_FIELD"


class OverloadedError(BlockformError):
    """The queue is full.

    Attributes:
        retry_after_s: Seconds after which a place is likely to be free.
    """

    code = "QUEUE_FULL"

    def __init__(self, message: str, *, retry_after_s: float) -> None:
        super().__init__(message, hint=f"try again in {retry_after_s:.1f} s")
        self.retry_after_s = retry_after_s


class UnavailableError(BlockformError):
    """The engine is not there: still loading, restarting, or going down."""

    code = "ENGINE_UNAVAILABLE"


class DeadlineError(BlockformError):
    """The deadline came before the request left the queue."""

    code = "DEADLINE_EXCEEDED"


class ListenError(BlockformError):
    """The server cannot listen where it was told to."""

    code = "CANNOT_LISTEN"


class UnexpectedError(BlockformError):
    """A bug: something that no layer raises on purpose.

    Attributes:
        report: The traceback, for the log only.
    """

    code = "INTERNAL"

    def __init__(self, report: str) -> None:
        super().__init__("internal error; the server's log has it under this request's id")
        self.report = report
