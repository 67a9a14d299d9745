"""What a layer does to single rows between its products: norms, residuals, gates; fused."""
# pyright: reportArgumentType=false, reportCallIssue=false, reportGeneralTypeIssues=false
# pyright: reportOperatorIssue=false

from __future__ import annotations

from dataclasses import dataclass

import triton
import triton.language as tl
from torch import Tensor

# Sums are in float32 and rounded where Transformers' modules round them, so that a router sees
# the same bits and chooses the same experts.


@triton.jit
def normed(x, weight, h, H, eps):
    """RMSNorm of one row in float32; `x` is 0 beyond H."""
    even = x * tl.rsqrt(tl.sum(x * x, 0) / H + eps)
    return even * tl.load(weight + h, mask=h < H, other=0.0).to(tl.float32)


@triton.jit
def rounded(x, like):
    """Rounds float32 to a number format and back."""
    return x.to(like).to(tl.float32)


@triton.jit
def norm_kernel(x, weight, out, H, eps, BLOCK: tl.constexpr):
    """RMSNorm of one row."""
    at = tl.program_id(0).to(tl.int64) * H
    h = tl.arange(0, BLOCK)
    row = tl.load(x + at + h, mask=h < H, other=0.0).to(tl.float32)
    tl.store(out + at + h, normed(row, weight, h, H, eps).to(out.dtype.element_ty), mask=h < H)


@triton.jit
def after_attention_kernel(
    attended,
    residual,
    post_weight,
    dense_weight,
    expert_weight,
    router_scale,
    new_residual,
    for_dense,
    for_experts,
    for_router,
    root,
    H,
    eps,
    BLOCK: tl.constexpr,
):
    """The residual after attention, and what dense MLP, experts and router read of it."""
    at = tl.program_id(0).to(tl.int64) * H
    h = tl.arange(0, BLOCK)
    inside = h < H
    like = residual.dtype.element_ty
    branch = tl.load(attended + at + h, mask=inside, other=0.0).to(tl.float32)
    branch = rounded(normed(branch, post_weight, h, H, eps), like)
    row = rounded(tl.load(residual + at + h, mask=inside, other=0.0).to(tl.float32) + branch, like)
    tl.store(new_residual + at + h, row.to(like), mask=inside)
    even = row * tl.rsqrt(tl.sum(row * row, 0) / H + eps)
    dense = even * tl.load(dense_weight + h, mask=inside, other=0.0).to(tl.float32)
    tl.store(for_dense + at + h, dense.to(like), mask=inside)
    expert = even * tl.load(expert_weight + h, mask=inside, other=0.0).to(tl.float32)
    tl.store(for_experts + at + h, expert.to(like), mask=inside)
    scale = tl.load(router_scale + h, mask=inside, other=0.0).to(tl.float32)
    routed = rounded(rounded(even, like) * scale, like) * root
    tl.store(for_router + at + h, routed.to(like), mask=inside)


@triton.jit
def after_experts_kernel(
    dense,
    experts,
    residual,
    dense_weight,
    expert_weight,
    post_weight,
    layer_scalar,
    next_weight,
    new_residual,
    for_next,
    H,
    eps,
    BLOCK: tl.constexpr,
):
    """The residual after MLP and experts, and what the next layer reads of it."""
    at = tl.program_id(0).to(tl.int64) * H
    h = tl.arange(0, BLOCK)
    inside = h < H
    like = residual.dtype.element_ty
    first = tl.load(dense + at + h, mask=inside, other=0.0).to(tl.float32)
    first = rounded(normed(first, dense_weight, h, H, eps), like)
    second = tl.load(experts + at + h, mask=inside, other=0.0).to(tl.float32)
    second = rounded(normed(second, expert_weight, h, H, eps), like)
    both = rounded(normed(rounded(first + second, like), post_weight, h, H, eps), like)
    row = rounded(tl.load(residual + at + h, mask=inside, other=0.0).to(tl.float32) + both, like)
    row = rounded(row * tl.load(layer_scalar).to(tl.float32), like)
    tl.store(new_residual + at + h, row.to(like), mask=inside)
    tl.store(for_next + at + h, normed(row, next_weight, h, H, eps).to(like), mask=inside)


