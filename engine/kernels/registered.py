"""The kernels under Transformers' registries of attention, attention masks and experts."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.moe import ALL_EXPERTS_FUNCTIONS
from transformers.masking_utils import sdpa_mask

from engine.attention import Cached
from engine.expert_weights import matrices_of
from engine.kernels.canvas_attention import canvas_attention
from engine.kernels.masked_experts import masked_experts

NAME = "blockform"


def attention(
    module: Any,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    dropout: float = 0.0,
    scaling: float | None = None,
    is_causal: bool | None = None,
    softcap: float | None = None,
    **_ignored: Any,
) -> tuple[Tensor, None]:
    """What Transformers calls for attention; its keys come concatenated, ours are views of them.

    Args:
        module: Says whether it is causal, where `is_causal` does not.
        query: (B, H, L, D).
        key: (B, H_kv, P + L, D).
        value: (B, H_kv, P + L, D).
        attention_mask: (B, 1, L, P + L) bool, all there is to know of causality and windows; None
            is causal or everything. Transformers keeps no more of a sliding window's tokens than
            the window shows, so there is no other mask in the decoder.
        dropout: 0.
        scaling: Of the scores; None is 1 / sqrt(D).
        is_causal: Whether, without a mask, a query sees only what stands before it.
        softcap: None.

    Returns:
        (B, L, H, D), and no weights.

    Raises:
        ValueError: What the kernel does not do is asked of it.
    """
    if dropout or softcap is not None:
        raise ValueError("the kernel knows neither dropout nor a softcap of scores")
    if attention_mask is not None and attention_mask.dtype is not torch.bool:
        raise ValueError(f"the kernel wants a mask of bool, not {attention_mask.dtype}")
    batch, _, length, size = query.shape
    held = key.shape[2] - length
    causal = module.is_causal if is_causal is None else is_causal
    lengths = torch.full((batch,), held, dtype=torch.int32, device=query.device)
    attended = canvas_attention(
        query,
        key[:, :, held:],
        value[:, :, held:],
        Cached(key=key[:, :, :held], value=value[:, :, :held], lengths=lengths),
        allowed=attention_mask,
        causal=bool(causal) and attention_mask is None,
        scaling=size**-0.5 if scaling is None else scaling,
    )
    return attended, None


def experts(module: Any, hidden: Tensor, choices: Tensor, weights: Tensor) -> Tensor:
    """What Transformers calls for experts.

    Args:
        module: Holds `gate_up_proj` (E, 2N, H) and `down_proj` (E, H, N).
        hidden: (T, H).
        choices: (T, K) int64; E is no expert.
        weights: (T, K) float32.

    Returns:
        (T, H).
    """
    gate_up, down = matrices_of(module)
    return masked_experts(hidden, choices, weights, gate_up, down)


def register() -> str:
    """Makes both known to Transformers; returns the name they go by.

    Without the mask every mask would arrive as None, and nobody would say so.
    """
    AttentionInterface.register(NAME, attention)
    AttentionMaskInterface.register(NAME, sdpa_mask)
    ALL_EXPERTS_FUNCTIONS.register(NAME, experts)
    return NAME
