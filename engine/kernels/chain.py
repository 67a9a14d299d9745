"""The chains of a canvas: forward, backward, and Viterbi's values, span by span.

Small automata: one program walks a span, position after position, forward and backward side by
side. It reads from global memory what its other threads have written for the position before, so
a barrier of the program stands between positions (`tl.debug_barrier`, bar.sync in PTX, which orders
the global accesses of a block). Every position has addresses of its own, so no cached line is ever
stale, and the loads are plain `ld.global`: never `.nc`, which would not see the stores. The
interpreter cannot show a missing barrier; `tests/engine/kernels/test_compile.py` reads the PTX.

Large automata: one launch for each position, the edges shared among programs of the whole device.
A launch in a CUDA graph costs about as much as a few tiles in a row, and is the barrier.

The values of a position are kept relative to the largest of the position before it; the sum of what
was taken off is kept in float64. Over 256 positions float32 would otherwise lose three digits.
"""

# Triton declares that a reduction may be a tuple, and that constexpr takes no plain number.
# pyright: reportOperatorIssue=false, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from engine.algebra.program import Program
from engine.kernels.tile_sums import log_sums_of_tile

WALKED_TILES = 8
"""Tiles of edges up to which one program walks alone."""

PROGRAMS = 32
"""Programs that share the edges of one position where launches do the walking."""

SPAN_PROGRAMS = 128
"""Programs that share the spans, in each direction."""

WARPS = 16

REGISTERS = 128
"""For each thread: all that 16 warps can have; left alone the compiler takes less, and spills."""


