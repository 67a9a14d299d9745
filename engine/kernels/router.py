"""The choice of experts from a router's scores: softmax, top k, weights; one pass."""
# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportOperatorIssue=false

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor


@triton.jit
def choose_kernel(
    scores,
    expert_scale,
    choices,
    weights,
    EXPERTS: tl.constexpr,
    TOP: tl.constexpr,
    BLOCK: tl.constexpr,
    BLOCK_K: tl.constexpr,
):
    """One row; of equal scores the first expert's is the larger."""
    row = tl.program_id(0).to(tl.int64)
    e = tl.arange(0, BLOCK)
    k = tl.arange(0, BLOCK_K)
    score = tl.load(scores + row * EXPERTS + e, mask=e < EXPERTS, other=float("-inf")).to(
        tl.float32
    )
    mass = tl.exp(score - tl.max(score, 0))
    left = tl.where(e < EXPERTS, mass / tl.sum(mass, 0), -1.0)
    chosen = tl.zeros([BLOCK_K], tl.int32)
    weight = tl.zeros([BLOCK_K], tl.float32)
    for index in tl.static_range(TOP):
        most = tl.max(left, 0)
        at = tl.min(tl.where(left == most, e, BLOCK), 0)
        chosen = tl.where(k == index, at, chosen)
        weight = tl.where(k == index, most, weight)
        left = tl.where(e == at, -1.0, left)
    weight /= tl.sum(weight, 0)
    weight *= tl.load(expert_scale + chosen, mask=k < TOP, other=0.0).to(tl.float32)
    tl.store(choices + row * TOP + k, chosen, mask=k < TOP)
    tl.store(weights + row * TOP + k, weight, mask=k < TOP)


def chosen_experts(scores: Tensor, expert_scale: Tensor, top: int) -> tuple[Tensor, Tensor]:
    """Chooses the experts of every row.

    Args:
        scores: (T, E) float, finite.
        expert_scale: (E,), what each expert's weight is times.
        top: K, at most E.

    Returns:
        (T, K) int32 choices, most probable first, and (T, K) float32 weights: their shares of
        the probability of all K, times their scales.

    Source: `DiffusionGemmaTextRouter.forward` in Transformers, where the order among equals is
    left open.
    """
    rows, experts = scores.shape
    choices = scores.new_empty(rows, top, dtype=torch.int32)
    weights = scores.new_empty(rows, top, dtype=torch.float32)
    choose_kernel[rows,](
        scores,
        expert_scale,
        choices,
        weights,
        EXPERTS=experts,
        TOP=top,
        BLOCK=triton.next_power_of_2(experts),
        BLOCK_K=triton.next_power_of_2(top),
        num_warps=1,
    )
    return choices, weights
