"""Thinking before answering: a free region before the constrained one."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial

from engine.answer import Run, Steps
from engine.channel import Channel
from engine.denoise import denoise
from engine.step import Ask, Seen
from engine.unconstrained import choose_freely


@dataclass(frozen=True, slots=True, kw_only=True)
class Thoughts:
    """What a model thought.

    Attributes:
        token_ids: Without the channel's marks.
        steps: Denoising steps taken.
        num_blocks: Canvases used.
    """

    token_ids: tuple[int, ...] = ()
    steps: int = 0
    num_blocks: int = 0


def think(run: Run, channel: Channel, budget: int) -> Generator[Ask, Seen, Thoughts]:
    """Lets the model write freely until it closes its channel, ends, or has spent its budget.

    The thoughts are put before the answer, their channel closed, whatever ended them.

    Args:
        run: The request.
        channel: How the model marks its thoughts.
        budget: Tokens at most, at least 1.
    """
    model, thoughts = run.model, Thoughts()
    choose = partial(choose_freely, generator=run.noise.torch, weights=model.network.dtype)
    ends = {channel.closing, *model.vocabulary.eos_ids}
    run.context.append(channel.opening)
    ended = False
    while not ended and len(thoughts.token_ids) < budget:
        room = budget - len(thoughts.token_ids)
        denoised = yield from denoise(
            choose,
            run.schedule,
            run.noise,
            block=None,
            length=min(model.canvas_length, room),
            watch=lambda *_: None,
            should_stop=run.should_stop,
        )
        canvas = denoised.draft.best[0].tolist()
        size = next((i for i, token in enumerate(canvas) if token in ends), len(canvas))
        run.context.append(canvas[:size])
        thoughts = Thoughts(
            token_ids=(*thoughts.token_ids, *canvas[:size]),
            steps=thoughts.steps + denoised.steps,
            num_blocks=thoughts.num_blocks + 1,
        )
        ended = size < len(canvas) or denoised.stopped
    run.context.append([channel.closing])
    return thoughts


def think_first(run: Run, channel: Channel, budget: int, answering: Steps) -> Steps:
    """Thinks, then answers; the answer says what was thought and counts its steps.

    Args:
        run: The request.
        channel: See `think`.
        budget: See `think`.
        answering: The way to the answer.
    """
    thoughts = yield from think(run, channel, budget)
    answer = yield from answering
    return replace(
        answer,
        thoughts=thoughts.token_ids,
        steps=answer.steps + thoughts.steps,
        num_blocks=answer.num_blocks + thoughts.num_blocks,
    )
