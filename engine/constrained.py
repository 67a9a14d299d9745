"""Generating within a language: canvas after canvas, until the text is a whole member."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from constraints.errors import BlockformError
from engine.answer import Answer, Run, Steps, Transcript
from engine.canvas import Ends, canvas_length, ending_budget
from engine.conditioned import Canvas, on_host
from engine.denoise import Denoised, denoise
from engine.result import FinishReason
from engine.sampler import Choose, Draft
from engine.step import Ask, Seen
from engine.within import choose_within, forced_canvas

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from constraints import Block, Constraint, State
    from engine.head import Columns


MOST_HURRIED = 2
"""Canvases that get a step of their own after the time is up; where more are left, none does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a generation stands between two canvases.

    Attributes:
        state: Where in the language.
        block: Index of the next canvas, from 0.
        budget: Tokens that may still be written.
        written: Tokens written so far.
        hurried: Whether to come to an end on the fewest canvases, a step each.
    """

    state: State
    block: int
    budget: int
    written: int
    hurried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A canvas to commit.

    Attributes:
        token_ids: (L,) int64, a member so far, filled after its end.
        state: Where in the language it leads.
        budget: Tokens that it and all later canvases may take.
        steps: Denoising steps it took; 0 where the model had no choice.
        log_z: Nats, of the last step.
        hurried: Whether there is no time left.
        certificate: Bound on the total variation to the true posterior, of the last step.
    """

    token_ids: NDArray[np.int64]
    state: State
    budget: int
    steps: int
    log_z: float
    hurried: bool
    certificate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What the answer begins with, before the first canvas.

    Attributes:
        token_ids: Tokens that are given.
        state: Where in the language they lead.
    """

    token_ids: tuple[int, ...]
    state: State


def answer_within(constraint: Constraint, opening: Opening, run: Run) -> Steps:
    """Fills canvas after canvas until the text is a whole member.

    Each canvas is conditioned to leave a member within reach of the budget, so that the last one
    always completes it. Once `should_stop` says so, the canvas at hand is conditioned again, on
    the same logits, to end the text here; where no member can end here, the text gets the fewest
    further canvases that can hold an ending, of one step each.

    Args:
        constraint: The language; the shortest member that begins with the opening fits the budget.
        opening: Stands before the first canvas: the model plans around it, and no canvas spends
            positions on it.
        run: The request.
    """
    walk = _Walk(constraint=constraint, run=run, ends=Ends.of(run.model.vocabulary))
    transcript = Transcript(partial(_spell, constraint), run.on_event)
    written = len(opening.token_ids)
    place = Place(
        state=opening.state,
        block=0,
        budget=run.budget - written,
        written=written,
        hurried=False,
    )
    run.context.append(opening.token_ids)
    certificate = 0.0
    steps, log_z, finished = 0, 0.0, written > 0 and walk.finished(place)
    transcript.commit(0, opening.token_ids, final=finished)
    while not finished:
        filled = yield from walk.fill(place)
        text_ids = walk.ends.text_ids(filled.token_ids)
        run.context.append(filled.token_ids.tolist())
        place = _next_place(place, filled, len(text_ids))
        finished = walk.finished(place)
        transcript.commit(place.block - 1, text_ids, final=finished)
        steps, log_z = steps + filled.steps, log_z + filled.log_z
        certificate = min(1.0, certificate + filled.certificate)
    return Answer(
        token_ids=transcript.token_ids,
        reason=FinishReason.STOPPED if place.hurried else FinishReason.COMPLETE,
        steps=steps,
        num_blocks=place.block,
        log_z=log_z,
        certificate=certificate,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Walk:
    """What stays the same from canvas to canvas."""

    constraint: Constraint
    run: Run
    ends: Ends

    def fill(self, place: Place) -> Generator[Ask, Seen, Filled]:
        """Fills the next canvas; asks the model only where the language leaves a choice."""
        if place.hurried and self._canvases_left(place) > MOST_HURRIED:
            return self._rest(place)
        block = self._block(place, place.budget)
        only = forced_canvas(block, self.ends)
        if only is None:
            return (yield from self._denoise(place, block))
        return Filled(
            token_ids=only,
            state=block.advance(only),
            budget=place.budget,
            steps=0,
            log_z=0.0,
            hurried=place.hurried,
        )

    def _canvases_left(self, place: Place) -> int:
        return -(-place.state.fewest_tokens // self.run.model.canvas_length)

    def _rest(self, place: Place) -> Filled:
        """Fills all that is left at once, as short as it can be: there is no time for the model."""
        block = self.constraint.block(length=place.state.fewest_tokens, start=place.state)
        shape = (block.length, self.constraint.vocabulary.size)
        with self.run.stopwatch.measure("constraint_ms"):
            best = self.ends.close(block.condition(np.zeros(shape, np.float32)).best())
        return Filled(
            token_ids=best,
            state=block.advance(best),
            budget=place.budget,
            steps=0,
            log_z=0.0,
            hurried=True,
        )

    def finished(self, place: Place) -> bool:
        """Returns whether the text has ended, or ends here because no token may follow."""
        if place.state.done:
            return True
        return place.budget == 0 or place.written == self.constraint.longest_tokens

    def _denoise(self, place: Place, block: Block) -> Generator[Ask, Seen, Filled]:
        run, budget = self.run, place.budget
        columns = self._columns(block)
        denoised = yield from denoise(
            self._chooser(block),
            run.schedule.with_max_steps(1) if place.hurried else run.schedule,
            run.noise,
            block=block if columns is None else columns.narrowed(block),
            columns=columns,
            length=block.length,
            watch=run.watching(place.block),
            should_stop=run.should_stop,
        )
        draft = denoised.draft
        if denoised.stopped:
            budget = self._ending_budget(place, block)
            block = self._block(place, budget)
            draft = self._chosen_again(block, columns, denoised)
        best = draft.best[0].cpu().numpy()
        return Filled(
            token_ids=best,
            state=block.advance(best),
            budget=budget,
            steps=denoised.steps,
            log_z=draft.log_z + denoised.seen.log_share(),
            hurried=place.hurried or denoised.stopped,
            certificate=draft.certificate,
        )

    def _columns(self, block: Block) -> Columns | None:
        """Returns the columns to ask for: all where somebody wants to know what the others say."""
        run = self.run
        if run.on_event is not None or run.schedule.self_conditioning == "logits":
            return None
        with run.stopwatch.measure("constraint_ms"):
            return run.model.head.columns(block)

    def _chooser(self, block: Block) -> Choose:
        return partial(
            choose_within,
            block=block,
            ends=self.ends,
            stopwatch=self.run.stopwatch,
            self_conditioning=self.run.schedule.self_conditioning,
        )

    def _chosen_again(self, block: Block, columns: Columns | None, denoised: Denoised) -> Draft:
        """Returns the choice that another language makes on the same logits."""
        within = block if columns is None else columns.narrowed(block)
        canvas = Canvas(within, denoised.seen.logits, self.run.noise, columns)
        with self.run.stopwatch.measure("constraint_ms"):
            posterior = on_host(canvas)
        if isinstance(posterior, BlockformError):
            raise posterior
        return self._chooser(block)(replace(denoised.seen, posterior=posterior))

    def _block(self, place: Place, budget: int) -> Block:
        """Returns the language on the next canvas; its length does not depend on `budget`."""
        longest = self.constraint.longest_tokens
        longest_left = None if longest is None else longest - place.written
        length = canvas_length(self.run.model.canvas_length, place.budget, longest_left)
        with self.run.stopwatch.measure("constraint_ms"):
            return self.constraint.block(
                length=length, start=place.state, tokens_after=max(0, budget - length)
            )

    def _ending_budget(self, place: Place, block: Block) -> int:
        return ending_budget(
            block.length, place.state.fewest_tokens, self.run.model.canvas_length, place.budget
        )


def _next_place(place: Place, filled: Filled, num_written: int) -> Place:
    return Place(
        state=filled.state,
        block=place.block + 1,
        budget=filled.budget - num_written,
        written=place.written + num_written,
        hurried=filled.hurried,
    )


def _spell(constraint: Constraint, token_ids: Sequence[int]) -> str:
    return constraint.text(token_ids).decode(errors="replace")
