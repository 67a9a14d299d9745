"""Experts of a loaded network in fewer bits; everything else stays as it is."""

from __future__ import annotations

from typing import Any

import torch
from transformers import DiffusionGemmaForBlockDiffusion

from engine.errors import EngineError, ModelError
from engine.expert_weights import GROUP, QUANTISERS, ExpertMatrix, Format

FORMATS: tuple[Format, ...] = ("plain", "fp8", "int4")
FP8_CAPABILITY = (8, 9)


def check_format(format_: Format, kernels: str, device: torch.device) -> None:
    """Refuses what cannot run, before anything is loaded.

    Raises:
        EngineError: Only our kernels read quantised experts, and float8 needs a GPU that has it.
    """
    if format_ == "plain":
        return
    if kernels != "triton":
        raise EngineError(
            f"{format_} experts need the Triton kernels, and this model runs on torch's",
            code="KERNELS_UNAVAILABLE",
            hint="leave the experts plain, or run on a GPU",
        )
    if format_ == "fp8" and device.type == "cuda":
        found = torch.cuda.get_device_capability(device)
        if found < FP8_CAPABILITY:
            raise EngineError(
                f"fp8 experts need a GPU of compute capability 8.9, this one has "
                f"{'.'.join(map(str, found))}",
                code="KERNELS_UNAVAILABLE",
                hint="ask for int4 experts",
            )


def quantise_(
    network: DiffusionGemmaForBlockDiffusion, format_: Format, device: torch.device
) -> None:
    """Replaces the experts' weights, a layer at a time, and puts them on a device.

    Encoder and decoder share them before and after.

    Args:
        network: On any device; it loses the parameters of its experts.
        format_: Anything but `plain`.
        device: Where the experts go.

    Raises:
        ModelError: The experts' sizes do not suit the format.
    """
    text_config: Any = network.config.text_config
    sizes = (text_config.hidden_size, text_config.moe_intermediate_size)
    if format_ == "int4" and any(size % GROUP for size in sizes):
        raise ModelError(
            f"int4 experts need sizes that are multiples of {GROUP}, not {sizes[0]} and {sizes[1]}",
            hint="ask for fp8 or plain experts",
        )
    model: Any = network.model
    for layer, twin in zip(model.decoder.layers, model.encoder.language_model.layers, strict=True):
        quantised = _quantised(layer.experts, format_, device)
        for module in (layer.experts, twin.experts):
            del module.gate_up_proj, module.down_proj
            module.quantised = quantised


def _quantised(
    module: Any, format_: Format, device: torch.device
) -> tuple[ExpertMatrix, ExpertMatrix]:
    """An expert at a time, since float32 copies of a whole layer are six times what it keeps."""
    quantise = QUANTISERS[format_]
    matrices = []
    for weights in (module.gate_up_proj.detach(), module.down_proj.detach()):
        parts = [quantise(each[None].to(device)) for each in weights]
        scales = [part.scale for part in parts if part.scale is not None]
        matrices.append(
            ExpertMatrix(
                format=format_,
                values=torch.cat([part.values for part in parts]),
                scale=torch.cat(scales),
            )
        )
    return matrices[0], matrices[1]


def num_quantised(network: DiffusionGemmaForBlockDiffusion) -> int:
    """Returns how many weights are no parameters any more."""
    model: Any = network.model
    matrices = [
        matrix
        for layer in model.decoder.layers
        for matrix in getattr(layer.experts, "quantised", ())
    ]
    return sum(matrix.num_weights for matrix in matrices)
