"""The fused row kernels against Transformers' own modules, in float32 and in bfloat16."""

from functools import partial
from typing import Any

import pytest
import torch
from torch.nn.functional import gelu
from transformers.models.diffusion_gemma import modeling_diffusion_gemma as modules

from engine.kernels.rotary import heads
from engine.kernels.router import chosen_experts
from engine.kernels.rows import gated, norm
from engine.kernels.shares import shares_
from tests.engine.kernels.device import DEVICE
from tests.engine.tiny import make_network

assert_close = partial(torch.testing.assert_close, rtol=1e-5)
FORMATS = [torch.float32, torch.bfloat16]


def drawn(*shape, seed=0, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator).to(DEVICE, dtype)


def near(made, expected):
    """Equal but for two roundings to 8 bits, which the interpreter does by cutting off."""
    small = made.dtype is torch.bfloat16
    torch.testing.assert_close(
        made, expected, rtol=2**-6 if small else 1e-5, atol=2**-6 if small else 1e-5
    )


@pytest.mark.parametrize("dtype", FORMATS)
def test_norm_is_transformers_norm(dtype):
    module: Any = modules.DiffusionGemmaRMSNorm(40)
    module = module.to(DEVICE, dtype)
    module.weight.data = drawn(40, seed=1, dtype=dtype)
    x = drawn(3, 40, dtype=dtype)
    near(norm(x, module.weight, module.eps), module(x))


@pytest.mark.parametrize("dtype", FORMATS)
def test_heads_are_normed_and_turned_as_transformers_does(dtype):
    network: Any = make_network()
    attention = network.model.decoder.layers[1].self_attn.to(DEVICE, dtype)  # V from K
    for weights, seed in ((attention.q_norm.weight, 1), (attention.k_norm.weight, 2)):
        weights.data = drawn(16, seed=seed, dtype=dtype)
    query, key = drawn(5, 32, seed=3, dtype=dtype), drawn(5, 16, seed=4, dtype=dtype)
    angle = drawn(5, 16, seed=5)
    cos, sin = angle.cos().to(dtype), angle.sin().to(dtype)
    made = heads(
        query,
        key,
        key,
        query_weight=attention.q_norm.weight,
        key_weight=attention.k_norm.weight,
        cos=cos,
        sin=sin,
        eps=attention.q_norm.eps,
    )
    turn = partial(modules.apply_rotary_pos_emb, cos=cos, sin=sin)
    near(made[0], turn(attention.q_norm(query.view(5, 2, 16))))
    near(made[1], turn(attention.k_norm(key.view(5, 1, 16))))
    near(made[2], attention.v_norm(key.view(5, 1, 16)))


def test_the_router_chooses_as_transformers_does():
    network: Any = make_network()
    router = network.model.decoder.layers[0].router.to(DEVICE)
    router.per_expert_scale.data = drawn(4, seed=1).abs()
    hidden = drawn(50, 32, seed=2)
    _, weights, choices = router(hidden)
    scores = router.proj(router.norm(hidden) * router.scale * router.scalar_root_size)
    made_choices, made_weights = chosen_experts(scores, router.per_expert_scale, 2)
    assert torch.equal(made_choices.long(), choices)
    assert_close(made_weights, weights, atol=1e-6)


@pytest.mark.parametrize("top", [1, 3, 5])
def test_among_equals_the_first_experts_are_chosen(top):
    scores = torch.tensor([[1.0, 2.0, 2.0, 1.0, 2.0], [0.0] * 5], device=DEVICE)
    choices, weights = chosen_experts(scores, torch.ones(5, device=DEVICE), top)
    assert choices[0].tolist() == [1, 2, 4, 0, 3][:top]
    assert choices[1].tolist() == list(range(top))
    assert_close(weights.sum(-1), torch.ones(2, device=DEVICE), atol=1e-6)


@pytest.mark.parametrize("dtype", FORMATS)
def test_the_gate_is_gelu_in_its_tanh_form(dtype):
    gate, up = drawn(7, 150, dtype=dtype) * 3, drawn(7, 150, seed=1, dtype=dtype)
    near(gated(gate, up), gelu(gate, approximate="tanh") * up)


@pytest.mark.parametrize("width", [10, 4096, 5000])
def test_shares_are_softmax(width):
    logits = drawn(6, width) * 20
    logits[0, 1:] = -1e4  # as certain as a constraint makes it
    made = torch.full_like(logits, torch.nan)
    shares_(made, logits)
    assert_close(made, logits.softmax(-1), atol=1e-7)
