"""Canvases: short stretches cut from answers, and what the decoder may see of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from models.batches import Batch
from models.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Canvases:
    """N = B * K canvases, the K of one case together.

    Attributes:
        cuts: (N,) int64, where each begins in its answer.
        target: (N, L) int64, the answer from there, eos, then pad.
        weight: (N, L) float32, one for the answer and its eos, less for the pad.
        position_ids: (N, L) int64, places behind the prompt and the answer before the cut.
        mask: (N, P + A + L) bool: prompt, answer before the cut, and the canvas itself.
    """

    cuts: Tensor
    target: Tensor
    weight: Tensor
    position_ids: Tensor
    mask: Tensor


def drawn_cuts(answer_length: Tensor, length: int, settings: Settings) -> Tensor:
    """Returns (B * K,) where the canvases of each answer begin, its first at the beginning.

    Args:
        answer_length: (B,) int64, eos included.
        length: L, the length of a canvas.
        settings: K and the share of cuts at multiples of L, where generation makes them.
    """
    lengths = answer_length.repeat_interleave(settings.cuts)
    anywhere = (torch.rand(len(lengths)) * lengths).long()
    is_aligned = torch.rand(len(lengths)) < settings.aligned
    cuts = torch.where(is_aligned, anywhere // length * length, anywhere)
    cuts[:: settings.cuts] = 0
    return cuts


def canvases_at(
    cuts: Tensor, batch: Batch, length: int, pad_id: int, pad_weight: float
) -> Canvases:
    """Returns the canvases that begin at these cuts, of which each case has equally many.

    The answer is padded on the right, so a canvas may reach past it. Prompts are padded on the
    left, so the answer begins at place P in every row.
    """
    copies = len(cuts) // len(batch.answer_ids)
    places = cuts[:, None] + torch.arange(length)
    room = batch.answer_ids.new_full((len(batch.answer_ids), length), pad_id)
    answers = torch.cat([batch.answer_ids, room], dim=1).repeat_interleave(copies, 0)
    prompt_width, answer_width = batch.prompt_ids.shape[1], batch.answer_ids.shape[1]
    return Canvases(
        cuts=cuts,
        target=answers.gather(1, places),
        weight=weights(places, batch.answer_length.repeat_interleave(copies), pad_weight),
        position_ids=prompt_width + places,
        mask=torch.cat(
            [
                batch.prompt_mask.repeat_interleave(copies, 0),
                torch.arange(answer_width) < cuts[:, None],
                torch.ones_like(places, dtype=torch.bool),
            ],
            dim=1,
        ),
    )


def weights(places: Tensor, answer_length: Tensor, pad_weight: float) -> Tensor:
    """Returns a weight for each place in an answer: one, or `pad_weight` behind its eos."""
    return torch.where(places < answer_length[:, None], 1.0, pad_weight)


def repeated(cache: DynamicCache, copies: int, text_config: Any) -> DynamicCache:
    """Returns the cache with every row `copies` times in a row; gradients flow back."""
    result = DynamicCache(config=text_config)
    layers: Any = cache.layers
    for number, layer in enumerate(layers):
        keys, values = (kept.repeat_interleave(copies, 0) for kept in (layer.keys, layer.values))
        result.update(keys, values, number)
    return result
