"""The exact conditional of a batch of canvases on membership, each in its own language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from constraints.errors import BlockformError, EmptyError
from engine.algebra.operations import Operations, operations
from engine.algebra.parts import AtomStats, Chains, Rows, Weights
from engine.algebra.program import Program
from engine.algebra.reference import scaled
from engine.errors import EngineError


@dataclass(frozen=True, eq=False, kw_only=True)
class Posterior:
    """What `constraints.Posterior` is for one canvas, for B canvases of up to L positions.

    Nothing here waits for the device but `errors` and `check`. Where a request has failed, its
    canvases are -1 throughout and its other values mean nothing; the others are not affected.

    Attributes:
        program: The languages.
        rows: The logits.
        operations: How it is computed.
        stats: The rows by atoms.
        scores: (B, L, S), log-probability of each token set.
        chains: Forward and backward sums.
        weights: What the posterior puts on each atom.
    """

    program: Program
    rows: Rows
    operations: Operations
    stats: AtomStats
    scores: Tensor
    chains: Chains
    weights: Weights

    @classmethod
    def of(
        cls,
        program: Program,
        logits: Tensor,
        *,
        temperature: Tensor | float = 1.0,
        softcap: float | None = None,
        through: Operations | None = None,
    ) -> Posterior:
        """Conditions a batch of logits on membership.

        Args:
            program: The languages.
            logits: (B, L, V), rows past a canvas are not read; see `Rows`.
            temperature: Positive; (B,) or one for all.
            softcap: Where the model's logits are still to be capped, the cap.
            through: The operations; by default those for the program's device.

        Raises:
            EngineError: The logits have another shape, device or type than the program needs.
        """
        c = program.capacity
        _check(logits, (c.requests, c.length, c.vocabulary), program.device)
        temperature = torch.as_tensor(temperature, dtype=torch.float32, device=program.device)
        rows = Rows(
            logits=logits.contiguous(),
            temperature=temperature.expand(c.requests).contiguous(),
            softcap=softcap,
        )
        run = operations(program.device) if through is None else through
        stats = run.atom_stats(program, rows)
        scores = run.set_scores(program, stats)
        chains = run.forward_backward(program, scores)
        weights = run.block_weights(program, stats, scores, chains)
        return cls(
            program=program,
            rows=rows,
            operations=run,
            stats=stats,
            scores=scores,
            chains=chains,
            weights=weights,
        )

    @property
    def log_z(self) -> Tensor:
        """(B,) float64, log P(the canvas is a member), nats; -inf where the request has failed."""
        return self.weights.log_z

    @property
    def entropy(self) -> Tensor:
        """(B, L), nats, of each constrained marginal; 0 past a canvas."""
        return self.weights.entropy

    @property
    def ended(self) -> Tensor:
        """(B, L), probability that a position lies after the end; 1 past a canvas."""
        return self.weights.ended

    def sample(self, generator: torch.Generator) -> Tensor:
        """(B, L) int64, one canvas drawn for each request; -1 past a canvas.

        Args:
            generator: On the program's device; gives each request a seed.
        """
        seeds = torch.randint(
            -(2**63),
            2**63 - 1,
            (self.program.capacity.requests,),
            generator=generator,
            device=self.program.device,
        )
        return self.drawn(seeds)

    def drawn(self, seeds: Tensor) -> Tensor:
        """(B, L) int64, the canvas that a seed stands for, wherever in a batch its request is.

        Args:
            seeds: (B,) int64.
        """
        return self.operations.sample_path(
            self.program, self.rows, self.stats, self.scores, self.chains, seeds
        )

    def best(self) -> Tensor:
        """(B, L) int64, the most probable member of each language; -1 past a canvas.

        Ties go to the first edge, then to the lowest token id.
        """
        return self.operations.best_path(self.program, self.stats)

    def log_marginals(self, floor: float) -> Tensor:
        """(B, L, V), log of the marginals, nothing below a floor.

        Args:
            floor: Finite where a model is told of it: 0 times infinity is no number.
        """
        return self.operations.log_marginals(
            self.program, self.rows, self.stats, self.weights, floor
        )

    @cached_property
    def errors(self) -> tuple[BlockformError | None, ...]:
        """What is wrong with each request, or None: `EmptyError` or `EngineError`; waits."""
        unsound = (self.stats.peak == torch.inf).cpu()
        impossible = (self.log_z == -torch.inf).cpu()
        found: list[BlockformError | None] = []
        for b, block in enumerate(self.program.blocks):
            unsound_rows = unsound[b, : block.length].nonzero()
            if len(unsound_rows):
                found.append(_unsound(int(unsound_rows[0])))
            else:
                found.append(self._cause(b) if impossible[b] else None)
        return tuple(found)

    def check(self) -> None:
        """Raises the first error; for a batch of one request."""
        for error in self.errors:
            if error is not None:
                raise error

    def _cause(self, b: int) -> BlockformError:
        """The host names the position at which nothing can stand."""
        block = self.program.blocks[b]
        try:
            block.condition(scaled(self.rows, b, self.program.tables[b]).cpu().numpy())
        except EmptyError as error:
            return error
        return EngineError("the device finds no member where the host finds one")


def _check(logits: Tensor, expected: tuple[int, int, int], device: torch.device) -> None:
    if tuple(logits.shape) != expected:
        raise EngineError(f"logits have shape {tuple(logits.shape)}; the program needs {expected}")
    if logits.device != device:
        raise EngineError(f"logits are on {logits.device}, the program on {device}")
    if not logits.is_floating_point():
        raise EngineError(f"logits are {logits.dtype}, not floating point")


def _unsound(position: int) -> EngineError:
    return EngineError(f"position {position}: the logits hold NaN or +inf")
