"""Where the time of a request goes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Literal

from engine.result import Timings

Stage = Literal["compile_ms", "encode_ms", "denoise_ms", "constraint_ms", "validate_ms"]


class Stopwatch:
    """Adds up the time of each stage of one request."""

    def __init__(self, now: Callable[[], float] = time.perf_counter) -> None:
        """Starts the total.

        Args:
            now: Returns seconds from any fixed origin.
        """
        self._now = now
        self._start = now()
        self._spent: dict[Stage, float] = {}

    @contextmanager
    def measure(self, stage: Stage) -> Iterator[None]:
        """Adds the time spent in the `with` block to a stage."""
        start = self._now()
        try:
            yield
        finally:
            elapsed_ms = (self._now() - start) * 1000
            self._spent[stage] = self._spent.get(stage, 0.0) + elapsed_ms

    def timings(self) -> Timings:
        """Returns what was added up so far; the total runs until now."""
        return Timings(**self._spent, total_ms=(self._now() - self._start) * 1000)


@contextmanager
def all_of(stopwatches: Iterable[Stopwatch], stage: Stage) -> Iterator[None]:
    """Adds the time spent in the `with` block to a stage of every request that waited for it."""
    with ExitStack() as stack:
        for stopwatch in stopwatches:
            stack.enter_context(stopwatch.measure(stage))
        yield
