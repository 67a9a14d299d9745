"""The one place where exceptions become statuses, and bytes messages."""

from __future__ import annotations

import logging
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn, cast

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc import status_pb2
from grpc_status import rpc_status

from constraints.errors import BlockformError
from engine.errors import EngineError
from service import convert, status
from service.errors import UnexpectedError, UnreadableError

PREFIX = "/blockform.v1."

log = logging.getLogger("blockform.service")

if TYPE_CHECKING:  # generic in the stubs only
    Handler = grpc.RpcMethodHandler[Any, Any]
    Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes that are not the method's message."""

    error: DecodeError


Incoming = Message | Unreadable


class Boundary(grpc.aio.ServerInterceptor):
    """Reads requests and answers errors of our own service; leaves the others' alone."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """Wraps the handler of a call."""
        handler = cast("Any", await continuation(handler_call_details))
        if handler is None or not str(handler_call_details.method).startswith(PREFIX):
            return handler
        read = _lenient(handler.request_deserializer)
        if handler.response_streaming:
            behaviour = _guarded_stream(handler.unary_stream)
            return handler._replace(unary_stream=behaviour, request_deserializer=read)
        behaviour = _guarded_unary(handler.unary_unary)
        return handler._replace(unary_unary=behaviour, request_deserializer=read)


def answered(error: Exception, message: object) -> status_pb2.Status:
    """Returns what the caller is told about an error; logs it where it is our fault.

    Args:
        error: What was raised.
        message: The request's message, or `Unreadable`.
    """
    request_id = convert.identify(message)
    if not isinstance(error, BlockformError):
        error = UnexpectedError("".join(traceback.format_exception(error)))
    if isinstance(error, UnexpectedError):
        log.error("request %s: %s", request_id, error.report)
    elif isinstance(error, EngineError):
        log.error("request %s: %s: %s", request_id, error.code, error)
    field = convert.field_of(error, message)
    return status.to_status(error, field=field, request_id=request_id)


def _lenient(deserialize: Callable[[bytes], Message]) -> Callable[[bytes], Incoming]:
    def read(data: bytes) -> Incoming:
        try:
            return deserialize(data)
        except DecodeError as error:
            return Unreadable(error)

    return read


def _readable(message: Incoming) -> Message:
    if isinstance(message, Unreadable):
        raise UnreadableError(f"not a message of this method: {message.error}", field="")
    convert.identify(message)
    return message


def _guarded_unary(
    behaviour: Callable[[Message, Context], Awaitable[Message]],
) -> Callable[[Incoming, Context], Awaitable[Message]]:
    async def guarded(message: Incoming, context: Context) -> Message:
        try:
            return await behaviour(_readable(message), context)
        except Exception as error:  # noqa: BLE001 - every call ends in a reply or one status
            await _abort(context, error, message)

    return guarded


def _guarded_stream(
    behaviour: Callable[[Message, Context], AsyncGenerator[Message]],
) -> Callable[[Incoming, Context], AsyncGenerator[Message]]:
    async def guarded(message: Incoming, context: Context) -> AsyncGenerator[Message]:
        try:
            async with aclosing(behaviour(_readable(message), context)) as replies:
                async for reply in replies:
                    yield reply
        except Exception as error:  # noqa: BLE001 - every call ends in a reply or one status
            await _abort(context, error, message)

    return guarded


async def _abort(context: Context, error: Exception, message: Incoming) -> NoReturn:
    answer = answered(error, message)
    await context.abort_with_status(rpc_status.to_status(answer))
