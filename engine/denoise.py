"""The denoise loop over one canvas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import torch
from torch import Tensor

from engine.context import Context
from engine.sampler import Choose, Draft, Noise, Settling, within_entropy_bound
from engine.schedule import Schedule

Watch = Callable[[int, Draft, Tensor], None]
"""Called after each step with its number from 1, its draft, and (1, L) bool what was accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denoised:
    """A canvas at the end of its loop.

    Attributes:
        draft: What the last step chose; its `best` is what to commit, never the noisy canvas.
        steps: Denoising steps taken, at least 1.
        stopped: Whether `should_stop` ended the loop before the canvas had settled.
    """

    draft: Draft
    steps: int
    stopped: bool


def denoise(
    context: Context,
    choose: Choose,
    schedule: Schedule,
    noise: Noise,
    *,
    length: int,
    watch: Watch,
    should_stop: Callable[[], bool],
) -> Denoised:
    """Denoises one canvas from noise until it settles, its steps are spent, or it is stopped.

    Nothing is ever locked: a position accepted at one step may be noise again at the next. At
    least one step is taken, whatever `should_stop` says: it is asked after each step.

    Args:
        context: What stands before the canvas.
        choose: Turns logits into a choice; here the constraint comes in, or does not.
        schedule: Steps, temperatures, thresholds.
        noise: The draws; used in the order in which Transformers draws.
        length: L.
        watch: Sees every step.
        should_stop: Asked after every step that leaves the canvas unsettled.

    Returns:
        The last step's draft.

    Raises:
        EngineError: The model gave logits that are not finite.

    Source: `DiffusionGemmaGenerationMixin.generate` in Transformers 5.23.
    """
    canvas, told, settling = noise.canvas(length), None, Settling(schedule)
    for step in count(1):
        logits = context.predict(canvas, told)
        draft = choose(logits / schedule.temperature(step))
        accepted = within_entropy_bound(draft.entropy, schedule.entropy_bound)
        canvas = torch.where(accepted, draft.proposal, noise.canvas(length))
        watch(step, draft, accepted)
        settled = settling.settled(draft)
        stopped = not settled and should_stop()
        if settled or stopped or step == schedule.max_steps:
            return Denoised(draft=draft, steps=step, stopped=stopped)
        told = draft.self_conditioning()
    raise AssertionError("unreachable")
