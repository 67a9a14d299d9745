"""Generating an SQL query: what does not resolve is chosen again, in a narrower language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import constraints
from constraints.sql.narrow import MAX_ROUNDS, narrowed
from engine.answer import Answer, Run, Steps
from engine.constrained import Opening, answer_within
from engine.result import CommittedText, Event

if TYPE_CHECKING:
    from constraints import Constraint


def answer_query(constraint: Constraint, opening: Opening, run: Run) -> Steps:
    """Generates a query, and chooses its names again until all of them resolve.

    Text is reported as committed only once it is settled; frames are reported as they come.

    Args:
        constraint: The constraint of an `Sql` spec.
        opening: See `answer_within`.
        run: The request.
    """
    held: list[Event] = []
    begins = len(run.context)
    quiet = replace(run, on_event=_holding(run, held))
    answer = yield from answer_within(constraint, opening, quiet)
    for attempt in range(MAX_ROUNDS + 1):
        text = constraint.text(answer.token_ids)
        with run.stopwatch.measure("validate_ms"):
            if constraints.validate(constraint.spec, text) is None:
                break
            narrower = narrowed(constraint, text, attempt)
        if narrower.start.fewest_tokens > run.budget:
            continue
        held.clear()
        begun = Opening(token_ids=(), state=narrower.start)
        run.context.rewind(begins)
        again = yield from answer_within(narrower, begun, quiet)
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
