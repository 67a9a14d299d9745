"""The rules of one denoising step: what to accept, what noise to put elsewhere, when to stop."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from engine.schedule import Schedule
from engine.step import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one step makes of the model's logits.

    Attributes:
        logits: (1, L, C) float32 of the columns asked for, divided by the step's temperature.
        proposal: (1, L) int64, a sample of the canvas.
        best: (1, L) int64, the most probable canvas.
        entropy: (1, L) float, nats, of the distribution each position was drawn from.
        uncertainty: Nats, the mean entropy over the positions that still decide something.
        decided: Whether no position decides anything any more.
        log_z: Nats, log P(the canvas is a member | all its tokens are among the columns asked
            for); 0 without a constraint.
        self_conditioning: Returns (1, L, C) finite logits, what the next step is told about this
            one; computed when asked for, since the last step is never asked.
        certificate: Bound on the total variation to the true posterior; 0 is exact.
    """

    logits: Tensor
    proposal: Tensor
    best: Tensor
    entropy: Tensor
    uncertainty: float
    decided: bool
    log_z: float
    self_conditioning: Callable[[], Tensor]
    certificate: float = 0.0


Choose = Callable[[Seen], Draft]
"""From what the model said to a draft."""


class Noise:
    """Every random draw of one request, from its seed: the same seed gives the same tokens.

    Attributes:
        torch: Draws canvases and, without a constraint, tokens.
        numpy: Draws members of a language.
    """

    def __init__(self, seed: int, width: int, device: torch.device) -> None:
        """Starts both generators.

        Args:
            seed: Any integer; taken modulo 2**64.
            width: V, the number of token ids to draw from.
            device: Where canvases live.
        """
        self.torch = torch.Generator(device).manual_seed(seed % 2**64)
        self.numpy = np.random.default_rng(seed % 2**64)
        self._width = width

    def seed(self) -> Tensor:
        """Returns (1,) int64, the seed of one draw of a member on a device."""
        return torch.randint(
            -(2**63), 2**63 - 1, (1,), generator=self.torch, device=self.torch.device
        )

    def canvas(self, length: int) -> Tensor:
        """Returns (1, L) int64 token ids, uniform over all V."""
        return torch.randint(
            low=0,
            high=self._width,
            size=(1, length),
            generator=self.torch,
            device=self.torch.device,
        )


def within_entropy_bound(entropy: Tensor, bound: float) -> Tensor:
    """Returns which positions may be accepted together.

    The k positions of least entropy are accepted, k the largest such that their entropies without
    the greatest sum to at most `bound`: that sum bounds the mutual information between them, so
    they are nearly independent. The position of least entropy is always accepted.

    Args:
        entropy: (1, L) float, nats.
        bound: Nats.

    Returns:
        (1, L) bool.

    Source: arXiv:2505.24857; `EntropyBoundSampler.accept_canvas` in Transformers.
    """
    ascending, order = torch.sort(entropy, dim=-1, descending=False)
    accepted = torch.cumsum(ascending, dim=-1) - ascending <= bound
    return torch.zeros_like(accepted).scatter(dim=-1, index=order, src=accepted)


class Settling:
    """Tells when a canvas has settled: its best stays the same and what is open is certain."""

    def __init__(self, schedule: Schedule) -> None:
        self._threshold = schedule.confidence_threshold
        self._recent: deque[Tensor] = deque(maxlen=schedule.stability_threshold)

    def settled(self, draft: Draft) -> bool:
        """Returns whether to stop after this step; remembers its best canvas."""
        filled = len(self._recent) == self._recent.maxlen
        stable = filled and all(torch.equal(earlier, draft.best) for earlier in self._recent)
        self._recent.append(draft.best)
        return draft.decided or (stable and draft.uncertainty < self._threshold)
