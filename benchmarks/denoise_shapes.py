"""Shapes of models to time with random weights: the released one, and one for a CPU's patience."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers import DiffusionGemmaConfig, DiffusionGemmaTextConfig, Gemma4VisionConfig

RELEASED: Mapping[str, Any] = {
    "vocab_size": 262_144,
    "hidden_size": 2816,
    "intermediate_size": 2112,
    "num_hidden_layers": 30,
    "num_attention_heads": 16,
    "num_key_value_heads": 8,
    "head_dim": 256,
    "global_head_dim": 512,
    "num_global_key_value_heads": 2,
    "sliding_window": 1024,
    "num_experts": 128,
    "top_k_experts": 8,
    "moe_intermediate_size": 704,
    "max_position_embeddings": 262_144,
}
SMALL: Mapping[str, Any] = {
    **RELEASED,
    "vocab_size": 256,
    "hidden_size": 64,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 16,
    "global_head_dim": 32,
    "num_global_key_value_heads": 1,
    "sliding_window": 16,
    "num_experts": 8,
    "top_k_experts": 2,
    "moe_intermediate_size": 64,
    "max_position_embeddings": 4096,
}
SHAPES = {"26b-a4b": RELEASED, "small": SMALL}


def config_of(shape: str) -> DiffusionGemmaConfig:
    """Returns a config of a shape; the smallest vision tower there can be."""
    vision = Gemma4VisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=16,
        patch_size=4,
        position_embedding_size=16,
    )
    text = DiffusionGemmaTextConfig(**SHAPES[shape])
    return DiffusionGemmaConfig(text_config=text, vision_config=vision, canvas_length=256)
