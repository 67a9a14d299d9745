"""The same posterior with dense matrices, as the best peer has it: the baseline of `block`.

One row of emission for each edge over the whole vocabulary, one matrix of states by states for each
position, products up and down a segment tree. Source: Mosaic, arXiv 2607.07026, as described in
reference/constrained_decoding.md §3; written here from that description.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from constraints import Block

GIGABYTE = 1e9
FILLED = 0.6
"""Part of the machine's memory that the baseline may take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dense:
    """A block's automaton as dense matrices.

    Attributes:
        emission: (E, V) float32, 1 where an edge holds a token.
        source: (E,) int64.
        target: (E,) int64.
        first: (N,) float64, 1 at the start.
        last: (N,) float64, 1 where the block may end.
    """

    emission: Tensor
    source: Tensor
    target: Tensor
    first: Tensor
    last: Tensor


def bytes_needed(block: Block) -> float:
    """Bytes that the emission and the tree of products take."""
    automaton = block.constraint.automaton
    states = automaton.done + 1
    emission = 4.0 * automaton.num_edges * len(automaton.atom_of)
    return emission + 2 * 8.0 * block.length * states * states


def fits(block: Block) -> bool:
    """Whether this machine has the memory."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return bytes_needed(block) <= FILLED * total


def dense(block: Block) -> Dense:
    """Lays a block out."""
    automaton = block.constraint.automaton
    emission = torch.zeros(automaton.num_edges, len(automaton.atom_of))
    for edge, token_set in enumerate(block.edge_set.tolist()):
        atoms = automaton.set_atoms[automaton.set_ptr[token_set] : automaton.set_ptr[token_set + 1]]
        for atom in atoms.tolist():
            tokens = automaton.atom_tokens[automaton.atom_ptr[atom] : automaton.atom_ptr[atom + 1]]
            emission[edge, torch.from_numpy(tokens).long()] = 1.0
    first = torch.zeros(automaton.done + 1, dtype=torch.float64)
    first[block.start.index] = 1.0
    return Dense(
        emission=emission,
        source=torch.from_numpy(automaton.source).long(),
        target=torch.from_numpy(automaton.target).long(),
        first=first,
        last=torch.from_numpy(block.live[-1].astype(np.float64)),
    )


def posterior(laid_out: Dense, logits: Tensor) -> tuple[float, Tensor]:
    """Log Z and (L, V) float32 constrained marginals.

    Args:
        laid_out: The automaton.
        logits: (L, V) float32.
    """
    probabilities = torch.softmax(logits, dim=-1)
    scores = (probabilities @ laid_out.emission.T).double()
    states = len(laid_out.first)
    matrices = torch.zeros(len(logits), states * states, dtype=torch.float64)
    matrices.index_add_(1, laid_out.source * states + laid_out.target, scores)
    levels, log_scales = _up(matrices.view(-1, states, states))
    total = laid_out.first @ levels[-1][0] @ laid_out.last
    log_z = float(total.log() + log_scales)
    alphas, betas = _down(levels, laid_out.first, laid_out.last)
    through = alphas[:, laid_out.source] * betas[:, laid_out.target]
    weights = through.float() @ laid_out.emission
    marginals = probabilities * weights
    return log_z, marginals / marginals.sum(dim=-1, keepdim=True)


def _up(matrices: Tensor) -> tuple[list[Tensor], Tensor]:
    """Products of neighbours level by level, each scaled to maximum 1, and the log of all scales.

    A level of odd length keeps its last matrix as it is.
    """
    levels, log_scales = [matrices], torch.zeros((), dtype=torch.float64)
    while len(levels[-1]) > 1:
        below = levels[-1]
        products = torch.bmm(below[0 : len(below) // 2 * 2 : 2], below[1::2])
        scales = products.amax(dim=(1, 2), keepdim=True).clamp_min(1e-300)
        log_scales = log_scales + scales.log().sum()
        above = products / scales
        levels.append(torch.cat([above, below[-1:]]) if len(below) % 2 else above)
    return levels, log_scales


def _down(levels: list[Tensor], first: Tensor, last: Tensor) -> tuple[Tensor, Tensor]:
    """(L, N) alpha before and beta after each position, each scaled to maximum 1."""
    alphas, betas = first[None], last[None]
    for below in reversed(levels[:-1]):
        left, right = below[0 : len(below) // 2 * 2 : 2], below[1::2]
        pairs = len(right)
        from_left = _scaled(torch.bmm(alphas[:pairs, None], left)[:, 0])
        from_right = _scaled(torch.bmm(right, betas[:pairs, :, None])[:, :, 0])
        next_alphas = torch.stack([alphas[:pairs], from_left], dim=1).flatten(0, 1)
        next_betas = torch.stack([from_right, betas[:pairs]], dim=1).flatten(0, 1)
        alphas = torch.cat([next_alphas, alphas[pairs:]])
        betas = torch.cat([next_betas, betas[pairs:]])
    return alphas, betas


def _scaled(vectors: Tensor) -> Tensor:
    return vectors / vectors.amax(dim=1, keepdim=True).clamp_min(1e-300)


def step(block: Block, logits: Tensor) -> Callable[[], tuple[float, Tensor]]:
    """What a denoising step of the baseline computes, its tables laid out before."""
    laid_out = dense(block)
    return lambda: posterior(laid_out, logits)
