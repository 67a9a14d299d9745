"""Log of the marginals over the whole vocabulary: each logit, and the weight of its atom."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from engine.algebra.parts import FORBIDDEN, AtomStats, Rows, Weights
from engine.algebra.program import Program
from engine.kernels.scaling import scaled

BLOCK = 2048
WARPS = 4


@triton.jit
def log_marginals_kernel(
    logits,
    temperatures,
    length,
    peaks,
    spreads,
    weights,
    atom_of,
    pins,
    out,
    floor,
    L,
    V,
    A,
    CAP: tl.constexpr,
    FLOOR: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Grid (blocks of V, B·L)."""
    row = tl.program_id(1)
    b = row // L
    token = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    start = row.to(tl.int64) * V
    mask = token < V
    held = token < tl.where(row % L < tl.load(length + b), V, 0)
    x = tl.load(logits + start + token, mask=held, other=-float("inf"))
    peak = tl.load(peaks + row)
    base = tl.where(tl.abs(peak) < float("inf"), peak, 0.0)
    below = scaled(x, tl.load(temperatures + b), CAP) - base
    atom = tl.load(atom_of + b.to(tl.int64) * V + token, mask=held, other=0).to(tl.int32)
    weight = tl.load(weights + row.to(tl.int64) * A + atom, mask=held, other=-float("inf"))
    pin = tl.load(pins + row)
    stands = (below >= -FLOOR) & (below < float("inf")) & (token == tl.where(pin < 0, token, pin))
    told = tl.where(stands, tl.where(stands, below, 0.0) - tl.load(spreads + row) + weight, floor)
    tl.store(out + start + token, tl.maximum(told, floor), mask=mask)


def log_marginals(
    program: Program, rows: Rows, stats: AtomStats, weights: Weights, floor: float
) -> Tensor:
    """See `engine.algebra.reference.log_marginals`; float32."""
    c, buffers = program.capacity, program.buffers
    out = torch.empty(rows.logits.shape, device=program.device)
    kernel: Any = log_marginals_kernel
    kernel[(triton.cdiv(c.vocabulary, BLOCK), c.requests * c.length)](
        rows.logits,
        rows.temperature,
        buffers.length,
        stats.peak,
        stats.spread,
        weights.weights,
        buffers.atom_of,
        buffers.pins,
        out,
        floor,
        c.length,
        c.vocabulary,
        c.atoms,
        CAP=rows.softcap or 0.0,
        FLOOR=FORBIDDEN,
        BLOCK=BLOCK,
        num_warps=WARPS,
    )
    return out
