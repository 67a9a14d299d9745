"""The jobs in the engine's process: admitted one after another, denoised together."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Lock
from typing import Any

from engine import CanvasFrame, Event
from service.interface import EngineLike, SessionLike
from service.jobs import (
    Admitted,
    Done,
    Dropped,
    Emitted,
    Failed,
    Failure,
    FromEngine,
    GenerateJob,
    Stepped,
)


class AbandonedError(Exception):
    """Nobody wants the answer any more."""


@dataclass(eq=False, slots=True)
class Task:
    """A job that was started and is not answered yet."""

    id: int
    job: GenerateJob
    key: int | None = None
    cancelled: bool = False

    @property
    def late(self) -> bool:
        """Whether it has to stop with what there is."""
        return self.job.stop_at is not None and time.monotonic() >= self.job.stop_at


Begun = tuple[Task, SessionLike | Failure]


class Loop:
    """Carries out jobs.

    One thread admits them in order, each within a constraint that was sent before it. The thread
    that calls `run` owns the batch: between two steps it takes in what was admitted and drops what
    was cancelled. The other methods may be called from any thread.
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
        self._packed: dict[int, bytes] = {}
        self._constraints: dict[int, Any] = {}
        self._admission = ThreadPoolExecutor(1, thread_name_prefix="admission")
        self._admitted: SimpleQueue[Begun | None] = SimpleQueue()
        self._quitting = False

    def keep(self, key: int, data: bytes) -> None:
        """Keeps a packed constraint for the jobs that will refer to it."""
        self._packed[key] = data

    def forget(self, key: int) -> None:
        """Drops a constraint; the jobs that have begun with it go on."""
        self._packed.pop(key, None)
        self._constraints.pop(key, None)

    def start(self, id: int, job: GenerateJob, key: int | None = None) -> None:
        """Takes a job on, within a constraint that is kept, or within none."""
        task = self._tasks[id] = Task(id, job, key)
        self._admission.submit(self._admit, task)

    def cancel(self, id: int) -> None:
        """Drops a job within one step; one that is being admitted, when it has been."""
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

    def _begun(self, task: Task) -> SessionLike | Failure:
        if task.cancelled:
            return Failure.of(AbandonedError())
        try:
            return self._session(task)
        except Exception as error:  # noqa: BLE001 - every job ends in an answer or a failure
            return Failure.of(error)

    def _session(self, task: Task) -> SessionLike:
        def tell(event: Event) -> None:
            if task.job.include_canvas or not isinstance(event, CanvasFrame):
                self._say(Emitted(task.id, event))

        return self._engine.session(
            task.job.request,
            constraint=None if task.key is None else self._constraint(task.key),
            on_event=tell if task.job.stream else None,
            should_stop=lambda: task.late or self._quitting,
        )

    def _constraint(self, key: int) -> Any:
        if key not in self._constraints:
            self._constraints[key] = self._engine.compiler.unpacked(self._packed[key])
            self._packed.pop(key, None)
        return self._constraints[key]

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
