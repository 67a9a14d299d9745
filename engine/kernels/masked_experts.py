"""The experts of a layer as two grouped GEMMs over the rows that live; others load no weights."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportOperatorIssue=false

from __future__ import annotations

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from engine.expert_weights import ExpertMatrix, Format
from engine.kernels.expert_routing import Grouping, grouped
from engine.kernels.launching import INTERPRETED

PLAIN, FP8, INT4 = 0, 1, 2
CODES: dict[Format, int] = {"plain": PLAIN, "fp8": FP8, "int4": INT4}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """What one program works on.

    Attributes:
        rows: Rows of the first factor; of experts, pairs of row and expert.
        columns: Rows of the weights; half of them the gate's in the experts' first GEMM.
        depth: What is multiplied at a time.
        warps: Warps of a program.
        stages: Stages of software pipelining.
    """

    rows: int
    columns: int
    depth: int
    warps: int
    stages: int


TILES = (
    (8, Tile(rows=16, columns=64, depth=128, warps=4, stages=4)),
    (24, Tile(rows=32, columns=64, depth=128, warps=4, stages=4)),
    (64, Tile(rows=64, columns=128, depth=64, warps=4, stages=4)),
)
"""Up to so many pairs for each expert; vLLM's, tuned on an H200 (kernels.md section 3)."""

LARGEST = Tile(rows=128, columns=128, depth=64, warps=8, stages=3)


