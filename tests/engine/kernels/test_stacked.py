"""The engine on our kernels, against the engine on torch's."""

import copy
from typing import Any

import pytest
import torch

from constraints import Regex
from engine import Engine, LoadedModel, Request
from engine.graphs import Graphs
from engine.stack import Canvases, Stack
from engine.stacked import Stacked, bucket
from tests.engine.kernels.device import DEVICE
from tests.engine.tiny import CANVAS, WIDTH, make_network, make_tokenizer


@pytest.fixture(scope="module")
def network():
    made: Any = make_network(peaked=6.0)
    return made.to(DEVICE)


@pytest.fixture(scope="module")
def engines(network):
    tokenizer = make_tokenizer()
    on_torch = LoadedModel.assemble("tiny", copy.deepcopy(network), tokenizer)
    on_ours = LoadedModel.assemble("tiny", network, tokenizer, stacked=Stacked(network, 192))
    return Engine(on_torch), Engine(on_ours)


@pytest.mark.parametrize(
    "request_",
    [
        Request(text="a text", max_tokens=2 * CANVAS, max_steps=2, seed=3),
        Request(text="x", max_tokens=20, max_steps=2, seed=1, spec=Regex("[ab]{3,12}")),
    ],
    ids=["free", "constrained"],
)
def test_an_answer_is_that_of_torch(engines, request_):
    expected, made = (engine.generate(request_) for engine in engines)
    assert made.token_ids == expected.token_ids
    assert made.steps == expected.steps


def test_a_text_too_long_for_the_buffers_is_refused_before_the_model_runs(engines):
    assert engines[1].info.max_input_tokens == 192 - CANVAS
    with pytest.raises(Exception, match="at most 180 fit"):
        engines[1].generate(Request(text="x" * 181, max_tokens=CANVAS))


@pytest.mark.parametrize(
    ("length", "filled"), [(1, 16), (16, 16), (17, 24), (25, 32), (33, 48), (192, 192), (256, 256)]
)
def test_lengths_are_few(length, filled):
    assert bucket(length) == filled


def test_a_warm_up_leaves_every_place_free(network):
    stacked = Stacked(network, 32)
    stacked.warm_up(CANVAS)
    assert stacked.open().index == 0


def recorder(calls):
    """Stands for CUDA's: a replay runs the call again."""

    def record(call):
        calls.append(call)
        return call

    return record


@torch.inference_mode()
def test_a_recording_is_replayed_on_new_inputs_until_the_buffers_move(network):
    stack, calls = Stack(network, 32), []
    graphs = Graphs(stack, recorder(calls))
    place = stack.cache.open()
    stack.encode(place, [5, 6, 7])

    def canvases(seed, soft=None, length=5):
        generator = torch.Generator().manual_seed(seed)
        tokens = torch.randint(0, WIDTH, (1, length), generator=generator).to(DEVICE)
        places = torch.tensor([place.index], dtype=torch.int32, device=DEVICE)
        live = torch.ones(1, length, dtype=torch.bool, device=DEVICE)
        if soft is None:
            soft = torch.zeros(1, length, stack.width, device=DEVICE)
        return Canvases(token_ids=tokens, live=live, places=places, soft=soft)

    for seed in (1, 2):
        assert torch.equal(graphs.predict(canvases(seed)), stack.predict(canvases(seed)))
    assert len(calls) == 1
    soft = torch.randn(1, 5, stack.width, device=DEVICE)
    assert torch.equal(graphs.predict(canvases(1, soft)), stack.predict(canvases(1, soft)))
    stack.encode(place, [8])
    kept = graphs.predict(canvases(3))
    expected = stack.predict(canvases(3))
    assert torch.equal(kept, expected)
    assert len(calls) == 1
    longer = canvases(5, length=9)
    assert torch.equal(graphs.predict(longer), stack.predict(longer))
    assert torch.equal(graphs.predict(canvases(1)), stack.predict(canvases(1)))
    assert len(calls) == 2
    assert torch.equal(kept, expected)
    others = stack.cache.open()  # more texts than there were places: the buffers grow
    assert others.index != place.index
    assert torch.equal(graphs.predict(canvases(4)), stack.predict(canvases(4)))
    assert len(calls) == 3
