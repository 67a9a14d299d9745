"""Checkpoints that others have quantised, in the layouts of compressed-tensors, on our kernels.

The layouts are written here from their description, without the reader's code; the same reader was
run on folders that compressed-tensors 0.20.0 had written (docs/design/009).
"""

import copy
import json
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import DynamicCache

from engine import EngineError, ModelError
from engine.compressed import format_of
from engine.expert_weights import ExpertMatrix
from engine.kernels.quantised_linear import quantised_linear
from engine.model import load_model
from tests.engine.kernels.device import DEVICE
from tests.engine.kernels.test_checkpoint import predicted, released_in_small
from tests.engine.tiny import WIDTH, make_tokenizer

LINEAR = ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj")
LINEAR += ("mlp.gate_proj", "mlp.up_proj", "mlp.down_proj")


def packed(codes):
    """Eight codes from -8 to 7 in each int32, the first in its lowest bits, each 8 more."""
    rows = (codes.long() + 8).view(len(codes), -1, 8)
    words = torch.stack([rows[:, :, i] << (4 * i) for i in range(8)]).sum(0)
    return torch.where(words >= 2**31, words - 2**32, words).int()


def by_int4(weight, group):
    """What is saved of a matrix, and the matrix that it stands for."""
    parts = weight.view(len(weight), -1, group)
    scale = (parts.abs().amax(-1) / 7).clamp(min=1e-6)
    codes = (parts / scale[..., None]).round().clamp(-8, 7)
    saved = {
        "weight_packed": packed(codes.view(weight.shape)),
        "weight_scale": scale,
        "weight_shape": torch.tensor(weight.shape),
    }
    return saved, (codes * scale[..., None]).view(weight.shape)


def by_fp8(weight, whole):
    largest = weight.abs().amax() if whole else weight.abs().amax(-1, keepdim=True)
    scale = largest / 448
    values = (weight / scale).to(torch.float8_e4m3fn)
    return {
        "weight": values,
        "weight_scale": scale.reshape(-1, 1) if not whole else scale.view(1),
    }, (values.float() * scale)


WAYS = {
    "int4 by 32": ("pack-quantized", lambda w: by_int4(w, 32)),
    "int4 by channel": ("pack-quantized", lambda w: by_int4(w, w.shape[1])),
    "fp8 by channel": ("float-quantized", lambda w: by_fp8(w, whole=False)),
    "fp8 by tensor": ("float-quantized", lambda w: by_fp8(w, whole=True)),
}


def quantization_config(name, way):
    bits = 4 if name == "pack-quantized" else 8
    strategy = {"int4 by 32": "group", "fp8 by tensor": "tensor"}.get(way, "channel")
    weights = {"num_bits": bits, "strategy": strategy, "symmetric": True}
    groups = {"group_0": {"targets": ["Linear"], "weights": weights}}
    return {"quant_method": "compressed-tensors", "format": name, "config_groups": groups}


def names_of(weights, prefix):
    """Matrices to quantise, an expert's gate and up apart, by the names they are saved under."""
    found = {f"{prefix}.{name}": weights.pop(f"{prefix}.{name}.weight") for name in LINEAR
             if f"{prefix}.{name}.weight" in weights}  # fmt: skip
    first, second = (weights.pop(f"{prefix}.experts.{n}") for n in ("gate_up_proj", "down_proj"))
    for expert, (gate_up, down) in enumerate(zip(first, second, strict=True)):
        gate, up = gate_up.chunk(2)
        for name, each in (("gate", gate), ("up", up), ("down", down)):
            found[f"{prefix}.experts.{expert}.{name}_proj"] = each
    return found


@pytest.fixture(scope="module")
def network():
    return released_in_small()


def saved(network, path, way):
    """A folder as others save it; returns the network of the matrices that it stands for."""
    name, quantise = WAYS[way]
    network.save_pretrained(path)
    make_tokenizer().save_pretrained(path)
    weights = load_file(path / "model.safetensors")
    expected = copy.deepcopy(network)
    modules = dict(expected.named_modules())
    for index in range(len(network.model.decoder.layers)):
        for key, weight in names_of(weights, f"model.decoder.layers.{index}").items():
            parts, meant = quantise(weight)
            weights |= {f"{key}.{part}": value.contiguous() for part, value in parts.items()}
            if ".experts." not in key:
                modules[key].weight.data = meant
                continue
            owner, expert, part = key.rsplit(".", 2)
            experts = modules[owner]
            size = experts.intermediate_dim
            into = {
                "gate_proj": experts.gate_up_proj.data[int(expert), :size],
                "up_proj": experts.gate_up_proj.data[int(expert), size:],
                "down_proj": experts.down_proj.data[int(expert)],
            }[part]
            into.copy_(meant)
    save_file(weights, path / "model.safetensors", metadata={"format": "pt"})
    change(path, quantization_config=quantization_config(name, way))
    return expected


def change(path, **changes):
    config = path / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | changes))


