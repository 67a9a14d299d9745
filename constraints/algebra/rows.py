"""Rows of a block worked on by several threads: the loops hold no interpreter lock."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

SMALL = 1 << 20
"""Items of work below which a thread costs more than it saves."""


def over_rows(loop: Callable[..., None], num_rows: int, work: int, *arguments: Any) -> None:
    """Calls `loop(first, last, *arguments)` on ranges that make up all rows.

    Args:
        loop: A compiled function that releases the interpreter lock and writes its own rows only.
        num_rows: L.
        work: Items that the loop visits, in all.
        arguments: Passed on.
    """
    workers = min(os.cpu_count() or 1, num_rows) if work >= SMALL else 1
    if workers == 1:
        loop(0, num_rows, *arguments)
        return
    bounds = [num_rows * i // workers for i in range(workers + 1)]
    with ThreadPoolExecutor(workers) as pool:
        for running in [pool.submit(loop, *part, *arguments) for part in pairwise(bounds)]:
            running.result()


def beside(first: Callable[[], Any], second: Callable[[], Any], work: int) -> tuple[Any, Any]:
    """Returns the results of two calls that need nothing of each other, made at the same time."""
    if work < SMALL or (os.cpu_count() or 1) == 1:
        return first(), second()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(second)
        return first(), running.result()
