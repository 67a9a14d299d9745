"""The denoise loop over one canvas."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.sampler import Choose, Draft, Noise, Settling, within_entropy_bound
from engine.schedule import Schedule
from engine.step import Ask, Seen, Told

if TYPE_CHECKING:
    from constraints import Block
    from engine.head import Columns

Watch = Callable[[int, Draft, Tensor], None]
"""Called after each step with its number from 1, its draft, and (1, L) bool what was accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denoised:
    """A canvas at the end of its loop.

    Attributes:
        draft: What the last step chose; its `best` is what to commit, never the noisy canvas.
        seen: What the model said at the last step.
        steps: Denoising steps taken, at least 1.
        stopped: Whether `should_stop` ended the loop before the canvas had settled.
    """

    draft: Draft
    seen: Seen
    steps: int
    stopped: bool


def denoise(
    choose: Choose,
    schedule: Schedule,
    noise: Noise,
    *,
    block: Block | None,
    columns: Columns | None = None,
    length: int,
    watch: Watch,
    should_stop: Callable[[], bool],
) -> Generator[Ask, Seen, Denoised]:
    """Denoises one canvas from noise until it settles, its steps are spent, or it is stopped.

    Nothing is ever locked: a position accepted at one step may be noise again at the next. At
    least one step is taken, whatever `should_stop` says: it is asked after each step.

    Args:
        choose: Turns what the model said into a choice.
        schedule: Steps, temperatures, thresholds.
        noise: The draws; used in the order in which Transformers draws.
        block: The language to condition each step on, over the columns asked for; or None.
        columns: Which columns of the vocabulary to ask for; None is all.
        length: L.
        watch: Sees every step.
        should_stop: Asked after every step that leaves the canvas unsettled.

    Yields:
        What each step asks the model.

    Returns:
        The last step's draft.

    Source: `DiffusionGemmaGenerationMixin.generate` in Transformers 5.23.
    """
    canvas, told, settling = noise.canvas(length), None, Settling(schedule)
    for step in count(1):
        temperature = schedule.temperature(step)
        seen = yield Ask(
            canvas=canvas, told=told, temperature=temperature, block=block, columns=columns
        )
        draft = choose(seen)
        accepted = within_entropy_bound(draft.entropy, schedule.entropy_bound)
        canvas = torch.where(accepted, draft.proposal, noise.canvas(length))
        watch(step, draft, accepted)
        settled = settling.settled(draft)
        stopped = not settled and should_stop()
        if settled or stopped or step == schedule.max_steps:
            return Denoised(draft=draft, seen=seen, steps=step, stopped=stopped)
        told = Told(logits=draft.self_conditioning(), columns=columns)
    raise AssertionError("unreachable")
