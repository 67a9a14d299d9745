"""The compilers' fork server: whatever is slow to start is here, and compilers are forked of it.

A compile is ended by ending its process. The next compiler is there within milliseconds, with all
that numba, the vocabulary and the first compiles have left here.
"""

from __future__ import annotations

import gc
import os
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait

from constraints.errors import BlockformError
from service import compiler as compilers
from service.interface import CompilerLike
from service.jobs import Compile, Ended, Kill, Quit, Warm, Warmed
from service.settings import CompileLimits


def main(limits: CompileLimits, connection: Connection) -> None:
    """Receives a compiler, warms it up, and serves until the service hangs up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    with suppress(EOFError, OSError):
        compiler: CompilerLike = connection.recv()
        warm_up(compiler, connection.send)
        gc.freeze()  # or a collection in a compiler would copy every page that all could share
        connection.send(Warm())
        ForkServer(limits, connection, compiler).run()
    os._exit(0)


def warm_up(compiler: CompilerLike, say: Callable[[Warmed], None]) -> None:
    """Compiles a small spec of each kind, so that no caller waits for what first use costs."""
    for number, (name, spec) in enumerate(compiler.examples.items(), start=1):
        start, error = time.perf_counter(), ""
        try:
            compilers.report(compiler.compile, spec, None)
        except BlockformError as caught:  # a vocabulary may lack what an example needs
            error = str(caught)
        seconds = time.perf_counter() - start
        say(Warmed(name, number, len(compiler.examples), seconds, error))


@dataclass(eq=False, slots=True)
class Forked:
    """A compiler's process.

    Attributes:
        pid: The operating system's number of it.
        connection: This end of the pipe to it.
        job: The number of the compile that it has under way; None where it waits.
        doomed: Whether it was killed; it may take a while to be gone.
    """

    pid: int
    connection: Connection
    job: int | None = None
    doomed: bool = False


class ForkServer:
    """Gives each compile to a compiler that waits, or to a new one."""

    def __init__(
        self, limits: CompileLimits, connection: Connection, compiler: CompilerLike
    ) -> None:
        self._limits = limits
        self._connection = connection
        self._compiler = compiler
        self._forked: list[Forked] = []

    def run(self) -> None:
        """Works until the service hangs up."""
        try:
            while self._turn():
                pass
        finally:
            for forked in self._forked:
                os.kill(forked.pid, signal.SIGKILL)

    def _turn(self) -> bool:
        """Does what there is to do; returns whether there will be more."""
        ready = wait([self._connection, *(each.connection for each in self._forked)])
        for forked in [each for each in self._forked if each.connection in ready]:
            self._relay(forked)
        return self._connection not in ready or self._heard(self._connection.recv())

    def _heard(self, message: Compile | Kill | Quit) -> bool:
        match message:
            case Quit():
                return False
            case Compile(id=id):
                idle = [each for each in self._forked if each.job is None and not each.doomed]
                forked = idle[0] if idle else self._fork()
                forked.job = id
                with suppress(OSError):  # one that has died meanwhile is found dead in turn
                    forked.connection.send(message)
            case Kill(id):
                for forked in [each for each in self._forked if each.job == id]:
                    forked.doomed = True
                    os.kill(forked.pid, signal.SIGKILL)
        return True

    def _relay(self, forked: Forked) -> None:
        try:
            answer: bytes = forked.connection.recv_bytes()
        except (EOFError, OSError):
            self._buried(forked)
        else:
            forked.job = None
            self._connection.send_bytes(answer)

    def _buried(self, forked: Forked) -> None:
        self._forked.remove(forked)
        forked.connection.close()
        _, status = os.waitpid(forked.pid, 0)
        if forked.job is not None:
            self._connection.send(Ended(forked.job, os.waitstatus_to_exitcode(status)))

    def _fork(self) -> Forked:
        ours, theirs = Pipe()
        pid = os.fork()
        if pid == 0:
            self._become_compiler(ours, theirs)
        theirs.close()
        forked = Forked(pid, ours)
        self._forked.append(forked)
        return forked

    def _become_compiler(self, ours: Connection, theirs: Connection) -> None:
        try:
            # Whoever holds a copy of another's end keeps its reader from seeing that it has died.
            for connection in (ours, self._connection, *(each.connection for each in self._forked)):
                connection.close()
            compilers.work(theirs, self._compiler, self._limits)
        except BaseException:  # noqa: BLE001 - the fork server's own stack must not go on here
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
