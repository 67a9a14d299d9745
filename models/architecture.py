"""The small DiffusionGemma: its shape, and the initialisation that lets it learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import (
    DiffusionGemmaConfig,
    DiffusionGemmaForBlockDiffusion,
    DiffusionGemmaTextConfig,
    Gemma4VisionConfig,
)

POST_NORM_GAIN = 0.3
PROMPT_STYLE = "outline"
OWN_KEYS: dict[str, Any] = {
    "blockform_prompt": PROMPT_STYLE,
    "blockform_self_conditioning": "logits",  # as in training
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The sizes of the default model; head_dim is the same in sliding and full layers."""

    hidden: int = 192
    layers: int = 4
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 48
    dense: int = 384
    experts: int = 8
    top_k: int = 2
    expert: int = 96
    window: int = 512
    canvas: int = 4
    positions: int = 4096


def model_config(
    shape: Shape, vocab_size: int, pad: int, eos: int, bos: int
) -> DiffusionGemmaConfig:
    """Returns the configuration of a model of this shape; the last layer attends to everything."""
    kinds = ["full_attention", "sliding_attention"]
    layer_types = [kinds[(shape.layers - 1 - i) % 2] for i in range(shape.layers)]
    full_attention: dict[str, Any] = {
        "global_head_dim": shape.head_dim,
        "num_global_key_value_heads": shape.kv_heads,
    }
    text = DiffusionGemmaTextConfig(
        **full_attention,
        vocab_size=vocab_size,
        hidden_size=shape.hidden,
        intermediate_size=shape.dense,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_dim,
        sliding_window=shape.window,
        num_experts=shape.experts,
        top_k_experts=shape.top_k,
        moe_intermediate_size=shape.expert,
        max_position_embeddings=shape.positions,
        layer_types=layer_types,
        pad_token_id=pad,
        eos_token_id=eos,
        bos_token_id=bos,
    )
    return DiffusionGemmaConfig(
        **OWN_KEYS,
        text_config=text,
        vision_config=_smallest_vision_tower(),
        canvas_length=shape.canvas,
        image_token_id=vocab_size - 1,
        boi_token_id=vocab_size - 2,
        eoi_token_id=vocab_size - 3,
    )


def _smallest_vision_tower() -> Gemma4VisionConfig:
    """The class cannot do without a vision tower; this one has three thousand parameters."""
    return Gemma4VisionConfig(
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=16,
        patch_size=4,
        position_embedding_size=16,
    )


def new_model(config: DiffusionGemmaConfig, seed: int) -> DiffusionGemmaForBlockDiffusion:
    """Returns an untrained model whose three stock initialisations are replaced."""
    torch.manual_seed(seed)
    model = DiffusionGemmaForBlockDiffusion(config)
    repair_initialisation_(model)
    return model


@torch.no_grad()
def repair_initialisation_(model: DiffusionGemmaForBlockDiffusion) -> None:
    """Gives a fresh model unit embeddings, scaled attention and quiet residual branches.

    The stock values suit a pretrained checkpoint only: attention has no 1/sqrt(d), embeddings
    start fifty times too small, and every branch is added at full strength. With them a small
    model does not learn to copy.
    """
    text_config: Any = model.config.text_config
    nn.init.normal_(model.model.decoder.embed_tokens.weight, std=text_config.hidden_size**-0.5)
    for name, parameter in model.named_parameters():
        if name.endswith("q_norm.weight"):
            parameter.fill_(parameter.shape[0] ** -0.5)
        if name.endswith(("post_attention_layernorm.weight", "post_feedforward_layernorm.weight")):
            parameter.fill_(POST_NORM_GAIN)
        if "vision" not in name and name.endswith("_proj.weight"):
            nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5)
        if name.endswith(("gate_up_proj", "down_proj")):
            nn.init.normal_(parameter, std=parameter.shape[-1] ** -0.5)
