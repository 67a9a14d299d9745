"""Softmax over the vocabulary, in the number format of the weights that it multiplies."""
# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportOperatorIssue=false

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

BLOCK = 4096
WARPS = 8


@triton.jit
def shares_kernel(logits, out, V, BLOCK: tl.constexpr):
    """One row: its mass in one pass over the logits, its shares in another."""
    row = tl.program_id(0)
    start = row.to(tl.int64) * V
    lane = tl.arange(0, BLOCK)
    top = tl.full([BLOCK], float("-inf"), tl.float32)
    mass = tl.zeros([BLOCK], tl.float32)
    for begin in tl.range(0, V, BLOCK):
        at = begin + lane
        x = tl.load(logits + start + at, mask=at < V, other=float("-inf")).to(tl.float32)
        higher = tl.maximum(top, x)
        base = tl.where(higher == float("-inf"), 0.0, higher)
        mass = mass * tl.exp(top - base) + tl.exp(x - base)
        top = higher
    peak = tl.max(top, 0)
    peak = tl.where(peak == float("-inf"), 0.0, peak)
    total = tl.sum(mass * tl.exp(top - peak), 0)
    for begin in tl.range(0, V, BLOCK):
        at = begin + lane
        x = tl.load(logits + start + at, mask=at < V, other=float("-inf")).to(tl.float32)
        share = tl.exp(x - peak) / tl.where(total > 0, total, 1.0)
        tl.store(out + start + at, share.to(out.dtype.element_ty), mask=at < V)


def shares_(out: Tensor, logits: Tensor) -> None:
    """Writes the softmax of each row, without a copy of it in float32.

    Args:
        out: (T, V), contiguous.
        logits: (T, V) floating, contiguous.
    """
    rows, width = logits.shape
    shares_kernel[rows,](
        logits, out, width, BLOCK=min(BLOCK, triton.next_power_of_2(width)), num_warps=WARPS
    )
