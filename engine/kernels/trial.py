"""A small run of the kernels that a model needs, held to torch, before a model is put on them."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers import (
    DiffusionGemmaConfig,
    DiffusionGemmaForBlockDiffusion,
    DiffusionGemmaTextConfig,
    DynamicCache,
    Gemma4VisionConfig,
)

from engine.attention import Cached, attend
from engine.expert_weights import plain
from engine.experts import run_experts
from engine.graphs import Graphs
from engine.head.fused import FusedHead
from engine.kernels.canvas_attention import TILES, canvas_attention
from engine.kernels.masked_experts import masked_experts
from engine.stack import Canvases, Stack

ROUNDED = 2e-2
"""bfloat16 has 8 bits, and the two round at different places."""
EXACT = 1e-3
"""Logits of size 1 through two layers in float32."""
WIDTH, PROMPT, CANVAS = 64, 20, 16


def trial(device: torch.device) -> None:
    """Runs attention in the tiles of large heads, experts, and a whole step of a tiny model.

    Raises:
        RuntimeError: They compute something else than torch does. Whatever the compiler or the
            driver raises passes through.
    """
    for size in TILES:
        _try_attention(device, size)
    _try_experts(device)
    _try_step(device)


def _drawn(device: torch.device, generator: torch.Generator, *shape: int) -> Tensor:
    return torch.randn(*shape, generator=generator).to(device, torch.bfloat16)


def _try_attention(device: torch.device, size: int) -> None:
    drawn = partial(_drawn, device, torch.Generator().manual_seed(0))
    lengths = torch.tensor([20], dtype=torch.int32, device=device)
    cached = Cached(key=drawn(1, 1, 32, size), value=drawn(1, 1, 32, size), lengths=lengths)
    canvas = (drawn(1, 1, 16, size), drawn(1, 1, 16, size), cached)
    query = drawn(1, 2, 16, size) * size**-0.5
    _compare(
        f"attention, heads of {size}", canvas_attention(query, *canvas), attend(query, *canvas)
    )


def _try_experts(device: torch.device) -> None:
    drawn = partial(_drawn, device, torch.Generator().manual_seed(1))
    choices = torch.arange(32, device=device).view(16, 2) % 4
    weights = torch.full((16, 2), 0.5, device=device)
    gate_up, down = plain(drawn(4, 128, 64) / 8), plain(drawn(4, 64, 64) / 8)
    hidden = drawn(16, 64)
    made = masked_experts(hidden, choices, weights, gate_up, down)
    _compare("experts", made, run_experts(hidden, choices, weights, gate_up, down))


@torch.inference_mode()
def _try_step(device: torch.device) -> None:
    network = _tiny_network().to(device)
    generator = torch.Generator().manual_seed(2)
    prompt = torch.randint(0, WIDTH, (1, PROMPT), generator=generator).to(device)
    tokens = torch.randint(0, WIDTH, (1, CANVAS), generator=generator).to(device)
    told = torch.randn(1, CANVAS, WIDTH, generator=generator).to(device)

    cache = DynamicCache(config=network.config.text_config)
    network.model.encoder(input_ids=prompt, past_key_values=cache)
    expected = network(
        decoder_input_ids=tokens, past_key_values=cache, self_conditioning_logits=told
    ).logits[0]

    stack, head = Stack(network, PROMPT + CANVAS), FusedHead(network)
    place = stack.cache.open()
    stack.encode(place, prompt[0].tolist())
    predict = Graphs(stack).predict if device.type == "cuda" else stack.predict
    hidden = predict(
        Canvases(
            token_ids=tokens,
            live=torch.ones_like(tokens, dtype=torch.bool),
            places=torch.tensor([place.index], dtype=torch.int32, device=device),
            soft=head.soft([told[0]], None)[None],
        )
    )
    made = head.logits(hidden[0], torch.ones(CANVAS, device=device), None)
    _compare("a step's", made, expected, EXACT)


def _tiny_network() -> Any:
    """A sliding layer and a full one, on whatever kernels Transformers chooses."""
    wide: dict[str, Any] = {"global_head_dim": 32, "num_global_key_value_heads": 1}
    text = DiffusionGemmaTextConfig(
        **wide,
        vocab_size=WIDTH,
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        sliding_window=16,
        num_experts=4,
        top_k_experts=2,
        moe_intermediate_size=64,
        max_position_embeddings=128,
        layer_types=["sliding_attention", "full_attention"],
    )
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
    config = DiffusionGemmaConfig(text_config=text, vision_config=vision, canvas_length=CANVAS)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return DiffusionGemmaForBlockDiffusion(config).eval()


def _compare(name: str, made: Tensor, expected: Tensor, tolerance: float = ROUNDED) -> None:
    error = float((made.float() - expected.float()).abs().max())
    if not error <= tolerance * max(1.0, float(expected.float().abs().max())):
        raise RuntimeError(f"the {name} kernels are off by {error:.3g}")