@triton.jit
def weight_tile(
    values, rows, begin, columns, inside, FORMAT: tl.constexpr, DEPTH: tl.constexpr, like
):
    """Loads (rows, DEPTH) weights in the number format of `like`; scales come later."""
    if FORMAT == 2:
        at = begin // 2 + tl.arange(0, DEPTH // 2)
        there = inside[:, None] & (at < columns // 2)[None, :]
        # 0 where nothing is: the other factor is 0 there
        packed = tl.load(values + rows[:, None] * (columns // 2) + at[None, :], mask=there, other=0)
        low = (packed & 15).to(tl.float32) - 8.0
        high = (packed >> 4).to(tl.float32) - 8.0
        return tl.interleave(low, high).to(like)
    at = begin + tl.arange(0, DEPTH)
    there = inside[:, None] & (at < columns)[None, :]
    return tl.load(values + rows[:, None] * columns + at[None, :], mask=there, other=0.0).to(like)


@triton.jit
def product_of_rows(
    rows,
    there,
    values,
    scale,
    n,
    inside,
    K,
    FORMAT: tl.constexpr,
    GROUP: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    like,
):
    """(BLOCK_M, BLOCK_N) float32: some rows times rows n of one matrix, scaled."""
    made = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for begin in tl.range(0, K, BLOCK_K):
        k = begin + tl.arange(0, BLOCK_K)
        x = tl.load(rows + k[None, :], mask=there[:, None] & (k < K)[None, :], other=0.0).to(like)
        w = weight_tile(values, n, begin, K, inside, FORMAT, BLOCK_K, like)
        if FORMAT == 2:
            of_w = tl.load(scale + begin // GROUP + n * (K // GROUP), mask=inside, other=0.0)
            product = tl.dot(x, tl.trans(w), input_precision="ieee")
            made += product * of_w.to(tl.float32)[None, :]
        else:
            made = tl.dot(x, tl.trans(w), made, input_precision="ieee")
    if FORMAT == 1:
        made *= tl.load(scale + n, mask=inside, other=0.0).to(tl.float32)[None, :]
    return made


@triton.jit
def gate_up_kernel(
    hidden,
    values,
    scale,
    pairs,
    experts,
    starts,
    counts,
    out,
    N,
    H,
    TOP: tl.constexpr,
    FORMAT: tl.constexpr,
    GROUP: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    UP: tl.constexpr,
):
    """One block of rows times BLOCK_N rows of the gate and as many of the up projection."""
    count = tl.load(counts + tl.program_id(1))
    if count == 0:
        return
    expert = tl.load(experts + tl.program_id(1)).to(tl.int64)
    row = tl.load(starts + tl.program_id(1)) + tl.arange(0, BLOCK_M)
    there = tl.arange(0, BLOCK_M) < count
    token = tl.load(pairs + row, mask=there, other=0) // TOP
    n = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    inside = n < N
    like = tl.float32 if UP else hidden.dtype.element_ty
    width = H // 2 if FORMAT == 2 else H
    values += expert * (2 * N) * width
    hidden_rows = hidden + token[:, None].to(tl.int64) * H
    gate = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    up = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for begin in tl.range(0, H, BLOCK_K):
        k = begin + tl.arange(0, BLOCK_K)
        x = tl.load(hidden_rows + k[None, :], mask=there[:, None] & (k < H)[None, :], other=0.0)
        x = x.to(like)
        for_gate = weight_tile(values, n, begin, H, inside, FORMAT, BLOCK_K, like)
        for_up = weight_tile(values, N + n, begin, H, inside, FORMAT, BLOCK_K, like)
        if FORMAT == 2:
            scales = scale + expert * (2 * N) * (H // GROUP) + begin // GROUP
            of_gate = tl.load(scales + n * (H // GROUP), mask=inside, other=0.0).to(tl.float32)
            of_up = tl.load(scales + (N + n) * (H // GROUP), mask=inside, other=0.0).to(tl.float32)
            gate += tl.dot(x, tl.trans(for_gate), input_precision="ieee") * of_gate[None, :]
            up += tl.dot(x, tl.trans(for_up), input_precision="ieee") * of_up[None, :]
        else:
            gate = tl.dot(x, tl.trans(for_gate), gate, input_precision="ieee")
            up = tl.dot(x, tl.trans(for_up), up, input_precision="ieee")
    if FORMAT == 1:
        scales = scale + expert * (2 * N)
        gate *= tl.load(scales + n, mask=inside, other=0.0).to(tl.float32)[None, :]
        up *= tl.load(scales + N + n, mask=inside, other=0.0).to(tl.float32)[None, :]
    # GELU in its tanh form: x * sigmoid(2 * sqrt(2 / pi) * (x + 0.044715 x^3))
    inner = gate * tl.sigmoid(1.5957691216057308 * (gate + 0.044715 * gate * gate * gate)) * up
    spot = out + row[:, None].to(tl.int64) * N + n[None, :]
    tl.store(spot, inner.to(out.dtype.element_ty), mask=there[:, None] & inside[None, :])


@triton.jit
def down_kernel(
    inner,
    values,
    scale,
    pairs,
    experts,
    starts,
    counts,
    out,
    N,
    H,
    FORMAT: tl.constexpr,
    GROUP: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    UP: tl.constexpr,
):
    """One block of rows times BLOCK_N rows of the down projection, stored by pair number."""
    count = tl.load(counts + tl.program_id(1))
    if count == 0:
        return
    expert = tl.load(experts + tl.program_id(1)).to(tl.int64)
    row = tl.load(starts + tl.program_id(1)) + tl.arange(0, BLOCK_M)
    there = tl.arange(0, BLOCK_M) < count
    pair = tl.load(pairs + row, mask=there, other=0)
    h = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    inside = h < H
    like = tl.float32 if UP else inner.dtype.element_ty
    width = N // 2 if FORMAT == 2 else N
    values += expert * H * width
    scale += expert * H * (N // GROUP if FORMAT == 2 else 1)
    rows = inner + row[:, None].to(tl.int64) * N
    made = product_of_rows(
        rows, there, values, scale, h, inside, N, FORMAT, GROUP, BLOCK_M, BLOCK_N, BLOCK_K, like
    )
    spot = out + pair[:, None].to(tl.int64) * H + h[None, :]
    tl.store(spot, made.to(out.dtype.element_ty), mask=there[:, None] & inside[None, :])


@triton.jit
def combine_kernel(
    made,
    choices,
    weights,
    live,
    out,
    H,
    EXPERTS: tl.constexpr,
    TOP: tl.constexpr,
    HAS_LIVE: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """The weighted sum of one row's pairs, in the order of its choices."""
    row = tl.program_id(0).to(tl.int64)
    h = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    width = H
    if HAS_LIVE:
        width = tl.where(tl.load(live + row) != 0, H, 0)
    total = tl.zeros([BLOCK], tl.float32)
    for choice in tl.static_range(TOP):
        pair = row * TOP + choice
        chosen = tl.load(choices + pair)
        used = tl.where((chosen >= 0) & (chosen < EXPERTS), width, 0)
        part = tl.load(made + pair * H + h, mask=h < used, other=0.0).to(tl.float32)
        total += part * tl.load(weights + pair).to(tl.float32)
    tl.store(out + row * H + h, total.to(out.dtype.element_ty), mask=h < H)


def masked_experts(
    hidden: Tensor,
    choices: Tensor,
    weights: Tensor,
    gate_up: ExpertMatrix,
    down: ExpertMatrix,
    live: Tensor | None = None,
) -> Tensor:
    """Runs the experts as `engine.experts.run_experts` does, which says what the arguments mean.

    Pairs of row and expert are sorted by expert on the device; a program streams a tile of one
    expert's weights past all its rows. Nothing waits for the host, nothing is added atomically:
    the same input gives the same bits.

    Args:
        hidden: (T, H) contiguous.
        choices: (T, K) integer.
        weights: (T, K) float.
        gate_up: (E, 2N, H), on the device of `hidden`.
        down: (E, H, N), likewise; quantised as `gate_up` is or not.
        live: (T,) bool.

    Returns:
        (T, H), dtype of `hidden`.
    """
    rows, width = hidden.shape
    num_experts, top = len(gate_up.values), choices.shape[1]
    inner_width = down.num_columns
    hidden, choices, weights = hidden.contiguous(), choices.contiguous(), weights.contiguous()
    tile = tile_for(choices.numel(), num_experts)
    grouping = grouped(choices, live, num_experts, tile.rows)
    inner = hidden.new_empty(choices.numel(), inner_width)
    _first(hidden, gate_up, grouping, inner, top, tile)
    made = hidden.new_empty(choices.numel(), width)
    _second(inner, down, grouping, made, tile)
    out = torch.empty_like(hidden)
    block = min(1024, triton.next_power_of_2(width))
    combine_kernel[rows, triton.cdiv(width, block)](
        made,
        choices,
        weights,
        out if live is None else live.contiguous().view(torch.uint8),
        out,
        width,
        EXPERTS=num_experts,
        TOP=top,
        HAS_LIVE=live is not None,
        BLOCK=block,
    )
    return out


def tile_for(num_pairs: int, num_experts: int) -> Tile:
    """Returns the tile for so many pairs, spread over the experts."""
    each = num_pairs / num_experts
    return next((tile for most, tile in TILES if each <= most), LARGEST)


def _first(
    hidden: Tensor, matrix: ExpertMatrix, grouping: Grouping, out: Tensor, top: int, tile: Tile
) -> None:
    half = tile.columns // 2
    gate_up_kernel[triton.cdiv(out.shape[1], half), len(grouping.experts)](
        hidden,
        matrix.values,
        hidden if matrix.scale is None else matrix.scale,
        grouping.pairs,
        grouping.experts,
        grouping.starts,
        grouping.counts,
        out,
        out.shape[1],
        hidden.shape[1],
        TOP=top,
        FORMAT=CODES[matrix.format],
        GROUP=matrix.group,
        BLOCK_M=tile.rows,
        BLOCK_N=half,
        BLOCK_K=depth_of(tile, matrix),
        UP=INTERPRETED,
        num_warps=tile.warps,
        num_stages=tile.stages,
    )


def _second(
    inner: Tensor, matrix: ExpertMatrix, grouping: Grouping, out: Tensor, tile: Tile
) -> None:
    down_kernel[triton.cdiv(out.shape[1], tile.columns), len(grouping.experts)](
        inner,
        matrix.values,
        inner if matrix.scale is None else matrix.scale,
        grouping.pairs,
        grouping.experts,
        grouping.starts,
        grouping.counts,
        out,
        inner.shape[1],
        out.shape[1],
        FORMAT=CODES[matrix.format],
        GROUP=matrix.group,
        BLOCK_M=tile.rows,
        BLOCK_N=tile.columns,
        BLOCK_K=min(64, depth_of(tile, matrix)),
        UP=INTERPRETED,
        num_warps=tile.warps,
        num_stages=tile.stages,
    )


def depth_of(tile: Tile, matrix: ExpertMatrix) -> int:
    """Returns how much is multiplied at a time: of int4 weights, no more than shares a scale."""
    if matrix.format != "int4":
        return tile.depth
    return min(tile.depth, matrix.group & -matrix.group)  # the power of two that divides it
