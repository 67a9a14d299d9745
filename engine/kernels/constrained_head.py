"""The vocabulary's products over some of its columns, whose weights are read where they lie."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportOperatorIssue=false

from __future__ import annotations

import torch
import triton
import triton.language as tl
from torch import Tensor

from engine.kernels.launching import INTERPRETED, programs_wanted
from engine.kernels.masked_experts import Tile
from engine.kernels.rows import rounded
from engine.kernels.scaling import scaled

FEW = Tile(rows=64, columns=32, depth=128, warps=4, stages=3)
"""For few columns: small tiles, or most of the device would have nothing to do."""

MANY = Tile(rows=128, columns=128, depth=64, warps=8, stages=3)
MOST_OF_FEW = 4096
SOFT = Tile(rows=64, columns=64, depth=64, warps=4, stages=3)
CAP_BLOCK = 2048


@triton.jit
def product_tile(
    hidden,
    table,
    row,
    token,
    T,
    H,
    WIDE: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    UP: tl.constexpr,
):
    """(BLOCK_M, BLOCK_N) float32, rounded as a product in the weights' number format is."""
    like = tl.float32 if UP else hidden.dtype.element_ty
    if WIDE:
        token = token.to(tl.int64)
    lines = hidden + row[:, None] * H
    weights = table + token[:, None] * H
    there = (row < T)[:, None]
    made = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for begin in tl.range(0, H, BLOCK_K):
        k = begin + tl.arange(0, BLOCK_K)
        inside = (k < H)[None, :]
        x = tl.load(lines + k[None, :], mask=there & inside, other=0.0).to(like)
        w = tl.load(weights + k[None, :], mask=inside, other=0.0).to(like)
        made = tl.dot(x, tl.trans(w), made, input_precision="ieee")
    return rounded(made, hidden.dtype.element_ty)


@triton.jit
def narrow_logits_kernel(
    hidden,
    table,
    columns,
    temperatures,
    out,
    T,
    H,
    C,
    CAP: tl.constexpr,
    WIDE: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    UP: tl.constexpr,
):
    """One tile of logits; programs that read the same weights follow each other."""
    row = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    n = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    token = tl.load(columns + n, mask=n < C, other=0)
    x = product_tile(hidden, table, row, token, T, H, WIDE, BLOCK_M, BLOCK_N, BLOCK_K, UP)
    temperature = tl.load(temperatures + row, mask=row < T, other=1.0)
    z = scaled(x, temperature[:, None], CAP)
    spots = out + row[:, None].to(tl.int64) * C + n[None, :]
    tl.store(spots, z, mask=(row < T)[:, None] & (n < C)[None, :])


@triton.jit
def masses_kernel(
    hidden,
    table,
    temperatures,
    out,
    T,
    H,
    V,
    CAP: tl.constexpr,
    WIDE: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    UP: tl.constexpr,
):
    """Log Σ exp z of some rows over this program's share of all columns; no logit is written."""
    row = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    temperature = tl.load(temperatures + row, mask=row < T, other=1.0)
    top = tl.full([BLOCK_M], float("-inf"), tl.float32)
    total = tl.zeros([BLOCK_M], tl.float32)
    for tile in range(tl.program_id(1), tl.cdiv(V, BLOCK_N), tl.num_programs(1)):
        n = tile * BLOCK_N + tl.arange(0, BLOCK_N)
        token = tl.minimum(n, V - 1)
        x = product_tile(hidden, table, row, token, T, H, WIDE, BLOCK_M, BLOCK_N, BLOCK_K, UP)
        z = tl.where((n < V)[None, :], scaled(x, temperature[:, None], CAP), float("-inf"))
        higher = tl.maximum(top, tl.max(z, 1))
        total = total * tl.exp(top - higher) + tl.sum(tl.exp(z - higher[:, None]), 1)
        top = higher
    spots = out + row * tl.num_programs(1) + tl.program_id(1)
    tl.store(spots, top + tl.log(total), mask=row < T)


@triton.jit
def narrow_soft_kernel(
    told,
    table,
    columns,
    embed_scale,
    out,
    T,
    H,
    C,
    WIDE: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    UP: tl.constexpr,
):
    """One tile of mean embeddings; shares are made on the way, and their sum divides at the end."""
    like = tl.float32 if UP else table.dtype.element_ty
    row = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    h = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    there, inside = (row < T)[:, None], (h < H)[None, :]
    lines = told + row[:, None].to(tl.int64) * C
    total = tl.zeros([BLOCK_M], tl.float32)
    made = tl.zeros([BLOCK_M, BLOCK_N], tl.float32)
    for begin in tl.range(0, C, BLOCK_K):
        c = begin + tl.arange(0, BLOCK_K)
        x = tl.load(lines + c[None, :], mask=there & (c < C)[None, :], other=float("-inf"))
        share = tl.exp(x.to(tl.float32))
        total += tl.sum(share, 1)
        token = tl.load(columns + c, mask=c < C, other=0)
        if WIDE:
            token = token.to(tl.int64)
        weights = tl.load(table + token[:, None] * H + h[None, :], mask=inside, other=0.0)
        made = tl.dot(share.to(like), weights.to(like), made, input_precision="ieee")
    made = made / tl.where(total > 0, total, 1.0)[:, None]
    form = table.dtype.element_ty
    soft = rounded(made, form) * rounded(tl.load(embed_scale).to(tl.float32), form)
    tl.store(out + row[:, None] * H + h[None, :], soft.to(form), mask=there & inside)


