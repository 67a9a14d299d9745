"""The service's end of the engine's process."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection

from service import child
from service.jobs import Cancel, FromEngine, Quit, Start
from service.settings import EngineSource

QUIT_TIMEOUT_S = 5.0


class EngineProcess:
    """A spawned process with an engine; its messages arrive as calls in the event loop.

    Spawned, not forked: gRPC's threads and a device's context do not survive a fork.
    """

    def __init__(
        self,
        source: EngineSource,
        *,
        on_message: Callable[[FromEngine], None],
        on_exit: Callable[[int | None], None],
    ) -> None:
        """Prepares the process; `start` starts it.

        Args:
            source: Where its engine comes from.
            on_message: Called in the event loop with each message, in order.
            on_exit: Called in the event loop, once, with the exit code, after the last message.
        """
        context = multiprocessing.get_context("spawn")
        self._connection, self._theirs = context.Pipe()
        self._process = context.Process(
            target=child.main, args=(source, self._theirs), name="blockform-engine", daemon=True
        )
        # One thread, so that messages keep their order; a full pipe blocks it and not the loop.
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="engine-writer")
        self._on_message = on_message
        self._on_exit = on_exit
        self._ended = threading.Event()
        self._loop = asyncio.get_running_loop()

    @property
    def pid(self) -> int | None:
        """The operating system's number of the process."""
        return self._process.pid

    async def start(self) -> None:
        """Starts the process; does not wait for the model to load."""
        await asyncio.to_thread(self._process.start)
        self._theirs.close()
        threading.Thread(target=self._read, daemon=True, name="engine-reader").start()

    def send(self, message: Start | Cancel | Quit) -> None:
        """Sends a message without waiting; one to a dead process is dropped, its exit is told."""
        with contextlib.suppress(RuntimeError):  # the writer ends with the process
            self._writer.submit(_send, self._connection, message)

    def kill(self) -> None:
        """Ends the process at once."""
        self._process.kill()

    async def stop(self) -> None:
        """Asks the process to end, and sees to it that it does."""
        self.send(Quit())
        if not await asyncio.to_thread(self._ended.wait, QUIT_TIMEOUT_S):
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
