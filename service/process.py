"""The service's end of a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from typing import Any

from service.jobs import Quit

QUIT_TIMEOUT_S = 5.0


class ChildProcess:
    """A spawned process at the other end of a pipe; its messages arrive as calls in the event loop.

    Spawned, not forked: gRPC's threads and a device's context do not survive a fork.
    """

    def __init__(
        self,
        name: str,
        main: Callable[[Any, Connection], None],
        argument: object,
        *,
        on_message: Callable[[Any], None],
        on_exit: Callable[[int | None], None],
    ) -> None:
        """Prepares the process; `start` starts it.

        Args:
            name: For the log, and for whoever lists processes.
            main: What it does, given the argument and its end of the pipe.
            argument: What it is told at first.
            on_message: Called in the event loop with each message, in order.
            on_exit: Called in the event loop, once, with the exit code, after the last message.
        """
        context = multiprocessing.get_context("spawn")
        self._connection, self._theirs = context.Pipe()
        self._process = context.Process(
            target=main, args=(argument, self._theirs), name=f"blockform-{name}", daemon=True
        )
        # One thread, so that messages keep their order; a full pipe blocks it and not the loop.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix=f"{name}-writer")
        self._on_message = on_message
        self._on_exit = on_exit
        self._ended = threading.Event()
        self._loop = asyncio.get_running_loop()

    @property
    def pid(self) -> int | None:
        """The operating system's number of the process; None before it has started."""
        return self._process.pid

    async def start(self) -> None:
        """Starts the process; does not wait for it to say anything."""
        await asyncio.to_thread(self._process.start)
        self._theirs.close()
        name = f"{self._process.name}-reader"
        threading.Thread(target=self._read, daemon=True, name=name).start()

    def send(self, message: object) -> None:
        """Sends a message without waiting; one to a dead process is dropped, its exit is told."""
        with contextlib.suppress(RuntimeError):  # the writer ends with the process
            self._writer.submit(_send, self._connection, message)

    def kill(self) -> None:
        """Ends the process at once."""
        self._process.kill()

    async def stop(self, timeout: float = QUIT_TIMEOUT_S) -> None:
        """Asks the process to end, and sees to it that it does.

        Args:
            timeout: Seconds it has to do so by itself.
        """
        if self._process.pid is None:
            return
        self.send(Quit())
        if not await asyncio.to_thread(self._ended.wait, timeout):
            self.kill()
            await asyncio.to_thread(self._ended.wait)

    def _read(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._tell(self._on_message, self._connection.recv())
        self._process.join()
        self._writer.shutdown()
        self._connection.close()
        self._ended.set()
        self._tell(self._on_exit, self._process.exitcode)

    def _tell(self, listener: Callable[..., None], message: object) -> None:
        # The loop may be gone already where the server is going down: nobody is left to tell.
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(listener, message)


def _send(connection: Connection, message: object) -> None:
    with contextlib.suppress(OSError):
        connection.send(message)