@triton.jit
def cap_kernel(x, temperatures, out, V, CAP: tl.constexpr, BLOCK: tl.constexpr):
    """Logits of a product that another kernel made. Grid (blocks of V, T)."""
    row = tl.program_id(1)
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    start = row.to(tl.int64) * V
    value = tl.load(x + start + at, mask=at < V, other=0.0)
    z = scaled(value, tl.load(temperatures + row), CAP)
    tl.store(out + start + at, z, mask=at < V)


def narrow_logits(
    hidden: Tensor, table: Tensor, columns: Tensor, temperature: Tensor, cap: float
) -> Tensor:
    """Returns z = cap·tanh(x / cap) / T of some columns, x = hidden · table[columns].

    Args:
        hidden: (T, H) contiguous.
        table: (V, H) contiguous, in the number format of `hidden`; products are rounded to it, as
            those of all columns are.
        columns: (C,) int32.
        temperature: (T,) float32.
        cap: Above 0.

    Returns:
        (T, C) float32.
    """
    (rows, width), count = hidden.shape, len(columns)
    out = hidden.new_empty(rows, count, dtype=torch.float32)
    tile = FEW if count <= MOST_OF_FEW else MANY
    narrow_logits_kernel[triton.cdiv(rows, tile.rows), triton.cdiv(count, tile.columns)](
        hidden,
        table,
        columns,
        temperature,
        out,
        rows,
        width,
        count,
        CAP=cap,
        **_options(table, tile),
    )
    return out


def log_masses(hidden: Tensor, table: Tensor, temperature: Tensor, cap: float) -> Tensor:
    """Returns (T,) float64, log Σ exp z over all columns, none of which is written.

    Args:
        hidden: (T, H) contiguous.
        table: (V, H) contiguous.
        temperature: (T,) float32.
        cap: Above 0.
    """
    (rows, width), count = hidden.shape, len(table)
    blocks = triton.cdiv(rows, MANY.rows)
    shares = max(1, min(programs_wanted(hidden.device) // blocks, triton.cdiv(count, MANY.columns)))
    out = hidden.new_empty(rows, shares, dtype=torch.float32)
    masses_kernel[blocks, shares](
        hidden, table, temperature, out, rows, width, count, CAP=cap, **_options(table, MANY)
    )
    return out.double().logsumexp(dim=1)


def narrow_soft(told: Tensor, table: Tensor, columns: Tensor, embed_scale: Tensor) -> Tensor:
    """Returns the mean embedding of each row, Σ exp(told) · table[columns] · scale / Σ exp(told).

    Shares are rounded to the number format of the table before they are summed with it, as in
    Transformers; there the row's sum has divided them before, which for log-probabilities is 1.

    Args:
        told: (T, C) float32 log-probabilities, contiguous; none is far above 0.
        table: (V, H) contiguous.
        columns: (C,) int32.
        embed_scale: () or (1,).

    Returns:
        (T, H), in the number format of the table.
    """
    (rows, count), width = told.shape, table.shape[1]
    out = table.new_empty(rows, width)
    narrow_soft_kernel[triton.cdiv(rows, SOFT.rows), triton.cdiv(width, SOFT.columns)](
        told, table, columns, embed_scale, out, rows, width, count, **_options(table, SOFT)
    )
    return out


def capped(x: Tensor, temperature: Tensor, cap: float) -> Tensor:
    """Returns cap·tanh(x / cap) / T of a whole product, float32.

    Args:
        x: (T, V) contiguous.
        temperature: (T,) float32.
        cap: Above 0.
    """
    rows, width = x.shape
    out = torch.empty_like(x, dtype=torch.float32)
    cap_kernel[triton.cdiv(width, CAP_BLOCK), rows](
        x, temperature, out, width, CAP=cap, BLOCK=CAP_BLOCK
    )
    return out


def _options(table: Tensor, tile: Tile) -> dict[str, int | bool]:
    return {
        "WIDE": table.numel() >= 2**31,
        "BLOCK_M": tile.rows,
        "BLOCK_N": tile.columns,
        "BLOCK_K": tile.depth,
        "UP": INTERPRETED,
        "num_warps": tile.warps,
        "num_stages": tile.stages,
    }
