"""Log-sums and maxima over ragged lists, all rows at once."""

# Triton declares that a reduction may be a tuple, and that constexpr takes no plain number.
# pyright: reportOperatorIssue=false, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from typing import Any

import triton
import triton.language as tl
from torch import Tensor

from engine.algebra.buffers import DeviceTiles
from engine.algebra.program import Program

PROGRAMS = 4
"""Programs that share the tiles of one row."""

WARPS = 4

REGISTERS = 128
"""For each thread; left alone the compiler takes less, and spills."""


@triton.jit
def log_sums_of_tile(
    x, y, first, second, chunks, PAIR: tl.constexpr, T: tl.constexpr, W: tl.constexpr
):
    """(T // W,) log Σ exp(x[first] + y[second]) over each row of a tile, block after block."""
    at = tl.arange(0, T // W)[:, None] * W + tl.arange(0, W)[None, :]
    none = -float("inf")
    peak = tl.full((T // W,), none, tl.float32)
    total = tl.zeros((T // W,), tl.float32)
    for chunk in range(chunks):
        index = tl.load(first + chunk * T + at).to(tl.int32)
        value = tl.load(x + index, mask=index >= 0, other=none)
        if PAIR:
            other = tl.load(second + chunk * T + at).to(tl.int32)
            value += tl.load(y + other, mask=index >= 0, other=none)
        higher = tl.maximum(peak, tl.max(value, axis=1))
        base = tl.where(higher == none, 0.0, higher)
        total = total * tl.exp(peak - base) + tl.sum(tl.exp(value - base[:, None]), axis=1)
        peak = higher
    return peak + tl.log(tl.where(total > 0, total, 1.0))


@triton.jit
def _sum_tile(
    x,
    y,
    first,
    second,
    items,
    out,
    chunks,
    shift,
    PAIR: tl.constexpr,
    T: tl.constexpr,
    W: tl.constexpr,
):
    value = log_sums_of_tile(x, y, first, second, chunks, PAIR, T, W)
    item = tl.load(items + tl.arange(0, T // W)).to(tl.int32)
    tl.store(out + item, value - shift, mask=item >= 0)


@triton.jit
def tile_sums_kernel(
    x,
    y,
    shifts,
    out,
    length,
    counts,
    heads,
    items,
    first,
    second,
    L,
    x_width,
    y_width,
    out_width,
    num_heads,
    num_slots,
    num_elements,
    PAIR: tl.constexpr,
    SHIFTED: tl.constexpr,
    T: tl.constexpr,
    W1: tl.constexpr,
    W2: tl.constexpr,
    W3: tl.constexpr,
):
    """out[row, list] = log Σ exp(x[row, first] + y[row, second]) - shift[row].

    Grid (programs of a row, B·L).
    """
    row = tl.program_id(1)
    b = row // L
    x_row = x + row.to(tl.int64) * x_width
    y_row = y + row.to(tl.int64) * y_width
    out_row = out + row.to(tl.int64) * out_width
    shift = tl.full((), 0.0, tl.float32)
    if SHIFTED:
        shift = tl.load(shifts + row)
        shift = tl.where(shift == -float("inf"), 0.0, shift)
    num_tiles = tl.where(row % L < tl.load(length + b), tl.load(counts + b), 0)
    for tile in range(tl.program_id(0), num_tiles, tl.num_programs(0)):
        head = heads + (b * num_heads + tile) * 4
        kind, chunks = tl.load(head), tl.load(head + 1)
        start = b.to(tl.int64) * num_elements + tl.load(head + 2) * T
        one, two = first + start, second + start
        slots = items + b.to(tl.int64) * num_slots + tl.load(head + 3)
        if kind == 0:
            _sum_tile(x_row, y_row, one, two, slots, out_row, chunks, shift, PAIR, T, 1)
        elif kind == 1:
            _sum_tile(x_row, y_row, one, two, slots, out_row, chunks, shift, PAIR, T, W1)
        elif kind == 2:
            _sum_tile(x_row, y_row, one, two, slots, out_row, chunks, shift, PAIR, T, W2)
        elif kind == 3:
            _sum_tile(x_row, y_row, one, two, slots, out_row, chunks, shift, PAIR, T, W3)
        else:
            _sum_tile(x_row, y_row, one, two, slots, out_row, chunks, shift, PAIR, T, T)


@triton.jit
def _maxima_of_tile(
    tops, bests, first, items, peaks, tokens, chunks, T: tl.constexpr, W: tl.constexpr
):
    lists = tl.arange(0, T // W)
    at = lists[:, None] * W + tl.arange(0, W)[None, :]
    none, never = -float("inf"), 2147483647
    peak = tl.full((T // W,), none, tl.float32)
    token = tl.full((T // W,), never, tl.int32)
    for chunk in range(chunks):
        index = tl.load(first + chunk * T + at).to(tl.int32)
        value = tl.load(tops + index, mask=index >= 0, other=none)
        best = tl.load(bests + index, mask=index >= 0, other=never)
        top = tl.max(value, axis=1)
        lowest = tl.min(tl.where(value == top[:, None], best, never), axis=1)
        tied = tl.where(top == peak, tl.minimum(token, lowest), token)
        token = tl.where(top > peak, lowest, tied)
        peak = tl.maximum(peak, top)
    item = tl.load(items + lists).to(tl.int32)
    tl.store(peaks + item, peak, mask=item >= 0)
    tl.store(tokens + item, token, mask=item >= 0)


@triton.jit
def tile_maxima_kernel(
    tops,
    bests,
    peaks,
    tokens,
    length,
    counts,
    heads,
    items,
    first,
    L,
    in_width,
    out_width,
    num_heads,
    num_slots,
    num_elements,
    T: tl.constexpr,
    W1: tl.constexpr,
    W2: tl.constexpr,
    W3: tl.constexpr,
):
    """Largest value of each list and the lowest token that has it. Grid (programs, B·L)."""
    row = tl.program_id(1)
    b = row // L
    top, best = tops + row.to(tl.int64) * in_width, bests + row.to(tl.int64) * in_width
    peak, token = peaks + row.to(tl.int64) * out_width, tokens + row.to(tl.int64) * out_width
    num_tiles = tl.where(row % L < tl.load(length + b), tl.load(counts + b), 0)
    for tile in range(tl.program_id(0), num_tiles, tl.num_programs(0)):
        head = heads + (b * num_heads + tile) * 4
        kind, chunks = tl.load(head), tl.load(head + 1)
        here = first + b.to(tl.int64) * num_elements + tl.load(head + 2) * T
        slots = items + b.to(tl.int64) * num_slots + tl.load(head + 3)
        if kind == 0:
            _maxima_of_tile(top, best, here, slots, peak, token, chunks, T, 1)
        elif kind == 1:
            _maxima_of_tile(top, best, here, slots, peak, token, chunks, T, W1)
        elif kind == 2:
            _maxima_of_tile(top, best, here, slots, peak, token, chunks, T, W2)
        elif kind == 3:
            _maxima_of_tile(top, best, here, slots, peak, token, chunks, T, W3)
        else:
            _maxima_of_tile(top, best, here, slots, peak, token, chunks, T, T)


def tile_sums_(
    out: Tensor,
    program: Program,
    tiles: DeviceTiles,
    x: Tensor,
    y: Tensor | None = None,
    shift: Tensor | None = None,
) -> None:
    """Writes the log-sum of every list that is not empty, in every row of a canvas.

    Args:
        out: (B, L, lists) float32; what is not written stays.
        program: The languages.
        tiles: The lists.
        x: (B, L, n) float32, what the first column selects from; rows may lie apart.
        y: Likewise for the second column, added.
        shift: (B, L) float32, taken off where it is finite.
    """
    c = program.capacity
    kernel: Any = tile_sums_kernel
    kernel[(min(PROGRAMS, tiles.heads.shape[1]), c.requests * c.length)](
        x,
        x if y is None else y,
        x if shift is None else shift,
        out,
        program.buffers.length,
        tiles.counts,
        tiles.heads,
        tiles.items,
        tiles.first,
        tiles.second,
        c.length,
        x.stride(1),
        x.stride(1) if y is None else y.stride(1),
        out.stride(1),
        tiles.heads.shape[1],
        tiles.items.shape[1],
        tiles.first.shape[1],
        PAIR=y is not None,
        SHIFTED=shift is not None,
        T=tiles.size,
        **tiles.inner_widths,
        num_warps=WARPS,
        maxnreg=REGISTERS,
    )


def tile_maxima_(
    peaks: Tensor, tokens: Tensor, program: Program, tiles: DeviceTiles, tops: Tensor, bests: Tensor
) -> None:
    """Writes the maximum of every list that is not empty, and the lowest token that has it.

    Args:
        peaks: (B, L, lists) float32.
        tokens: (B, L, lists) int32.
        program: The languages.
        tiles: The lists.
        tops: (B, L, n) float32; rows may lie apart.
        bests: (B, L, n) int32, laid out like `tops`.
    """
    c = program.capacity
    kernel: Any = tile_maxima_kernel
    kernel[(min(PROGRAMS, tiles.heads.shape[1]), c.requests * c.length)](
        tops,
        bests,
        peaks,
        tokens,
        program.buffers.length,
        tiles.counts,
        tiles.heads,
        tiles.items,
        tiles.first,
        c.length,
        tops.stride(1),
        peaks.stride(1),
        tiles.heads.shape[1],
        tiles.items.shape[1],
        tiles.first.shape[1],
        T=tiles.size,
        **tiles.inner_widths,
        num_warps=WARPS,
        maxnreg=REGISTERS,
    )
