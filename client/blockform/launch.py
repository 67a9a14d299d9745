"""A server of one's own, for as long as it is needed."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from blockform.errors import UnavailableError

READY_MARK = "serving "
STOP_TIMEOUT_S = 40.0


@contextmanager
def launched(arguments: Sequence[str] = ()) -> Iterator[str]:
    """Starts `blockform serve` on a free port, yields its address, and stops it.

    Args:
        arguments: More of its options, for example `["--model", "default"]`.

    Raises:
        UnavailableError: It ended before it was ready; its own words are on standard error.
    """
    # -P: a `service.py` in the caller's working directory must not stand in for ours.
    command = [sys.executable, "-P", "-m", "blockform.cli", "serve", "--port", "0", *arguments]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8")
    assert process.stderr is not None
    with process, process.stderr:
        try:
            yield _address(process.stderr)
        finally:
            process.terminate()
            _wait(process)


def _address(stream: IO[str]) -> str:
    for line in stream:
        sys.stderr.write(line)
        if READY_MARK in line:
            threading.Thread(target=_forward, args=(stream,), daemon=True).start()
            return line.split(" on ")[-1].strip()
    raise UnavailableError("the server ended before it was ready")


def _forward(stream: IO[str]) -> None:
    for line in stream:
        sys.stderr.write(line)


def _wait(process: subprocess.Popen[str]) -> None:
    try:
        process.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
