"""The client for asyncio; `blockform.client` offers it beside the other one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import cached_property
from types import TracebackType
from typing import Self, Unpack

import grpc

from blockform import arguments, ask, channel, read
from blockform.channel import TIMEOUT_S
from blockform.errors import BlockformClientError, mapped
from blockform.options import ConstraintOptions, GenerateOptions, Schema
from blockform.result import ModelInfo, Report, Result, StreamEvent
from blockform.v1 import generation_pb2 as messages
from blockform.v1.generation_pb2_grpc import GenerationServiceStub


class AsyncClient:
    """A connection to a server, for one event loop; the same methods as `Client`."""

    def __init__(self, target: str) -> None:
        """Connects when the first call is made.

        Args:
            target: `host:port`, or any other gRPC target.

        Raises:
            ValueError: It is empty.
        """
        self._target = arguments.target(target)

    @cached_property
    def _channel(self) -> grpc.aio.Channel:
        # Made by the first call, for a channel belongs to the loop that runs when it is made.
        return grpc.aio.insecure_channel(self._target, options=channel.OPTIONS)

    @cached_property
    def _stub(self) -> GenerationServiceStub:
        return GenerationServiceStub(self._channel)

    async def generate(
        self,
        text: str,
        schema: Schema | None = None,
        *,
        timeout: float | None = TIMEOUT_S,
        **options: Unpack[GenerateOptions],
    ) -> Result:
        """Generates an answer to a text; see `Client.generate`."""
        request = ask.generate_request(text, schema, **options)
        with mapped():
            response = await self._stub.Generate(request, timeout=arguments.timeout(timeout))
        return read.result(response, read.wanted(request, schema))

    async def stream(
        self,
        text: str,
        schema: Schema | None = None,
        *,
        timeout: float | None = TIMEOUT_S,
        canvas: bool = True,
        **options: Unpack[GenerateOptions],
    ) -> AsyncIterator[StreamEvent]:
        """Generates, and yields what happens; see `Client.stream`."""
        request = ask.generate_request(text, schema, **options)
        asked = messages.StreamGenerateRequest(request=request, include_canvas=canvas)
        call, wanted = (
            self._stub.StreamGenerate(asked, timeout=arguments.timeout(timeout)),
            read.wanted(request, schema),
        )
        try:
            with mapped():
                async for message in call:
                    if (event := read.event(message, wanted)) is not None:
                        yield event
        finally:
            call.cancel()

    async def batch(
        self,
        texts: Sequence[str],
        schema: Schema | None = None,
        *,
        timeout: float | None = TIMEOUT_S,
        **options: Unpack[GenerateOptions],
    ) -> list[Result | BlockformClientError]:
        """Generates for a few texts; see `Client.batch`."""
        asked = arguments.texts("texts", texts)
        requests = [ask.generate_request(text, schema, **options) for text in asked]
        with mapped():
            response = await self._stub.BatchGenerate(
                messages.BatchGenerateRequest(requests=requests), timeout=arguments.timeout(timeout)
            )
        return [
            read.item(item, read.wanted(request, schema))
            for request, item in zip(requests, response.items, strict=True)
        ]

    async def check(
        self,
        schema: Schema | None = None,
        *,
        text: str | None = None,
        timeout: float | None = TIMEOUT_S,
        model: str = "",
        **options: Unpack[ConstraintOptions],
    ) -> Report:
        """Compiles a constraint and generates nothing; see `Client.check`."""
        request = ask.check_request(schema, text=text, model=model, **options)
        with mapped():
            return read.report(
                await self._stub.CheckConstraint(request, timeout=arguments.timeout(timeout))
            )

    async def info(self, *, timeout: float | None = TIMEOUT_S) -> ModelInfo:
        """Returns the server's model and limits; see `Client.info`."""
        with mapped():
            message = await self._stub.GetModelInfo(
                messages.GetModelInfoRequest(), timeout=arguments.timeout(timeout)
            )
        return read.model_info(message)

    async def close(self) -> None:
        """Closes the connection; calls under way are cancelled."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()