@pytest.mark.parametrize("way", list(WAYS))
def test_every_matrix_is_the_one_that_was_saved(network, tmp_path, way):
    expected = saved(network, tmp_path, way)
    model = load_model(str(tmp_path), kernels="triton", context=32)
    plain = sum(each.numel() for each in network.parameters())
    assert model.info.num_parameters == plain
    made: Any = model.network.model
    for side in (made.decoder.layers, made.encoder.language_model.layers):
        for layer, wanted in zip(side, expected.model.decoder.layers, strict=True):
            gate_up, down = layer.experts.quantised
            torch.testing.assert_close(gate_up.dequantised(), wanted.experts.gate_up_proj.data)
            torch.testing.assert_close(down.dequantised(), wanted.experts.down_proj.data)
            for name in LINEAR:
                if wanted.get_submodule(name.split(".")[0])._modules.get(name.split(".")[1]):
                    matrix = layer.get_submodule(name).quantised.dequantised()[0]
                    torch.testing.assert_close(matrix, wanted.get_submodule(name).weight.data)


@torch.inference_mode()
def test_a_checkpoint_predicts_what_its_matrices_do(network, tmp_path):
    expected = saved(network, tmp_path, "int4 by 32")
    model = load_model(str(tmp_path), kernels="triton", context=32)
    cache = DynamicCache(config=network.config.text_config)
    generator = torch.Generator().manual_seed(1)
    prompt = torch.randint(0, WIDTH, (1, 9), generator=generator)
    canvas = torch.randint(0, WIDTH, (1, 4), generator=generator)
    expected.model.encoder(input_ids=prompt, past_key_values=cache)
    wanted = expected(decoder_input_ids=canvas, past_key_values=cache).logits
    made = predicted(model, prompt[0].tolist(), canvas[0].tolist())
    torch.testing.assert_close(made, wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("group", [32, 128, 192])
def test_a_product_takes_groups_of_any_size(group):
    generator = torch.Generator().manual_seed(0)
    parts, meant = by_int4(torch.randn(70, 384, generator=generator) / 20, group)
    values = parts["weight_packed"].view(torch.uint8)[None].to(DEVICE)
    scale = parts["weight_scale"][None].to(DEVICE)
    matrix = ExpertMatrix(format="int4", values=values, scale=scale)
    assert matrix.group == group
    torch.testing.assert_close(matrix.dequantised()[0].cpu(), meant)
    x = torch.randn(5, 384, generator=generator).to(DEVICE)
    torch.testing.assert_close(
        quantised_linear(x, matrix).cpu(), x.cpu() @ meant.T, rtol=1e-4, atol=1e-4
    )


@pytest.fixture
def folder(network, tmp_path):
    network.save_pretrained(tmp_path)
    make_tokenizer().save_pretrained(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quant_method": "bitsandbytes"}, "quantised by 'bitsandbytes'"),
        ({"quant_method": "gptq"}, "quantised by 'gptq'"),
        ({"quant_method": "awq"}, "quantised by 'awq'"),
        ({"format": "nvfp4-pack-quantized"}, "the format 'nvfp4-pack-quantized'"),
        ({"weights": {"num_bits": 8}}, "weights of 8 bits as int4"),
        ({"weights": {"symmetric": False}}, "zero points"),
        ({"weights": {"strategy": "block"}}, "the strategy 'block'"),
        ({"weights": {"actorder": "group"}}, "order of activations"),
    ],
)
def test_what_no_kernel_reads_is_refused_by_name(folder, changes, said):
    config = quantization_config("pack-quantized", "int4 by 32")
    config["config_groups"]["group_0"]["weights"] |= changes.pop("weights", {})
    change(folder, quantization_config=config | changes)
    with pytest.raises(ModelError, match=said) as refusal:
        load_model(str(folder), kernels="triton")
    assert refusal.value.code == "QUANTISATION_UNSUPPORTED"
    assert "compressed-tensors" in (refusal.value.hint or "")


def test_a_plain_checkpoint_is_plain(network):
    assert format_of(network.config) == "plain"


def test_other_kernels_and_other_formats_are_refused(network, tmp_path):
    saved(network, tmp_path, "int4 by 32")
    with pytest.raises(EngineError, match="int4 weights need the Triton kernels"):
        load_model(str(tmp_path), kernels="torch")
    with pytest.raises(ModelError, match="int4 weights already"):
        load_model(str(tmp_path), kernels="triton", weights="fp8")


def test_a_matrix_that_is_not_there_or_misshapen_is_named(network, tmp_path):
    saved(network, tmp_path, "int4 by 32")
    weights = load_file(tmp_path / "model.safetensors")
    name = "model.decoder.layers.1.experts.3.up_proj.weight_packed"
    for changed, said in (
        ({key: value for key, value in weights.items() if key != name}, f"lacks {name}"),
        (weights | {name: weights[name][:-1].contiguous()}, "which is not its layout"),
    ):
        save_file(changed, tmp_path / "model.safetensors", metadata={"format": "pt"})
        with pytest.raises(ModelError, match=said):
            load_model(str(tmp_path), kernels="triton", context=32)
