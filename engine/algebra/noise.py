"""Gumbel noise by counter: the same on every device, whatever the order of the draws.

Source: Philox-4x32-10, Salmon et al., SC 2011, in the form of Triton's `tl.philox`.
"""

from __future__ import annotations

import torch
from torch import Tensor

ROUNDS = 10
MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
KEY_STEPS = (0x9E3779B9, 0xBB67AE85)
WORD = 0xFFFFFFFF


def philox(seed: Tensor, counters: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """The first 32 bits of a Philox block.

    Args:
        seed: int64, broadcastable to the counters.
        counters: int64 tensors in 0 .. 2**32 - 1 that broadcast together; the fourth is 0.

    Returns:
        int64 in 0 .. 2**32 - 1.
    """
    low, high = seed & WORD, (seed >> 32) & WORD
    c0, c1, c2 = torch.broadcast_tensors(*counters)
    c3 = torch.zeros_like(c0)
    for _ in range(ROUNDS):
        high_a, low_a = _product(MULTIPLIERS[0], c0)
        high_b, low_b = _product(MULTIPLIERS[1], c2)
        c0, c1, c2, c3 = high_b ^ c1 ^ low, low_b, high_a ^ c3 ^ high, low_a
        low, high = (low + KEY_STEPS[0]) & WORD, (high + KEY_STEPS[1]) & WORD
    return c0


def _product(factor: int, value: Tensor) -> tuple[Tensor, Tensor]:
    """High and low 32 bits of a product of 32-bit numbers, without leaving int64."""
    low = factor * (value & 0xFFFF)
    high = factor * (value >> 16) + (low >> 16)
    return high >> 16, ((high << 16) | (low & 0xFFFF)) & WORD


def gumbel(seed: Tensor, counters: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """Standard Gumbel noise, float64, from 32 bits each; see `philox`.

    The largest of log p + noise is a draw from p; its upper tail is where the 32 bits are fine.
    """
    uniform = (philox(seed, counters).double() + 0.5) * 2.0**-32
    return -torch.log(-torch.log1p(-uniform))
