"""Noise: what the decoder sees of a canvas, from nothing to nearly all of it."""

from __future__ import annotations

import torch
from torch import Tensor

from models.settings import Settings

OFTEN = 0.7
SLIGHT = 0.3


def corrupted(target: Tensor, vocab_size: int, settings: Settings) -> Tensor:
    """Returns canvases with tokens replaced at random, each canvas at its own noise.

    Some are nothing but noise, as at the first denoising step; some have one level throughout,
    as in the published recipe; most have a beginning that is settled and noise after it, as in
    the middle of denoising.

    Args:
        target: (N, L) int64.
        vocab_size: Noise is uniform over all ids.
        settings: The shares of the three sorts.
    """
    sort = torch.rand(len(target), 1)
    level = torch.rand(len(target), 1).clamp(min=1e-3).expand(target.shape)
    level = torch.where(sort < settings.full_noise, 1.0, level)
    level = torch.where(sort >= 1 - settings.settled, settled_levels(target.shape), level)
    replaced = torch.rand(target.shape) < level
    return torch.where(replaced, torch.randint_like(target, vocab_size), target)


def settled_levels(shape: torch.Size) -> Tensor:
    """Returns (N, L) noise levels: none or little up to a random place, much or all after it."""
    rows = (shape[0], 1)
    place = torch.randint(0, shape[1], rows)
    before = torch.where(torch.rand(rows) < OFTEN, 0.0, SLIGHT * torch.rand(rows))
    after = torch.where(torch.rand(rows) < OFTEN, 1.0, torch.rand(rows))
    return torch.where(torch.arange(shape[1]) < place, before, after)
