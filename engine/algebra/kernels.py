"""The block algebra in Triton, operation by operation as `engine.algebra.reference` defines it."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.algebra.parts import AtomStats, Chains, Rows
from engine.algebra.program import Program
from engine.kernels.atom_stats import atom_stats
from engine.kernels.block_mask import apply_block_mask
from engine.kernels.block_weights import block_weights
from engine.kernels.chain import chains
from engine.kernels.log_marginals import log_marginals
from engine.kernels.paths import drawn_tokens, paths
from engine.kernels.tile_sums import tile_maxima_, tile_sums_

__all__ = [
    "apply_block_mask",
    "atom_stats",
    "best_path",
    "block_weights",
    "forward_backward",
    "log_marginals",
    "sample_path",
    "set_scores",
]


def set_scores(program: Program, stats: AtomStats) -> Tensor:
    """See the reference; float32."""
    scores = _by_set(program)
    tile_sums_(scores, program, program.buffers.set_tiles, stats.lse)
    return scores


def forward_backward(program: Program, scores: Tensor) -> Chains:
    """See the reference; float32."""
    states, offset = chains(program, scores, first=0, best=False)
    return Chains(states=states, offset=offset)


def sample_path(
    program: Program, rows: Rows, stats: AtomStats, scores: Tensor, summed: Chains, seeds: Tensor
) -> Tensor:
    """See the reference."""
    sets = paths(program, scores, summed.states[1], seeds)
    return drawn_tokens(program, rows, stats, sets, seeds)


def best_path(program: Program, stats: AtomStats) -> Tensor:
    """See the reference."""
    peaks = _by_set(program)
    tokens = torch.full_like(peaks, -1, dtype=torch.int32)
    tile_maxima_(peaks, tokens, program, program.buffers.set_tiles, stats.top, stats.best)
    values, _ = chains(program, peaks, first=1, best=True)
    sets = paths(program, peaks, values[0], None)
    chosen = tokens.gather(2, sets.clamp(min=0).long()[..., None])[..., 0]
    return torch.where(sets < 0, -1, chosen).long()


def _by_set(program: Program) -> Tensor:
    """(B, L, S) float32 of -inf."""
    c = program.capacity
    return torch.full((c.requests, c.length, c.sets), -torch.inf, device=program.device)
