"""The queue before the engine: first come, first served, as many at a time as it has slots."""

from __future__ import annotations

import asyncio
import bisect
import itertools
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from operator import attrgetter

from constraints.errors import BlockformError
from engine import CanvasFrame, Event, ModelInfo, Result
from engine.errors import EngineError
from service import child, warm_up
from service.compilers import Compilers
from service.errors import DeadlineError, OverloadedError, UnavailableError
from service.jobs import (
    Admitted,
    Answer,
    Cancel,
    CompileJob,
    CompileReport,
    Done,
    Dropped,
    Emitted,
    Failed,
    Forget,
    FromEngine,
    GenerateJob,
    Job,
    Keep,
    Loaded,
    NotLoaded,
    Start,
    Started,
    Stepped,
)
from service.kept import Kept, KeptConstraints
from service.process import ChildProcess
from service.settings import CompileLimits, EngineSource

MAX_UNREAD_FRAMES = 32
"""Canvas frames kept for a reader who is slow; more are dropped. Text is never dropped."""
RESTART_DELAYS_S = (0.1, 0.5, 2.0, 10.0, 30.0)

Message = Started | Event | Answer | BlockformError

log = logging.getLogger("blockform.service")


@dataclass(eq=False, slots=True, kw_only=True)
class Ticket:
    """One job's place in the queue, and what has come back for it.

    Attributes:
        id: Its number; who came first has the lower one.
        job: What to do.
        came_at: When it came.
        started_at: When the engine got it.
        kept: The constraint it is done within; None where nothing is enforced.
        compile_ms: How long it waited for that.
        inbox: What has come back.
    """

    id: int
    job: GenerateJob
    came_at: float = field(default_factory=time.monotonic)
    started_at: float = 0.0
    kept: Kept | None = None
    compile_ms: float = 0.0
    inbox: asyncio.Queue[Message] = field(default_factory=asyncio.Queue[Message])

    @property
    def late(self) -> bool:
        """Whether its time was spent before it began."""
        return self.job.stop_at is not None and time.monotonic() >= self.job.stop_at


