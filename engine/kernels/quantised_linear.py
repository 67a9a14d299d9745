"""A product with quantised weights, which are made whole only in registers."""
# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportOperatorIssue=false

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from engine.expert_weights import ExpertMatrix
from engine.kernels.launching import INTERPRETED
from engine.kernels.masked_experts import CODES, Tile, depth_of, product_of_rows

TILE = Tile(rows=64, columns=64, depth=128, warps=4, stages=4)


@triton.jit
def linear_kernel(
    x,
    values,
    scale,
    out,
    T,
    N,
    K,
    FORMAT: tl.constexpr,
    GROUP: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    UP: tl.constexpr,
):
    """One tile of the result; programs that read the same weights follow each other."""
    row = tl.program_id(0) * BLOCK_M + tl.arange(0, BLOCK_M)
    there = row < T
    n = tl.program_id(1) * BLOCK_N + tl.arange(0, BLOCK_N)
    inside = n < N
    like = tl.float32 if UP else x.dtype.element_ty
    rows = x + row[:, None].to(tl.int64) * K
    made = product_of_rows(
        rows, there, values, scale, n, inside, K, FORMAT, GROUP, BLOCK_M, BLOCK_N, BLOCK_K, like
    )
    spots = out + row[:, None].to(tl.int64) * N + n[None, :]
    tl.store(spots, made.to(out.dtype.element_ty), mask=there[:, None] & inside[None, :])


def quantised_linear(x: Tensor, matrix: ExpertMatrix) -> Tensor:
    """Returns x W^T.

    Args:
        x: (T, C) contiguous.
        matrix: One matrix, (1, R, C), quantised.

    Returns:
        (T, R), dtype of `x`; sums in float32.
    """
    assert matrix.scale is not None
    rows, width, columns = len(x), matrix.values.shape[1], x.shape[1]
    out = x.new_empty(rows, width)
    linear_kernel[triton.cdiv(rows, TILE.rows), triton.cdiv(width, TILE.columns)](
        x,
        matrix.values,
        matrix.scale,
        out,
        rows,
        width,
        columns,
        FORMAT=CODES[matrix.format],
        GROUP=matrix.group,
        BLOCK_M=TILE.rows,
        BLOCK_N=TILE.columns,
        BLOCK_K=depth_of(TILE, matrix),
        UP=INTERPRETED,
        num_warps=TILE.warps,
        num_stages=TILE.stages,
    )
    return out
