"""The matrices of a loaded network's layers in fewer bits; vectors and tables stay as they are."""

from __future__ import annotations

from typing import Any

import torch
from transformers import DiffusionGemmaForBlockDiffusion

from engine.errors import EngineError, ModelError
from engine.expert_weights import GROUP, QUANTISERS, ExpertMatrix, Format

FORMATS: tuple[Format, ...] = ("plain", "fp8", "int4")
FP8_CAPABILITY = (8, 9)
LINEARS = (
    "self_attn.q_proj",
    "self_attn.k_proj",
    "self_attn.v_proj",
    "self_attn.o_proj",
    "mlp.gate_proj",
    "mlp.up_proj",
    "mlp.down_proj",
)


def check_format(format_: Format, kernels: str, device: torch.device) -> None:
    """Refuses what cannot run, before anything is loaded.

    Raises:
        EngineError: Only our kernels read quantised weights, and float8 needs a GPU that has it.
    """
    if format_ == "plain":
        return
    if kernels != "triton":
        raise EngineError(
            f"{format_} weights need the Triton kernels, and this model runs on torch's",
            code="KERNELS_UNAVAILABLE",
            hint="leave the weights plain, or run on a GPU",
        )
    if format_ == "fp8" and device.type == "cuda":
        found = torch.cuda.get_device_capability(device)
        if found < FP8_CAPABILITY:
            raise EngineError(
                f"fp8 weights need a GPU of compute capability 8.9, this one has "
                f"{'.'.join(map(str, found))}",
                code="KERNELS_UNAVAILABLE",
                hint="ask for int4 weights",
            )


def quantise_(
    network: DiffusionGemmaForBlockDiffusion, format_: Format, device: torch.device
) -> None:
    """Replaces the weights of experts, MLPs and projections, a layer at a time.

    Encoder and decoder share them before and after. Routers, norms, embeddings, head and
    self-conditioning stay as they are.

    Args:
        network: On any device; it loses the parameters that are replaced.
        format_: Anything but `plain`.
        device: Where the new weights go.

    Raises:
        ModelError: The sizes do not suit the format.
    """
    pairs = twin_layers(network)
    if format_ == "int4":
        _check_sizes(pairs[0][0], network.config.text_config)
    for layer, twin in pairs:
        experts = layer.experts
        matrices = tuple(
            _quantised(each.detach(), format_, device)
            for each in (experts.gate_up_proj, experts.down_proj)
        )
        for module in (experts, twin.experts):
            del module.gate_up_proj, module.down_proj
            module.quantised = matrices
        for (_, one), (_, other) in zip(decoder_linears(layer), decoder_linears(twin), strict=True):
            matrix = _quantised(one.weight.detach()[None], format_, device)
            for module in (one, other):
                del module.weight
                module.quantised = matrix


def twin_layers(network: DiffusionGemmaForBlockDiffusion) -> list[tuple[Any, Any]]:
    """Returns each layer of the decoder with the encoder's, whose weights it shares."""
    model: Any = network.model
    return list(zip(model.decoder.layers, model.encoder.language_model.layers, strict=True))


def decoder_linears(layer: Any) -> list[tuple[str, Any]]:
    """Returns a layer's linear modules that may be quantised, by their names in it."""
    return [(path, layer.get_submodule(path)) for path in LINEARS if _has(layer, path)]


def _has(layer: Any, path: str) -> bool:
    parent, _, name = path.rpartition(".")
    return getattr(layer.get_submodule(parent), name, None) is not None


def _check_sizes(layer: Any, text_config: Any) -> None:
    sizes = {module.in_features for _, module in decoder_linears(layer)}
    sizes.add(text_config.moe_intermediate_size)
    if odd := sorted(size for size in sizes if size % GROUP):
        raise ModelError(
            f"int4 weights need sizes that are multiples of {GROUP}, not {odd[0]}",
            hint="ask for fp8 or plain weights",
        )


def _quantised(weights: torch.Tensor, format_: Format, device: torch.device) -> ExpertMatrix:
    """One matrix at a time, since float32 copies of all are six times what is kept."""
    parts = [QUANTISERS[format_](each[None].to(device)) for each in weights]
    scales = [part.scale for part in parts if part.scale is not None]
    return ExpertMatrix(
        format=format_,
        values=torch.cat([part.values for part in parts]),
        scale=torch.cat(scales),
    )


def num_quantised(network: DiffusionGemmaForBlockDiffusion) -> int:
    """Returns how many weights are no parameters any more."""
    model: Any = network.model
    count = 0
    for layer in model.decoder.layers:
        matrices = [*getattr(layer.experts, "quantised", ())]
        linears = [module for _, module in decoder_linears(layer)]
        matrices += [module.quantised for module in linears if hasattr(module, "quantised")]
        count += sum(matrix.num_weights for matrix in matrices)
    return count
