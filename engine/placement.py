"""Puts a loaded network on its device: room asked for first, matrices in the format wanted."""

from __future__ import annotations

from typing import Any

import torch
from transformers import DiffusionGemmaForBlockDiffusion

from engine.errors import EngineError
from engine.expert_weights import Format
from engine.plan import GB, Plan, fitting, plan
from engine.quantise import quantise_


def check_room(config: Any, device: torch.device, format_: Format, context: int) -> None:
    """Refuses a model that its device has no room for, before it is loaded.

    Args:
        config: A `DiffusionGemmaConfig`.
        device: Asked for its free memory where it is a GPU.
        format_: Of the layers' matrices.
        context: Tokens of a text at most.

    Raises:
        EngineError: Code OUT_OF_MEMORY.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        wanted = plan(config, format_, context=context)
        compare(wanted, fitting(config, free, context=context), free)


def compare(wanted: Plan, best: Plan | None, free: int) -> None:
    """Refuses a plan that does not fit, and says what would.

    Args:
        wanted: What was asked for.
        best: The most bits that fit; None where nothing does.
        free: Bytes.

    Raises:
        EngineError: Code OUT_OF_MEMORY.
    """
    if wanted.total <= free:
        return
    asks = "`blockform serve --plan` says what it takes"
    raise EngineError(
        f"the model takes {wanted.total / GB:.1f} GB with {wanted.format} weights and a context of "
        f"{wanted.context}; the device has {free / GB:.1f} GB free",
        code="OUT_OF_MEMORY",
        hint=f"{best.format} weights fit" if best else asks,
    )


def place_(network: DiffusionGemmaForBlockDiffusion, device: torch.device, format_: Format) -> None:
    """Moves a network to its device; its vision tower stays, for the engine reads text.

    Raises:
        EngineError: The device has no room, code OUT_OF_MEMORY.
        ModelError: The sizes do not suit the format.
    """
    try:
        if format_ != "plain":
            quantise_(network, format_, device)
        parts: Any = network
        for part in (parts.lm_head, parts.model.decoder, parts.model.encoder.language_model):
            part.to(device)
    except torch.OutOfMemoryError as error:
        raise EngineError(
            "the device has no room for the model",
            code="OUT_OF_MEMORY",
            hint="`blockform serve --plan` says what it takes",
        ) from error
