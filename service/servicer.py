"""One method for each RPC; errors leave as exceptions, `boundary.py` answers them."""

from __future__ import annotations

import time
from asyncio import Semaphore, TaskGroup
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

from google.rpc import status_pb2
from grpc.aio import ServicerContext

from blockform.v1 import generation_pb2 as messages
from blockform.v1.generation_pb2_grpc import GenerationServiceServicer
from engine import CanvasFrame, CommittedText, Request, Result
from engine.errors import EngineError
from service import convert, reply
from service.boundary import answered
from service.deadline import stop_at
from service.jobs import Answer, CompileReport, GenerateJob, Job, Started
from service.settings import Limits
from service.worker import Worker

if TYPE_CHECKING:  # generic in the stubs only
    Context = ServicerContext[Any, Any]


class Servicer(GenerationServiceServicer):
    """Answers the RPCs of `blockform.v1.GenerationService`."""

    def __init__(self, worker: Worker, limits: Limits) -> None:
        self._worker = worker
        self._limits = limits

    async def Generate(
        self, request: messages.GenerateRequest, context: Context
    ) -> messages.GenerateResponse:
        """Answers once, with the whole text."""
        self._worker.ensure_room()
        return await self._generated(request, _stop_at(context))

    async def StreamGenerate(
        self, request: messages.StreamGenerateRequest, context: Context
    ) -> AsyncGenerator[messages.StreamGenerateResponse]:
        """Answers as the text settles."""
        convert.known_fields_only(request)
        self._worker.ensure_room()
        job = GenerateJob(
            request=self._read(request.request),
            stop_at=_stop_at(context),
            stream=True,
            include_canvas=request.include_canvas,
        )
        async with aclosing(self._streamed(request.request, job)) as replies:
            async for message in replies:
                yield message

    async def BatchGenerate(
        self, request: messages.BatchGenerateRequest, context: Context
    ) -> messages.BatchGenerateResponse:
        """Answers a few requests together; each ends in a response or an error of its own."""
        convert.batch(request, self._limits)
        self._worker.ensure_room()
        until = _stop_at(context)
        # No more at a time than are denoised together: the queue is everybody's.
        places = Semaphore(self._limits.batch_size)
        async with TaskGroup() as group:
            tasks = [
                group.create_task(self._outcome(one, until, places)) for one in request.requests
            ]
        return messages.BatchGenerateResponse(items=[reply.item(task.result()) for task in tasks])

    async def CheckConstraint(
        self, request: messages.CheckConstraintRequest, context: Context
    ) -> messages.CheckConstraintResponse:
        """Compiles a constraint and generates nothing."""
        self._worker.ensure_room()
        convert.model(request.model, self._worker.info.name)
        job = convert.compile_job(request, self._limits, _stop_at(context))
        report, _ = await self._answer(job)
        assert isinstance(report, CompileReport)
        return reply.check(report, request.request_id)

    async def GetModelInfo(
        self,
        request: messages.GetModelInfoRequest,
        context: Context,  # noqa: ARG002
    ) -> messages.GetModelInfoResponse:
        """Describes the model and the limits."""
        convert.known_fields_only(request)
        convert.model(request.model, self._worker.info.name)
        return reply.model_info(self._worker.info, self._limits)

    def _read(self, message: messages.GenerateRequest) -> Request:
        convert.model(message.model, self._worker.info.name)
        return convert.request(message, self._limits)

    async def _generated(
        self, message: messages.GenerateRequest, until: float | None
    ) -> messages.GenerateResponse:
        job = GenerateJob(request=self._read(message), stop_at=until)
        result, queue_ms = await self._answer(job)
        assert isinstance(result, Result)
        return self._response(message, result, queue_ms)

    async def _outcome(
        self, message: messages.GenerateRequest, until: float | None, places: Semaphore
    ) -> messages.GenerateResponse | status_pb2.Status:
        convert.identify(message)
        try:
            async with places:
                return await self._generated(message, until)
        except Exception as error:  # noqa: BLE001 - one bad item must not take the others along
            return answered(error, message)

    async def _answer(self, job: Job) -> tuple[Answer, float]:
        queue_ms = 0.0
        async with aclosing(self._worker.run(job)) as happenings:
            async for happening in happenings:
                if isinstance(happening, Started):
                    queue_ms = happening.queue_ms
                elif isinstance(happening, Answer):
                    return happening, queue_ms
        raise EngineError("the engine gave no answer")

    async def _streamed(
        self, message: messages.GenerateRequest, job: GenerateJob
    ) -> AsyncGenerator[messages.StreamGenerateResponse]:
        queue_ms = 0.0
        async with aclosing(self._worker.run(job)) as happenings:
            async for happening in happenings:
                match happening:
                    case Started():
                        queue_ms = happening.queue_ms
                        yield reply.started(
                            request_id=message.request_id,
                            canvas_length=self._worker.info.canvas_length,
                            queue_ms=queue_ms,
                        )
                    case CanvasFrame() | CommittedText():
                        yield reply.event(happening)
                    case Result():
                        response = self._response(message, happening, queue_ms)
                        yield messages.StreamGenerateResponse(completed=response)
                    case CompileReport():
                        raise EngineError("a compile's report came in place of a result")

    def _response(
        self, message: messages.GenerateRequest, result: Result, queue_ms: float
    ) -> messages.GenerateResponse:
        return reply.response(
            result,
            model=self._worker.info.name,
            request_id=message.request_id,
            queue_ms=queue_ms,
        )


def _stop_at(context: Context) -> float | None:
    return stop_at(time.monotonic(), context.time_remaining())
