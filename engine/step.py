"""One denoising step: what a request asks of the model, and what it is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from torch import Tensor

if TYPE_CHECKING:
    from constraints import Block
    from engine.conditioned import RowPosterior
    from engine.head import Columns


def _all_of_it() -> float:
    return 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a step says to the next one.

    Attributes:
        logits: (1, L, C) floating, finite.
        columns: Which C columns of the vocabulary; None is all.
    """

    logits: Tensor
    columns: Columns | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One denoising step that a request waits for.

    Attributes:
        canvas: (1, L) int64.
        told: What the step before says; None at a canvas's first step.
        temperature: () float32, what the logits are divided by.
        block: The language to condition on, over the columns asked for; or None.
        columns: Which columns of the vocabulary are wanted; None is all.
    """

    canvas: Tensor
    told: Told | None
    temperature: Tensor
    block: Block | None
    columns: Columns | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the model said.

    Attributes:
        logits: (1, L, C) float32, divided by the temperature.
        posterior: Of the canvas under the block asked for, or None.
        log_share: Returns the log-probability of the columns asked for, over all positions, in
            nats: 0 where they are all. May be asked until the request goes on.
    """

    logits: Tensor
    posterior: RowPosterior | None
    log_share: Callable[[], float] = _all_of_it
