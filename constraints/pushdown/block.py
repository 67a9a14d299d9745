"""A context-free language on one canvas."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from constraints.block import Block
from constraints.constraint import Constraint, State, Tail
from constraints.errors import EmptyError
from constraints.posterior import Posterior
from constraints.pushdown.growth import leaked, pressed, set_masses
from constraints.pushdown.sweep import HARD, USUAL, Effort, probabilities, sweep
from constraints.pushdown.union import Snapshot, Union, Workshop

if TYPE_CHECKING:
    from constraints.pushdown.constraint import PushdownConstraint, PushdownState

WORTHWHILE = (1e-3, 0.9)
"""Certificates between which what presses against the border becomes known after a sweep."""
NEGLIGIBLE = 20.0
"""Nats below the rest at which what leaves with the last position is counted whole."""
WANTED = 128
"""How many configurations."""
_WITHOUT_LOGITS = Effort(width=4, budget=16, burst=8)
_WITH_PINS = Effort(width=128, budget=1_000, burst=64)


@dataclass(frozen=True, eq=False)
class CertifiedPosterior(Posterior):
    """A posterior on the known part of a language, and how far that is from the whole.

    Attributes:
        log_missing: Logarithm of a bound on the probability of all members that are not known.
    """

    log_missing: float = -np.inf

    @classmethod
    def of_known(cls, posterior: Posterior, log_missing: float) -> CertifiedPosterior:
        """A posterior on what is known, with the bound on what is not."""
        parts = {field.name: getattr(posterior, field.name) for field in fields(Posterior)}
        return cls(**parts, log_missing=log_missing)

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


def _as_constraint(constraint: PushdownConstraint, snapshot: Snapshot) -> Constraint:
    """The known part as a constraint of its own."""
    return Constraint(
        spec=constraint.spec,
        vocabulary=constraint.vocabulary,
        graph=constraint.graph,
        automaton=snapshot.automaton,
        diagnostics=constraint.diagnostics,
    )


def _known_block(
    constraint: PushdownConstraint,
    snapshot: Snapshot,
    index: int,
    length: int,
    pinned: Mapping[int, int],
    tokens_after: int,
    tail: Tail | None,
) -> Block:
    known = _as_constraint(constraint, snapshot)
    return Block.of(
        known,
        length=length,
        start=known.state(index),
        pinned=pinned,
        tokens_after=tokens_after,
        tail=tail,
    )


@dataclass(frozen=True, eq=False)
class GrowingBlock(Block):
    """A context-free language on one canvas, of which only a part is known.

    It behaves as a `Block`, whose parts are those of what is known at first. `condition` learns
    what the logits make probable before it conditions; `mask` and `free` speak of what is known
    when they are asked: every token that the mask admits can stand there.

    Attributes:
        whole: The language.
        origin: Where the text stands before the canvas.
        tail: See `Constraint.block`.
        union: The known part, grown by `condition`.
        number: The configuration of the origin.
    """

    whole: PushdownConstraint
    origin: PushdownState
    tail: Tail | None
    union: Union
    number: int

    @classmethod
    def within(
        cls,
        constraint: PushdownConstraint,
        workshop: Workshop,
        *,
        length: int,
        start: PushdownState,
        pinned: Mapping[int, int],
        tokens_after: int,
        tail: Tail | None,
    ) -> Block:
        """See `Constraint.block`."""
        if length < 1:
            raise ValueError(f"a block has at least 1 position, not {length}")
        union = Union(workshop)
        number = constraint.number(workshop, start)
        union.include([number])
        if number not in union:
            raise EmptyError("nothing finishes the text from here", position=0)
        known = cls._learnt(
            constraint,
            union,
            number,
            length=length,
            pinned=pinned,
            tokens_after=tokens_after,
            tail=tail,
        )
        return cls(
            **{field.name: getattr(known, field.name) for field in fields(Block)},
            whole=constraint,
            origin=start,
            tail=tail,
            union=union,
            number=number,
        )

    @staticmethod
    def _learnt(
        constraint: PushdownConstraint,
        union: Union,
        number: int,
        *,
        length: int,
        pinned: Mapping[int, int],
        tokens_after: int,
        tail: Tail | None,
    ) -> Block:
        """The block of what can be known before there are logits."""
        arguments = constraint, union, number, length, pinned, tokens_after, tail
        efforts = (_WITH_PINS, HARD) if pinned else (_WITHOUT_LOGITS,)
        for effort in efforts[:-1]:
            rows = probabilities(union, None, length, pinned)
            sweep(union, number, rows, length, tokens_after, effort)
            with suppress(EmptyError):
                return _known(*arguments)
        rows = probabilities(union, None, length, pinned)
        sweep(union, number, rows, length, tokens_after, efforts[-1])
        return _known(*arguments)

    @property
    def grows(self) -> bool:
        """See `Block.grows`."""
        return True

    def mask(self) -> NDArray[np.int32]:
        """See `Block.mask`; of what is known."""
        with self.union.workshop.lock:
            return self._known().mask()

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """(L,) bool, positions at which more than one token can stand, as far as can be told."""
        return np.ones(self.length, dtype=np.bool_)

    def condition(self, logits: NDArray[np.floating[Any]]) -> Posterior:
        """See `Block.condition`; what comes back is a `CertifiedPosterior`."""
        logits = np.asarray(logits)
        expected = self.length, self.whole.vocabulary.size
        if logits.shape != expected:
            raise ValueError(f"logits have shape {logits.shape}; the block needs {expected}")
        with self.union.workshop.lock:
            with suppress(EmptyError):
                return self._conditioned(logits, USUAL)
            return self._conditioned(logits, HARD)

    def _conditioned(self, logits: NDArray[np.floating[Any]], effort: Effort) -> Posterior:
        rows = probabilities(self.union, logits, self.length, self.pinned)
        sweep(self.union, self.number, rows, self.length, self.tokens_after, effort)
        posterior = self._certified(self._known().condition(logits))
        if not WORTHWHILE[0] < posterior.certificate < WORTHWHILE[1]:
            return posterior
        wanted = self._pressing(posterior)
        size = len(self.union)
        self.union.include(wanted)
        if len(self.union) == size:
            return posterior
        return self._certified(self._known().condition(logits))

    def _after(self, tokens: list[int]) -> State:
        state = self.whole.advance(self.origin, tokens)
        return self._known_shorter(state) if state.fewest_tokens > self.tokens_after else state

    def _known_shorter(self, state: State) -> State:
        """The same state where the block knows a shorter way to an end than the one planned."""
        workshop = self.union.workshop
        number = self.whole.number(workshop, state)  # type: ignore[arg-type]
        if number not in self.union:
            return state
        way = self.union.snapshot().way(self.union.index(number))
        workshop.learn(number, way)
        return replace(state, fewest_tokens=len(way))

    def _known(self) -> Block:
        return _known(
            self.whole,
            self.union,
            self.number,
            self.length,
            self.pinned,
            self.tokens_after,
            self.tail,
        )

    def _pressing(self, posterior: Posterior) -> list[int]:
        """The configurations outside that would take most of what stands before them."""
        source, sets, targets = self.union.snapshot().leaving
        masses = set_masses(posterior.statistics.lse, *_sets_of(posterior))
        pressure = pressed(_occupied(posterior), masses, source, sets)
        wanted, inverse = np.unique(targets, return_inverse=True)
        sums = np.bincount(inverse, weights=pressure)
        order = np.argsort(-sums, kind="stable")[:WANTED]
        return wanted[order[sums[order] > 0.0]].tolist()

    def _certified(self, posterior: Posterior) -> CertifiedPosterior:
        snapshot = self.union.snapshot()
        source, sets, targets = snapshot.leaving
        automaton = snapshot.automaton
        masses = set_masses(posterior.statistics.lse, *_sets_of(posterior))
        inner = automaton.source, posterior.block.edge_set, automaton.target
        missing, at_last, scale = leaked(
            self.union.index(self.number),
            len(automaton.accepting),
            masses,
            inner,
            (source, sets),
        )
        counted = np.flatnonzero(at_last)
        notable = len(counted) and scale + np.log(at_last.sum()) > missing - NEGLIGIBLE
        if self.tokens_after == 0 and notable:
            ending = self.union.workshop.machine.all_ends(targets[counted])
            counted = counted[ending]
        if len(counted):
            missing = np.logaddexp(missing, scale + np.log(at_last[counted].sum()))
        return CertifiedPosterior.of_known(posterior, float(missing))


def _known(
    constraint: PushdownConstraint,
    union: Union,
    number: int,
    length: int,
    pinned: Mapping[int, int],
    tokens_after: int,
    tail: Tail | None,
) -> Block:
    """The block of what is known."""
    snapshot = union.snapshot()
    return _known_block(
        constraint, snapshot, union.index(number), length, pinned, tokens_after, tail
    )


def _sets_of(posterior: Posterior) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    automaton = posterior.block.constraint.automaton
    return automaton.set_ptr, automaton.set_atoms


def _occupied(posterior: Posterior) -> NDArray[np.float64]:
    """(L + 1, N + 1) float64, the posterior of each state before each row."""
    return np.exp(posterior.alpha + posterior.beta - posterior.log_z)


@dataclass(frozen=True, eq=False)
class WholeBlock(Block):
    """A language that is known as a whole on one canvas: a `Block` whose states are stacks.

    Attributes:
        whole: The language.
        origin: Where the text stands before the canvas.
    """

    whole: PushdownConstraint
    origin: PushdownState

    @classmethod
    def within(
        cls,
        constraint: PushdownConstraint,
        workshop: Workshop,
        snapshot: Snapshot,
        *,
        length: int,
        start: PushdownState,
        pinned: Mapping[int, int],
        tokens_after: int,
        tail: Tail | None,
    ) -> Block:
        """See `Constraint.block`."""
        at = np.flatnonzero(snapshot.numbers == constraint.number(workshop, start))
        if not len(at):
            raise ValueError("the start is a state of another constraint")
        known = _known_block(constraint, snapshot, int(at[0]), length, pinned, tokens_after, tail)
        parts = {field.name: getattr(known, field.name) for field in fields(Block)}
        return cls(**parts, whole=constraint, origin=start)

    def condition(self, logits: NDArray[np.floating[Any]]) -> Posterior:
        """See `Block.condition`; exact, which the `CertifiedPosterior` says."""
        return CertifiedPosterior.of_known(super().condition(logits), -np.inf)

    def _after(self, tokens: list[int]) -> State:
        return self.whole.advance(self.origin, tokens)
