"""The same calls on an engine in this process, without a server; needs the `server` extra.

It goes through the service's own conversions, so that a request means and a failure says the same
with and without a server.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Unpack

from blockform import arguments, ask, read
from blockform.channel import TIMEOUT_S
from blockform.errors import BlockformClientError, from_status
from blockform.options import ConstraintOptions, GenerateOptions, Schema
from blockform.result import ModelInfo, Report, Result, StreamEvent
from blockform.v1 import generation_pb2 as messages
from engine import Event, Request
from engine import Result as EngineResult
from service import child, compiler, convert, reply
from service.boundary import answered
from service.jobs import Failure
from service.settings import EngineSource, Limits


class LocalClient:
    """A client whose server is an engine in this process; one call at a time."""

    def __init__(self, source: EngineSource) -> None:
        """Loads the engine.

        Raises:
            BlockformClientError: It cannot be loaded.
        """
        self._limits = Limits()
        with _mapped(messages.GetModelInfoRequest()):
            self._engine = child.load(source)

    def generate(
        self,
        text: str,
        schema: Schema | None = None,
        *,
        timeout: float | None = TIMEOUT_S,
        **options: Unpack[GenerateOptions],
    ) -> Result:
        """Generates an answer to a text; see `blockform.client.Client.generate`."""
        message = ask.generate_request(text, schema, **options)
        late = _timer(timeout)
        with _mapped(message):
            result = self._engine.generate(self._read(message), should_stop=late)
        return self._result(message, result, schema)

    def stream(
        self,
        text: str,
        schema: Schema | None = None,
        *,
        timeout: float | None = TIMEOUT_S,
        **options: Unpack[GenerateOptions],
    ) -> Iterator[StreamEvent]:
        """Generates, and yields what happens; see `blockform.client.Client.stream`."""
        message = ask.generate_request(text, schema, **options)
        late = _timer(timeout)
        with _mapped(message):
            request = self._read(message)
            for happening in self._happenings(request, late):
                if isinstance(happening, EngineResult):
                    yield self._result(message, happening, schema)
                elif (event := read.event(reply.event(happening), schema)) is not None:
                    yield event

    def check(
        self,
        schema: Schema | None = None,
        *,
        text: str | None = None,
        **options: Unpack[ConstraintOptions],
    ) -> Report:
        """Compiles a constraint and generates nothing; see `blockform.client.Client.check`."""
        message = ask.check_request(schema, text=text, **options)
        with _mapped(message):
            convert.identify(message)
            job = convert.compile_job(message, self._limits)
            _, report = compiler.report(self._engine.compile, job.spec, job.text)
        return read.report(reply.check(report, message.request_id))

    def info(self) -> ModelInfo:
        """Returns the model and limits."""
        return read.model_info(reply.model_info(self._engine.info, self._limits))

    def _read(self, message: messages.GenerateRequest) -> Request:
        convert.identify(message)
        convert.model(message.model, self._engine.info.name)
        return convert.request(message, self._limits)

    def _result(
        self, message: messages.GenerateRequest, result: EngineResult, schema: Schema | None
    ) -> Result:
        response = reply.response(
            result, model=self._engine.info.name, request_id=message.request_id, queue_ms=0.0
        )
        return read.result(response, read.wanted(message, schema))

    def _happenings(
        self, request: Request, late: Callable[[], bool]
    ) -> Iterator[Event | EngineResult]:
        left = threading.Event()
        queue: SimpleQueue[Event | EngineResult | Failure] = SimpleQueue()

        def work() -> None:
            try:
                result = self._engine.generate(
                    request, on_event=queue.put, should_stop=lambda: left.is_set() or late()
                )
            except Exception as error:  # noqa: BLE001 - raised again in the reader's thread
                queue.put(Failure.of(error))
            else:
                queue.put(result)

        threading.Thread(target=work, daemon=True, name="engine").start()
        try:
            while not isinstance(happening := queue.get(), EngineResult | Failure):
                yield happening
        finally:
            left.set()
        if isinstance(happening, Failure):
            raise happening.restored()
        yield happening


def _timer(timeout: float | None) -> Callable[[], bool]:
    """Returns a function that says whether the time is up."""
    seconds = arguments.timeout(timeout)
    until = None if seconds is None else time.monotonic() + seconds
    return lambda: until is not None and time.monotonic() >= until


@contextmanager
def _mapped(message: object) -> Iterator[None]:
    try:
        yield
    except BlockformClientError:
        raise
    except Exception as error:
        raise from_status(answered(error, message)) from error
