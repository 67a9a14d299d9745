"""The experts of a layer: what they compute, in torch."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import gelu

from engine.expert_weights import ExpertMatrix


def run_experts(
    hidden: Tensor,
    choices: Tensor,
    weights: Tensor,
    gate_up: ExpertMatrix,
    down: ExpertMatrix,
    live: Tensor | None = None,
) -> Tensor:
    """Returns for each row the weighted sum of what its experts make of it.

    An expert makes down(gelu(gate x) * up x) of x, with the tanh form of GELU.

    Args:
        hidden: (T, H) float.
        choices: (T, K) integer: the experts of each row; one outside 0 <= e < E adds nothing.
        weights: (T, K) float32.
        gate_up: (E, 2N, H), the gate's rows first.
        down: (E, H, N).
        live: (T,) bool; rows that are not live load no expert and come out 0. None is all.

    Returns:
        (T, H), dtype of `hidden`; sums in float32 (in float64 for float64).

    Source: `DiffusionGemmaTextExperts.forward` in Transformers.
    """
    precise = torch.promote_types(hidden.dtype, torch.float32)
    result = torch.zeros_like(hidden, dtype=precise)
    first, second = gate_up.dequantised(), down.dequantised()
    alive = torch.ones_like(choices[:, 0], dtype=torch.bool) if live is None else live
    for expert in range(len(first)):
        row, choice = torch.where((choices == expert) & alive[:, None])
        if not len(row):
            continue
        gate, up = (hidden[row].to(precise) @ first[expert].to(precise).T).chunk(2, dim=-1)
        inner = (gelu(gate, approximate="tanh") * up).to(hidden.dtype)
        made = inner.to(precise) @ second[expert].to(precise).T
        result.index_add_(0, row, made * weights[row, choice, None].to(precise))
    return result.to(hidden.dtype)
