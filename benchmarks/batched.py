"""Requests answered several at a time, as a server would, by one model."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from itertools import count

from engine import Engine, Request, Result
from engine.batch import Batch


def answered_together(
    engine: Engine, requests: Iterable[Request], at_once: int, stop_after: int | None = None
) -> list[Result]:
    """Answers requests, a new one as soon as one is done.

    Args:
        engine: Answers them; what each draws does not depend on the others.
        requests: Each is admitted or raises.
        at_once: Requests under way at any time.
        stop_after: Denoising steps after which each is told to stop; None for never.

    Returns:
        A result for each request, in order.
    """
    sessions = [engine.session(each, should_stop=_stop(stop_after)) for each in requests]
    batch, waiting = Batch(engine.model), deque(sessions)
    while waiting or len(batch):
        while waiting and len(batch) < at_once:
            batch.add(waiting.popleft())
        if len(batch):
            batch.step()
    return [session.result() for session in sessions]


def _stop(after: int | None) -> Callable[[], bool]:
    if after is None:
        return lambda: False
    asked = count(1)
    return lambda: next(asked) >= after
