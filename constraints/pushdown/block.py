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
from constraints.posterior import Posterior, tamed
from constraints.pushdown.certified import CertifiedPosterior, Reading
from constraints.pushdown.snapshot import Snapshot
from constraints.pushdown.sweep import HARD, USUAL, Effort, rows_of, sweep
from constraints.pushdown.union import Union, Workshop

if TYPE_CHECKING:
    from constraints.pushdown.constraint import PushdownConstraint, PushdownState

SETTLED = 1e-4
"""The certificate from which on nothing more is learnt."""
WANTED = 128
"""How many configurations at the border become known after a sweep."""
_WITHOUT_LOGITS = Effort(width=4, budget=16, burst=8)
_WITH_PINS = Effort(width=128, budget=1_000, burst=64)


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
        views: The `latest` of what is known, with its block.
    """

    whole: PushdownConstraint
    origin: PushdownState
    tail: Tail | None
    union: Union
    number: int
    views: dict[str, tuple[Snapshot, Block]]

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
            views={"latest": (union.snapshot(), known)},
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
        size = constraint.vocabulary.size
        for effort in efforts[:-1]:
            rows = rows_of(None, None, size, length, pinned)
            sweep(union, number, rows, length, tokens_after, effort)
            with suppress(EmptyError):
                return _known(*arguments)
        rows = rows_of(None, None, size, length, pinned)
        sweep(union, number, rows, length, tokens_after, efforts[-1])
        return _known(*arguments)

    @property
    def grows(self) -> bool:
        """See `Block.grows`."""
        return True

    def mask(self) -> NDArray[np.int32]:
        """See `Block.mask`; of what is known."""
        with self.union.workshop.lock:
            return self._view()[1].mask()

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """(L,) bool, positions at which more than one token can stand, as far as can be told."""
        return np.ones(self.length, dtype=np.bool_)

    def condition(self, logits: NDArray[np.floating[Any]]) -> Posterior:
        """See `Block.condition`; what comes back is a `CertifiedPosterior`."""
        expected = self.length, self.whole.vocabulary.size
        if np.shape(logits) != expected:
            raise ValueError(f"logits have shape {np.shape(logits)}; the block needs {expected}")
        with self.union.workshop.lock:
            reading = Reading.of(*self._view(), tamed(logits))
            with suppress(EmptyError):
                return self._conditioned(reading, USUAL)
            return self._conditioned(reading, HARD)

    def _conditioned(self, reading: Reading, effort: Effort) -> Posterior:
        """The posterior once what the logits make probable has become known.

        Raises:
            EmptyError: No member that is known is possible.
        """
        machine = self.union.workshop.machine
        posterior = None
        with suppress(EmptyError):
            posterior = reading.posterior(machine)
            if posterior.certificate <= SETTLED:
                return posterior
        if self._swept(reading, effort) or posterior is None:
            reading = reading.of_grown(*self._view())
            posterior = reading.posterior(machine)
        if posterior.certificate <= SETTLED or not WANTED:
            return posterior
        size = len(self.union)
        self.union.include(reading.pressing(posterior, WANTED))
        if len(self.union) == size:
            return posterior
        return reading.of_grown(*self._view()).posterior(machine)

    def _swept(self, reading: Reading, effort: Effort) -> bool:
        """Whether a beam along the logits made anything known."""
        size = len(self.union)
        normaliser, num_tokens = reading.statistics.normaliser, self.whole.vocabulary.size
        rows = rows_of(reading.logits, normaliser, num_tokens, self.length, self.pinned)
        sweep(self.union, self.number, rows, self.length, self.tokens_after, effort)
        return len(self.union) > size

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

    def _view(self) -> tuple[Snapshot, Block]:
        """What is known, and it on the canvas."""
        snapshot = self.union.snapshot()
        if self.views.get("latest", (None,))[0] is not snapshot:
            self.views["latest"] = snapshot, self._on_canvas(snapshot)
        return self.views["latest"]

    def _on_canvas(self, snapshot: Snapshot) -> Block:
        return _known_block(
            self.whole,
            snapshot,
            self.union.index(self.number),
            self.length,
            self.pinned,
            self.tokens_after,
            self.tail,
        )


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
        return CertifiedPosterior.of_known(super().condition(logits), -np.inf, np.zeros(0))

    def _after(self, tokens: list[int]) -> State:
        return self.whole.advance(self.origin, tokens)
