"""Experts in fewer bits: their layouts, their error, and a network that has lost its own."""

import copy
from typing import Any

import pytest
import torch

from engine import Engine, EngineError, ModelError, Request
from engine.expert_weights import QUANTISERS, to_int4
from engine.kernels.quantised_linear import quantised_linear
from engine.model import load_model
from engine.quantise import check_format, num_quantised, quantise_
from tests.engine.kernels.device import DEVICE
from tests.engine.tiny import make_network, make_tokenizer


@pytest.mark.parametrize(("format_", "step"), [("fp8", 2**-4), ("int4", 1 / 15)])
def test_a_weight_is_off_by_half_a_step_at_most(format_, step):
    weights = torch.randn(2, 5, 128, generator=torch.Generator().manual_seed(0))
    found = QUANTISERS[format_](weights).dequantised()
    if format_ == "fp8":  # steps are relative, down to the smallest normal number
        largest = weights.abs().amax(-1, keepdim=True)
        allowed = torch.maximum(weights.abs() * step, largest / 448 * 2**-9)
    else:
        largest = weights.view(2, 5, 2, 64).abs().amax(-1).repeat_interleave(64, -1)
        allowed = largest * step
    assert ((found - weights).abs() <= allowed * 1.001).all()


def test_zeros_stay_zeros():
    for quantise in QUANTISERS.values():
        assert not quantise(torch.zeros(1, 2, 64)).dequantised().any()


def test_int4_is_packed_as_compressed_tensors_packs_it():
    # pack_to_int32 puts column 8 j + i at bits 4 i of word j, each value 8 more than it means
    codes = torch.arange(-8, 8).repeat(4).view(1, 1, 64)
    matrix = to_int4(codes.float() / 8 * 7.5)
    words = matrix.values.view(torch.int32)[0, 0].tolist()
    unpacked = [((word >> (4 * i)) & 15) - 8 for word in words for i in range(8)]
    assert unpacked == codes.flatten().tolist()


def test_a_network_runs_on_what_replaced_its_experts():
    made: Any = make_network(peaked=6.0)
    network = made.to(DEVICE)
    expected = copy.deepcopy(network)
    for layer in expected.model.decoder.layers:
        for name in ("gate_up_proj", "down_proj"):
            weights = getattr(layer.experts, name)
            weights.data = QUANTISERS["fp8"](weights.data).dequantised()
        for name, module in layer.named_modules():
            if name.startswith(("self_attn.", "mlp.")) and name.endswith("_proj"):
                module.weight.data = QUANTISERS["fp8"](module.weight.data[None]).dequantised()[0]
    count = sum(weight.numel() for weight in network.parameters())
    quantise_(network, "fp8", DEVICE)
    assert sum(weight.numel() for weight in network.parameters()) + num_quantised(network) == count
    tokenizer, request = make_tokenizer(), Request(text="x", max_tokens=12, max_steps=2, seed=1)
    from engine import LoadedModel
    from engine.stacked import Stacked

    made_ = LoadedModel.assemble("q", network, tokenizer, stacked=Stacked(network, 192))
    torch_ = LoadedModel.assemble("t", expected, tokenizer)
    answers = [Engine(each).generate(request).token_ids for each in (made_, torch_)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("format_", ["fp8", "int4"])
@pytest.mark.parametrize("rows", [1, 70])
def test_a_product_is_that_of_the_whole_weights(format_, rows):
    generator = torch.Generator().manual_seed(0)
    weights = (torch.randn(1, 90, 192, generator=generator) / 14).to(DEVICE)
    x = torch.randn(rows, 192, generator=generator).to(DEVICE)
    matrix = QUANTISERS[format_](weights)
    expected = x.double() @ matrix.dequantised()[0].double().T
    made = quantised_linear(x, matrix)
    torch.testing.assert_close(made.double(), expected, rtol=2e-5, atol=2e-6)


def test_sizes_that_do_not_suit_are_refused():
    with pytest.raises(ModelError, match="multiples of 64, not 16"):
        quantise_(make_network(), "int4", DEVICE)


def test_quantised_experts_need_our_kernels(monkeypatch):
    with pytest.raises(EngineError, match="need the Triton kernels"):
        load_model(weights="fp8")
    gpu = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (8, 0))
    with pytest.raises(EngineError, match=r"8\.9, this one has 8\.0"):
        check_format("fp8", "triton", gpu)
    check_format("int4", "triton", gpu)
