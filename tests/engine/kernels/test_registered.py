"""The kernels inside Transformers' own modules, against the same modules on torch's kernels."""

import copy
from functools import partial
from typing import Any

import pytest
import torch
from transformers import DynamicCache

from engine import Engine, LoadedModel, Request, backend
from engine.kernels.registered import attention
from tests.engine.kernels.device import DEVICE
from tests.engine.tiny import CANVAS, WIDTH, make_network, make_tokenizer

assert_close = partial(torch.testing.assert_close, rtol=1e-4, atol=1e-4)
"""Logits of size 10 through two layers in float32."""


@pytest.fixture(scope="module")
def pair():
    """The same network on torch's kernels and on ours."""
    made: Any = make_network(peaked=6.0)
    on_torch = made.to(DEVICE)
    on_triton = copy.deepcopy(on_torch)
    backend.install(on_torch, "torch")
    backend.install(on_triton, "triton")
    return on_torch, on_triton


def ids(*shape, seed=0):
    return torch.randint(0, WIDTH, shape, generator=torch.Generator().manual_seed(seed)).to(DEVICE)


@torch.inference_mode()
def predicted(network, prompts, **inputs):
    """Encodes prompts one after the other, as commits are, and predicts a canvas."""
    cache = DynamicCache(config=network.config.text_config)
    for prompt in prompts:
        network.model.encoder(input_ids=prompt, past_key_values=cache)
    return network(decoder_input_ids=ids(1, CANVAS, seed=9), past_key_values=cache, **inputs).logits


# the window is 16 and Transformers keeps 15 tokens of it
@pytest.mark.parametrize("lengths", [[1], [15], [16], [17], [40], [9, 12], [12, 12, 12], [40, 12]])
def test_a_step_is_that_of_torch_below_at_and_above_the_window(pair, lengths):
    prompts = [ids(1, length, seed=length + at) for at, length in enumerate(lengths)]
    soft = torch.randn(1, CANVAS, WIDTH, generator=torch.Generator().manual_seed(1)).to(DEVICE)
    expected, made = (
        predicted(network, prompts, self_conditioning_logits=soft) for network in pair
    )
    assert_close(made, expected)


def test_padding_is_not_seen(pair):
    prompt = ids(2, 21)
    mask = torch.ones(2, 21, dtype=torch.long, device=DEVICE)
    mask[1, :8] = 0
    beside = torch.cat([mask, mask.new_ones(2, CANVAS)], dim=1)
    made = []
    for network in pair:
        cache = DynamicCache(config=network.config.text_config)
        with torch.inference_mode():
            network.model.encoder(input_ids=prompt, attention_mask=mask, past_key_values=cache)
            logits = network(
                decoder_input_ids=ids(2, CANVAS, seed=9),
                past_key_values=cache,
                decoder_attention_mask=beside,
            ).logits
        made.append(logits)
    assert_close(made[1], made[0])


def test_an_answer_is_that_of_torch(pair):
    tokenizer, request = make_tokenizer(), Request(text="a text", max_tokens=CANVAS, seed=3)
    engines = [Engine(LoadedModel.assemble("tiny", each, tokenizer)) for each in pair]
    expected, made = (engine.generate(request).token_ids for engine in engines)
    assert made == expected


def test_the_vision_tower_stays_on_torch(pair):
    _, on_triton = pair
    assert on_triton.config.text_config._attn_implementation == "blockform"
    assert on_triton.config.vision_config._attn_implementation == "sdpa"


def test_a_mask_that_is_no_mask_is_refused(pair):
    module = pair[1].model.decoder.layers[0].self_attn
    states = torch.randn(1, 1, 3, 16, device=DEVICE)
    with pytest.raises(ValueError, match="bool"):
        attention(module, states, states, states, torch.zeros(1, 1, 3, 3, device=DEVICE))
