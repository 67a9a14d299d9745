"""Sorts the rows of a batch by expert, on the device: what each program of a grouped GEMM reads."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportOperatorIssue=false

from __future__ import annotations

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

CHUNK = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """Pairs of row and expert, by expert; every block of them belongs to one expert.

    A pair is numbered row * K + choice. Blocks are as many as could be needed; those beyond the
    ones in use have no pairs, and so no host has to know how many there are.

    Attributes:
        pairs: (P,) int32, pair numbers by expert, in order within each; the tail is not written.
        experts: (M,) int32, expert of each block.
        starts: (M,) int32, where in `pairs` a block begins.
        counts: (M,) int32, pairs of a block; 0 behind the last one.
        block: Pairs of a block at most.
    """

    pairs: Tensor
    experts: Tensor
    starts: Tensor
    counts: Tensor
    block: int


@triton.jit
def group_kernel(
    choices,
    live,
    pairs,
    experts,
    starts,
    counts,
    size,
    num_blocks,
    EXPERTS: tl.constexpr,
    TOP: tl.constexpr,
    HAS_LIVE: tl.constexpr,
    BLOCK: tl.constexpr,
    BLOCK_E: tl.constexpr,
    CHUNK: tl.constexpr,
):
    """One program for each expert: counts all pairs, finds its place, lists its own in order."""
    own = tl.program_id(0)
    expert = tl.arange(0, BLOCK_E)
    lane = tl.arange(0, CHUNK)
    histogram = tl.zeros([BLOCK_E], tl.int32)
    for begin in tl.range(0, size, CHUNK):
        at = begin + lane
        inside = at < size
        if HAS_LIVE:
            inside = inside & (tl.load(live + at // TOP, mask=inside, other=0) != 0)
        chosen = tl.load(choices + at, mask=inside, other=0).to(tl.int32)
        histogram += tl.histogram(chosen, BLOCK_E, mask=inside & (chosen < EXPERTS))
    before = expert < own
    blocks = (histogram + BLOCK - 1) // BLOCK
    start = tl.sum(tl.where(before, histogram, 0), 0)
    first = tl.sum(tl.where(before, blocks, 0), 0)
    count = tl.sum(tl.where(expert == own, histogram, 0), 0)
    for index in tl.range(0, (count + BLOCK - 1) // BLOCK):
        tl.store(experts + first + index, own)
        tl.store(starts + first + index, start + index * BLOCK)
        tl.store(counts + first + index, tl.minimum(BLOCK, count - index * BLOCK))
    if own == EXPERTS - 1:
        for index in tl.range(tl.sum(blocks, 0), num_blocks):
            tl.store(counts + index, 0)

    for begin in tl.range(0, size, CHUNK):
        at = begin + lane
        inside = at < size
        if HAS_LIVE:
            inside = inside & (tl.load(live + at // TOP, mask=inside, other=0) != 0)
        mine = inside & (tl.load(choices + at, mask=inside, other=EXPERTS).to(tl.int32) == own)
        rank = tl.cumsum(mine.to(tl.int32), 0)
        tl.store(pairs + start + rank - 1, at, mask=mine)
        start += tl.sum(mine.to(tl.int32), 0)


def grouped(choices: Tensor, live: Tensor | None, num_experts: int, block: int) -> Grouping:
    """Groups the pairs of rows and the experts they chose, in one launch and without the host.

    Args:
        choices: (T, K) integer, experts of each row; one outside 0 <= e < E is no expert's.
        live: (T,) bool; rows that are not live are in no block. None is all.
        num_experts: E.
        block: Pairs of a block at most.
    """
    size = choices.numel()
    num_blocks = min(size, num_experts + size // block)
    table = choices.new_empty(3, num_blocks, dtype=torch.int32)
    pairs = choices.new_empty(size, dtype=torch.int32)
    group_kernel[num_experts,](
        choices.contiguous(),
        pairs if live is None else live.contiguous().view(torch.uint8),
        pairs,
        *table,
        size,
        num_blocks,
        EXPERTS=num_experts,
        TOP=choices.shape[1],
        HAS_LIVE=live is not None,
        BLOCK=block,
        BLOCK_E=triton.next_power_of_2(num_experts),
        CHUNK=CHUNK,
        num_warps=4,
    )
    return Grouping(pairs=pairs, experts=table[0], starts=table[1], counts=table[2], block=block)
