"""Questions answered in worker processes, so that a hang or an abort costs one answer alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")

START_LIMIT = 300.0


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer.

    Attributes:
        timed_out: Whether the worker was stopped at the time limit.
        message: What went wrong otherwise.
    """

    timed_out: bool
    message: str = ""


class Worker(Generic[Question, Answer]):
    """A process that answers one question after the other, started anew after it was lost."""

    def __init__(
        self, start: Callable[[], Callable[[Question], Answer]], *, time_limit: float
    ) -> None:
        self._start = start
        self._time_limit = time_limit
        self._process = None

    def ask(self, question: Question) -> Answer | Failure:
        """The answer, or why there is none.

        Raises:
            RuntimeError: A worker could not start.
        """
        if self._process is None:
            self._spawn()
        try:
            self._connection.send(question)
            if self._connection.poll(self._time_limit):
                return self._connection.recv()
        except (EOFError, ConnectionError):
            return Failure(timed_out=False, message=f"the process ended: {self.close()}")
        self.close()
        return Failure(timed_out=True)

    def close(self) -> int | None:
        """Stops the process; returns its exit code."""
        if self._process is None:
            return None
        self._connection.close()
        self._process.join(0.5)
        self._process.kill()
        self._process.join()
        code, self._process = self._process.exitcode, None
        return code

    def _spawn(self) -> None:
        context = get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, self._start), daemon=True)
        self._process.start()
        theirs.close()
        try:
            ready = self._connection.poll(START_LIMIT) and self._connection.recv()
        except (EOFError, ConnectionError):
            ready = False
        if not ready:
            raise RuntimeError(f"a worker did not start: {self.close()}")


def _serve(connection: Connection, start: Callable[[], Callable[[Question], Answer]]) -> None:
    answer = start()
    connection.send(True)
    while True:
        try:
            question = connection.recv()
        except EOFError:
            return
        connection.send(_answered(answer, question))


def _answered(answer: Callable[[Question], Answer], question: Question) -> Answer | Failure:
    try:
        return answer(question)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is counted
        return Failure(timed_out=False, message=f"{type(error).__name__}: {error}"[:500])


def answers(
    start: Callable[[], Callable[[Question], Answer]],
    questions: Iterable[Question],
    *,
    jobs: int,
    time_limit: float,
) -> Iterator[Answer | Failure]:
    """Answers in the order of the questions.

    Args:
        start: Called once in each process, outside the time limit; gives what answers there.
            It and the questions and answers can be pickled.
        questions: What to ask.
        jobs: Processes at a time.
        time_limit: Seconds for each answer.

    Raises:
        RuntimeError: A worker could not start.
    """
    workers = [Worker(start, time_limit=time_limit) for _ in range(jobs)]
    idle: SimpleQueue[Worker[Question, Answer]] = SimpleQueue()
    for worker in workers:
        idle.put(worker)

    def ask(question: Question) -> Answer | Failure:
        worker = idle.get()
        try:
            return worker.ask(question)
        finally:
            idle.put(worker)

    try:
        with ThreadPoolExecutor(jobs) as pool:
            yield from pool.map(ask, questions)
    finally:
        for worker in workers:
            worker.close()
