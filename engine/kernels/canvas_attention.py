"""Attention over a cached prefix and the canvas itself, read from two places, copying neither."""

# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportOperatorIssue=false

from __future__ import annotations

from dataclasses import dataclass

import torch
import triton
import triton.language as tl
from torch import Tensor

from engine.attention import Cached
from engine.kernels.launching import INTERPRETED, programs_wanted

LOG2_E = 1.4426950408889634
FEWEST_TILES = 8
"""Tiles of keys below which one more share of them costs more than it brings."""

FEWEST_COLUMNS = 16
"""Of a product on tensor cores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """What one program works on.

    Attributes:
        rows: Queries; a query is a position and one of the heads that share keys.
        keys: Keys at a time.
        parts: Programs that share the columns of the value among them.
        warps: Warps of a program.
        stages: Stages of software pipelining.
    """

    rows: int
    keys: int
    parts: int
    warps: int
    stages: int


TILES = {
    256: Tile(rows=64, keys=32, parts=1, warps=8, stages=2),
    512: Tile(rows=64, keys=32, parts=2, warps=8, stages=2),
}
"""By head size; found by compiling for sm_80, sm_90 and sm_100 until nothing spilled."""

SMALL = Tile(rows=64, keys=64, parts=1, warps=4, stages=2)


@triton.jit
def folded(acc, top, total, query, key, value, seen, scaling, UP: tl.constexpr):
    """Adds one tile of keys to an online softmax (Milakov and Gimelshein, arXiv:1805.02867)."""
    if UP:
        query, key, value = query.to(tl.float32), key.to(tl.float32), value.to(tl.float32)
    scores = tl.dot(query, tl.trans(key), input_precision="ieee") * scaling
    scores = tl.where(seen, scores, float("-inf"))
    higher = tl.maximum(top, tl.max(scores, 1))
    base = tl.where(higher == float("-inf"), 0.0, higher)
    weights = tl.exp2(scores - base[:, None])
    shrunk = tl.exp2(top - base)
    acc = tl.dot(weights.to(value.dtype), value, acc * shrunk[:, None], input_precision="ieee")
    return acc, higher, total * shrunk + tl.sum(weights, 1)


@triton.jit
def attention_kernel(
    query,
    prefix_key,
    prefix_value,
    own_key,
    own_value,
    lengths,
    places,
    live,
    allowed,
    out,
    lse,
    query_b,
    query_l,
    query_h,
    prefix_b,
    prefix_h,
    prefix_n,
    own_b,
    own_h,
    own_n,
    allowed_b,
    allowed_l,
    scaling,
    L,
    capacity,
    HEADS: tl.constexpr,
    GROUP: tl.constexpr,
    D: tl.constexpr,
    BLOCK_D: tl.constexpr,
    PARTS: tl.constexpr,
    WINDOW: tl.constexpr,
    CAUSAL: tl.constexpr,
    HAS_PLACES: tl.constexpr,
    HAS_LIVE: tl.constexpr,
    HAS_MASK: tl.constexpr,
    SPLITS: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    UP: tl.constexpr,
):
    """One tile of queries, all heads of one key head, against a share of the keys."""
    b = (tl.program_id(1) // HEADS).to(tl.int64)
    head = tl.program_id(1) % HEADS
    split = tl.program_id(2)
    d = tl.arange(0, BLOCK_D)
    wide: tl.constexpr = BLOCK_D // PARTS
    e = tl.program_id(0) % PARTS * wide + tl.arange(0, wide)
    tile = tl.arange(0, BLOCK_N)
    first = tl.program_id(0) // PARTS * BLOCK_M
    row = first + tl.arange(0, BLOCK_M)
    at = row // GROUP
    heads = head * GROUP + row % GROUP
    asks = at < L
    if HAS_LIVE:
        asks = asks & (tl.load(live + b * L + at, mask=asks, other=0) != 0)

    acc = tl.zeros([BLOCK_M, wide], tl.float32)
    top = tl.full([BLOCK_M], float("-inf"), tl.float32)
    total = tl.zeros([BLOCK_M], tl.float32)
    if tl.max(asks.to(tl.int32), 0) > 0:
        wanted = asks[:, None]
        if BLOCK_D > D:
            wanted = wanted & (d < D)[None, :]
        q = tl.load(
            query + b * query_b + (at[:, None] * query_l + heads[:, None] * query_h + d[None, :]),
            mask=wanted,
            other=0.0,
        )
        place = b
        if HAS_PLACES:
            place = tl.load(places + b).to(tl.int64)
        prefix_key += place * prefix_b + head * prefix_h
        prefix_value += place * prefix_b + head * prefix_h
        own_key += b * own_b + head * own_h
        own_value += b * own_b + head * own_h
        written = tl.load(lengths + b)
        held = tl.minimum(written, capacity)
        prefix_tiles = tl.cdiv(held, BLOCK_N)
        own_end = L
        if CAUSAL:
            own_end = tl.minimum(L, (first + BLOCK_M - 1) // GROUP + 1)
        tiles = prefix_tiles + tl.cdiv(own_end, BLOCK_N)
        share = tl.cdiv(tiles, SPLITS)
        begin = split * share
        end = tl.minimum(begin + share, tiles)

        for index in tl.range(tl.minimum(begin, prefix_tiles), tl.minimum(end, prefix_tiles)):
            slot = index * BLOCK_N + tile
            there = slot < held
            seen = asks[:, None] & there[None, :]
            if WINDOW > 0:
                # the token that a slot of the ring holds is the last one written there
                position = written - 1 - (written - 1 - slot + capacity) % capacity
                if CAUSAL:
                    seen = seen & (position[None, :] > written + at[:, None] - WINDOW)
                else:
                    seen = seen & (position[None, :] > written - WINDOW)
            if HAS_MASK:
                marks = allowed + b * allowed_b + (at[:, None] * allowed_l + slot[None, :])
                seen = seen & (tl.load(marks, mask=seen, other=0) != 0)
            k_there, v_there = there[:, None], there[:, None]
            if BLOCK_D > D:
                k_there, v_there = k_there & (d < D)[None, :], v_there & (e < D)[None, :]
            rows = slot[:, None] * prefix_n
            k = tl.load(prefix_key + (rows + d[None, :]), mask=k_there, other=0.0)
            v = tl.load(prefix_value + (rows + e[None, :]), mask=v_there, other=0.0)
            acc, top, total = folded(acc, top, total, q, k, v, seen, scaling, UP)

        for index in tl.range(tl.maximum(begin, prefix_tiles), tl.maximum(end, prefix_tiles)):
            slot = (index - prefix_tiles) * BLOCK_N + tile
            there = slot < L
            if HAS_LIVE:
                there = there & (tl.load(live + b * L + slot, mask=there, other=0) != 0)
            seen = asks[:, None] & there[None, :]
            if CAUSAL:
                seen = seen & (slot[None, :] <= at[:, None])
                if WINDOW > 0:
                    seen = seen & (slot[None, :] > at[:, None] - WINDOW)
            if HAS_MASK:
                marks = allowed + b * allowed_b + (at[:, None] * allowed_l + held + slot[None, :])
                seen = seen & (tl.load(marks, mask=seen, other=0) != 0)
            k_there, v_there = there[:, None], there[:, None]
            if BLOCK_D > D:
                k_there, v_there = k_there & (d < D)[None, :], v_there & (e < D)[None, :]
            rows = slot[:, None] * own_n
            k = tl.load(own_key + (rows + d[None, :]), mask=k_there, other=0.0)
            v = tl.load(own_value + (rows + e[None, :]), mask=v_there, other=0.0)
            acc, top, total = folded(acc, top, total, q, k, v, seen, scaling, UP)

    acc = acc / tl.where(total > 0, total, 1.0)[:, None]
    spot = at * (HEADS * GROUP) + heads
    origin = (split * (tl.num_programs(1) // HEADS) + b) * L * (HEADS * GROUP)
    inside = (at < L)[:, None]
    if BLOCK_D > D:
        inside = inside & (e < D)[None, :]
    spots = out + origin * D + (spot[:, None] * D + e[None, :])
    tl.store(spots, acc.to(out.dtype.element_ty), mask=inside)
    if SPLITS > 1:
        mass = tl.where(total > 0, top + tl.log2(tl.where(total > 0, total, 1.0)), float("-inf"))
        tl.store(lse + origin + spot, mass, mask=at < L)


@triton.jit
def merge_kernel(
    shares,
    lse,
    out,
    size,
    D: tl.constexpr,
    BLOCK_D: tl.constexpr,
    SPLITS: tl.constexpr,
    BLOCK_S: tl.constexpr,
):
    """Adds up the shares of one query, each weighted by its mass."""
    place = tl.program_id(0).to(tl.int64)
    share = tl.arange(0, BLOCK_S)
    d = tl.arange(0, BLOCK_D)
    mass = tl.load(lse + share * size + place, mask=share < SPLITS, other=float("-inf"))
    top = tl.max(mass, 0)
    weight = tl.exp2(mass - tl.where(top == float("-inf"), 0.0, top))
    total = tl.sum(weight, 0)
    values = tl.load(
        shares + (share[:, None] * size + place) * D + d[None, :],
        mask=(share < SPLITS)[:, None] & (d < D)[None, :],
        other=0.0,
    )
    merged = tl.sum(values * weight[:, None], 0) / tl.where(total > 0, total, 1.0)
    tl.store(out + place * D + d, merged.to(out.dtype.element_ty), mask=d < D)


def canvas_attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    prefix: Cached | None = None,
    *,
    live: Tensor | None = None,
    allowed: Tensor | None = None,
    window: int | None = None,
    causal: bool = False,
    scaling: float = 1.0,
    splits: int | None = None,
) -> Tensor:
    """Attends as `engine.attention.attend` does, which says what the arguments mean.

    The query heads that share a key head are rows of one tile, so a key is read once for all of
    them. Where few programs would run, the keys are cut into shares that are merged after
    (split-KV: Dao et al., Flash-Decoding, 2023).

    Args:
        query: (B, H, L, D); D may be any size, powers of two cost no padding.
        key: (B, H_kv, L, D).
        value: (B, H_kv, L, D), with the strides of `key`.
        prefix: What stands before; None is nothing.
        live: (B, L) bool.
        allowed: (B, 1, L, P + L) bool.
        window: Positions.
        causal: Whether a query sees only what stands before it, and itself.
        scaling: Of the scores.
        splits: Shares of the keys; None takes as many as fill the GPU.

    Returns:
        (B, L, H, D), contiguous, dtype of `query`; 0 at positions that are not live.
    """
    batch, num_heads, length, size = query.shape
    num_kv_heads = key.shape[1]
    key, value = _alike(key, value)
    prefix = prefix or Cached.nothing(key)
    prefix_key, prefix_value = _alike(prefix.key, prefix.value)
    capacity = prefix_key.shape[2]
    tile = TILES.get(size, SMALL)
    group = num_heads // num_kv_heads
    blocks = triton.cdiv(length * group, tile.rows) * tile.parts
    if splits is None:
        tiles = triton.cdiv(capacity, tile.keys) + triton.cdiv(length, tile.keys)
        splits = _enough_shares(query.device, blocks * batch * num_kv_heads, tiles)
    out = query.new_empty(batch, length, num_heads, size)
    shares = out if splits == 1 else query.new_empty(splits, *out.shape, dtype=torch.float32)
    lse = shares if splits == 1 else shares.new_empty(shares.shape[:-1])
    rows = _unit_stride(query)
    attention_kernel[blocks, batch * num_kv_heads, splits](
        rows,
        prefix_key,
        prefix_value,
        key,
        value,
        prefix.lengths,
        prefix.lengths if prefix.places is None else prefix.places,
        out if live is None else live.contiguous().view(torch.uint8),
        out if allowed is None else allowed.view(torch.uint8),
        shares,
        lse,
        rows.stride(0),
        rows.stride(2),
        rows.stride(1),
        *prefix_key.stride()[:3],
        *key.stride()[:3],
        *((0, 0) if allowed is None else (allowed.stride(0), allowed.stride(2))),
        scaling * LOG2_E,
        length,
        max(1, capacity),
        HEADS=num_kv_heads,
        GROUP=group,
        D=size,
        BLOCK_D=max(FEWEST_COLUMNS, triton.next_power_of_2(size)),
        PARTS=tile.parts,
        WINDOW=window or 0,
        CAUSAL=causal,
        HAS_PLACES=prefix.places is not None,
        HAS_LIVE=live is not None,
        HAS_MASK=allowed is not None,
        SPLITS=splits,
        BLOCK_M=tile.rows,
        BLOCK_N=tile.keys,
        UP=INTERPRETED,
        num_warps=tile.warps,
        num_stages=tile.stages,
    )
    if splits > 1:
        _merge_(out, shares, lse)
    return out


def _enough_shares(device: torch.device, programs: int, tiles: int) -> int:
    """As many shares of the keys as fill the device, each of some tiles at least."""
    return max(1, min(programs_wanted(device) // programs, tiles // FEWEST_TILES))


def _merge_(out: Tensor, shares: Tensor, lse: Tensor) -> None:
    splits, size = len(shares), out.shape[-1]
    queries = out.numel() // size
    merge_kernel[queries,](
        shares,
        lse,
        out,
        queries,
        D=size,
        BLOCK_D=triton.next_power_of_2(size),
        SPLITS=splits,
        BLOCK_S=triton.next_power_of_2(splits),
    )


def _unit_stride(tensor: Tensor) -> Tensor:
    return tensor if tensor.stride(-1) == 1 else tensor.contiguous()


def _alike(key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """Gives both the same strides; those of the engine's own caches and layers have them."""
    key, value = _unit_stride(key), _unit_stride(value)
    if key.stride() == value.stride():
        return key, value
    return key.contiguous(), value.contiguous()
