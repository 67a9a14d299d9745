"""Warms a server up: each kind of question is asked once, so that no caller is the first."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from constraints.errors import BlockformError
from constraints.spec import Spec, Template
from engine import Request
from service.errors import UnavailableError
from service.jobs import GenerateJob

TEXT = "What is it?"
MAX_TOKENS = 64
MAX_STEPS = 2

log = logging.getLogger("blockform.service")


async def through(
    run: Callable[[GenerateJob], AsyncGenerator[object]], examples: Mapping[str, Spec]
) -> None:
    """Asks for an example of each kind, the way that every request goes, and says how far it is.

    An example that is refused is a line in the log, not the end: a model may lack what it needs.

    Args:
        run: Runs a job.
        examples: Specs by name.

    Raises:
        UnavailableError: The engine's process ended.
    """
    requests = {"free text": _request(None), **{name: _request(s) for name, s in examples.items()}}
    for number, (name, request) in enumerate(requests.items(), start=1):
        started = time.monotonic()
        try:
            async with aclosing(run(GenerateJob(request=request))) as happenings:
                async for _ in happenings:
                    pass
        except UnavailableError:
            raise
        except BlockformError as error:
            log.warning("the warm-up of %s failed: %s", name, error)
        spent = time.monotonic() - started
        level = logging.INFO if spent >= 1 else logging.DEBUG
        log.log(level, "warmed up %s in %.1f s (%d of %d)", name, spent, number, len(requests))


def _request(spec: Spec | None) -> Request:
    if isinstance(spec, Template):
        return Request(
            text=TEXT,
            spec=spec.spec,
            template=spec.literals,
            max_tokens=MAX_TOKENS,
            max_steps=MAX_STEPS,
        )
    return Request(text=TEXT, spec=spec, max_tokens=MAX_TOKENS, max_steps=MAX_STEPS)