@triton.jit
def _maxima_of_chain_tile(x, y, first, second, chunks, T: tl.constexpr, W: tl.constexpr):
    at = tl.arange(0, T // W)[:, None] * W + tl.arange(0, W)[None, :]
    none = -float("inf")
    peak = tl.full((T // W,), none, tl.float32)
    for chunk in range(chunks):
        index = tl.load(first + chunk * T + at).to(tl.int32)
        other = tl.load(second + chunk * T + at).to(tl.int32)
        value = tl.load(x + index, mask=index >= 0, other=none)
        value += tl.load(y + other, mask=index >= 0, other=none)
        peak = tl.maximum(peak, tl.max(value, axis=1))
    return peak


@triton.jit
def _advance_tile(
    x,
    y,
    out,
    first,
    second,
    items,
    chunks,
    shift,
    BEST: tl.constexpr,
    T: tl.constexpr,
    W: tl.constexpr,
):
    """One tile of states from a position to its neighbour; returns the largest new value."""
    if BEST:
        value = _maxima_of_chain_tile(x, y, first, second, chunks, T, W)
    else:
        value = log_sums_of_tile(x, y, first, second, chunks, True, T, W)
    item = tl.load(items + tl.arange(0, T // W)).to(tl.int32)
    tl.store(out + item, value - shift, mask=item >= 0)
    return tl.max(tl.where(item >= 0, value - shift, -float("inf")), axis=0)


@triton.jit
def _advance(
    x,
    y,
    out,
    shift,
    tile,
    num_tiles,
    stride,
    heads,
    items,
    first,
    second,
    BEST: tl.constexpr,
    T: tl.constexpr,
    W1: tl.constexpr,
    W2: tl.constexpr,
    W3: tl.constexpr,
):
    """Some of the tiles from a position to its neighbour; returns the largest new value."""
    peak = tl.full((), -float("inf"), tl.float32)
    for t in range(tile, num_tiles, stride):
        kind, chunks = tl.load(heads + t * 4), tl.load(heads + t * 4 + 1)
        start = tl.load(heads + t * 4 + 2) * T
        one, two = first + start, second + start
        slots = items + tl.load(heads + t * 4 + 3)
        if kind == 0:
            top = _advance_tile(x, y, out, one, two, slots, chunks, shift, BEST, T, 1)
        elif kind == 1:
            top = _advance_tile(x, y, out, one, two, slots, chunks, shift, BEST, T, W1)
        elif kind == 2:
            top = _advance_tile(x, y, out, one, two, slots, chunks, shift, BEST, T, W2)
        elif kind == 3:
            top = _advance_tile(x, y, out, one, two, slots, chunks, shift, BEST, T, W3)
        else:
            top = _advance_tile(x, y, out, one, two, slots, chunks, shift, BEST, T, T)
        peak = tl.maximum(peak, top)
    return peak


@triton.jit
def chain_start_kernel(
    states,
    peaks,
    spans,
    num_spans,
    num_states,
    final,
    L,
    N,
    num_rows,
    FIRST: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Writes what each chain begins with. Grid (directions, programs)."""
    direction = tl.program_id(0)
    for each in range(tl.program_id(1), tl.load(num_spans), tl.num_programs(1)):
        span = spans + each * 5
        b = tl.load(span)
        backward = direction + FIRST
        position = tl.where(backward == 0, tl.load(span + 1), tl.load(span + 2) - 1)
        node = tl.where(backward == 0, tl.load(span + 3), tl.load(span + 4))
        row = direction * num_rows + b * L + position
        here = states + row.to(tl.int64) * N
        tl.store(peaks + row, 0.0)
        count = tl.load(num_states + b)
        for start in range(0, count, BLOCK):
            state = start + tl.arange(0, BLOCK)
            ends = tl.load(final + b.to(tl.int64) * N + state, mask=state < count, other=0) > 0
            begun = tl.where(node < 0, ends, state == node)
            tl.store(here + state, tl.full((BLOCK,), 0.0, tl.float32), mask=begun)


@triton.jit
def chain_walk_kernel(
    states,
    scores,
    offsets,
    spans,
    num_spans,
    counts,
    heads,
    items,
    first,
    second,
    L,
    N,
    S,
    num_rows,
    num_heads,
    num_slots,
    num_elements,
    FIRST: tl.constexpr,
    BEST: tl.constexpr,
    T: tl.constexpr,
    W1: tl.constexpr,
    W2: tl.constexpr,
    W3: tl.constexpr,
):
    """Walks spans, each in one direction. Grid (directions, programs)."""
    direction = tl.program_id(0)
    for each in range(tl.program_id(1), tl.load(num_spans), tl.num_programs(1)):
        span = spans + each * 5
        b = tl.load(span)
        backward = direction + FIRST
        begin, end = tl.load(span + 1), tl.load(span + 2)
        step = 1 - 2 * backward
        row = b * L + tl.where(backward == 0, begin, end - 1)
        table = (2 * b + backward).to(tl.int64)
        num_tiles = tl.load(counts + table)
        shift = tl.full((), 0.0, tl.float32)
        offset = tl.zeros((1,), tl.float64)
        for _ in range(end - begin - 1):
            here = states + (direction * num_rows + row).to(tl.int64) * N
            peak = _advance(
                here,
                scores + row.to(tl.int64) * S,
                here + step * N,
                shift,
                0,
                num_tiles,
                1,
                heads + table * num_heads * 4,
                items + table * num_slots,
                first + table * num_elements,
                second + table * num_elements,
                BEST,
                T,
                W1,
                W2,
                W3,
            )
            offset += shift
            row += step
            shift = tl.where(peak == -float("inf"), 0.0, peak)
            tl.store(offsets + direction * num_rows + row + tl.arange(0, 1), offset)
            tl.debug_barrier()


@triton.jit(do_not_specialize=["k"])
def chain_step_kernel(
    states,
    scores,
    offsets,
    peaks,
    k,
    spans,
    active,
    counts,
    heads,
    items,
    first,
    second,
    L,
    N,
    S,
    num_rows,
    num_heads,
    num_slots,
    num_elements,
    FIRST: tl.constexpr,
    BEST: tl.constexpr,
    T: tl.constexpr,
    W1: tl.constexpr,
    W2: tl.constexpr,
    W3: tl.constexpr,
):
    """Takes every chain that is long enough its step k. Grid (programs, directions, spans)."""
    direction = tl.program_id(1)
    for each in range(tl.program_id(2), tl.load(active + k), tl.num_programs(2)):
        span = spans + each * 5
        b = tl.load(span)
        backward = direction + FIRST
        step = 1 - 2 * backward
        begin, end = tl.load(span + 1), tl.load(span + 2)
        position = tl.where(backward == 0, begin, end - 1) + k * step
        row = b * L + position
        at = direction * num_rows + row
        here = states + at.to(tl.int64) * N
        table = (2 * b + backward).to(tl.int64)
        shift = tl.load(peaks + at)
        shift = tl.where(shift == -float("inf"), 0.0, shift)
        peak = _advance(
            here,
            scores + row.to(tl.int64) * S,
            here + step * N,
            shift,
            tl.program_id(0),
            tl.load(counts + table),
            tl.num_programs(0),
            heads + table * num_heads * 4,
            items + table * num_slots,
            first + table * num_elements,
            second + table * num_elements,
            BEST,
            T,
            W1,
            W2,
            W3,
        )
        tl.atomic_max(peaks + at + step, peak)
        if tl.program_id(0) == 0:
            tl.store(offsets + at + step, tl.load(offsets + at) + shift)


def chains(program: Program, scores: Tensor, *, first: int, best: bool) -> tuple[Tensor, Tensor]:
    """Runs the chains of every span, both directions or only backward.

    Args:
        program: The languages.
        scores: (B, L, S) float32, of each set at each position.
        first: 0 for forward and backward, 1 for backward alone.
        best: Whether to keep the maximum over paths instead of the sum.

    Returns:
        (directions, B, L, N) float32, -inf where nothing arrives, and (directions, B, L) float64,
        what to add to it.
    """
    c = program.capacity
    shape = (2 - first, c.requests, c.length)
    states = torch.full((*shape, c.states), -torch.inf, device=program.device)
    offsets = torch.zeros(shape, dtype=torch.float64, device=program.device)
    peaks = torch.full(shape, -torch.inf, device=program.device)
    start: Any = chain_start_kernel
    start[(shape[0], span_programs(program))](
        states,
        peaks,
        program.buffers.spans,
        program.buffers.num_spans,
        program.buffers.num_states,
        program.buffers.final,
        c.length,
        c.states,
        c.requests * c.length,
        FIRST=first,
        BLOCK=min(1024, triton.next_power_of_2(c.states)),
        num_warps=4,
    )
    run = _walked if c.edges <= WALKED_TILES * c.chain_tile else _launched
    run(program, states, scores, offsets, peaks, first=first, best=best)
    return states, offsets


def span_programs(program: Program) -> int:
    """How many programs share the spans, which come longest first."""
    return min(program.capacity.requests * program.capacity.length, SPAN_PROGRAMS)


def _walked(
    program: Program,
    states: Tensor,
    scores: Tensor,
    offsets: Tensor,
    _peaks: Tensor,
    *,
    first: int,
    best: bool,
) -> None:
    kernel: Any = chain_walk_kernel
    count = program.buffers.num_spans
    tables, options = _arguments(program, scores, count, first=first, best=best)
    grid = (len(states), span_programs(program))
    kernel[grid](states, scores, offsets, *tables, **options)


def _launched(
    program: Program,
    states: Tensor,
    scores: Tensor,
    offsets: Tensor,
    peaks: Tensor,
    *,
    first: int,
    best: bool,
) -> None:
    kernel: Any = chain_step_kernel
    count = program.buffers.active
    tables, options = _arguments(program, scores, count, first=first, best=best)
    grid = (PROGRAMS, len(states), 2 * program.capacity.requests)
    for k in range(program.capacity.length - 1):
        kernel[grid](states, scores, offsets, peaks, k, *tables, **options)


def _arguments(
    program: Program, scores: Tensor, count: Tensor, *, first: int, best: bool
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    c, buffers, tiles = program.capacity, program.buffers, program.buffers.chain_tiles
    tables = (
        buffers.spans,
        count,
        tiles.counts,
        tiles.heads,
        tiles.items,
        tiles.first,
        tiles.second,
        c.length,
        c.states,
        scores.stride(1),
        c.requests * c.length,
        tiles.heads.shape[1],
        tiles.items.shape[1],
        tiles.first.shape[1],
    )
    options = {
        "FIRST": first,
        "BEST": best,
        "T": tiles.size,
        **tiles.inner_widths,
        "num_warps": WARPS,
        "num_stages": 1,
        "maxnreg": REGISTERS,
    }
    return tables, options
