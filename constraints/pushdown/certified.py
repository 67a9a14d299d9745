"""The posterior on the known part of a language, and how far that is from the whole."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from constraints.algebra.refinement import refined
from constraints.algebra.statistics import AtomStatistics
from constraints.block import Block
from constraints.posterior import Posterior, statistics_of
from constraints.pushdown.certificate import Border, leaked, pressed
from constraints.pushdown.machine import Machine
from constraints.pushdown.snapshot import Snapshot

NEGLIGIBLE = 20.0
"""Nats below the rest at which what leaves with the last position is counted whole."""


@dataclass(frozen=True, eq=False)
class CertifiedPosterior(Posterior):
    """A posterior on the known part of a language, and how far that is from the whole.

    Attributes:
        log_missing: Logarithm of a bound on the probability of all members that are not known.
        leaks: (n,) float64, what each edge out of the known part takes before the last position.
    """

    log_missing: float = -np.inf
    leaks: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of_known(
        cls, posterior: Posterior, log_missing: float, leaks: NDArray[np.float64]
    ) -> CertifiedPosterior:
        """A posterior on what is known, with the bound on what is not and where that leaves."""
        parts = {each.name: getattr(posterior, each.name) for each in fields(Posterior)}
        return cls(**parts, log_missing=log_missing, leaks=leaks)

    @property
    def missing(self) -> float:
        """A bound on the probability of all members that the posterior leaves out."""
        return float(np.exp(self.log_missing))

    @property
    def certificate(self) -> float:
        """A bound on the total variation between this posterior and the true one: M / (Z + M)."""
        if self.log_missing == -np.inf:
            return 0.0
        return float(np.exp(self.log_missing - np.logaddexp(self.log_missing, self.log_z)))


@dataclass(frozen=True, eq=False)
class Reading:
    """What a step's logits say of the known part; the vocabulary is passed over once.

    Attributes:
        snapshot: The known part.
        block: It, on the canvas.
        logits: (L, V), `tamed`.
        statistics: Theirs, by the atoms of the known part.
    """

    snapshot: Snapshot
    block: Block
    logits: NDArray[np.floating[Any]]
    statistics: AtomStatistics

    @classmethod
    def of(cls, snapshot: Snapshot, block: Block, logits: NDArray[np.floating[Any]]) -> Reading:
        """Reads logits; raises as `Block.condition`."""
        return cls(snapshot, block, logits, statistics_of(block, logits))

    def of_grown(self, snapshot: Snapshot, block: Block) -> Reading:
        """The same of a known part that has grown from this one."""
        coarse, fine = self.snapshot.automaton, snapshot.automaton
        return Reading(
            snapshot, block, self.logits, refined(self.statistics, self.logits, coarse, fine)
        )

    def posterior(self, machine: Machine) -> CertifiedPosterior:
        """The posterior on the known part.

        Raises:
            EmptyError: The logits leave no member of it possible.
        """
        posterior = Posterior.given(self.block, self.logits, self.statistics)
        start, lse = self.block.start.index, self.statistics.lse
        missing, leaks, at_last, scale = leaked(start, posterior.log_z, lse, self._border)
        log_missing = self._with_last(float(missing), at_last, float(scale), machine)
        return CertifiedPosterior.of_known(posterior, log_missing, leaks)

    def _with_last(
        self, missing: float, at_last: NDArray[np.float64], scale: float, machine: Machine
    ) -> float:
        """What is missing, with what leaves at the last position and may end there."""
        counted = np.flatnonzero(at_last)
        notable = len(counted) and scale + np.log(at_last.sum()) > missing - NEGLIGIBLE
        if self.block.tokens_after == 0 and notable:
            counted = counted[machine.all_ends(self.snapshot.leaving[2][counted])]
        if len(counted):
            missing = np.logaddexp(missing, scale + np.log(at_last[counted].sum()))
        return float(missing)

    def pressing(self, posterior: CertifiedPosterior, wanted: int) -> list[int]:
        """The configurations outside to learn next.

        Half of them would take most of what stands before them, which is where members are; half
        take most of what the certificate counts as missing.

        Args:
            posterior: On the known part.
            wanted: How many at most.
        """
        pressure = pressed(
            self.block.chain,
            posterior.alpha_m,
            posterior.alpha_e,
            posterior.beta_m,
            posterior.beta_e,
            self.statistics.lse,
            self._border,
        )
        parts = (self._most(each, wanted // 2) for each in (pressure, posterior.leaks))
        return list(dict.fromkeys(number for part in parts for number in part))

    def _most(self, taken: NDArray[np.float64], wanted: int) -> list[int]:
        """The configurations outside into which most goes, by what each edge takes."""
        at = np.flatnonzero(taken)
        targets, inverse = np.unique(self.snapshot.leaving[2][at], return_inverse=True)
        sums = np.bincount(inverse, weights=taken[at])
        return targets[np.argsort(-sums, kind="stable")[:wanted]].tolist()

    @property
    def _border(self) -> Border:
        automaton, snapshot = self.snapshot.automaton, self.snapshot
        return Border(
            inner_ptr=automaton.out_ptr,
            inner_set=self.block.edge_set,
            inner_target=automaton.target,
            outer_ptr=snapshot.leaving_ptr,
            outer_set=snapshot.leaving[1],
            set_ptr=automaton.set_ptr,
            set_atoms=automaton.set_atoms,
        )
