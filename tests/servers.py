"""Servers over the fake engine, as processes of their own."""

from __future__ import annotations

import atexit
import functools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
FAKE_ENGINE = "tests.fakes:FakeEngine.load"
START_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 20.0


def environment() -> dict[str, str]:
    """Returns an environment in which the source tree is importable without being installed."""
    roots = (ROOT, ROOT / "proto", ROOT / "client")
    return os.environ | {"PYTHONPATH": os.pathsep.join(map(str, roots)), "COLUMNS": "200"}


@dataclass
class ServerProcess:
    process: subprocess.Popen[bytes]
    log_file: Path
    address: str = ""

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def wait_for(self, mark: str) -> str:
        """Waits until the log has a line with a mark, and returns the line."""
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until and self.process.poll() is None:
            for line in self.log.splitlines():
                if mark in line:
                    return line
            time.sleep(0.02)
        raise AssertionError(f"no {mark!r} in the log:\n{self.log}")


@functools.cache
def shared_server() -> ServerProcess:
    """One server for all tests that leave it as they found it; it ends with the session."""
    running = fake_server(["--max-batch", "2", "--max-queue", "8", "--grace", "5"])
    server = running.__enter__()
    atexit.register(running.__exit__, None, None, None)
    return server


@contextmanager
def fake_server(arguments: Sequence[str] = ()) -> Iterator[ServerProcess]:
    """A running `blockform serve` over the fake engine."""
    command = [sys.executable, "-W", "error", "-m", "blockform.cli", "serve", "--port", "0"]
    with tempfile.TemporaryDirectory() as folder, Path(folder, "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--engine", FAKE_ENGINE, *arguments],
            stderr=log,
            env=environment(),
            cwd=ROOT,
        )
        server = ServerProcess(process, Path(folder, "log"))
        try:
            server.address = server.wait_for("serving").split(" on ")[-1]
            yield server
        finally:
            process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
