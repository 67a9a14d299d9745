"""One small run of the kernels that a model cannot do without, held to what torch says."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.attention import Cached, attend
from engine.expert_weights import plain
from engine.experts import run_experts
from engine.kernels.canvas_attention import canvas_attention
from engine.kernels.masked_experts import masked_experts

TOLERANCE = 2e-2
"""bfloat16 has 8 bits, and the two round at different places."""


def trial(device: torch.device) -> None:
    """Runs attention and experts once in bfloat16.

    Raises:
        RuntimeError: They compute something else than torch does. Whatever the compiler or the
            driver raises passes through.
    """
    generator = torch.Generator().manual_seed(0)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator).to(device, torch.bfloat16)

    lengths = torch.tensor([20], dtype=torch.int32, device=device)
    prefix = Cached(key=drawn(1, 1, 32, 64), value=drawn(1, 1, 32, 64), lengths=lengths)
    attended = (drawn(1, 2, 16, 64) / 8, drawn(1, 1, 16, 64), drawn(1, 1, 16, 64), prefix)
    _compare("attention", canvas_attention(*attended), attend(*attended))

    choices = torch.arange(32, device=device).view(16, 2) % 4
    weights = torch.full((16, 2), 0.5, device=device)
    matrices = (plain(drawn(4, 128, 64) / 8), plain(drawn(4, 64, 64) / 8))
    routed = (drawn(16, 64), choices, weights, *matrices)
    _compare("experts", masked_experts(*routed), run_experts(*routed))


def _compare(name: str, made: Tensor, expected: Tensor) -> None:
    error = float((made - expected).float().abs().max())
    if not error <= TOLERANCE * max(1.0, float(expected.float().abs().max())):
        raise RuntimeError(f"the {name} kernel is off by {error:.3g}")
