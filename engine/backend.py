"""Which kernels a model runs on: ours in Triton, or torch's."""

from __future__ import annotations

import importlib.util
import warnings
from typing import TYPE_CHECKING, Any, Literal

import torch
from transformers import DiffusionGemmaForBlockDiffusion

from engine.errors import EngineError
from engine.head import Head, Width

if TYPE_CHECKING:
    from engine.stacked import Stacked

Kernels = Literal["auto", "triton", "torch"]
KERNELS: tuple[Kernels, ...] = ("auto", "triton", "torch")

DEFAULT_CONTEXT = 8192
"""Tokens of a text, for which our kernels reserve room."""

OLDEST_CAPABILITY = (8, 0)
TORCH_ATTENTION, TORCH_EXPERTS = "sdpa", "grouped_mm"


def choose(asked: Kernels, device: torch.device) -> Literal["triton", "torch"]:
    """Returns the kernels to run on; tries ours once before it says so.

    Args:
        asked: By name, or `auto`: torch's on a CPU; ours on a GPU, or torch's with a warning
            where ours do not run.
        device: Where the model will be.

    Raises:
        EngineError: Ours were asked for by name and do not run.
    """
    if asked == "torch" or (asked == "auto" and device.type != "cuda"):
        return "torch"
    reason = obstacle(device)
    if reason is None:
        return "triton"
    if asked == "triton":
        raise EngineError(
            f"the Triton kernels do not run: {reason}",
            code="KERNELS_UNAVAILABLE",
            hint="ask for `auto` or `torch` kernels",
        )
    warnings.warn(f"running on torch's kernels: {reason}", RuntimeWarning, stacklevel=2)
    return "torch"


def obstacle(device: torch.device) -> str | None:
    """Returns why our kernels do not run on a device; None where they do."""
    if importlib.util.find_spec("triton") is None:
        return "Triton is not installed"
    from engine.kernels.launching import INTERPRETED

    if INTERPRETED:
        return None
    if device.type != "cuda":
        return f"they need a CUDA device, not {device.type}"
    capability = torch.cuda.get_device_capability(device)
    if capability < OLDEST_CAPABILITY:
        found, wanted = (".".join(map(str, each)) for each in (capability, OLDEST_CAPABILITY))
        return f"the GPU is of compute capability {found}, they need {wanted}"
    return _failure_of_a_trial(device)


def _failure_of_a_trial(device: torch.device) -> str | None:
    from engine.kernels.trial import trial

    try:
        trial(device)
    except Exception as error:  # noqa: BLE001 - a compiler may fail in any way it likes
        return (str(error).strip() or type(error).__name__).splitlines()[0]
    return None


def install(network: DiffusionGemmaForBlockDiffusion, kernels: Literal["triton", "torch"]) -> None:
    """Has the language model run on the chosen kernels; the vision tower stays on torch's."""
    attention, experts = TORCH_ATTENTION, TORCH_EXPERTS
    if kernels == "triton":
        from engine.kernels.registered import register

        attention = experts = register()
    # whoever calls the network itself runs on the same kernels; the engine calls `stacked_layers`
    network.set_attn_implementation({"text_config": attention})
    network.set_experts_implementation(experts)


def stacked_layers(network: DiffusionGemmaForBlockDiffusion, context: int) -> Stacked:
    """Returns a network's layers on our kernels; on a GPU a whole canvas is recorded at once.

    Args:
        network: In evaluation mode, on its device.
        context: Tokens of a text at most; no more than the model has positions for.
    """
    from engine.stacked import Stacked

    config: Any = network.config.text_config
    stacked = Stacked(network, min(context, config.max_position_embeddings))
    decoder: Any = network.model.decoder
    if decoder.device.type == "cuda":
        stacked.warm_up(network.config.canvas_length or 256)
    return stacked


def head_of(network: DiffusionGemmaForBlockDiffusion, width: Width, *, fused: bool) -> Head:
    """Returns a network's two products with the vocabulary, on our kernels or torch's.

    Args:
        network: On its device.
        width: See `engine.head.Head`.
        fused: Whether on ours.
    """
    if not fused:
        return Head(network, width)
    from engine.head.fused import FusedHead

    return FusedHead(network, width)
