"""The service's end of the compilers: who waits for which compile, how long, and how it ends."""

from __future__ import annotations

import asyncio
import itertools
import logging
import signal
import time
from collections import deque
from dataclasses import dataclass, field

from constraints.errors import BlockformError, LimitError
from constraints.spec import Spec
from engine.errors import EngineError
from service import fork_server
from service.compiler import OUT_OF_MEMORY
from service.errors import DeadlineError, UnavailableError
from service.interface import CompilerLike
from service.jobs import Compile, Compiled, Ended, FromCompilers, Kill, Refused, Warm, Warmed
from service.process import ChildProcess
from service.settings import MIB, CompileLimits

SLOW_S = 2.0
"""Seconds after which a compile is worth a line in the log."""
RESTART_DELAY_S = 0.5

log = logging.getLogger("blockform.service")

Asked = tuple[Spec, str | None, bool]
"""A spec, a text to test, and whether the constraint itself is wanted."""


@dataclass(eq=False, slots=True)
class Compilation:
    """A compile, and those who wait for it: all who have asked for the same."""

    id: int
    asked: Asked
    outcome: asyncio.Future[Compiled]
    callers: int = 0
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class Compilers:
    """Compiles in processes of their own, a few at a time, first come, first served.

    A compile is ended, its process with it, when its time is over or when nobody waits for it any
    more; whoever asks for the same meanwhile waits for the same compile.
    """

    def __init__(self, limits: CompileLimits) -> None:
        """Prepares the compilers; `launch` and `start` start them."""
        self._limits = limits
        self._ids = itertools.count()
        self._wanted: dict[Asked, Compilation] = {}
        self._waiting: deque[Compilation] = deque()
        self._running: dict[int, Compilation] = {}
        self._compiler: CompilerLike | None = None
        self._process: ChildProcess | None = None
        self._warming: asyncio.Future[None] | None = None
        self._restarting: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def started(self) -> bool:
        """Whether `start` was called; from then on they are started again by themselves."""
        return self._compiler is not None

    @property
    def num_callers(self) -> int:
        """How many wait for a compile."""
        return sum(each.callers for each in self._wanted.values())

    async def launch(self) -> None:
        """Starts the fork server, which loads what it needs; does not wait for that."""
        self._warming = asyncio.get_running_loop().create_future()
        self._process = ChildProcess(
            "compilers",
            fork_server.main,
            self._limits,
            on_message=self._received,
            on_exit=self._exited,
        )
        await self._process.start()

    async def start(self, compiler: CompilerLike) -> None:
        """Tells the fork server what it is for, and waits until it is warm.

        Args:
            compiler: What the processes compile with.

        Raises:
            EngineError: It ended before it was.
        """
        self._compiler = compiler
        log.info("warming up; the first time after installation takes a minute or two")
        if self._process is None or self._warming is None:
            await self.launch()
        assert self._process is not None
        assert self._warming is not None
        self._process.send(compiler)
        await self._warming
        self._dispatch()

    async def stop(self) -> None:
        """Ends all processes; those who wait are told."""
        self._stopping = True
        if self._restarting is not None:
            self._restarting.cancel()
        if self._process is not None:
            await self._process.stop(*(() if self._is_warm else (0.0,)))

    async def compiled(
        self, spec: Spec, *, text: str | None, packed: bool, stop_at: float | None
    ) -> Compiled:
        """Returns what a compile came to; it ends with its last caller.

        Args:
            spec: What to compile.
            text: A text to test for membership; None tests none.
            packed: Whether the constraint itself is wanted.
            stop_at: `time.monotonic()` until which to wait; None for as long as it takes.

        Raises:
            SpecError: The spec was refused; a `LimitError` where it took too much.
            DeadlineError: The time is up.
            UnavailableError: The compilers are not there.
        """
        compilation = self._compilation((spec, text, packed))
        compilation.callers += 1
        try:
            async with asyncio.timeout(None if stop_at is None else stop_at - time.monotonic()):
                return await asyncio.shield(compilation.outcome)
        except TimeoutError:
            raise DeadlineError("the deadline came before the constraint was compiled") from None
        finally:
            compilation.callers -= 1
            if not compilation.callers:
                self._abandon(compilation)

    def _compilation(self, asked: Asked) -> Compilation:
        if asked not in self._wanted:
            if self._stopping:
                raise UnavailableError("the server is going down")
            outcome = asyncio.get_running_loop().create_future()
            compilation = Compilation(next(self._ids), asked, outcome)
            self._wanted[asked] = compilation
            self._waiting.append(compilation)
            self._dispatch()
        return self._wanted[asked]

    @property
    def _is_warm(self) -> bool:
        warming = self._warming
        return warming is not None and warming.done() and warming.exception() is None

    def _dispatch(self) -> None:
        while self._waiting and self._is_warm and len(self._running) < self._limits.processes:
            self._begin(self._waiting.popleft())

    def _begin(self, compilation: Compilation) -> None:
        assert self._process is not None
        loop = asyncio.get_running_loop()
        self._running[compilation.id] = compilation
        compilation.timers += (
            loop.call_later(SLOW_S, self._note, compilation),
            loop.call_later(self._limits.seconds, self._end, compilation),
        )
        spec, text, packed = compilation.asked
        self._process.send(Compile(compilation.id, spec, text, packed))

    def _note(self, compilation: Compilation) -> None:
        kind = type(compilation.asked[0]).__name__
        log.info(
            "the compile of a %s takes longer than %.0f s (at most %.0f s)",
            kind,
            SLOW_S,
            self._limits.seconds,
        )

    def _end(self, compilation: Compilation) -> None:
        self._settle(
            compilation,
            LimitError(
                f"compiling it takes longer than {self._limits.seconds:g} s",
                hint="make it smaller, or raise the server's --max-compile-seconds",
            ),
        )
        self._kill(compilation)

    def _abandon(self, compilation: Compilation) -> None:
        if compilation.outcome.done():
            return
        compilation.outcome.cancel()
        self._forget(compilation)
        if compilation in self._waiting:
            self._waiting.remove(compilation)
        else:
            self._kill(compilation)

    def _kill(self, compilation: Compilation) -> None:
        if compilation.id in self._running and self._process is not None:
            self._process.send(Kill(compilation.id))

    def _received(self, message: FromCompilers) -> None:
        match message:
            case Warmed():
                _tell_progress(message)
            case Warm():
                if self._warming is not None and not self._warming.done():
                    self._warming.set_result(None)
            case Compiled(id):
                self._finish(id, message)
            case Refused(id, failure):
                self._finish(id, failure.restored())
            case Ended(id, exit_code):
                self._finish(id, self._why(exit_code))

    def _why(self, exit_code: int) -> BlockformError:
        if exit_code in (OUT_OF_MEMORY, -signal.SIGKILL, -signal.SIGABRT):
            return LimitError(
                f"compiling it takes more than {self._limits.memory_bytes // MIB} MiB",
                hint="make it smaller, or raise the server's --max-compile-memory",
            )
        log.error("a compiler ended with code %s", exit_code)
        return EngineError(f"the compiler ended with code {exit_code}", code="COMPILER_LOST")

    def _finish(self, id: int, outcome: Compiled | BlockformError) -> None:
        self._settle(self._running.pop(id), outcome)
        self._dispatch()

    def _settle(self, compilation: Compilation, outcome: Compiled | BlockformError) -> None:
        self._forget(compilation)
        if compilation.outcome.done():
            return
        if isinstance(outcome, BlockformError):
            compilation.outcome.set_exception(outcome)
        else:
            compilation.outcome.set_result(outcome)

    def _forget(self, compilation: Compilation) -> None:
        for timer in compilation.timers:
            timer.cancel()
        compilation.timers.clear()
        if self._wanted.get(compilation.asked) is compilation:
            del self._wanted[compilation.asked]

    def _exited(self, exit_code: int | None) -> None:
        for compilation in (*self._running.values(), *self._waiting):
            self._settle(compilation, UnavailableError("the compilers' process ended"))
        self._running.clear()
        self._waiting.clear()
        if self._stopping:
            return
        warming, self._warming, self._process = self._warming, None, None
        if warming is not None and not warming.done():
            warming.set_exception(
                EngineError(f"the compilers' process ended with code {exit_code}")
            )
            return
        log.error("the compilers' process ended with code %s; starting it again", exit_code)
        self._restarting = asyncio.ensure_future(self._restart())

    async def _restart(self) -> None:
        assert self._compiler is not None
        while True:
            await asyncio.sleep(RESTART_DELAY_S)
            try:
                return await self.start(self._compiler)
            except (EngineError, OSError) as error:
                log.error("the compilers did not start: %s", error)  # noqa: TRY400 - told in a line


def _tell_progress(warmed: Warmed) -> None:
    log.log(
        logging.INFO if warmed.seconds >= 1 else logging.DEBUG,
        "compiled an example of %s in %.1f s (%d of %d)",
        warmed.name,
        warmed.seconds,
        warmed.number,
        warmed.total,
    )
    if warmed.error:
        log.warning("the example of %s was refused: %s", warmed.name, warmed.error)
