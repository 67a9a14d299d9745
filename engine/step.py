"""One denoising step: what a request asks of the model, and what it is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from constraints import Block
    from engine.conditioned import RowPosterior


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One denoising step that a request waits for.

    Attributes:
        canvas: (1, L) int64.
        told: (1, L, V) finite logits of the step before; None at a canvas's first step.
        temperature: () float32, what the logits are divided by.
        block: The language to condition on, or None.
    """

    canvas: Tensor
    told: Tensor | None
    temperature: Tensor
    block: Block | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the model said.

    Attributes:
        logits: (1, L, V) float32, divided by the temperature.
        posterior: Of the canvas under the block asked for, or None.
    """

    logits: Tensor
    posterior: RowPosterior | None
