"""The jobs in the engine's process: admitted one after another, denoised together."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock
from typing import Any

from engine import CanvasFrame, Event
from service.interface import EngineLike, OnEvent, SessionLike, ShouldStop
from service.jobs import (
    Admitted,
    CompileJob,
    CompileReport,
    Done,
    Dropped,
    Emitted,
    Failed,
    Failure,
    FromEngine,
    GenerateJob,
    Job,
    Stepped,
)


class AbandonedError(Exception):
    """Nobody wants the answer any more."""


@dataclass(eq=False, slots=True)
class Task:
    """A job that was started and is not answered yet."""

    id: int
    job: Job
    cancelled: bool = False

    @property
    def late(self) -> bool:
        """Whether it has to stop with what there is."""
        return self.job.stop_at is not None and time.monotonic() >= self.job.stop_at


Begun = tuple[Task, SessionLike | CompileReport | Failure]


class Loop:
    """Carries out jobs.

    One thread admits them in order: it compiles, or finds the constraint in the engine's cache.
    The thread that calls `run` owns the batch: between two steps it takes in what was admitted and
    drops what was cancelled. The other methods may be called from any thread.
    """

    def __init__(self, engine: EngineLike, say: Callable[[FromEngine], None]) -> None:
        """Prepares the loop.

        Args:
            engine: What carries out the jobs.
            say: Told of everything that happens, by one thread at a time.
        """
        self._engine = engine
        self._listener, self._saying = say, Lock()
        self._batch = engine.batch()
        self._tasks: dict[int, Task] = {}
        self._sessions: dict[SessionLike, Task] = {}
        self._admission = ThreadPoolExecutor(1, thread_name_prefix="admission")
        self._admitted: SimpleQueue[Begun | None] = SimpleQueue()
        self._quitting = False

    def start(self, id: int, job: Job) -> None:
        """Takes a job on."""
        task = self._tasks[id] = Task(id, job)
        self._admission.submit(self._admit, task)

    def cancel(self, id: int) -> None:
        """Drops a job within one step; one that is being compiled, when it has been."""
        if (task := self._tasks.get(id)) is not None:
            task.cancelled = True

    def quit(self) -> None:
        """Stops every job with the best text that it has; `run` then ends."""
        self._quitting = True
        self._admitted.put(None)

    def run(self) -> None:
        """Works until it is told to quit."""
        while self._tasks or not self._quitting:
            self._take_in()
            self._drop_cancelled()
            if self._sessions:
                self._step()

    def _admit(self, task: Task) -> None:
        begun = self._begun(task)
        self._say(Admitted(task.id))
        self._admitted.put((task, begun))

    def _begun(self, task: Task) -> SessionLike | CompileReport | Failure:
        if task.cancelled:
            return Failure.of(AbandonedError())
        try:
            return HANDLERS[type(task.job)](
                self._engine,
                task.job,
                lambda event: self._say(Emitted(task.id, event)),
                lambda: task.late or self._quitting,
            )
        except Exception as error:  # noqa: BLE001 - every job ends in an answer or a failure
            return Failure.of(error)

    def _take_in(self) -> None:
        """Takes in what was admitted; waits for it where there is nothing to denoise."""
        if not self._sessions:
            self._join(self._admitted.get())
        while not self._admitted.empty():
            self._join(self._admitted.get())

    def _join(self, begun: Begun | None) -> None:
        match begun:
            case (Task() as task, Failure() as failure):
                self._end(task, Failed(task.id, failure))
            case (Task() as task, CompileReport() as report):
                self._end(task, Done(task.id, report))
            case (Task() as task, session):
                self._sessions[session] = task
                if self._batch.add(session):
                    self._answer(session)

    def _drop_cancelled(self) -> None:
        for session, task in self._sessions.items():
            if task.cancelled:
                session.fail(AbandonedError())

    def _step(self) -> None:
        try:
            ended = self._batch.step()
        except Exception as error:  # noqa: BLE001 - a bug ends who is under way, and nobody else
            self._lose_all(Failure.of(error))
            return
        for session in ended:
            self._answer(session)
        self._say(Stepped())

    def _answer(self, session: SessionLike) -> None:
        task = self._sessions.pop(session)
        self._end(task, _outcome(task, session))

    def _lose_all(self, failure: Failure) -> None:
        for task in self._sessions.values():
            self._end(task, Failed(task.id, failure))
        self._sessions.clear()
        self._batch = self._engine.batch()

    def _say(self, message: FromEngine) -> None:
        with self._saying:
            self._listener(message)

    def _end(self, task: Task, outcome: Done | Failed) -> None:
        del self._tasks[task.id]
        self._say(Dropped(task.id) if task.cancelled else outcome)


def _outcome(task: Task, session: SessionLike) -> Done | Failed:
    try:
        return Done(task.id, session.result())
    except Exception as error:  # noqa: BLE001 - every job ends in an answer or a failure
        return Failed(task.id, Failure.of(error))


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


def _generate(
    engine: EngineLike, job: GenerateJob, on_event: OnEvent, should_stop: ShouldStop
) -> SessionLike:
    def without_frames(event: Event) -> None:
        if not isinstance(event, CanvasFrame):
            on_event(event)

    listener = on_event if job.include_canvas else without_frames
    return engine.session(
        job.request, on_event=listener if job.stream else None, should_stop=should_stop
    )


def _compile(engine: EngineLike, job: CompileJob, _: OnEvent, __: ShouldStop) -> CompileReport:
    return compile_job(engine, job)


HANDLERS: Mapping[
    type, Callable[[EngineLike, Any, OnEvent, ShouldStop], SessionLike | CompileReport]
] = {
    GenerateJob: _generate,
    CompileJob: _compile,
}
