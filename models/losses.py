"""The losses: denoising of canvases behind a cached beginning, and next-token prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import DiffusionGemmaForBlockDiffusion, DynamicCache

from models.batches import Batch
from models.canvases import Canvases, canvases_at, drawn_cuts, repeated, weights
from models.noise import corrupted
from models.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Losses:
    """What a step minimises, and figures to watch; not a number where a step has none.

    Attributes:
        total: () with gradient.
        denoising: () nats a token.
        causal: () nats a token.
        repaired: () share of replaced tokens that the decoder puts right.
    """

    total: Tensor
    denoising: Tensor
    causal: Tensor
    repaired: Tensor


def losses_of(
    model: DiffusionGemmaForBlockDiffusion, batch: Batch, settings: Settings, *, causal_only: bool
) -> Losses:
    """Encodes prompts and answers once, and denoises several canvases of each behind it."""
    cache, causal_logits = encode(model, batch)
    places = torch.arange(batch.answer_ids.shape[1])
    weight = weights(places, batch.answer_length, settings.pad_weight)
    causal = weighted(causal_logits, batch.answer_ids, weight)
    if causal_only:
        none = torch.full((), torch.nan)
        return Losses(total=causal, denoising=none, causal=causal.detach(), repaired=none)
    text_config: Any = model.config.text_config
    length: Any = model.config.canvas_length
    cuts = drawn_cuts(batch.answer_length, length, settings)
    canvases = canvases_at(cuts, batch, length, text_config.pad_token_id, settings.pad_weight)
    noisy = corrupted(canvases.target, text_config.vocab_size, settings)
    call = decoder_call(canvases, noisy, repeated(cache, settings.cuts, text_config))
    if torch.rand(()) < settings.self_condition:
        call |= self_conditioning(model, call)
    logits = model(**call).logits
    sight = settings.foresight ** noisy_before(noisy != canvases.target)
    denoising = weighted(logits, canvases.target, canvases.weight * sight)
    return Losses(
        total=denoising + settings.causal_weight * causal,
        denoising=denoising.detach(),
        causal=causal.detach(),
        repaired=repaired_share(logits, noisy, canvases),
    )


def encode(model: DiffusionGemmaForBlockDiffusion, batch: Batch) -> tuple[DynamicCache, Tensor]:
    """Encodes prompt and answer causally.

    Returns:
        The cache of both, P + A wide, and the (B, A, V) logits that predict each token of the
        answer from what stands before it.
    """
    text_config: Any = model.config.text_config
    network: Any = model
    is_answer = torch.ones_like(batch.answer_ids, dtype=torch.bool)
    cache = DynamicCache(config=text_config)
    out = network.model.encoder(
        input_ids=torch.cat([batch.prompt_ids, batch.answer_ids], dim=1),
        attention_mask=torch.cat([batch.prompt_mask, is_answer], dim=1),
        past_key_values=cache,
    )
    hidden = out.last_hidden_state[:, batch.prompt_ids.shape[1] - 1 : -1]
    cap = text_config.final_logit_softcapping
    return cache, torch.tanh(network.lm_head(hidden).float() / cap) * cap


def decoder_call(canvases: Canvases, noisy: Tensor, cache: DynamicCache) -> dict[str, Any]:
    """Returns the decoder's arguments; the mask hides the answer from the cut on."""
    return {
        "decoder_input_ids": noisy,
        "past_key_values": cache,
        "decoder_attention_mask": canvases.mask,
        "decoder_position_ids": canvases.position_ids,
    }


@torch.no_grad()
def self_conditioning(
    model: DiffusionGemmaForBlockDiffusion, call: dict[str, Any]
) -> dict[str, Tensor]:
    """Returns a first guess, at the temperatures of generation, for most of the canvases."""
    count = len(call["decoder_input_ids"])
    temperature = torch.empty(count, 1, 1).uniform_(0.4, 1.0)
    return {
        "self_conditioning_logits": model(**call).logits / temperature,
        "self_conditioning_mask": torch.rand(count) < 0.8,
    }


def noisy_before(replaced: Tensor) -> Tensor:
    """Returns how many positions before each were replaced; (N, L) bool to (N, L) int64."""
    return replaced.long().cumsum(1) - replaced.long()


def weighted(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Returns the mean cross-entropy under weights; (N, L, V), (N, L), (N, L) to ()."""
    each = cross_entropy(logits.float().flatten(0, 1), target.flatten(), reduction="none")
    return (each * weight.flatten()).sum() / weight.sum()


def repaired_share(logits: Tensor, noisy: Tensor, canvases: Canvases) -> Tensor:
    """Returns the share of replaced answer tokens whose best guess is right."""
    replaced = (noisy != canvases.target) & (canvases.weight == 1)
    return (logits.argmax(-1) == canvases.target)[replaced].float().mean()
