"""The pieces of one constrained step by name, each to be run, and timed, by itself."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from engine.algebra.posterior import Posterior
from engine.algebra.program import Program

Piece = Callable[[], object]


def pieces(
    program: Program, logits: Tensor, *, softcap: float | None = None, floor: float = -1e4
) -> dict[str, Piece]:
    """Returns each piece as a call without arguments, on inputs computed beforehand.

    Nothing in a piece waits for the device, so it can be timed with events or captured in a CUDA
    graph; on a GPU the first call of each compiles its kernels.

    Args:
        program: The languages, on the device to measure.
        logits: (B, L, V), there.
        softcap: See `parts.Rows`.
        floor: See `Posterior.log_marginals`.
    """
    posterior = Posterior.of(program, logits, softcap=softcap)
    run, rows, stats = posterior.operations, posterior.rows, posterior.stats
    scores, chains = posterior.scores, posterior.chains
    seeds = torch.arange(program.capacity.requests, device=program.device)
    return {
        "atom_stats": lambda: run.atom_stats(program, rows),
        "set_scores": lambda: run.set_scores(program, stats),
        "forward_backward": lambda: run.forward_backward(program, scores),
        "block_weights": lambda: run.block_weights(program, stats, scores, chains),
        "sample_path": lambda: run.sample_path(program, rows, stats, scores, chains, seeds),
        "best_path": lambda: run.best_path(program, stats),
        "log_marginals": lambda: run.log_marginals(program, rows, stats, posterior.weights, floor),
        "step": lambda: _step(program, logits, softcap, floor, seeds),
    }


def _step(
    program: Program, logits: Tensor, softcap: float | None, floor: float, seeds: Tensor
) -> tuple[Tensor, ...]:
    posterior = Posterior.of(program, logits, softcap=softcap)
    return posterior.drawn(seeds), posterior.best(), posterior.log_marginals(floor)
