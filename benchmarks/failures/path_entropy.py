"""What each token of a drawn canvas leaves open, given the state that the draw had reached."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from constraints import Posterior
from constraints.algebra.forward_backward import atom_entropy, dense_logs

NEVER = -1e9


def path_entropy(posterior: Posterior, token_ids: NDArray[np.int64]) -> NDArray[np.float64]:
    """H(x_i | s_i) under the posterior, in nats, s_i the state that the tokens before i lead to.

    By the chain rule its sum over a drawn canvas is an unbiased estimate of the entropy of the
    whole canvas. Marginal entropies sum to more: positions that a choice of path moves together
    each count it in full.

    Args:
        posterior: Of a canvas without pins.
        token_ids: (L,) of a member.

    Returns:
        (L,) float64.
    """
    block, automaton = posterior.block, posterior.block.constraint.automaton
    beta = dense_logs(block.chain, posterior.beta_m, posterior.beta_e)
    weights = np.full((block.length, automaton.num_atoms), NEVER)
    state = block.start.index
    for row, token in enumerate(token_ids.tolist()):
        following = -1
        for edge in range(automaton.out_ptr[state], automaton.out_ptr[state + 1]):
            target, members = int(automaton.target[edge]), int(block.edge_set[edge])
            atoms = automaton.set_atoms[automaton.set_ptr[members] : automaton.set_ptr[members + 1]]
            if np.isfinite(beta[row + 1, target]):
                weights[row, atoms] = beta[row + 1, target] - beta[row, state]
            if automaton.atom_of[token] in atoms:
                following = target
        if following < 0:
            raise ValueError(f"position {row}: token {token} leaves the language")
        state = following
    return atom_entropy(posterior.statistics.lse, posterior.statistics.mean, weights)
