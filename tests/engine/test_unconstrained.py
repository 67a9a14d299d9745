"""Without a constraint the engine is Transformers' own `generate`, token for token."""

import math
from typing import Any

import pytest
import torch

from engine import Engine, FinishReason, LoadedModel, Request
from tests.engine.tiny import CANVAS, WIDTH, make_network, make_tokenizer

# Transformers' `generate` imports torch._inductor, and that a deprecated part of torch.jit.
pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script_method`:DeprecationWarning")

PROMPTS = ["a", "a text that is longer than the sliding window of the tiny model"]


def reference(network, prompt_ids, *, max_tokens, steps, seed):
    """Returns what Transformers generates, and the steps it took."""
    torch.manual_seed(seed)
    output = network.generate(
        torch.tensor([prompt_ids]), max_new_tokens=max_tokens, max_denoising_steps=steps
    )
    new = output.sequences[0, len(prompt_ids) :].tolist()
    kept = sum(token != 0 for token in new)
    return new, round(kept / float(output.tokens_per_forward[0]))


def cut(token_ids, end):
    return token_ids[: token_ids.index(end)] if end in token_ids else token_ids


@pytest.fixture(scope="module", params=[1.0, 6.0, 40.0], ids=["flat", "middling", "peaked"])
def tiny(request):
    network = make_network(seed=1, peaked=request.param)
    return Engine(LoadedModel.assemble("tiny", network, make_tokenizer()))


@pytest.mark.parametrize("seed", [0, 1, 12345])
@pytest.mark.parametrize("text", PROMPTS, ids=["short", "long"])
def test_tokens_equal_those_of_transformers(tiny, text, seed):
    prompt_ids = tiny.model.tokenizer(text)["input_ids"]
    max_tokens = 3 * CANVAS
    expected, steps = reference(
        tiny.model.network, prompt_ids, max_tokens=max_tokens, steps=7, seed=seed
    )
    result = tiny.generate(Request(text=text, max_tokens=max_tokens, max_steps=7, seed=seed))
    assert list(result.token_ids) == cut(expected, 1)
    assert result.steps == steps or 0 in expected


@pytest.mark.parametrize("stability", [0, 1, 2])
def test_canvases_settle_at_the_step_at_which_they_settle_in_transformers(stability, monkeypatch):
    network = make_network(seed=1, peaked=6.0)
    monkeypatch.setattr(network.generation_config, "stability_threshold", stability)
    monkeypatch.setattr(network.generation_config, "confidence_threshold", 1.0)
    # Random weights never come to rest; a liking for certain tokens lets them.
    liking = 12 * torch.randn(CANVAS, WIDTH, generator=torch.Generator().manual_seed(1))

    def liked(_module, _inputs, logits: Any) -> torch.Tensor:
        return logits + liking

    network.lm_head.register_forward_hook(liked)
    engine = Engine(LoadedModel.assemble("tiny", network, make_tokenizer()))
    expected, steps = reference(network, [67], max_tokens=36, steps=20, seed=0)
    assert 0 not in expected, "pads would hide the number of steps"
    result = engine.generate(Request(text="a", max_tokens=36, max_steps=20, seed=0))
    assert list(result.token_ids) == expected
    assert 3 * (stability + 1) <= result.steps == steps < 60


def test_tokens_equal_where_an_end_comes_on_the_second_canvas(tiny, monkeypatch):
    prompt_ids = tiny.model.tokenizer("b")["input_ids"]
    monkeypatch.setattr(tiny.model.network.generation_config, "eos_token_id", None)
    unended, _ = reference(tiny.model.network, prompt_ids, max_tokens=36, steps=5, seed=2)
    first, second = unended[:CANVAS], unended[CANVAS : 2 * CANVAS]
    end = next(token for token in second if token not in first and token > 2)
    monkeypatch.setattr(tiny.model.network.generation_config, "eos_token_id", end)
    ended, _ = reference(tiny.model.network, prompt_ids, max_tokens=36, steps=5, seed=2)
    engine = Engine(LoadedModel.assemble("tiny", tiny.model.network, tiny.model.tokenizer))
    result = engine.generate(Request(text="b", max_tokens=36, max_steps=5, seed=2))
    assert ended.index(end) < 2 * CANVAS
    assert list(result.token_ids) == cut(ended, end)
    assert result.finish_reason is FinishReason.COMPLETE
    assert result.num_blocks == 2


@pytest.mark.parametrize("max_tokens", [1, CANVAS - 1, CANVAS, CANVAS + 1])
def test_a_text_without_end_is_cut_at_the_budget(engine, max_tokens):
    result = engine.generate(Request(text="a", max_tokens=max_tokens, seed=1))
    assert len(result.token_ids) == max_tokens
    assert result.finish_reason is FinishReason.LENGTH
    assert result.num_blocks == math.ceil(max_tokens / CANVAS)
    assert result.diagnostics is None


def test_a_stop_returns_what_there_is(engine):
    result = engine.generate(Request(text="a", max_tokens=3 * CANVAS), should_stop=lambda: True)
    assert result.finish_reason is FinishReason.STOPPED
    assert (result.steps, result.num_blocks) == (1, 1)


def test_no_frame_is_overridden(engine):
    frames = []
    engine.generate(Request(text="a", max_tokens=CANVAS), on_event=frames.append)
    assert not any(any(frame.overridden) for frame in frames[:-1])
