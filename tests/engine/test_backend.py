"""Choosing kernels: what is asked by name is had or refused, what is not falls back and says so."""

import pytest
import torch

from engine import EngineError, backend
from engine.model import load_model

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def obstacle(monkeypatch):
    """Puts an obstacle in the way of our kernels, or none."""

    def put(reason):
        monkeypatch.setattr(backend, "obstacle", lambda _: reason)

    return put


def test_ours_run_where_nothing_is_in_the_way(obstacle):
    obstacle(None)
    assert backend.choose("auto", GPU) == backend.choose("triton", GPU) == "triton"


def test_torch_is_torch(obstacle):
    obstacle(None)
    assert backend.choose("torch", GPU) == backend.choose("auto", CPU) == "torch"


def test_what_was_asked_by_name_is_refused_with_the_reason(obstacle):
    obstacle("the GPU is too old")
    with pytest.raises(EngineError, match="too old") as refusal:
        backend.choose("triton", GPU)
    assert refusal.value.code == "KERNELS_UNAVAILABLE"
    assert refusal.value.hint


def test_what_was_not_asked_by_name_falls_back_with_one_warning(obstacle):
    obstacle("the GPU is too old")
    with pytest.warns(RuntimeWarning, match="too old") as warned:
        assert backend.choose("auto", GPU) == "torch"
    assert len(warned) == 1


@pytest.fixture
def native(monkeypatch):
    from engine.kernels import launching

    monkeypatch.setattr(launching, "INTERPRETED", False)


def test_a_cpu_is_no_gpu(native):
    with pytest.raises(EngineError, match="CUDA device, not cpu"):
        backend.choose("triton", CPU)


def test_an_old_gpu_is_named(native, monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))
    assert backend.obstacle(GPU) == "the GPU is of compute capability 7.5, they need 8.0"


@pytest.mark.parametrize("failure", [RuntimeError("ptxas died\nmore"), KeyError("sm_999")])
def test_a_compiler_that_fails_is_an_obstacle(native, monkeypatch, failure):
    from engine.kernels import trial

    def fail(_):
        raise failure

    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    monkeypatch.setattr(trial, "trial", fail)
    assert backend.obstacle(GPU) in ("ptxas died", "'sm_999'")


def test_a_loaded_model_runs_on_what_was_asked():
    assert load_model(kernels="triton").text_config._attn_implementation == "blockform"
    assert load_model().text_config._attn_implementation == "sdpa"
