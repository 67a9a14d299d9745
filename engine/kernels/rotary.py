"""Queries, keys and values of a layer from its projections: norms and rotary positions, fused."""
# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportOperatorIssue=false

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

from engine.kernels.rows import rounded


@triton.jit
def heads_kernel(
    query,
    key,
    value,
    query_weight,
    key_weight,
    cos,
    sin,
    new_query,
    new_key,
    new_value,
    eps,
    HEADS: tl.constexpr,
    KV_HEADS: tl.constexpr,
    D: tl.constexpr,
    BLOCK: tl.constexpr,
):
    """One head of one row: of the queries, then of the keys, then of the values."""
    row = tl.program_id(0).to(tl.int64)
    head = tl.program_id(1)
    d = tl.arange(0, BLOCK)
    inside = d < D
    like = query.dtype.element_ty
    if head < HEADS:
        source = query + (row * HEADS + head) * D
        weight = query_weight
        target = new_query + (row * HEADS + head) * D
    elif head < HEADS + KV_HEADS:
        source = key + (row * KV_HEADS + head - HEADS) * D
        weight = key_weight
        target = new_key + (row * KV_HEADS + head - HEADS) * D
    else:
        source = value + (row * KV_HEADS + head - HEADS - KV_HEADS) * D
        weight = key_weight
        target = new_value + (row * KV_HEADS + head - HEADS - KV_HEADS) * D
    x = tl.load(source + d, mask=inside, other=0.0).to(tl.float32)
    scale = tl.rsqrt(tl.sum(x * x, 0) / D + eps)
    y = x * scale
    if head < HEADS + KV_HEADS:
        # the other half of the head, the first of it negated
        other = tl.where(d < D // 2, d + D // 2, d - D // 2)
        z = tl.load(source + other, mask=inside, other=0.0).to(tl.float32) * scale
        y = rounded(y * tl.load(weight + d, mask=inside, other=0.0).to(tl.float32), like)
        z = rounded(z * tl.load(weight + other, mask=inside, other=0.0).to(tl.float32), like)
        z = tl.where(d < D // 2, -z, z)
        by_cos = y * tl.load(cos + row * D + d, mask=inside, other=0.0).to(tl.float32)
        by_sin = z * tl.load(sin + row * D + d, mask=inside, other=0.0).to(tl.float32)
        y = rounded(by_cos, like) + rounded(by_sin, like)
    tl.store(target + d, y.to(like), mask=inside)


def heads(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    query_weight: Tensor,
    key_weight: Tensor,
    cos: Tensor,
    sin: Tensor,
    eps: float,
) -> tuple[Tensor, Tensor, Tensor]:
    """Norms each head; turns queries and keys by their position.

    Args:
        query: (T, H * D), of its projection.
        key: (T, H_kv * D).
        value: (T, H_kv * D); `key` itself where a layer has no projection of its own for it.
        query_weight: (D,).
        key_weight: (D,).
        cos: (T, D), contiguous.
        sin: (T, D), contiguous.
        eps: Of all norms; that of the value has no weights.

    Returns:
        (T, H, D), (T, H_kv, D) and (T, H_kv, D).
    """
    rows, size = len(query), len(query_weight)
    num_heads, num_kv_heads = query.shape[1] // size, key.shape[1] // size
    new_query = query.new_empty(rows, num_heads, size)
    new_key, new_value = (key.new_empty(rows, num_kv_heads, size) for _ in range(2))
    block = triton.next_power_of_2(size)
    heads_kernel[rows, num_heads + 2 * num_kv_heads](
        query,
        key,
        value,
        query_weight,
        key_weight,
        cos,
        sin,
        new_query,
        new_key,
        new_value,
        eps,
        HEADS=num_heads,
        KV_HEADS=num_kv_heads,
        D=size,
        BLOCK=block,
        num_warps=max(1, block // 256),
    )
    return new_query, new_key, new_value
