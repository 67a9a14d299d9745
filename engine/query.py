"""Generating an SQL query: what does not resolve is chosen again, in a narrower language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import constraints
from constraints.sql.narrow import MAX_ROUNDS, narrowed
from engine.answer import Answer, Run, Steps
from engine.constrained import answer_within
from engine.result import CommittedText, Event

if TYPE_CHECKING:
    from constraints import Constraint
    from engine.context import Context


def answer_query(constraint: Constraint, run: Run, fresh: Callable[[], Context]) -> Steps:
    """Generates a query, and chooses its names again until all of them resolve.

    Text is reported as committed only once it is settled; frames are reported as they come.

    Args:
        constraint: The constraint of an `Sql` spec.
        run: The request.
        fresh: A context that holds the prompt and nothing else.
    """
    held: list[Event] = []
    quiet = replace(run, on_event=_holding(run, held))
    answer = yield from answer_within(constraint, quiet)
    for attempt in range(MAX_ROUNDS + 1):
        text = constraint.text(answer.token_ids)
        with run.stopwatch.measure("validate_ms"):
            if constraints.validate(constraint.spec, text) is None:
                break
            narrower = narrowed(constraint, text, attempt)
        if narrower.start.fewest_tokens > run.budget:
            continue
        held.clear()
        again = yield from answer_within(narrower, replace(quiet, context=fresh()))
        answer = _after(answer, again)
    for event in held:
        if run.on_event is not None:
            run.on_event(event)
    return answer


def _after(first: Answer, again: Answer) -> Answer:
    return replace(
        again, steps=first.steps + again.steps, num_blocks=first.num_blocks + again.num_blocks
    )


def _holding(run: Run, held: list[Event]) -> Callable[[Event], None]:
    def tell(event: Event) -> None:
        if isinstance(event, CommittedText):
            held.append(event)
        elif run.on_event is not None:
            run.on_event(event)

    return tell
