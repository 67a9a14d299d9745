"""The posterior of each canvas of a batch, on the device that its logits are on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch
from torch import Tensor

from constraints import EmptyError

if TYPE_CHECKING:
    from constraints import Block, Posterior
    from engine.sampler import Noise


class RowPosterior(Protocol):
    """What a step needs of one canvas's posterior; arrays are on the CPU."""

    @property
    def log_z(self) -> float:
        """Log P(the canvas is a member), in nats."""
        ...

    @property
    def entropy(self) -> np.ndarray:
        """(L,) float, nats, of each constrained marginal."""
        ...

    @property
    def ended(self) -> np.ndarray:
        """(L,) float, probability that a position lies after the end."""
        ...

    def sample(self, noise: Noise) -> np.ndarray:
        """(L,) int64, one member drawn."""
        ...

    def best(self) -> np.ndarray:
        """(L,) int64, the most probable member."""
        ...

    def log_marginals(self, floor: float) -> Tensor:
        """(L, V) float32 on the model's device, not below a floor."""
        ...


@dataclass(frozen=True, slots=True)
class HostPosterior:
    """A posterior computed by `constraints` on the CPU.

    Attributes:
        posterior: It.
        device: Where the model is.
    """

    posterior: Posterior
    device: torch.device

    @property
    def log_z(self) -> float:
        """See `RowPosterior`."""
        return self.posterior.log_z

    @property
    def entropy(self) -> np.ndarray:
        """See `RowPosterior`."""
        return self.posterior.entropy

    @property
    def ended(self) -> np.ndarray:
        """See `RowPosterior`."""
        return self.posterior.ended

    def sample(self, noise: Noise) -> np.ndarray:
        """See `RowPosterior`."""
        return self.posterior.sample(noise.numpy)

    def best(self) -> np.ndarray:
        """See `RowPosterior`."""
        return self.posterior.best()

    def log_marginals(self, floor: float) -> Tensor:
        """See `RowPosterior`."""
        return torch.from_numpy(self.posterior.finite_log_marginals(floor)).to(self.device)


def conditioned(
    blocks: Sequence[Block], logits: Sequence[Tensor]
) -> list[RowPosterior | EmptyError]:
    """The posterior of each canvas, or why it has none.

    Args:
        blocks: The languages.
        logits: As many, (1, L, V) float32 each, divided by the temperature.
    """
    return [_on_host(block, row) for block, row in zip(blocks, logits, strict=True)]


def _on_host(block: Block, logits: Tensor) -> RowPosterior | EmptyError:
    try:
        return HostPosterior(block.condition(logits[0].float().cpu().numpy()), logits.device)
    except EmptyError as error:
        return error
