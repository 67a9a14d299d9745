"""The engine's own process: one thread listens, the main thread works through jobs."""

from __future__ import annotations

import importlib
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from operator import attrgetter
from queue import SimpleQueue
from typing import Any, Protocol

from constraints.diagnostics import Diagnostics
from constraints.spec import Choice
from engine import DEFAULT_MODEL, CanvasFrame, Event, ModelInfo, Request, Result
from engine.request import Spec
from service.jobs import (
    Answer,
    Cancel,
    CompileJob,
    CompileReport,
    Done,
    Emitted,
    Failed,
    Failure,
    GenerateJob,
    Loaded,
    NotLoaded,
    Quit,
    Start,
)
from service.settings import EngineSource

Emit = Callable[[Event], None]
ShouldStop = Callable[[], bool]


class StateLike(Protocol):
    """As much of `constraints.State` as the service needs."""

    @property
    def fewest_tokens(self) -> int:
        """Tokens of the shortest text that finishes from here."""
        ...


class ConstraintLike(Protocol):
    """As much of `constraints.Constraint` as the service needs."""

    @property
    def diagnostics(self) -> Diagnostics:
        """What the compile reported."""
        ...

    @property
    def start(self) -> StateLike:
        """Where every text begins."""
        ...

    def accepts(self, text: bytes, /) -> bool:
        """Returns whether a whole text is a member."""
        ...


class EngineLike(Protocol):
    """As much of `engine.Engine` as the service needs."""

    @property
    def info(self) -> ModelInfo:
        """What the model says about itself."""
        ...

    def compile(self, spec: Spec, /) -> ConstraintLike:
        """Returns the constraint for a spec."""
        ...

    def generate(
        self, request: Request, /, *, on_event: Emit | None = None, should_stop: ShouldStop = ...
    ) -> Result:
        """Carries out a request."""
        ...


def load(source: EngineSource) -> EngineLike:
    """Returns the engine that a source describes.

    Raises:
        BlockformError: It cannot be loaded.
    """
    module, _, attribute = source.factory.partition(":")
    factory = attrgetter(attribute)(importlib.import_module(module))
    threads = 1 if source.threads is None and source.model == DEFAULT_MODEL else source.threads
    return factory(
        source.model,
        device=source.device,
        threads=threads,
        kernels=source.kernels,
        weights=source.weights,
        context=source.context,
    )


def main(source: EngineSource, connection: Connection) -> None:
    """Loads the engine and serves jobs until the service hangs up."""
    # A signal to the whole process group must not kill a job that the service still waits for.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        engine = load(source)
        warm_up(engine)
    except Exception as error:  # noqa: BLE001 - whatever it is, the service has to hear of it
        connection.send(NotLoaded(Failure.of(error)))
        return
    connection.send(Loaded(engine.info))
    Child(engine, connection).run()


def warm_up(engine: EngineLike) -> None:
    """Answers once, so that the first caller does not wait for what is compiled on first use."""
    engine.generate(Request(text="warm up", spec=Choice(("yes", "no")), max_steps=2))


class Child:
    """Answers jobs one after another."""

    def __init__(self, engine: EngineLike, connection: Connection) -> None:
        self._engine = engine
        self._connection = connection
        self._starts: SimpleQueue[Start | Quit] = SimpleQueue()
        self._cancelled = -1
        self._quitting = False

    def run(self) -> None:
        """Works until it is told to quit."""
        threading.Thread(target=self._listen, daemon=True).start()
        while isinstance(start := self._starts.get(), Start):
            self._connection.send(self._answered(start))

    def _listen(self) -> None:
        while True:
            try:
                message = self._connection.recv()
            except (EOFError, OSError):
                os._exit(0)  # the service is gone, so nobody waits for anything
            match message:
                case Cancel(id):
                    self._cancelled = id
                case Quit():
                    self._quitting = True
                    self._starts.put(message)
                case _:
                    self._starts.put(message)

    def _answered(self, start: Start) -> Done | Failed:
        def emit(event: Event) -> None:
            self._connection.send(Emitted(start.id, event))

        def should_stop() -> bool:
            late = start.job.stop_at is not None and time.monotonic() >= start.job.stop_at
            return late or self._quitting or self._cancelled == start.id

        try:
            answer = HANDLERS[type(start.job)](self._engine, start.job, emit, should_stop)
        except Exception as error:  # noqa: BLE001 - every job ends in an answer or a failure
            return Failed(start.id, Failure.of(error))
        return Done(start.id, answer)


def _generate(engine: EngineLike, job: GenerateJob, emit: Emit, should_stop: ShouldStop) -> Result:
    def on_event(event: Event) -> None:
        if job.include_canvas or not isinstance(event, CanvasFrame):
            emit(event)

    watch = on_event if job.stream else None
    return engine.generate(job.request, on_event=watch, should_stop=should_stop)


def compile_job(engine: EngineLike, job: CompileJob) -> CompileReport:
    """Compiles a spec and returns what came of it."""
    start = time.perf_counter()
    constraint = engine.compile(job.spec)
    compile_ms = (time.perf_counter() - start) * 1000
    return CompileReport(
        diagnostics=constraint.diagnostics,
        fewest_tokens=constraint.start.fewest_tokens,
        compile_ms=compile_ms,
        accepted=None if job.text is None else constraint.accepts(job.text.encode()),
    )


def _compile(engine: EngineLike, job: CompileJob, _: Emit, __: ShouldStop) -> CompileReport:
    return compile_job(engine, job)


HANDLERS: Mapping[type, Callable[[EngineLike, Any, Emit, ShouldStop], Answer]] = {
    GenerateJob: _generate,
    CompileJob: _compile,
}
