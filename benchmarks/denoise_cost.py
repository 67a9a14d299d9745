"""What a denoise step computes and moves, by piece, and the least time it can take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.expert_weights import Format
from engine.plan import BITS, BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A part of a step.

    Attributes:
        flops: A multiplication and an addition are two.
        moved: Bytes read from and written to memory, each once.
    """

    flops: float
    moved: float

    def floor(self, bandwidth: float, flops: float) -> float:
        """Returns the seconds it takes at least, on a device of so many bytes and FLOP a second."""
        return max(self.moved / bandwidth, self.flops / flops)


def pieces(
    config: Any,
    *,
    batch: int,
    canvas: int,
    prefix: int,
    format_: Format,
    columns: int | None = None,
) -> dict[str, Piece]:
    """Returns the pieces of a step.

    Weights are read once; experts those that uniform routing hits, E (1 - (1 - K / E)^T) of them
    (reference kernels.md section 4). Keys and values are counted once for each text.

    Args:
        config: A `DiffusionGemmaConfig`.
        batch: B.
        canvas: L.
        prefix: Tokens that stand before each canvas.
        format_: Of the layers' matrices.
        columns: Of the vocabulary, of head and self-conditioning; None is all.
    """
    text = config.text_config
    rows, hidden, layers = batch * canvas, text.hidden_size, text.num_hidden_layers
    bits = BITS[format_]
    num, top = text.num_experts, text.top_k_experts
    hit = num * (1 - (1 - top / num) ** rows)
    expert = 3 * text.moe_intermediate_size * hidden
    activations = rows * hidden * BYTES
    dense = 3 * text.intermediate_size * hidden
    width = text.vocab_size if columns is None else columns
    vocabulary = width * hidden
    return {
        "projections": _product(rows, sum(_projected(text, i) for i in range(layers)), bits),
        "attention": _attention(text, batch, canvas, prefix),
        "dense MLP": _product(rows, layers * dense, bits),
        "router": _product(rows, layers * num * hidden, 16),
        "experts": Piece(
            flops=2.0 * rows * top * expert * layers,
            moved=layers * (hit * expert * bits / 8 + 4 * top * activations),
        ),
        "rows between": Piece(flops=0.0, moved=layers * 12.0 * activations),
        "head": _product(rows, vocabulary, 16),
        "self-conditioning": _product(rows, vocabulary + dense, 16),
        "logits": Piece(flops=0.0, moved=2.0 * 4 * rows * width),
    }


def _product(rows: int, weights: int, bits: float) -> Piece:
    return Piece(flops=2.0 * rows * weights, moved=weights * bits / 8)


def _projected(text: Any, index: int) -> int:
    layer = text.per_layer_config[index]
    keys = 2 if text.layer_types[index] == "sliding_attention" else 1
    heads = 2 * text.num_attention_heads + keys * layer.num_key_value_heads
    return text.hidden_size * layer.head_dim * heads


def _attention(text: Any, batch: int, canvas: int, prefix: int) -> Piece:
    flops = moved = 0.0
    for index, kind in enumerate(text.layer_types):
        layer = text.per_layer_config[index]
        kept = min(prefix, text.sliding_window - 1) if kind == "sliding_attention" else prefix
        keys = kept + canvas
        flops += 4.0 * batch * canvas * keys * text.num_attention_heads * layer.head_dim
        numbers = 2 * keys * layer.num_key_value_heads + 2 * canvas * text.num_attention_heads
        moved += BYTES * batch * numbers * layer.head_dim
    return Piece(flops=flops, moved=moved)