@triton.jit
def gate_kernel(gate, up, out, size, BLOCK: tl.constexpr):
    """GELU of the gate, in its tanh form, times the up projection."""
    at = tl.program_id(0).to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    like = out.dtype.element_ty
    x = tl.load(gate + at, mask=at < size, other=0.0).to(tl.float32)
    inner = rounded(x * tl.sigmoid(1.5957691216057308 * (x + 0.044715 * x * x * x)), like)
    inner *= tl.load(up + at, mask=at < size, other=0.0).to(tl.float32)
    tl.store(out + at, inner.to(like), mask=at < size)


@dataclass(frozen=True, slots=True, kw_only=True)
class AfterAttention:
    """Four (T, H) tensors.

    Attributes:
        residual: The residual, attention added.
        for_dense: What the dense MLP reads.
        for_experts: What the experts read.
        for_router: What the router's projection reads.
    """

    residual: Tensor
    for_dense: Tensor
    for_experts: Tensor
    for_router: Tensor


def norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """RMSNorm of (T, H) rows times (H,) weights, a new tensor."""
    out = x.new_empty(x.shape)
    width = x.shape[-1]
    norm_kernel[x.numel() // width,](x, weight, out, width, eps, **_row(width))
    return out


def after_attention(
    attended: Tensor,
    residual: Tensor,
    *,
    post_weight: Tensor,
    dense_weight: Tensor,
    expert_weight: Tensor,
    router_scale: Tensor,
    eps: float,
) -> AfterAttention:
    """Adds what attention made to the residual and norms it for the three that read it.

    The three norms have one root mean square between them, so the row is read once.

    Args:
        attended: (T, H), of the output projection.
        residual: (T, H).
        post_weight: (H,) of the norm of `attended`.
        dense_weight: (H,) of the norm before the dense MLP.
        expert_weight: (H,) of the norm before the experts.
        router_scale: (H,) of the router, which has a norm without weights.
        eps: Of all norms.
    """
    made = AfterAttention(
        residual=residual.new_empty(residual.shape),
        for_dense=residual.new_empty(residual.shape),
        for_experts=residual.new_empty(residual.shape),
        for_router=residual.new_empty(residual.shape),
    )
    rows, width = residual.shape
    after_attention_kernel[rows,](
        attended,
        residual,
        post_weight,
        dense_weight,
        expert_weight,
        router_scale,
        made.residual,
        made.for_dense,
        made.for_experts,
        made.for_router,
        width**-0.5,
        width,
        eps,
        **_row(width),
    )
    return made


def after_experts(
    dense: Tensor,
    experts: Tensor,
    residual: Tensor,
    *,
    dense_weight: Tensor,
    expert_weight: Tensor,
    post_weight: Tensor,
    layer_scalar: Tensor,
    next_weight: Tensor,
    eps: float,
) -> tuple[Tensor, Tensor]:
    """Adds what MLP and experts made to the residual and norms it for what comes next.

    Args:
        dense: (T, H), of the dense MLP.
        experts: (T, H), of the experts.
        residual: (T, H), attention added.
        dense_weight: (H,) of the norm of `dense`.
        expert_weight: (H,) of the norm of `experts`.
        post_weight: (H,) of the norm of their sum.
        layer_scalar: (1,), what the whole layer's output is times.
        next_weight: (H,) of the next layer's first norm, or of the last one.
        eps: Of all norms.

    Returns:
        (T, H) the residual and (T, H) its norm.
    """
    new_residual, for_next = residual.new_empty(residual.shape), residual.new_empty(residual.shape)
    rows, width = residual.shape
    after_experts_kernel[rows,](
        dense,
        experts,
        residual,
        dense_weight,
        expert_weight,
        post_weight,
        layer_scalar,
        next_weight,
        new_residual,
        for_next,
        width,
        eps,
        **_row(width),
    )
    return new_residual, for_next


def gated(gate: Tensor, up: Tensor) -> Tensor:
    """Returns gelu(gate) * up, tanh form, for tensors of one shape."""
    out = gate.new_empty(gate.shape)
    gate_kernel[triton.cdiv(gate.numel(), 1024),](gate, up, out, gate.numel(), BLOCK=1024)
    return out


def _row(width: int) -> dict[str, int]:
    block = triton.next_power_of_2(width)
    return {"BLOCK": block, "num_warps": min(8, max(1, block // 512))}
