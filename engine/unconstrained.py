"""Generating without a constraint: token for token what Transformers' own `generate` gives."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import torch

from engine.answer import Answer, Run, Steps, Transcript
from engine.canvas import text_length
from engine.denoise import denoise
from engine.model import LoadedModel
from engine.result import FinishReason
from engine.sampler import Draft
from engine.step import Seen


def choose_freely(seen: Seen, *, generator: torch.Generator, weights: torch.dtype) -> Draft:
    """Draws every position by itself and tells the next step the tempered logits.

    Args:
        seen: What the model said.
        generator: Draws the proposal.
        weights: Number format of the model's weights.
    """
    logits = seen.logits
    probabilities = torch.softmax(logits, dim=-1, dtype=torch.float32)
    drawn = torch.multinomial(probabilities[0], num_samples=1, generator=generator)
    entropy = torch.distributions.Categorical(logits=logits, validate_args=False).entropy()
    return Draft(
        logits=logits,
        proposal=drawn.view(1, -1),
        best=logits.argmax(dim=-1),
        entropy=entropy,
        uncertainty=float(entropy.mean(dim=-1)),
        decided=False,
        log_z=0.0,
        self_conditioning=partial(logits.to, weights),
    )


def canvases_needed(budget: int, canvas_length: int) -> int:
    """Returns how many whole canvases hold a budget."""
    return -(-budget // canvas_length)


def answer_freely(run: Run) -> Steps:
    """Fills canvas after canvas until the text ends, the budget is spent, or it is stopped.

    Canvases are whole ones, as in Transformers; what passes the budget is cut off.
    """
    model, length = run.model, run.model.canvas_length
    choose = partial(choose_freely, generator=run.noise.torch, weights=model.network.dtype)
    transcript = Transcript(partial(text_of, model), run.on_event)
    reason, steps, block = FinishReason.LENGTH, 0, 0
    num_canvases = canvases_needed(run.budget, length)
    for block in range(num_canvases):
        denoised = yield from denoise(
            choose,
            run.schedule,
            run.noise,
            block=None,
            length=length,
            watch=run.watching(block),
            should_stop=run.should_stop,
        )
        steps += denoised.steps
        canvas = denoised.draft.best[0].tolist()
        written = canvas[: text_length(canvas, model.vocabulary.eos_ids)]
        room = run.budget - len(transcript.token_ids)
        reason = _reason(denoised.stopped, len(written) < len(canvas) and len(written) <= room)
        finished = reason is not FinishReason.LENGTH or block + 1 == num_canvases
        transcript.commit(block, written[:room], final=finished)
        if finished:
            break
        run.context.append(canvas)
    return Answer(token_ids=transcript.token_ids, reason=reason, steps=steps, num_blocks=block + 1)


def _reason(stopped: bool, ended: bool) -> FinishReason:
    if stopped:
        return FinishReason.STOPPED
    return FinishReason.COMPLETE if ended else FinishReason.LENGTH


def text_of(model: LoadedModel, token_ids: Sequence[int]) -> str:
    """Returns the text of an unconstrained answer; special tokens are left out."""
    text = model.tokenizer.decode(
        list(token_ids), skip_special_tokens=True, clean_up_tokenization_spaces=False
    )
    return text if isinstance(text, str) else "".join(text)
