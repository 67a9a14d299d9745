"""Softmax over the vocabulary, in the number format of the weights that it multiplies."""
# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportOperatorIssue=false

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

BLOCK = 4096
WARPS = 8


@triton.jit
def shares_kernel(logits, knows, out, L, V, BLOCK: tl.constexpr):
    """One row: its mass in one pass over the logits, its shares in another."""
    row = tl.program_id(0)
    start = row.to(tl.int64) * V
    width = tl.where(tl.load(knows + row // L) != 0, V, 0)
    lane = tl.arange(0, BLOCK)
    top = tl.full([BLOCK], float("-inf"), tl.float32)
    mass = tl.zeros([BLOCK], tl.float32)
    for begin in tl.range(0, width, BLOCK):
        x = tl.load(logits + start + begin + lane, mask=begin + lane < V, other=float("-inf"))
        higher = tl.maximum(top, x)
        base = tl.where(higher == float("-inf"), 0.0, higher)
        mass = mass * tl.exp(top - base) + tl.exp(x - base)
        top = higher
    peak = tl.max(top, 0)
    peak = tl.where(peak == float("-inf"), 0.0, peak)
    total = tl.sum(mass * tl.exp(top - peak), 0)
    for begin in tl.range(0, V, BLOCK):
        at = begin + lane
        x = tl.load(logits + start + at, mask=at < width, other=float("-inf"))
        share = tl.exp(x - peak) / tl.where(total > 0, total, 1.0)
        tl.store(out + start + at, share.to(out.dtype.element_ty), mask=at < V)


def shares(logits: Tensor, knows: Tensor, dtype: torch.dtype) -> Tensor:
    """Returns softmax of each row, without a copy of it in float32.

    Args:
        logits: (B, L, V) float32, contiguous.
        knows: (B,) bool; rows of the others come out 0, whatever their logits are.
        dtype: Of the result.

    Returns:
        (B, L, V).
    """
    batch, length, width = logits.shape
    out = torch.empty_like(logits, dtype=dtype)
    shares_kernel[batch * length,](
        logits,
        knows.view(torch.uint8),
        out,
        length,
        width,
        BLOCK=min(BLOCK, triton.next_power_of_2(width)),
        num_warps=WARPS,
    )
    return out
