"""What the posterior puts on sets and atoms: totals of each row, and its entropy."""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from engine.algebra.parts import AtomStats, Chains, Weights
from engine.algebra.program import Program
from engine.kernels.tile_sums import tile_sums_

BLOCK = 1024
WARPS = 4


@triton.jit
def row_totals_kernel(
    of_set,
    scores,
    length,
    num_sets,
    tail_set,
    totals,
    ended,
    L,
    S,
    BLOCK: tl.constexpr,
):
    """Sums a position's paths over its sets, and those that lie after the end. Grid (B·L,).

    Both come from the same values, so a position that can only lie after the end has probability
    1 of it, not nearly 1.
    """
    row = tl.program_id(0)
    b = row // L
    none = -float("inf")
    held = row % L < tl.load(length + b)
    count = tl.where(held, tl.load(num_sets + b), 0)
    start_of_row = row.to(tl.int64) * S
    peak, total = tl.full((), none, tl.float32), tl.full((), 0.0, tl.float32)
    for start in range(0, count, BLOCK):
        at = start + tl.arange(0, BLOCK)
        mass = tl.load(of_set + start_of_row + at, mask=at < count, other=none)
        mass += tl.load(scores + start_of_row + at, mask=at < count, other=none)
        higher = tl.maximum(peak, tl.max(mass, axis=0))
        base = tl.where(higher == none, 0.0, higher)
        total = total * tl.exp(peak - base) + tl.sum(tl.exp(mass - base), axis=0)
        peak = higher
    tail = tl.load(tail_set + b)
    at_tail = start_of_row + tl.maximum(tail, 0)
    mass = tl.load(of_set + at_tail) + tl.load(scores + at_tail)
    mass = tl.where((tail >= 0) & (peak > none), mass, none)
    base = tl.where(peak == none, 0.0, peak)
    total = tl.where(total > 0, total, 1.0)
    tl.store(totals + row, tl.where(held, peak + tl.log(total), 0.0))
    tl.store(ended + row, tl.where(held, tl.exp(mass - base) / total, 1.0))


@triton.jit
def entropy_kernel(
    lse,
    mean,
    weights,
    length,
    num_atoms,
    entropy,
    L,
    A,
    C,
    BLOCK: tl.constexpr,
):
    """Entropy of each marginal from its atoms. Grid (B·L,)."""
    row = tl.program_id(0)
    b = row // L
    none = -float("inf")
    count = tl.where(row % L < tl.load(length + b), tl.load(num_atoms + b), 0)
    total = tl.full((), 0.0, tl.float32)
    for start in range(0, count, BLOCK):
        atom = start + tl.arange(0, BLOCK)
        mask = atom < count
        weight = tl.load(weights + row.to(tl.int64) * A + atom, mask=mask, other=none)
        log_mass = weight + tl.load(lse + row.to(tl.int64) * C + atom, mask=mask, other=none)
        nats = weight + tl.load(mean + row.to(tl.int64) * C + atom, mask=mask, other=0.0)
        alive = log_mass > none
        total -= tl.sum(tl.where(alive, tl.exp(log_mass) * tl.where(alive, nats, 0.0), 0.0), axis=0)
    tl.store(entropy + row, tl.maximum(total, 0.0))


def block_weights(program: Program, stats: AtomStats, scores: Tensor, chains: Chains) -> Weights:
    """See `engine.algebra.reference.block_weights`; float32."""
    c, buffers = program.capacity, program.buffers
    shape, grid = (c.requests, c.length), (c.requests * c.length,)
    of_set = torch.full((*shape, c.sets), -torch.inf, device=program.device)
    before, after = chains.states.unbind()
    tile_sums_(of_set, program, buffers.edge_tiles, before, after)
    totals, ended, entropy = torch.empty((3, *shape), device=program.device).unbind()
    totals_kernel: Any = row_totals_kernel
    totals_kernel[grid](
        of_set,
        scores,
        buffers.length,
        buffers.num_sets,
        buffers.tail_set,
        totals,
        ended,
        c.length,
        c.sets,
        BLOCK=min(BLOCK, triton.next_power_of_2(c.sets)),
        num_warps=WARPS,
    )
    weights = torch.full((*shape, c.atoms), -torch.inf, device=program.device)
    tile_sums_(weights, program, buffers.atom_tiles, of_set, shift=totals)
    kernel: Any = entropy_kernel
    kernel[grid](
        stats.lse,
        stats.mean,
        weights,
        buffers.length,
        buffers.num_atoms,
        entropy,
        c.length,
        c.atoms,
        stats.lse.stride(1),
        BLOCK=min(BLOCK, triton.next_power_of_2(c.atoms)),
        num_warps=WARPS,
    )
    through = totals.double() + chains.offset.sum(dim=0)
    return Weights(
        log_z=torch.where(buffers.opens, through, 0.0).sum(dim=1),
        through=through,
        ended=ended,
        weights=weights,
        entropy=entropy,
    )