class Worker:
    """Gives jobs to the engine's process, and starts that process again where it dies.

    A job whose constraint the engine does not have waits for its compile before it gets in line;
    nobody else waits for that.
    """

    def __init__(
        self,
        source: EngineSource,
        *,
        compiling: CompileLimits,
        queue_length: int,
        batch_size: int,
        stuck_s: float,
        on_ready: Callable[[bool], None],
    ) -> None:
        """Prepares the worker; `start` starts it.

        Args:
            source: Where the engine comes from.
            compiling: What a compile may take.
            queue_length: Jobs waiting at most, for a compile or for the engine.
            batch_size: Jobs in the engine's process at most.
            stuck_s: Seconds of silence after which an engine that has not heeded a cancellation
                is killed.
            on_ready: Called with whether jobs are taken, whenever that changes.
        """
        self._source = source
        self._queue_length = queue_length
        self._batch_size = batch_size
        self._stuck_s = stuck_s
        self._on_ready = on_ready
        self._compilers = Compilers(compiling)
        self._kept = KeptConstraints(self._tell)
        self._ids = itertools.count()
        self._waiting: deque[Ticket] = deque()
        self._under_way: dict[int, Ticket] = {}
        self._admitting: int | None = None
        self._heard_at = 0.0
        self._process: ChildProcess | None = None
        self._info: ModelInfo | None = None
        self._loading: asyncio.Future[Loaded] | None = None
        self._running = False
        self._ready = False
        self._was_ready = False
        self._stopping = False
        self._restarting: asyncio.Task[None] | None = None
        self._mean_job_s = 1.0

    @property
    def info(self) -> ModelInfo:
        """What the engine says about its model.

        Raises:
            UnavailableError: It was not loaded yet.
        """
        if self._info is None:
            raise UnavailableError("the model is still loading", hint="try again in a while")
        return self._info

    @property
    def pid(self) -> int | None:
        """The engine process's number; None before there is one."""
        return self._process.pid if self._process else None

    async def start(self) -> ModelInfo:
        """Starts the engine's process and the compilers, and asks each kind of question once.

        Raises:
            BlockformError: The model cannot be loaded.
        """
        if not self._compilers.started:
            await self._compilers.launch()
        loaded = await self._loaded_engine()
        self._info = loaded.info
        if not self._compilers.started:
            await self._compilers.start(loaded.compiler)
        if self._process is None:
            raise EngineError("the engine's process ended while the compilers warmed up")
        self._running = True
        await warm_up.through(self._happenings, loaded.compiler.examples)
        self._ready = self._was_ready = True
        self._on_ready(True)
        return loaded.info

    async def _loaded_engine(self) -> Loaded:
        self._loading = asyncio.get_running_loop().create_future()
        process = self._process = ChildProcess(
            "engine", child.main, self._source, on_message=self._received, on_exit=self._exited
        )
        await process.start()
        log.info("loading the model %r in process %d", self._source.model, process.pid)
        return await self._loading

    async def stop(self) -> None:
        """Stops the jobs under way with the best texts they have, and ends all processes."""
        self._stopping = True
        if self._restarting is not None:
            self._restarting.cancel()
        endings = [self._compilers.stop()]
        if self._process is not None:
            endings.append(self._process.stop())
        await asyncio.gather(*endings)

    def ensure_room(self) -> None:
        """Does nothing where a job can be taken now.

        Raises:
            OverloadedError: The queue is full.
            UnavailableError: There is no engine to run it.
        """
        self._ensure(self._ready)
        num_waiting = len(self._waiting) + self._compilers.num_callers
        if num_waiting >= self._queue_length:
            raise OverloadedError(
                f"{num_waiting} requests are waiting already",
                retry_after_s=max(0.1, self._mean_job_s / self._batch_size),
            )

    def _ensure(self, is_there: bool) -> None:
        if not is_there:
            what = "starting again" if self._was_ready else "still loading its model"
            raise UnavailableError(
                "the server is going down" if self._stopping else f"the server is {what}",
                hint="try again in a while",
            )

    async def run(self, job: Job) -> AsyncGenerator[Started | Event | Answer]:
        """Runs a job: `Started` first, then events, then its answer.

        Abandoning the iterator (`aclose`, cancellation) takes the job out of the queue, ends its
        compile, or frees its slot within one denoising step.

        Raises:
            BlockformError: What the engine raised, or why there is no engine.
        """
        self._ensure(self._ready)
        async with aclosing(self._happenings(job)) as happenings:
            async for happening in happenings:
                yield happening

    async def _happenings(self, job: Job) -> AsyncGenerator[Started | Event | Answer]:
        if isinstance(job, CompileJob):
            yield await self._report(job)
            return
        ticket = Ticket(id=next(self._ids), job=job)
        await self._find_constraint(ticket)
        bisect.insort(self._waiting, ticket, key=attrgetter("id"))
        self._dispatch()
        try:
            while True:
                message = await ticket.inbox.get()
                if isinstance(message, BlockformError):
                    raise message
                yield message
                if isinstance(message, Answer):
                    return
        finally:
            self._abandon(ticket)

    async def _report(self, job: CompileJob) -> CompileReport:
        kept = self._kept.find(job.spec)
        if kept is not None and job.text is None:
            return replace(kept.report, compile_ms=0.0)
        compiled = await self._compilers.compiled(
            job.spec, text=job.text, packed=False, stop_at=job.stop_at
        )
        return compiled.report

    async def _find_constraint(self, ticket: Ticket) -> None:
        """Gives a ticket its constraint; does not wait where the engine has it."""
        job, spec = ticket.job, ticket.job.request.language
        if spec is None:
            return
        kept = self._kept.find(spec)
        if kept is None:
            compiled = await self._compilers.compiled(
                spec, text=None, packed=True, stop_at=job.stop_at
            )
            self._ensure(self._running)
            ticket.compile_ms = (time.monotonic() - ticket.came_at) * 1000
            kept = self._kept.add(spec, compiled)
        kept.users += 1
        ticket.kept = kept
        self._kept.shrink()

    def _tell(self, message: Keep | Forget) -> None:
        if self._process is not None:
            self._process.send(message)

    def _dispatch(self) -> None:
        while self._waiting and self._process is not None and self._has_room():
            ticket = self._waiting.popleft()
            if ticket.late:
                ticket.inbox.put_nowait(DeadlineError("the deadline came while in the queue"))
                continue
            self._under_way[ticket.id] = ticket
            self._admitting = ticket.id
            ticket.started_at = time.monotonic()
            waited_ms = (ticket.started_at - ticket.came_at) * 1000
            ticket.inbox.put_nowait(Started(waited_ms - ticket.compile_ms))
            key = None if ticket.kept is None else ticket.kept.key
            self._process.send(Start(ticket.id, ticket.job, key))

    def _has_room(self) -> bool:
        """Returns whether the engine may get another job; it is given none that it cannot begin."""
        free = len(self._under_way) < self._batch_size and self._admitting is None
        return free and not self._stopping

    def _abandon(self, ticket: Ticket) -> None:
        if ticket.kept is not None:
            ticket.kept.users -= 1
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        elif ticket.id in self._under_way and self._process is not None:
            self._process.send(Cancel(ticket.id))
            self._kill_if_stuck(ticket, self._process, since=time.monotonic())

    def _kill_if_stuck(self, ticket: Ticket, process: ChildProcess, since: float) -> None:
        if ticket.id not in self._under_way:
            return
        remaining_s = max(since, self._heard_at) + self._stuck_s - time.monotonic()
        if remaining_s > 0:
            loop = asyncio.get_running_loop()
            loop.call_later(remaining_s, self._kill_if_stuck, ticket, process, since)
        else:
            log.error("the engine ignored a cancellation for %.0f s; ending it", self._stuck_s)
            process.kill()

    def _received(self, message: FromEngine) -> None:
        self._heard_at = time.monotonic()
        match message:
            case Loaded():
                self._loaded(message)
            case NotLoaded(failure):
                self._loaded(failure.restored())
            case Admitted():
                self._admitting = None
                self._dispatch()
            case Emitted(id, event):
                self._deliver(id, event)
            case Done(id, answer):
                self._finish(id, answer)
            case Failed(id, failure):
                self._finish(id, failure.restored())
            case Dropped(id):
                self._leave(id)
            case Stepped():
                pass

    def _loaded(self, outcome: Loaded | BlockformError) -> None:
        if self._loading is None or self._loading.done():
            return
        if isinstance(outcome, BlockformError):
            self._loading.set_exception(outcome)
        else:
            self._loading.set_result(outcome)

    def _deliver(self, id: int, event: Event) -> None:
        inbox = self._under_way[id].inbox
        if not isinstance(event, CanvasFrame) or inbox.qsize() < MAX_UNREAD_FRAMES:
            inbox.put_nowait(event)

    def _finish(self, id: int, outcome: Answer | BlockformError) -> None:
        ticket = self._under_way[id]
        self._mean_job_s += 0.2 * (time.monotonic() - ticket.started_at - self._mean_job_s)
        ticket.inbox.put_nowait(_with_compile(outcome, ticket.compile_ms))
        self._leave(id)

    def _leave(self, id: int) -> None:
        del self._under_way[id]
        self._dispatch()

    def _exited(self, exit_code: int | None) -> None:
        self._loaded(EngineError(f"the engine's process ended with code {exit_code}"))
        self._process = None
        was_ready, self._ready, self._running = self._ready, False, False
        for ticket in (*self._under_way.values(), *self._waiting):
            ticket.inbox.put_nowait(UnavailableError("the engine's process ended"))
        self._under_way.clear()
        self._waiting.clear()
        self._admitting = None
        self._kept.clear()
        if was_ready and not self._stopping:
            log.error("the engine's process ended with code %s; starting it again", exit_code)
            self._on_ready(False)
            self._restarting = asyncio.create_task(self._restart())

    async def _restart(self) -> None:
        for delay in itertools.chain(RESTART_DELAYS_S, itertools.repeat(RESTART_DELAYS_S[-1])):
            await asyncio.sleep(delay)
            try:
                await self.start()
            except BlockformError as error:
                log.error("the engine did not start: %s", error)  # noqa: TRY400 - no bug of ours
            else:
                return


def _with_compile(outcome: Answer | BlockformError, compile_ms: float) -> Answer | BlockformError:
    """An answer with the time that its compile took elsewhere."""
    if not isinstance(outcome, Result) or not compile_ms:
        return outcome
    timings = outcome.timings
    total_ms = timings.total_ms + compile_ms
    return replace(outcome, timings=replace(timings, compile_ms=compile_ms, total_ms=total_ms))
