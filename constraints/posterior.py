"""The exact conditional of independent rows on membership in a block's language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from constraints import algebra
from constraints.errors import EmptyError

if TYPE_CHECKING:
    from constraints.block import Block

Floats = NDArray[np.float64]
FORBIDDEN = 1e5


@dataclass(frozen=True, eq=False)
class Posterior:
    """The posterior of one canvas; everything exact up to float64 rounding.

    Attributes:
        block: The language.
        logits: (L, V) floating, as given.
        log_z: log P(the canvas is a member), in nats, at most 0 but for rounding.
        normaliser: (L,) float64, log-normaliser of each row.
        lse: (L, A) float64, log-probability of each atom, pins applied.
        mean: (L, A) float64, mean log-probability within each atom.
        top: (L, A) float64, largest log-probability within each atom.
        best_token: (L, A) int32, its lowest token id.
        scores: (L, S) float64, log-probability of each token set.
        alpha: (L + 1, N + 1) float64, forward.
        beta: (L + 1, N + 1) float64, backward.
    """

    block: Block
    logits: NDArray[np.floating[Any]]
    log_z: float
    normaliser: Floats
    lse: Floats
    mean: Floats
    top: Floats
    best_token: NDArray[np.int32]
    scores: Floats
    alpha: Floats
    beta: Floats

    @classmethod
    def of(cls, block: Block, logits: NDArray[np.floating[Any]]) -> Posterior:
        """See `Block.condition`."""
        automaton = block.constraint.automaton
        logits = _tamed(logits)
        expected = (block.length, len(automaton.atom_of))
        if logits.shape != expected:
            raise ValueError(f"logits have shape {logits.shape}; the block needs {expected}")
        normaliser, lse, mean, top, best = algebra.atom_statistics(
            logits, automaton.atom_of, automaton.num_atoms
        )
        _check_rows(normaliser)
        for position, token in block.pinned.items():
            log_p = float(logits[position, token]) - normaliser[position]
            atom = automaton.atom_of[token]
            for table, value in ((lse, log_p), (mean, log_p), (top, log_p)):
                table[position] = -np.inf
                table[position, atom] = value
            mean[position, np.arange(len(mean[position])) != atom] = 0.0
            best[position, atom] = token
        scores = algebra.set_scores(lse, automaton.set_ptr, automaton.set_atoms)
        alpha = algebra.forward(
            block.start.index,
            block.live,
            scores,
            automaton.source,
            block.edge_set,
            automaton.in_ptr,
            automaton.in_edges,
        )
        beta = algebra.backward(
            block.live, scores, automaton.target, block.edge_set, automaton.out_ptr
        )
        log_z = float(beta[0, block.start.index])
        if log_z == -np.inf:
            raise _impossible(alpha)
        return cls(block, logits, log_z, normaliser, lse, mean, top, best, scores, alpha, beta)

    @cached_property
    def entropy(self) -> Floats:
        """(L,) float64, entropy of each constrained marginal, in nats."""
        return algebra.atom_entropy(self.lse, self.mean, self._weights)

    @cached_property
    def ended(self) -> Floats:
        """(L,) float64, probability that a position lies after the end of the text."""
        done = self.block.constraint.automaton.done
        return np.exp(self.alpha[:-1, done] + self.beta[:-1, done] - self.log_z)

    def marginals(self) -> Floats:
        """(L, V) float64, probability of each token at each position; rows sum to 1."""
        return np.exp(self.log_marginals())

    def log_marginals(self) -> Floats:
        """(L, V) float64, log of the marginals; -inf where a token cannot stand."""
        automaton = self.block.constraint.automaton
        result = self.logits.astype(np.float64) - self.normaliser[:, None]
        result += self._weights[:, automaton.atom_of]
        for position, token in self.block.pinned.items():
            kept = result[position, token]
            result[position] = -np.inf
            result[position, token] = kept
        return result

    def sample(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """(L,) int64, one canvas drawn from the posterior: every one is a member."""
        automaton, block = self.block.constraint.automaton, self.block
        uniforms = 1.0 - rng.random((3, block.length))
        edges = algebra.sample_edges(
            block.start.index,
            self.scores,
            self.beta,
            automaton.target,
            block.edge_set,
            automaton.out_ptr,
            uniforms[0],
        )
        tokens = np.empty(block.length, dtype=np.int64)
        for row, edge in enumerate(edges):
            token_set = block.edge_set[edge]
            threshold = np.log(uniforms[1, row]) + self.scores[row, token_set]
            atom, before = algebra.sample_atom(
                row, token_set, threshold, self.lse, automaton.set_ptr, automaton.set_atoms
            )
            tokens[row] = block.pinned.get(row, -1)
            if tokens[row] < 0:
                tokens[row] = algebra.sample_token(
                    row,
                    atom,
                    before,
                    threshold,
                    self.logits,
                    self.normaliser,
                    automaton.atom_ptr,
                    automaton.atom_tokens,
                )
        return tokens

    def best(self) -> NDArray[np.int64]:
        """(L,) int64, the most probable member (Viterbi).

        Ties go to the first edge, then to the lowest token id.
        """
        automaton, block = self.block.constraint.automaton, self.block
        peaks, tokens = algebra.set_maxima(
            self.top, self.best_token, automaton.set_ptr, automaton.set_atoms
        )
        edges = algebra.best_edges(
            block.start.index,
            block.live,
            peaks,
            automaton.target,
            block.edge_set,
            automaton.out_ptr,
        )
        return tokens[np.arange(block.length), block.edge_set[edges]].astype(np.int64)

    @cached_property
    def _weights(self) -> Floats:
        automaton, block = self.block.constraint.automaton, self.block
        return algebra.atom_weights(
            self.alpha,
            self.beta,
            self.log_z,
            automaton.source,
            block.edge_set,
            automaton.target,
            automaton.set_ptr,
            automaton.set_atoms,
            automaton.num_atoms,
        )


def _tamed(logits: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
    """The same distributions in a range where float64 keeps every term apart.

    Rows far from 0 are shifted; what lies more than `FORBIDDEN` nats below its row's maximum, as
    where a model suppresses with the least finite number, is forbidden.
    """
    logits = np.ascontiguousarray(logits)
    if not np.issubdtype(logits.dtype, np.number) or np.iscomplexobj(logits):
        raise ValueError(f"logits are {logits.dtype}, not floating point")
    if logits.dtype not in (np.float32, np.float64):
        logits = logits.astype(np.float32)
    if logits.ndim != 2 or not logits.size:
        return logits
    peak = logits.max(axis=1, keepdims=True)
    floor = logits.min()
    if floor == -np.inf:
        floor = logits.min(where=logits > -np.inf, initial=0)
    finite = np.isfinite(peak)
    if (np.abs(peak[finite]) < FORBIDDEN).all() and floor > -FORBIDDEN:
        return logits
    shifted = logits.astype(np.float64) - np.where(finite, peak, 0).astype(np.float64)
    return np.where(shifted < -FORBIDDEN, -np.inf, shifted)


def _check_rows(normaliser: Floats) -> None:
    for position, value in enumerate(normaliser):
        if np.isnan(value) or value == np.inf:
            raise ValueError(f"the logits at position {position} hold NaN or +inf")
        if value == -np.inf:
            raise EmptyError(
                f"position {position}: the logits forbid every token", position=position
            )


def _impossible(alpha: Floats) -> EmptyError:
    reached = np.isfinite(alpha).any(axis=1)
    position = int(np.argmin(reached)) - 1 if not reached.all() else len(alpha) - 2
    return EmptyError(
        f"position {position}: the logits forbid every token that a member could have there",
        position=position,
    )
