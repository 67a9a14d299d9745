"""The exact conditional of independent rows on membership in a block's language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from constraints.algebra.forward_backward import (
    atom_entropy,
    atom_weights,
    backward,
    dense_logs,
    forward,
)
from constraints.algebra.paths import best_edges, sample_atoms, sample_edges, sample_tokens
from constraints.algebra.rows import beside, over_rows
from constraints.algebra.scaled import NOTHING, to_log
from constraints.algebra.sets import set_maxima, set_scores
from constraints.algebra.statistics import AtomStatistics, atom_statistics, spread
from constraints.errors import EmptyError

if TYPE_CHECKING:
    from constraints.block import Block

Floats = NDArray[np.float64]
Ints = NDArray[np.int32]
FORBIDDEN = 1e5


@dataclass(frozen=True, eq=False)
class Posterior:
    """The posterior of one canvas; everything exact up to float64 rounding.

    Attributes:
        block: The language.
        logits: (L, V) floating, as given.
        statistics: Of each row's atoms, pins applied.
        score_m: (L, S) float64, probability of each token set that is alive at a row, scaled.
        score_e: (L, S) int32, its exponent.
        alpha_m: (n,) float64, forward, scaled; live states by row as in `block.chain`.
        alpha_e: (n,) int32, its exponent.
        beta_m: (n,) float64, backward, scaled.
        beta_e: (n,) int32, its exponent.
    """

    block: Block
    logits: NDArray[np.floating[Any]]
    statistics: AtomStatistics
    score_m: Floats
    score_e: Ints
    alpha_m: Floats
    alpha_e: Ints
    beta_m: Floats
    beta_e: Ints

    @classmethod
    def of(cls, block: Block, logits: NDArray[np.floating[Any]]) -> Posterior:
        """See `Block.condition`."""
        logits = tamed(logits)
        return cls.given(block, logits, statistics_of(block, logits))

    @classmethod
    def given(
        cls, block: Block, logits: NDArray[np.floating[Any]], statistics: AtomStatistics
    ) -> Posterior:
        """The posterior of logits whose statistics are known.

        Args:
            block: The language.
            logits: (L, V), `tamed`.
            statistics: Theirs, by the block's atoms; rows of pinned positions are overwritten.

        Raises:
            EmptyError: The logits leave no member possible.
        """
        automaton, chain = block.constraint.automaton, block.chain
        for position, token in block.pinned.items():
            _pin(statistics, logits, position, token, int(automaton.atom_of[token]))
        score_m = np.zeros((block.length, automaton.num_sets))
        score_e = np.full(score_m.shape, NOTHING, dtype=np.int32)
        set_work = block.length * len(automaton.set_atoms)
        over_rows(set_scores, block.length, set_work, statistics.lse, chain, score_m, score_e)
        (alpha_m, alpha_e), (beta_m, beta_e) = beside(
            lambda: forward(chain, score_m, score_e),
            lambda: backward(chain, score_m, score_e),
            _edge_work(block),
        )
        if beta_m[0] == 0.0:
            raise _impossible(dense_logs(chain, alpha_m, alpha_e))
        return cls(block, logits, statistics, score_m, score_e, alpha_m, alpha_e, beta_m, beta_e)

    @cached_property
    def log_z(self) -> float:
        """Log P(the canvas is a member), in nats, at most 0 but for rounding."""
        return float(to_log(self.beta_m[0], self.beta_e[0]))

    @property
    def alpha(self) -> Floats:
        """(L + 1, N + 1) float64, log of forward, -inf where a state is not alive."""
        return dense_logs(self.block.chain, self.alpha_m, self.alpha_e)

    @property
    def beta(self) -> Floats:
        """(L + 1, N + 1) float64, log of backward, alike."""
        return dense_logs(self.block.chain, self.beta_m, self.beta_e)

    @property
    def certificate(self) -> float:
        """A bound on the total variation between this posterior and the true one; 0 is exact."""
        return 0.0

    @cached_property
    def entropy(self) -> Floats:
        """(L,) float64, entropy of each constrained marginal, in nats."""
        return atom_entropy(self.statistics.lse, self.statistics.mean, self.weights)

    @cached_property
    def ended(self) -> Floats:
        """(L,) float64, probability that a position lies after the end of the text."""
        chain, done = self.block.chain, self.block.constraint.automaton.done
        result = np.zeros(self.block.length)
        last = chain.row_ptr[1 : self.block.length + 1] - 1
        rows = np.flatnonzero(chain.states[last] == done)
        at = last[rows]
        exponents = self.alpha_e[at] + self.beta_e[at] - self.beta_e[0]
        result[rows] = np.ldexp(self.alpha_m[at] * self.beta_m[at] / self.beta_m[0], exponents)
        return result

    @cached_property
    def weights(self) -> Floats:
        """(L, A) float64 log w: token t's constrained marginal is p_i(t)·w_i(atom t)."""
        weights = np.empty((self.block.length, self.block.constraint.num_atoms))
        over_rows(
            atom_weights,
            self.block.length,
            _edge_work(self.block),
            self.block.chain,
            self.alpha_m,
            self.alpha_e,
            self.beta_m,
            self.beta_e,
            self.log_z,
            weights,
        )
        return weights

    def marginals(self) -> Floats:
        """(L, V) float64, probability of each token at each position; rows sum to 1."""
        return np.exp(self.log_marginals())

    def log_marginals(self) -> Floats:
        """(L, V) float64, log of the marginals; -inf where a token cannot stand."""
        result = np.empty(self.logits.shape)
        self._spread_into(result, -np.inf)
        return result

    def finite_log_marginals(self, floor: float) -> NDArray[np.float32]:
        """(L, V) float32, log of the marginals, `floor` where they are less or a token cannot be.

        Args:
            floor: Nats.
        """
        result = np.empty(self.logits.shape, dtype=np.float32)
        self._spread_into(result, floor)
        return result

    def sample(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """(L,) int64, one canvas drawn from the posterior: every one is a member."""
        automaton, block, chain = self.block.constraint.automaton, self.block, self.block.chain
        uniforms = 1.0 - rng.random((2, block.length))
        edges = sample_edges(
            chain, self.score_m, self.score_e, self.beta_m, self.beta_e, uniforms[0]
        )
        atoms, before, thresholds = sample_atoms(
            chain,
            block.edge_set[edges],
            self.score_m,
            self.score_e,
            self.statistics.lse,
            uniforms[1],
        )
        tokens = np.empty(block.length, dtype=np.int64)
        over_rows(
            sample_tokens,
            block.length,
            self.logits.size,
            self.logits,
            self.statistics.normaliser,
            self.statistics.top[np.arange(block.length), atoms],
            atoms,
            before,
            thresholds,
            automaton.atom_ptr,
            automaton.atom_tokens,
            tokens,
        )
        for position, token in block.pinned.items():
            tokens[position] = token
        return tokens

    def best(self) -> NDArray[np.int64]:
        """(L,) int64, the most probable member (Viterbi).

        Ties go to the first edge, then to the lowest token id.
        """
        block, statistics = self.block, self.statistics
        peaks = np.full(self.score_m.shape, -np.inf)
        tokens = np.full(self.score_m.shape, -1, dtype=np.int32)
        over_rows(
            set_maxima,
            block.length,
            block.length * len(block.chain.set_atoms),
            statistics.top,
            statistics.best,
            block.chain,
            peaks,
            tokens,
        )
        edges = best_edges(block.chain, peaks)
        return tokens[np.arange(block.length), block.edge_set[edges]].astype(np.int64)

    def _spread_into(self, result: NDArray[np.floating[Any]], floor: float) -> None:
        atom_of = self.block.constraint.automaton.atom_of
        shift = self.weights
        normaliser = self.statistics.normaliser
        over_rows(
            spread, len(result), result.size, self.logits, normaliser, shift, atom_of, floor, result
        )
        for position, token in self.block.pinned.items():
            kept = result[position, token]
            result[position] = floor
            result[position, token] = kept


def statistics_of(block: Block, logits: NDArray[np.floating[Any]]) -> AtomStatistics:
    """The statistics of logits by a block's atoms.

    Args:
        block: The language.
        logits: (L, V), `tamed`.

    Raises:
        EmptyError: A row forbids every token.
        ValueError: Wrong shape, NaN or +inf.
    """
    automaton = block.constraint.automaton
    expected = (block.length, len(automaton.atom_of))
    if logits.shape != expected:
        raise ValueError(f"logits have shape {logits.shape}; the block needs {expected}")
    statistics = atom_statistics(logits, automaton.atom_of, automaton.num_atoms)
    _check_rows(statistics.normaliser)
    return statistics


def _edge_work(block: Block) -> int:
    """About how many edges between live states there are, over all rows."""
    automaton = block.constraint.automaton
    return len(block.chain.states) * automaton.num_edges // (automaton.done + 1)


def _pin(
    statistics: AtomStatistics,
    logits: NDArray[np.floating[Any]],
    position: int,
    token: int,
    atom: int,
) -> None:
    log_p = float(logits[position, token]) - statistics.normaliser[position]
    for table in (statistics.lse, statistics.top):
        table[position] = -np.inf
        table[position, atom] = log_p
    statistics.mean[position] = 0.0
    statistics.mean[position, atom] = log_p if log_p > -np.inf else 0.0
    statistics.best[position, atom] = token


def tamed(logits: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
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
