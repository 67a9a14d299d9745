"""The layers of the model on our kernels, as both of its passes go through them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.nn.functional import linear

from engine.expert_weights import matrices_of
from engine.kernels.masked_experts import masked_experts
from engine.kernels.quantised_linear import quantised_linear
from engine.kernels.rotary import heads
from engine.kernels.router import chosen_experts
from engine.kernels.rows import after_attention, after_experts, gated, norm


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """What goes from layer to layer.

    Attributes:
        residual: (T, H).
        normed: (T, H), by the first norm of the layer that comes next.
    """

    residual: Tensor
    normed: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """What attention reads of a layer's input.

    Attributes:
        query: (T, H, D).
        key: (T, H_kv, D).
        value: (T, H_kv, D).
    """

    query: Tensor
    key: Tensor
    value: Tensor

    def batched(self, batch: int) -> Iterator[Tensor]:
        """Yields query, key and value as (B, H, L, D) views."""
        for each in (self.query, self.key, self.value):
            yield each.view(batch, -1, *each.shape[1:]).transpose(1, 2)


def entered(layers: Any, hidden: Tensor) -> Flow:
    """Returns the flow into the first of some layers; `hidden` is (T, H)."""
    first = layers[0].input_layernorm
    return Flow(residual=hidden, normed=norm(hidden, first.weight, first.eps))


def product(module: Any, x: Tensor) -> Tensor:
    """Returns what a linear module makes of (T, C) rows, quantised or not."""
    matrix = getattr(module, "quantised", None)
    if matrix is None:
        return linear(x, module.weight, module.bias)
    return quantised_linear(x, matrix)


def read_heads(attention: Any, normed: Tensor, cos: Tensor, sin: Tensor) -> Heads:
    """Projects a layer's input.

    Args:
        attention: The layer's attention module, of Transformers.
        normed: (T, H).
        cos: (T, D).
        sin: (T, D).
    """
    query, key = product(attention.q_proj, normed), product(attention.k_proj, normed)
    value = key if attention.v_proj is None else product(attention.v_proj, normed)
    made = heads(
        query,
        key,
        value,
        query_weight=attention.q_norm.weight,
        key_weight=attention.k_norm.weight,
        cos=cos,
        sin=sin,
        eps=attention.q_norm.eps,
    )
    return Heads(query=made[0], key=made[1], value=made[2])


def finished(
    layer: Any, attended: Tensor, flow: Flow, next_weight: Tensor, live: Tensor | None
) -> Flow:
    """Takes a layer from its attention to its end.

    Args:
        layer: An encoder's or decoder's layer, of Transformers.
        attended: (B, L, H, D), what attention made.
        flow: Into the layer.
        next_weight: (H,) of the norm that comes after the layer.
        live: (T,) bool: the rows that the experts have to run for; None is all.

    Source: `DiffusionGemmaDecoderTextLayer.forward` in Transformers.
    """
    eps = layer.input_layernorm.eps
    after = after_attention(
        product(layer.self_attn.o_proj, attended.view(len(flow.residual), -1)),
        flow.residual,
        post_weight=layer.post_attention_layernorm.weight,
        dense_weight=layer.pre_feedforward_layernorm.weight,
        expert_weight=layer.pre_feedforward_layernorm_2.weight,
        router_scale=layer.router.scale,
        eps=eps,
    )
    residual, normed = after_experts(
        _dense(layer.mlp, after.for_dense),
        _experts(layer, after.for_experts, after.for_router, live),
        after.residual,
        dense_weight=layer.post_feedforward_layernorm_1.weight,
        expert_weight=layer.post_feedforward_layernorm_2.weight,
        post_weight=layer.post_feedforward_layernorm.weight,
        layer_scalar=layer.layer_scalar,
        next_weight=next_weight,
        eps=eps,
    )
    return Flow(residual=residual, normed=normed)


def _dense(mlp: Any, normed: Tensor) -> Tensor:
    gate, up = product(mlp.gate_proj, normed), product(mlp.up_proj, normed)
    return product(mlp.down_proj, gated(gate, up))


def _experts(layer: Any, normed: Tensor, routed: Tensor, live: Tensor | None) -> Tensor:
    router = layer.router
    choices, weights = chosen_experts(
        linear(routed, router.proj.weight), router.per_expert_scale, router.config.top_k_experts
    )
    gate_up, down = matrices_of(layer.experts)
    return masked_experts(normed, choices, weights, gate_up, down, live)
