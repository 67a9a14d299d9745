"""A client for a Blockform server.

    from blockform.client import Client

    with Client("localhost:50051") as client:
        order = client.generate(text, schema=Order).value

Every failure is a `blockform.errors.BlockformClientError`; a call that never reached an engine is
tried again by itself, up to four times.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self, Unpack

import grpc

from blockform import arguments, ask, channel, read
from blockform.aio import AsyncClient
from blockform.channel import TIMEOUT_S
from blockform.errors import BlockformClientError, mapped
from blockform.options import ConstraintOptions, GenerateOptions, Lark, Schema, Sql
from blockform.result import (
    CanvasFrame,
    CommittedText,
    ModelInfo,
    Report,
    Result,
    Started,
    StreamEvent,
)
from blockform.v1 import generation_pb2 as messages
from blockform.v1.generation_pb2_grpc import GenerationServiceStub

__all__ = [
    "AsyncClient",
    "BlockformClientError",
    "CanvasFrame",
    "Client",
    "CommittedText",
    "Lark",
    "ModelInfo",
    "Report",
    "Result",
    "Sql",
    "Started",
    "StreamEvent",
]


class Client:
    """A connection to a server, for threads; safe to share between them."""

    def __init__(self, target: str) -> None:
        """Connects when the first call is made.

        Args:
            target: `host:port`, or any other gRPC target.

        Raises:
            ValueError: It is empty.
        """
        self._channel = grpc.insecure_channel(arguments.target(target), options=channel.OPTIONS)
        self._stub = GenerationServiceStub(self._channel)

    def generate(
        self,
        text: str,
        schema: Schema | None = None,
        *,
        timeout: float | None = TIMEOUT_S,
        **options: Unpack[GenerateOptions],
    ) -> Result:
        """Generates an answer to a text.

        Args:
            text: The document to extract from, or the question to answer.
            schema: A JSON Schema (mapping or JSON text) or a Pydantic model class.
            timeout: Seconds; near their end the best valid text so far is returned.
            **options: Another kind of constraint, seed and budget: see `GenerateOptions`.

        Raises:
            BlockformClientError: The server refused or failed, or was not there.
            ValueError: An argument is out of range or does not go with another.
        """
        request = ask.generate_request(text, schema, **options)
        with mapped():
            response = self._stub.Generate(request, timeout=arguments.timeout(timeout))
        return read.result(response, read.wanted(request, schema))

    def stream(
        self,
        text: str,
        schema: Schema | None = None,
        *,
        timeout: float | None = TIMEOUT_S,
        canvas: bool = True,
        **options: Unpack[GenerateOptions],
    ) -> Iterator[StreamEvent]:
        """Generates, and yields what happens: `Started`, frames, text, and last the `Result`.

        Leaving the loop early (`close` on the iterator) cancels the call.

        Args:
            text: As in `generate`.
            schema: As in `generate`.
            timeout: As in `generate`.
            canvas: Whether to ask for the canvas after each step.
            **options: As in `generate`.

        Raises:
            BlockformClientError: The server refused or failed, or was not there.
        """
        request = ask.generate_request(text, schema, **options)
        asked = messages.StreamGenerateRequest(request=request, include_canvas=canvas)
        call, wanted = (
            self._stub.StreamGenerate(asked, timeout=arguments.timeout(timeout)),
            read.wanted(request, schema),
        )
        try:
            with mapped():
                for message in call:
                    if (event := read.event(message, wanted)) is not None:
                        yield event
        finally:
            call.cancel()

    def batch(
        self,
        texts: Sequence[str],
        schema: Schema | None = None,
        *,
        timeout: float | None = TIMEOUT_S,
        **options: Unpack[GenerateOptions],
    ) -> list[Result | BlockformClientError]:
        """Generates for a few texts; each gives a result or the error of its own call.

        Raises:
            BlockformClientError: The batch as a whole was refused or failed.
        """
        asked = arguments.texts("texts", texts)
        requests = [ask.generate_request(text, schema, **options) for text in asked]
        with mapped():
            response = self._stub.BatchGenerate(
                messages.BatchGenerateRequest(requests=requests), timeout=arguments.timeout(timeout)
            )
        return [
            read.item(item, read.wanted(request, schema))
            for request, item in zip(requests, response.items, strict=True)
        ]

    def check(
        self,
        schema: Schema | None = None,
        *,
        text: str | None = None,
        timeout: float | None = TIMEOUT_S,
        model: str = "",
        **options: Unpack[ConstraintOptions],
    ) -> Report:
        """Compiles a constraint and generates nothing; with `text`, says whether it is a member.

        Raises:
            BlockformClientError: The constraint was refused, or the server failed.
        """
        request = ask.check_request(schema, text=text, model=model, **options)
        with mapped():
            return read.report(
                self._stub.CheckConstraint(request, timeout=arguments.timeout(timeout))
            )

    def info(self, *, timeout: float | None = TIMEOUT_S) -> ModelInfo:
        """Returns the server's model and limits.

        Raises:
            BlockformClientError: The server failed or was not there.
        """
        with mapped():
            message = self._stub.GetModelInfo(
                messages.GetModelInfoRequest(), timeout=arguments.timeout(timeout)
            )
        return read.model_info(message)

    def close(self) -> None:
        """Closes the connection; calls under way are cancelled."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
