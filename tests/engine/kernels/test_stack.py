"""Both passes on our kernels, against Transformers' own on torch's."""

from functools import partial
from typing import Any

import pytest
import torch
from transformers import DynamicCache

from engine import EngineError
from engine.head.fused import FusedHead
from engine.stack import Canvases, Stack
from tests.engine.kernels.device import DEVICE
from tests.engine.tiny import CANVAS, WIDTH, make_network

HIDDEN = 32

assert_close = partial(torch.testing.assert_close, rtol=1e-4, atol=1e-4)
"""Logits of size 10 through two layers in float32."""


@pytest.fixture(scope="module")
def network():
    made: Any = make_network(peaked=6.0)
    return made.to(DEVICE)


@pytest.fixture(scope="module")
def head(network):
    return FusedHead(network)


@pytest.fixture
def stack(network):
    return Stack(network, positions=96)


def ids(length, seed):
    return torch.randint(0, WIDTH, (length,), generator=torch.Generator().manual_seed(seed))


def told(batch, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, CANVAS, WIDTH, generator=generator).to(DEVICE)


def canvases(head, places, tokens, *, soft=None, lengths=None, knows=None):
    number = torch.arange(CANVAS, device=DEVICE)
    own = torch.tensor(lengths or [CANVAS] * len(places), device=DEVICE)
    return Canvases(
        token_ids=torch.stack(tokens).to(DEVICE),
        live=number < own[:, None],
        places=torch.tensor([place.index for place in places], dtype=torch.int32, device=DEVICE),
        soft=told_of(head, len(places), soft, knows or [True] * len(places)),
    )


def told_of(head, batch, soft, knows):
    """(B, L, H), as the predictor makes it."""
    if soft is None:
        return torch.zeros(batch, CANVAS, HIDDEN, device=DEVICE)
    made = head.soft([soft.flatten(0, 1)], None).view(batch, CANVAS, HIDDEN)
    return made * torch.tensor(knows, device=DEVICE)[:, None, None]


def logits_of(head, stack, canvases):
    """(B, L, V), at temperature 1."""
    hidden = stack.predict(canvases).flatten(0, 1)
    made = head.logits(hidden, torch.ones(len(hidden), device=DEVICE), None)
    return made.view(len(canvases.places), CANVAS, WIDTH)


@torch.inference_mode()
def by_transformers(network, prompts, tokens, soft=None):
    cache = DynamicCache(config=network.config.text_config)
    for prompt in prompts:
        network.model.encoder(input_ids=prompt[None].to(DEVICE), past_key_values=cache)
    return network(
        decoder_input_ids=tokens[None].to(DEVICE),
        past_key_values=cache,
        self_conditioning_logits=soft,
    ).logits[0]


# the window is 16
@pytest.mark.parametrize("lengths", [[1], [15], [16], [17], [40], [9, 12], [12, 12, 12], [40, 12]])
@torch.inference_mode()
def test_a_step_is_that_of_transformers_below_at_and_above_the_window(
    network, head, stack, lengths
):
    prompts = [ids(length, seed=length + at) for at, length in enumerate(lengths)]
    place, tokens, soft = stack.cache.open(), ids(CANVAS, seed=9), told(1)
    for prompt in prompts:
        stack.encode(place, prompt.tolist())
    made = logits_of(head, stack, canvases(head, [place], [tokens], soft=soft))[0]
    assert_close(made, by_transformers(network, prompts, tokens, soft))


@torch.inference_mode()
def test_texts_of_different_lengths_are_predicted_together(network, head, stack):
    prompts = [[ids(30, seed=1)], [ids(5, seed=2), ids(3, seed=3)], [ids(16, seed=4)]]
    tokens, soft = [ids(CANVAS, seed=seed) for seed in (5, 6, 7)], told(3)
    places = []
    for texts in prompts:
        places.append(stack.cache.open())
        for text in texts:
            stack.encode(places[-1], text.tolist())
    own, knows = [CANVAS, 7, 1], [True, False, True]
    made = logits_of(
        head, stack, canvases(head, places, tokens, soft=soft, lengths=own, knows=knows)
    )
    for row, length in enumerate(own):
        expected = by_transformers(
            network,
            prompts[row],
            tokens[row][:length],
            soft[row : row + 1, :length] if knows[row] else None,
        )
        assert_close(made[row, :length], expected)


@torch.inference_mode()
def test_a_long_prompt_in_chunks_is_one_prompt(network, head, stack, monkeypatch):
    from engine import stack as module

    monkeypatch.setattr(module, "CHUNK", 7)
    prompt, tokens, place = ids(50, seed=1), ids(CANVAS, seed=2), stack.cache.open()
    stack.encode(place, prompt.tolist())
    assert_close(
        logits_of(head, stack, canvases(head, [place], [tokens]))[0],
        by_transformers(network, [prompt], tokens),
    )


@torch.inference_mode()
def test_a_place_that_is_used_again_remembers_nothing(network, head, stack):
    tokens, place = ids(CANVAS, seed=2), stack.cache.open()
    stack.encode(place, ids(60, seed=1).tolist())
    index = place.index
    del place
    again = stack.cache.open()
    assert again.index == index
    stack.encode(again, ids(4, seed=3).tolist())
    assert_close(
        logits_of(head, stack, canvases(head, [again], [tokens]))[0],
        by_transformers(network, [ids(4, seed=3)], tokens),
    )


@torch.inference_mode()
def test_a_text_that_does_not_fit_is_refused(network):
    stack = Stack(network, positions=4)
    place = stack.cache.open()
    stack.encode(place, [5] * 3)
    with pytest.raises(EngineError, match="4 tokens"):
        stack.encode(place, [5] * 2)
