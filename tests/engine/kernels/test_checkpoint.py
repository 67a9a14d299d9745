"""A checkpoint in the layout of the released one, vision tower included, on our kernels."""

import shutil
from typing import Any

import pytest
import torch
from safetensors import safe_open
from transformers import (
    DiffusionGemmaConfig,
    DiffusionGemmaForBlockDiffusion,
    DiffusionGemmaTextConfig,
    DynamicCache,
    Gemma4VisionConfig,
)

from engine import ModelError
from engine.clock import Stopwatch
from engine.context import Context
from engine.model import load_model
from engine.predictor import Predictor, Row, Said
from tests.engine.tiny import WIDTH, make_tokenizer

LAYERS = 6


def released_in_small():
    """Five sliding layers to a full one, few wide global heads, a tower of several layers."""
    wide: dict[str, Any] = {"global_head_dim": 32, "num_global_key_value_heads": 1}
    text = DiffusionGemmaTextConfig(
        **wide,
        vocab_size=WIDTH,
        hidden_size=64,
        intermediate_size=64,
        num_hidden_layers=LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        sliding_window=16,
        num_experts=16,
        top_k_experts=8,
        moe_intermediate_size=64,
        max_position_embeddings=512,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=2,
    )
    vision = Gemma4VisionConfig(
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        head_dim=16,
        patch_size=4,
        position_embedding_size=16,
    )
    config = DiffusionGemmaConfig(
        text_config=text,
        vision_config=vision,
        canvas_length=12,
        image_token_id=WIDTH - 1,
        boi_token_id=WIDTH - 2,
        eoi_token_id=WIDTH - 3,
    )
    torch.manual_seed(0)
    return DiffusionGemmaForBlockDiffusion(config).eval()


@pytest.fixture(scope="module")
def network():
    made: Any = released_in_small()
    with torch.no_grad():
        for index, layer in enumerate(made.model.encoder.language_model.layers):
            layer.layer_scalar.fill_(0.9 + index / 50)
        for index, layer in enumerate(made.model.decoder.layers):
            layer.layer_scalar.fill_(0.8 + index / 50)
    return made


@pytest.fixture(scope="module")
def folder(network, tmp_path_factory):
    path = tmp_path_factory.mktemp("checkpoint")
    network.save_pretrained(path, max_shard_size="400KB")
    make_tokenizer().save_pretrained(path)
    return path


def test_the_layout_is_the_released_ones(folder):
    names = set()
    for shard in folder.glob("*.safetensors"):
        with safe_open(shard, "pt") as file:
            names |= set(file.keys())
    assert (folder / "model.safetensors.index.json").exists()
    text = {name for name in names if "vision" not in name}
    scalars = {f"model.encoder.language_model.layers.{i}.layer_scalar" for i in range(LAYERS)}
    assert {name for name in text if not name.startswith("model.decoder.")} == scalars
    assert "model.decoder.layers.0.self_attn.v_proj.weight" in names
    assert f"model.decoder.layers.{LAYERS - 1}.self_attn.v_proj.weight" not in names
    assert any(name.startswith("model.encoder.vision_tower.") for name in names)


@torch.inference_mode()
def predicted(model, prompt, canvas):
    """What a loaded model says of a canvas behind a prompt."""
    context = Context(model, Stopwatch())
    context.append(prompt)
    tokens, one = torch.tensor([canvas], device=model.device), torch.tensor(1.0)
    row = Row(context=context, canvas=tokens, told=None, temperature=one)
    [made] = Predictor(model).predict([row])
    assert isinstance(made, Said)
    return made.logits.cpu()


@torch.inference_mode()
def test_it_predicts_on_our_kernels_what_transformers_predicts(folder, network):
    cache = DynamicCache(config=network.config.text_config)
    generator = torch.Generator().manual_seed(1)
    prompt = torch.randint(0, WIDTH, (1, 30), generator=generator)
    canvas = torch.randint(0, WIDTH, (1, 12), generator=generator)
    network.model.encoder(input_ids=prompt, past_key_values=cache)
    expected = network(decoder_input_ids=canvas, past_key_values=cache).logits
    model = load_model(str(folder), kernels="triton", context=64)
    made = predicted(model, prompt[0].tolist(), canvas[0].tolist())
    torch.testing.assert_close(made, expected, rtol=1e-4, atol=1e-4)


def test_in_fewer_bits_it_is_the_same_model_but_for_rounding(folder):
    plain, small = (
        load_model(str(folder), kernels="triton", weights=weights, context=32)
        for weights in ("plain", "int4")
    )
    assert small.info.num_parameters == plain.info.num_parameters
    logits = [predicted(model, [5, 6, 7], [8, 9]) for model in (plain, small)]
    gap = (logits[0] - logits[1]).abs().mean()
    assert 0 < gap < 0.5 * logits[0].std()


def test_a_shard_that_is_missing_is_named(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copy")
    next((tmp_path / "copy").glob("model-00002*.safetensors")).unlink()
    with pytest.raises(ModelError, match="cannot be loaded"):
        load_model(str(tmp_path / "copy"))
