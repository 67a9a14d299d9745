"""Walks from the start of each span to its end: a draw from the posterior, or its best path.

A span's first state is known, so spans are walked at the same time. A draw takes the edge with the
largest log-probability plus Gumbel noise, and so do the atom of the edge's set and the token of the
atom, each with noise of its own: that draws exactly (Gumbel-max; Yellott 1977).
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from engine.algebra.parts import ATOM, PATH, TOKEN, AtomStats, Rows
from engine.algebra.program import Program
from engine.kernels.chain import span_programs
from engine.kernels.noise import gumbel
from engine.kernels.scaling import scaled

EDGES = 128
"""Edges that a walk looks at together; it is one warp, which needs no barrier."""

PROGRAMS = 16
"""Programs that share the tokens of the atom drawn for one row."""

TOKENS = 1024
WARPS = 4


@triton.jit
def path_kernel(
    scores,
    after,
    seeds,
    sets,
    spans,
    num_spans,
    out_ptr,
    edge_set,
    target,
    L,
    N,
    S,
    E,
    DRAW: tl.constexpr,
    STREAM: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """Set of the edge chosen at each position; -1 from where no edge leads on. Grid (programs,).

    Ties go to the first edge.
    """
    none, never = -float("inf"), 2147483647
    for each in range(tl.program_id(0), tl.load(num_spans), tl.num_programs(0)):
        span = spans + each * 5
        b = tl.load(span)
        state = tl.load(span + 3)
        seed = tl.load(seeds + b)
        edges = b.to(tl.int64) * E
        for position in range(tl.load(span + 1), tl.load(span + 2)):
            row = (b * L + position).to(tl.int64)
            ptr = out_ptr + b * (N + 1) + tl.maximum(state, 0)
            begin, end = tl.load(ptr), tl.load(ptr + 1)
            peak = tl.full((), none, tl.float32)
            chosen = tl.full((), never, tl.int32)
            for first in range(begin, end, BLOCK):
                edge = first + tl.arange(0, BLOCK)
                mask = edge < end
                held = tl.load(edge_set + edges + edge, mask=mask, other=0).to(tl.int32)
                to = tl.load(target + edges + edge, mask=mask, other=0).to(tl.int32)
                value = tl.load(scores + row * S + held, mask=mask, other=none)
                value += tl.load(after + row * N + to, mask=mask, other=none)
                if DRAW:
                    value += gumbel(seed, edge - begin, position, STREAM)
                top = tl.max(value, axis=0)
                at = tl.min(tl.where(value == top, edge, never), axis=0)
                chosen = tl.where(top > peak, at, chosen)
                peak = tl.maximum(peak, top)
            alive = (state >= 0) & (peak > none)
            chosen = tl.where(alive, chosen, 0)
            taken = tl.load(edge_set + edges + chosen).to(tl.int32)
            tl.store(sets + row, tl.where(alive, taken, -1))
            state = tl.where(alive, tl.load(target + edges + chosen).to(tl.int32), -1)


@triton.jit
def token_kernel(
    logits,
    temperatures,
    seeds,
    sets,
    lse,
    set_ptr,
    set_atoms,
    atom_ptr,
    atom_tokens,
    values,
    tokens,
    L,
    V,
    C,
    S,
    A,
    num_entries,
    CAP: tl.constexpr,
    ATOMS: tl.constexpr,
    BLOCK: tl.constexpr,
    ATOM: tl.constexpr,
    TOKEN: tl.constexpr,
):
    """Draws an atom of a row's set, then the best of this program's share of its tokens.

    Grid (programs of a row, B·L); every program of a row draws the same atom.
    """
    row = tl.program_id(1)
    b = row // L
    position = row % L
    none, never = -float("inf"), 2147483647
    held = tl.load(sets + row)
    seed, temperature = tl.load(seeds + b), tl.load(temperatures + b)
    ptr = set_ptr + b * (S + 1) + tl.maximum(held, 0)
    begin = tl.load(ptr)
    end = tl.where(held >= 0, tl.load(ptr + 1), begin)
    peak = tl.full((), none, tl.float32)
    atom = tl.full((), 0, tl.int32)
    for first in range(begin, end, ATOMS):
        entry = first + tl.arange(0, ATOMS)
        mask = entry < end
        member = tl.load(set_atoms + b.to(tl.int64) * num_entries + entry, mask=mask, other=0)
        member = member.to(tl.int32)
        value = tl.load(lse + row.to(tl.int64) * C + member, mask=mask, other=none)
        value += gumbel(seed, entry - begin, position, ATOM)
        top = tl.max(value, axis=0)
        best = tl.min(tl.where(value == top, member, never), axis=0)
        atom = tl.where(top > peak, best, atom)
        peak = tl.maximum(peak, top)
    span = atom_ptr + b * (A + 1) + atom
    begin = tl.load(span)
    end = tl.where(held >= 0, tl.load(span + 1), begin)
    peak = tl.full((), none, tl.float32)
    token = tl.full((), -1, tl.int32)
    for first in range(begin + tl.program_id(0) * BLOCK, end, tl.num_programs(0) * BLOCK):
        at = first + tl.arange(0, BLOCK)
        mask = at < end
        member = tl.load(atom_tokens + b.to(tl.int64) * V + at, mask=mask, other=0)
        x = tl.load(logits + row.to(tl.int64) * V + member, mask=mask, other=none)
        value = scaled(x, temperature, CAP) + gumbel(seed, at - begin, position, TOKEN)
        top = tl.max(value, axis=0)
        best = tl.min(tl.where(value == top, member, never), axis=0)
        token = tl.where(top > peak, best, token)
        peak = tl.maximum(peak, top)
    out = row * tl.num_programs(0) + tl.program_id(0)
    tl.store(values + out, peak)
    tl.store(tokens + out, token)


def paths(program: Program, scores: Tensor, after: Tensor, seeds: Tensor | None) -> Tensor:
    """(B, L) int32, the set of each position's edge: drawn where there are seeds, else the best.

    Args:
        program: The languages.
        scores: (B, L, S) float32.
        after: (B, L, N) float32, what each state is worth after a position.
        seeds: (B,) int64.
    """
    c, buffers = program.capacity, program.buffers
    sets = torch.full((c.requests, c.length), -1, dtype=torch.int32, device=program.device)
    kernel: Any = path_kernel
    kernel[(span_programs(program),)](
        scores,
        after,
        buffers.length if seeds is None else seeds,
        sets,
        buffers.spans,
        buffers.num_spans,
        buffers.out_ptr,
        buffers.edge_set,
        buffers.target,
        c.length,
        c.states,
        c.sets,
        c.edges,
        DRAW=seeds is not None,
        STREAM=PATH,
        BLOCK=EDGES,
        num_warps=1,
    )
    return sets


def drawn_tokens(
    program: Program, rows: Rows, stats: AtomStats, sets: Tensor, seeds: Tensor
) -> Tensor:
    """(B, L) int64, a token of each position's set; the pinned one where one is, -1 for no set."""
    c, buffers = program.capacity, program.buffers
    shape = (c.requests, c.length, PROGRAMS)
    values = torch.empty(shape, device=program.device)
    tokens = torch.empty(shape, dtype=torch.int32, device=program.device)
    kernel: Any = token_kernel
    kernel[(PROGRAMS, c.requests * c.length)](
        rows.logits,
        rows.temperature,
        seeds,
        sets,
        stats.lse,
        buffers.set_ptr,
        buffers.set_atoms,
        buffers.atom_ptr,
        buffers.atom_tokens,
        values,
        tokens,
        c.length,
        c.vocabulary,
        stats.lse.stride(1),
        c.sets,
        c.atoms,
        c.entries,
        CAP=rows.softcap or 0.0,
        ATOMS=min(TOKENS, triton.next_power_of_2(c.atoms)),
        BLOCK=TOKENS,
        ATOM=ATOM,
        TOKEN=TOKEN,
        num_warps=WARPS,
    )
    best = values.argmax(dim=2, keepdim=True)
    drawn = tokens.gather(2, best)[..., 0]
    drawn = torch.where(buffers.pins >= 0, buffers.pins, drawn)
    return torch.where(sets < 0, -1, drawn).long()
