"""What a model takes on a device, reckoned from its config before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.expert_weights import GROUP, Format
from engine.kv_cache import layer_shapes

GB = 10**9
BYTES = 2
"""Of a weight, and of what is kept of a token, in bfloat16."""

BITS: Mapping[Format, float] = {"plain": 16, "fp8": 8, "int4": 4 + 16 / GROUP}
"""Of a weight in a layer's matrices, scales of int4 included; fp8 has one for each row only."""

CARDS = (18 * GB, 32 * GB, 80 * GB)
VOCABULARY_BYTES = 14
"""Bytes for each position and token while a step runs: what the step before said and its shares,
the product and the logits, in float32 and in bfloat16 by turns; one more product is a reserve."""

OVERHEAD = GB
"""What the driver, torch, compiled kernels and fragments take; a guess, not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a model takes on a device.

    Attributes:
        pieces: Bytes by name.
        format: Of the layers' matrices.
        context: Tokens of a text at most.
        texts: Texts under way at once.
    """

    pieces: Mapping[str, int]
    format: Format
    context: int
    texts: int

    @property
    def total(self) -> int:
        """Bytes."""
        return sum(self.pieces.values())


def plan(config: Any, format_: Format, *, context: int, texts: int = 1) -> Plan:
    """Reckons what a model takes; its vision tower stays in main memory, for the engine reads text.

    Args:
        config: A `DiffusionGemmaConfig`.
        format_: Of the layers' matrices.
        context: Tokens of a text at most.
        texts: Texts under way at once.
    """
    text = config.text_config
    hidden, layers = text.hidden_size, text.num_hidden_layers
    context = min(context, text.max_position_embeddings)
    experts = 3 * layers * text.num_experts * text.moe_intermediate_size * hidden
    canvas = config.canvas_length or 256
    projections = sum(_attention(text, index) for index in range(layers))
    kept = sum(shape.values for shape in layer_shapes(text, context))
    pieces = {
        "experts": int(experts * BITS[format_] / 8),
        "attention": int(projections * BITS[format_] / 8),
        "dense MLP": int(3 * layers * text.intermediate_size * hidden * BITS[format_] / 8),
        "router": BYTES * layers * text.num_experts * hidden,
        "embeddings": BYTES * text.vocab_size * hidden,
        "self-conditioning": BYTES * 3 * text.intermediate_size * hidden,
        "keys and values": BYTES * kept * texts,
        "a step": VOCABULARY_BYTES * texts * canvas * text.vocab_size,
        "overhead": OVERHEAD,
    }
    return Plan(pieces=pieces, format=format_, context=context, texts=texts)


def _attention(text: Any, index: int) -> int:
    """Weights of one layer's projections."""
    layer = text.per_layer_config[index]
    projections = 2 if text.layer_types[index] == "sliding_attention" else 1
    heads = 2 * text.num_attention_heads + projections * layer.num_key_value_heads
    return text.hidden_size * layer.head_dim * heads


def fitting(config: Any, memory: int, *, context: int, texts: int = 1) -> Plan | None:
    """Returns the plan with the most bits that fits; None where not even int4 does.

    Args:
        config: A `DiffusionGemmaConfig`.
        memory: Bytes of the device.
        context: Tokens of a text at most.
        texts: Texts under way at once.
    """
    plans = [plan(config, format_, context=context, texts=texts) for format_ in BITS]
    return next((each for each in plans if each.total <= memory), None)


def report(config: Any, *, context: int, texts: int = 1) -> str:
    """Returns the plan of each format as a table, and what fits which card."""
    plans = [plan(config, format_, context=context, texts=texts) for format_ in BITS]
    rows = [("GB", *(each.format for each in plans))]
    for index, name in enumerate(plans[0].pieces):
        rows.append((name, *(f"{list(p.pieces.values())[index] / GB:.2f}" for p in plans)))
    rows.append(("total", *(f"{each.total / GB:.2f}" for each in plans)))
    width = max(len(row[0]) for row in rows)
    lines = [row[0].ljust(width) + "".join(cell.rjust(9) for cell in row[1:]) for row in rows]
    for card in CARDS:
        fits = fitting(config, card, context=context, texts=texts)
        lines.append(f"{card // GB} GB: " + (f"{fits.format} weights" if fits else "does not fit"))
    lines.append(f"context {plans[0].context}, texts {texts}; reckoned, not measured")
    return "\n".join(lines)
