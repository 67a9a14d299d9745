"""The trial before a model is put on our kernels."""

import pytest
import torch

from engine.kernels import trial as module
from engine.kernels.trial import trial
from engine.stack import Stack
from tests.engine.kernels.device import DEVICE


def test_it_passes_and_leaves_the_callers_random_numbers_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    trial(DEVICE)
    assert torch.equal(torch.rand(3), expected)


def test_attention_that_computes_something_else_is_found(monkeypatch):
    right = module.canvas_attention
    monkeypatch.setattr(module, "canvas_attention", lambda *given: right(*given) * 1.1)
    with pytest.raises(RuntimeError, match="attention, heads of 256 kernels are off by"):
        trial(DEVICE)


def test_experts_that_compute_something_else_are_found(monkeypatch):
    monkeypatch.setattr(module, "TILES", {})
    right = module.masked_experts
    monkeypatch.setattr(module, "masked_experts", lambda *given: right(*given) + torch.nan)
    with pytest.raises(RuntimeError, match="experts kernels are off by nan"):
        trial(DEVICE)


def test_a_step_that_computes_something_else_is_found(monkeypatch):
    monkeypatch.setattr(module, "TILES", {})
    right = Stack.predict
    monkeypatch.setattr(Stack, "predict", lambda *given, **named: right(*given, **named) * 1.01)
    with pytest.raises(RuntimeError, match="a step's kernels are off by"):
        trial(DEVICE)
