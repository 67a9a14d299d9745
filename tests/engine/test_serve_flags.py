"""What is said on the command line about the model reaches the model, or is refused in one line."""

import warnings
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from blockform.cli import app
from engine import Engine, EngineError, Request, backend
from engine import engine as engine_module
from engine import model as model_module
from engine.model import load_model
from service import child, server

ASKED = {
    "device": "cuda:1",
    "threads": 3,
    "kernels": "torch",
    "weights": "int4",
    "context": 777,
}


@pytest.fixture
def source(monkeypatch):
    """Returns the engine that `blockform serve` with some options would load."""

    def said(*options: str) -> Any:
        taken = []

        async def serve(settings, _announce):
            taken.append(settings.source)

        monkeypatch.setattr(server, "serve", serve)
        done = CliRunner().invoke(app, ["serve", *options])
        assert done.exit_code == 0, done.output
        return taken[0]

    return said


@pytest.fixture
def loaded(monkeypatch):
    """What the engine is asked to load, in place of loading it."""
    calls = []
    monkeypatch.setattr(engine_module, "load_model", lambda *given: calls.append(given))
    monkeypatch.setattr(torch, "set_num_threads", lambda number: calls.append(number))
    return calls


def test_every_option_about_the_model_reaches_its_loading(source, loaded):
    options = [part for name, value in ASKED.items() for part in (f"--{name}", str(value))]
    child.load(source("--model", "some/model", *options))
    threads, given = loaded
    assert threads == 3
    assert given == ("some/model", "cuda:1", "torch", "int4", 777, "auto")


def test_left_out_they_are_the_engines_own_defaults(source, loaded):
    child.load(source())
    Engine.load(threads=1)
    assert loaded[:2] == loaded[2:]


def test_a_value_that_does_not_exist_is_a_wrong_call():
    for option, value in (("--kernels", "cuda"), ("--weights", "int2"), ("--context", "0")):
        assert CliRunner().invoke(app, ["serve", option, value]).exit_code == 2


def test_a_server_that_cannot_run_what_was_named_ends_in_one_line(monkeypatch):
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)  # the engine's process has no GPU either
    done = CliRunner().invoke(app, ["serve", "--kernels", "triton", "--port", "0"])
    assert done.exit_code == 4
    assert "KERNELS_UNAVAILABLE" in done.stderr
    assert "they need a CUDA device, not cpu" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def gpu(monkeypatch):
    """A GPU that exists by name only; a network for it stays where it is."""
    from engine.kernels import launching

    monkeypatch.setattr(launching, "INTERPRETED", False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (80 << 30, 80 << 30))
    monkeypatch.setattr(model_module, "place_", lambda *_: None)


def too_old(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (7, 5))


def not_installed(monkeypatch):
    monkeypatch.setattr(backend.importlib.util, "find_spec", lambda _: None)


def broken(monkeypatch):
    from engine.kernels import trial

    def fail(_):
        raise RuntimeError("PassManager::run failed\nwith a long explanation")

    monkeypatch.setattr(trial, "trial", fail)


OBSTACLES = {
    "an old GPU": (too_old, "of compute capability 7.5, they need 8.0"),
    "no Triton": (not_installed, "Triton is not installed"),
    "a compiler that fails": (broken, "PassManager::run failed"),
}


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize(("put", "reason"), OBSTACLES.values(), ids=list(OBSTACLES))
def test_what_was_not_named_falls_back_once_and_answers(monkeypatch, put, reason):
    put(monkeypatch)
    with pytest.warns(RuntimeWarning, match=reason) as warned:
        model = load_model(device="cuda")
    assert len(warned) == 1
    assert "long explanation" not in str(warned[0].message)
    assert model.stacked is None
    assert model.text_config._attn_implementation == "sdpa"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = Engine(model).generate(Request(text="a", max_tokens=8, max_steps=1))
    assert result.steps == 1


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize(("put", "reason"), OBSTACLES.values(), ids=list(OBSTACLES))
def test_what_was_named_is_refused_before_anything_is_loaded(monkeypatch, put, reason):
    put(monkeypatch)
    monkeypatch.setattr(model_module, "read_config", lambda _: pytest.fail("it was loaded"))
    with pytest.raises(EngineError, match=reason) as refusal:
        load_model(device="cuda", kernels="triton")
    assert refusal.value.code == "KERNELS_UNAVAILABLE"


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize("put", [too_old, not_installed, broken])
@pytest.mark.filterwarnings("ignore:running on torch:RuntimeWarning")
def test_weights_that_only_ours_read_are_refused_where_ours_do_not_run(monkeypatch, put):
    put(monkeypatch)
    with pytest.raises(EngineError, match="int4 weights need the Triton kernels"):
        load_model(device="cuda", weights="int4")


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize("kernels", ["torch", "auto", "triton"])
def test_a_gpu_with_too_little_memory_is_refused_before_weights_are_read(monkeypatch, kernels):
    monkeypatch.setattr(backend, "obstacle", lambda _: None)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (1 << 20, 80 << 30))
    read = model_module.DiffusionGemmaForBlockDiffusion
    monkeypatch.setattr(read, "from_pretrained", lambda *_, **__: pytest.fail("weights were read"))
    with pytest.raises(EngineError, match=r"the device has 0\.0 GB free") as refusal:
        load_model(device="cuda", kernels=kernels)
    assert refusal.value.code == "OUT_OF_MEMORY"
    assert refusal.value.hint
