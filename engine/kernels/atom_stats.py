"""Each row by atoms, in one pass over the vocabulary.

Three kernels. The first reads every logit once, atom by atom: tiles of short atoms, and pieces of
atoms that are longer than a tile. The second joins those pieces. The third, which no longer sees
the vocabulary, normalises each row and applies its pin. The largest logit is kept for each atom,
not for each row: at a cap of 30 and a temperature of 0.4 a row spans 150 nats, and float32 ends
at 103.
"""

# Triton declares that a reduction may be a tuple, and that constexpr takes no plain number.
# pyright: reportOperatorIssue=false, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from engine.algebra.parts import FORBIDDEN, AtomStats, Rows
from engine.algebra.program import Program
from engine.kernels.scaling import scaled

PROGRAMS = 16
"""Programs that share the tiles of one row."""

WARPS = 8
REGISTERS = 128
"""For each thread of the first kernel, so that two programs share a multiprocessor."""

BLOCK = 1024
"""Atoms that the third kernel takes at a time."""


@triton.jit
def _stats_of_tile(
    x,
    temperature,
    tokens,
    items,
    top_row,
    excess_row,
    mean_row,
    best_row,
    CAP: tl.constexpr,
    T: tl.constexpr,
    W: tl.constexpr,
):
    lists = tl.arange(0, T // W)
    token = tl.load(tokens + lists[:, None] * W + tl.arange(0, W)[None, :])
    item = tl.load(items + lists)
    z = scaled(tl.load(x + token, mask=token >= 0, other=-float("inf")), temperature, CAP)
    top = tl.max(z, axis=1)
    base = tl.where(tl.abs(top) == float("inf"), 0.0, top)
    share = tl.exp(z - base[:, None])
    total = tl.sum(share, axis=1)
    counted = (share > 0) & (share < float("inf"))
    mean = tl.sum(tl.where(counted, share * (z - base[:, None]), 0.0), axis=1)
    sound = (total > 0) & (total < float("inf"))
    total = tl.where(sound, total, 1.0)
    best = tl.min(tl.where((z == top[:, None]) & (token >= 0), token, 2147483647), axis=1)
    tl.store(top_row + item, top, mask=item >= 0)
    tl.store(excess_row + item, tl.log(total), mask=item >= 0)
    tl.store(mean_row + item, tl.where(sound, mean / total, 0.0), mask=item >= 0)
    tl.store(best_row + item, best, mask=item >= 0)


@triton.jit
def atom_stats_kernel(
    logits,
    temperatures,
    length,
    counts,
    heads,
    items,
    tokens,
    tops,
    excesses,
    means,
    bests,
    L,
    V,
    C,
    num_heads,
    num_slots,
    num_tokens,
    CAP: tl.constexpr,
    T: tl.constexpr,
    W1: tl.constexpr,
    W2: tl.constexpr,
    W3: tl.constexpr,
):
    """Largest z, log-sum above it, mean below it and argmax of each atom or piece of one.

    Grid (programs of a row, B·L).
    """
    row = tl.program_id(1)
    b = row // L
    row_start = row.to(tl.int64) * C
    x = logits + row.to(tl.int64) * V
    temperature = tl.load(temperatures + b)
    num_tiles = tl.where(row % L < tl.load(length + b), tl.load(counts + b), 0)
    for tile in range(tl.program_id(0), num_tiles, tl.num_programs(0)):
        head = heads + (b * num_heads + tile) * 4
        kind = tl.load(head)
        here = tokens + b.to(tl.int64) * num_tokens + tl.load(head + 2) * T
        slots = items + b.to(tl.int64) * num_slots + tl.load(head + 3)
        top, excess = tops + row_start, excesses + row_start
        mean, best = means + row_start, bests + row_start
        if kind == 0:
            _stats_of_tile(x, temperature, here, slots, top, excess, mean, best, CAP, T, 1)
        elif kind == 1:
            _stats_of_tile(x, temperature, here, slots, top, excess, mean, best, CAP, T, W1)
        elif kind == 2:
            _stats_of_tile(x, temperature, here, slots, top, excess, mean, best, CAP, T, W2)
        elif kind == 3:
            _stats_of_tile(x, temperature, here, slots, top, excess, mean, best, CAP, T, W3)
        else:
            _stats_of_tile(x, temperature, here, slots, top, excess, mean, best, CAP, T, T)


@triton.jit
def giant_atoms_kernel(
    giants,
    num_giants,
    length,
    tops,
    excesses,
    means,
    bests,
    L,
    A,
    C,
    most_giants,
    PIECES: tl.constexpr,
):
    """Joins the pieces of an atom. Grid (most giants, B·L)."""
    row = tl.program_id(1)
    b = row // L
    row_start = row.to(tl.int64) * C
    if (row % L < tl.load(length + b)) & (tl.program_id(0) < tl.load(num_giants + b)):
        giant = giants + (b * most_giants + tl.program_id(0)) * 3
        piece = tl.arange(0, PIECES)
        held = piece < tl.load(giant + 2)
        at = row_start + A + tl.load(giant + 1) + piece
        tops_of = tl.load(tops + at, mask=held, other=-float("inf"))
        top = tl.max(tops_of, axis=0)
        base = tl.where(tl.abs(top) == float("inf"), 0.0, top)
        below = tl.where(tops_of == float("inf"), 0.0, tops_of - base)
        share = tl.exp(below + tl.load(excesses + at, mask=held, other=0.0))
        total = tl.sum(share, axis=0)
        inner = tl.load(means + at, mask=held, other=0.0)
        mean = tl.sum(tl.where(share > 0, share * (inner + below), 0.0), axis=0)
        best = tl.load(bests + at, mask=held, other=2147483647)
        out = row_start + tl.load(giant)
        tl.store(tops + out, top)
        tl.store(excesses + out, tl.where(total > 0, tl.log(total), 0.0))
        tl.store(means + out, tl.where(total > 0, mean / total, 0.0))
        tl.store(bests + out, tl.min(tl.where(tops_of == top, best, 2147483647), axis=0))


@triton.jit
def atom_rows_kernel(
    logits,
    temperatures,
    length,
    num_atoms,
    pins,
    atom_of,
    peaks,
    spreads,
    tops,
    excesses,
    means,
    bests,
    L,
    V,
    C,
    CAP: tl.constexpr,
    FLOOR: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Normalises a row's atoms in place and applies its pin; `excesses` becomes log p of an atom.

    Grid (B·L,). Each thread reads only what it wrote itself.
    """
    row = tl.program_id(0)
    b = row // L
    row_start = row.to(tl.int64) * C
    count = tl.where(row % L < tl.load(length + b), tl.load(num_atoms + b), 0)
    none = -float("inf")
    peak = tl.full((), none, tl.float32)
    for start in range(0, count, BLOCK):
        atom = start + tl.arange(0, BLOCK)
        top = tl.load(tops + row_start + atom, mask=atom < count, other=none)
        peak = tl.maximum(peak, tl.max(top, axis=0))
    base = tl.where(tl.abs(peak) == float("inf"), 0.0, peak)
    limit = tl.where(peak < float("inf"), -FLOOR, float("inf"))
    total = tl.full((), 0.0, tl.float32)
    for start in range(0, count, BLOCK):
        atom = start + tl.arange(0, BLOCK)
        below = tl.load(tops + row_start + atom, mask=atom < count, other=none) - base
        excess = tl.load(excesses + row_start + atom, mask=atom < count, other=0.0)
        alive = below > limit
        total += tl.sum(tl.where(alive, tl.exp(tl.where(alive, below, 0.0) + excess), 0.0), axis=0)
    spread = tl.where(total > 0, tl.log(tl.where(total > 0, total, 1.0)), 0.0)
    pin = tl.load(pins + row)
    token = tl.maximum(pin, 0)
    z = scaled(tl.load(logits + row.to(tl.int64) * V + token), tl.load(temperatures + b), CAP)
    pinned_below = tl.where(z - base > limit, z - base, none)
    pinned_atom = tl.load(atom_of + b.to(tl.int64) * V + token).to(tl.int32)
    pinned_atom = tl.where(pin >= 0, pinned_atom, -1)
    for start in range(0, count, BLOCK):
        atom = start + tl.arange(0, BLOCK)
        mask = atom < count
        at = row_start + atom
        below = tl.load(tops + at, mask=mask, other=none) - base
        below = tl.where(below > limit, below, none)
        excess = tl.load(excesses + at, mask=mask, other=0.0)
        inner = tl.load(means + at, mask=mask, other=0.0)
        best = tl.load(bests + at, mask=mask, other=0)
        chosen = atom == pinned_atom
        below = tl.where(pin >= 0, tl.where(chosen, pinned_below, none), below)
        excess = tl.where(pin >= 0, 0.0, excess)
        inner = tl.where(pin >= 0, 0.0, inner)
        mean = tl.where(below > none, below + inner - spread, 0.0)
        tl.store(tops + at, below, mask=mask)
        tl.store(excesses + at, below + excess - spread, mask=mask)
        tl.store(means + at, mean, mask=mask)
        tl.store(bests + at, tl.where(chosen, pin, best), mask=mask)
    tl.store(peaks + row, peak)
    tl.store(spreads + row, spread)


def atom_stats(program: Program, rows: Rows) -> AtomStats:
    """See `engine.algebra.reference.atom_stats`; float32."""
    c, buffers, tiles = program.capacity, program.buffers, program.buffers.token_tiles
    num_rows, columns, cap = c.requests * c.length, c.atoms + c.pieces, rows.softcap or 0.0
    top, excess, mean = torch.empty((3, num_rows, columns), device=program.device).unbind()
    best = torch.empty((num_rows, columns), dtype=torch.int32, device=program.device)
    peak, spread = torch.empty((2, num_rows), device=program.device).unbind()
    stats_kernel: Any = atom_stats_kernel
    stats_kernel[(min(PROGRAMS, tiles.heads.shape[1]), num_rows)](
        rows.logits,
        rows.temperature,
        buffers.length,
        tiles.counts,
        tiles.heads,
        tiles.items,
        tiles.first,
        top,
        excess,
        mean,
        best,
        c.length,
        c.vocabulary,
        columns,
        tiles.heads.shape[1],
        tiles.items.shape[1],
        tiles.first.shape[1],
        CAP=cap,
        T=tiles.size,
        **tiles.inner_widths,
        num_warps=WARPS,
        maxnreg=REGISTERS,
    )
    if c.vocabulary > tiles.size:  # else no atom is longer than a tile
        _join_giants(program, (top, excess, mean, best))
    rows_kernel: Any = atom_rows_kernel
    rows_kernel[(num_rows,)](
        rows.logits,
        rows.temperature,
        buffers.length,
        buffers.num_atoms,
        buffers.pins,
        buffers.atom_of,
        peak,
        spread,
        top,
        excess,
        mean,
        best,
        c.length,
        c.vocabulary,
        columns,
        CAP=cap,
        FLOOR=FORBIDDEN,
        BLOCK=min(BLOCK, triton.next_power_of_2(c.atoms)),
        num_warps=WARPS,
    )

    def seen(table: Tensor, width: int) -> Tensor:
        return table.view(c.requests, c.length, -1)[..., :width]

    return AtomStats(
        peak=peak.view(c.requests, c.length),
        spread=spread.view(c.requests, c.length),
        lse=seen(excess, c.atoms),
        mean=seen(mean, c.atoms),
        top=seen(top, c.atoms),
        best=seen(best, c.atoms),
    )


def _join_giants(program: Program, tables: tuple[Tensor, Tensor, Tensor, Tensor]) -> None:
    """Makes one of the pieces of each giant atom, in place; tables as `atom_stats_kernel` has."""
    c, buffers = program.capacity, program.buffers
    kernel: Any = giant_atoms_kernel
    kernel[(c.giants, c.requests * c.length)](
        buffers.giants,
        buffers.num_giants,
        buffers.length,
        *tables,
        c.length,
        c.atoms,
        c.atoms + c.pieces,
        c.giants,
        PIECES=triton.next_power_of_2(c.pieces),
        num_warps=1,
    )
