"""What a model takes: reckoned from its config, held to what a network of that config has."""

from typing import Any

import pytest
import torch
from transformers import DiffusionGemmaConfig, DiffusionGemmaTextConfig
from typer.testing import CliRunner

from blockform.cli import app
from engine import EngineError
from engine.kv_cache import KVCache, layer_shapes
from engine.placement import compare
from engine.plan import CARDS, GB, fitting, plan, report
from tests.engine.tiny import make_network

WEIGHTS = ("experts", "attention", "dense MLP", "router", "embeddings", "self-conditioning")


def released():
    """The config of 26B-A4B, as of reference figures; no file of it is at hand."""
    wide: dict[str, Any] = {"global_head_dim": 512, "num_global_key_value_heads": 2}
    text = DiffusionGemmaTextConfig(
        **wide,
        vocab_size=262_144,
        hidden_size=2816,
        intermediate_size=2112,
        num_hidden_layers=30,
        num_attention_heads=16,
        num_key_value_heads=8,
        head_dim=256,
        sliding_window=1024,
        num_experts=128,
        top_k_experts=8,
        moe_intermediate_size=704,
        max_position_embeddings=262_144,
    )
    return DiffusionGemmaConfig(text_config=text, canvas_length=256)


def test_the_weights_are_those_of_a_network_but_for_its_vectors():
    network = make_network()
    counted = sum(
        weight.numel()
        for name, weight in network.named_parameters()
        if "vision" not in name and weight.dim() > 1
    )
    pieces = plan(network.config, "plain", context=64).pieces
    assert sum(pieces[name] for name in WEIGHTS) == 2 * counted


@pytest.mark.parametrize("context", [8, 16, 100])
def test_keys_and_values_are_those_of_the_buffers(context):
    config = make_network().config
    cache = KVCache(layer_shapes(config.text_config, context), torch.zeros(1, dtype=torch.bfloat16))
    buffers = sum(each.numel() * each.element_size() for each in cache._buffers)
    assert plan(config, "plain", context=context).pieces["keys and values"] == buffers


def test_the_released_model_has_its_published_size():
    pieces = plan(released(), "plain", context=8192).pieces
    billions = sum(pieces[name] for name in WEIGHTS) / 2 / 1e9
    assert billions == pytest.approx(25.2, abs=0.1)  # 25.25 with the vision tower's half


def test_fewer_bits_are_offered_as_memory_shrinks():
    offered = [fitting(released(), gb * GB, context=8192) for gb in (80, 32, 18, 10)]
    assert [each and each.format for each in offered] == ["plain", "fp8", "int4", None]


def test_what_does_not_fit_is_refused_with_what_would():
    wanted = plan(released(), "plain", context=8192)
    compare(wanted, None, wanted.total)
    best = fitting(released(), 32 * GB, context=8192)
    with pytest.raises(EngineError, match=r"32\.0 GB free") as refusal:
        compare(wanted, best, 32 * GB)
    assert refusal.value.code == "OUT_OF_MEMORY"
    assert refusal.value.hint == "fp8 weights fit"
    with pytest.raises(EngineError, match="--plan"):
        compare(wanted, None, GB)


def test_a_context_is_no_longer_than_the_model_has_positions_for():
    config: Any = make_network().config
    assert (
        plan(config, "plain", context=10**6).context == config.text_config.max_position_embeddings
    )


def test_the_report_speaks_of_every_card_and_adds_up():
    lines = report(released(), context=8192).split("\n")
    assert all(any(line.startswith(f"{card // GB} GB: ") for line in lines) for card in CARDS)
    columns = [line.rsplit(maxsplit=3)[1:] for line in lines[1:11]]
    for column in zip(*columns, strict=True):
        *pieces, total = map(float, column)
        assert sum(pieces) == pytest.approx(total, abs=0.05)


def test_serve_plan_prints_it_and_serves_nothing():
    done = CliRunner().invoke(app, ["serve", "--plan", "--context", "2000"])
    assert done.exit_code == 0
    assert "context 2000" in done.stdout
    assert CliRunner().invoke(app, ["serve", "--plan", "--model", "nowhere"]).exit_code == 4
