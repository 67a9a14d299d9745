"""The language on one canvas: which token can stand where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from constraints import algebra
from constraints.errors import EmptyError
from constraints.posterior import Posterior
from constraints.token_automaton import NEVER, TokenAutomaton

if TYPE_CHECKING:
    from constraints.constraint import Constraint, State


@dataclass(frozen=True, eq=False)
class Block:
    """A constraint on one canvas of L positions.

    Attributes:
        constraint: The language.
        length: L.
        start: Where the text stands before the canvas.
        pinned: Position to the token id that must stand there.
        tokens_after: Tokens that may follow, end-of-text not counted.
        edge_set: (E,) int32, the automaton's edge sets with the tail policy on the last edge.
        live: (L + 1, N + 1) bool, states on some path from the start to an allowed end.
        pin_row: (L,) int32, row of `pin_allows` for a pinned position, else -1.
        pin_allows: (P, S) bool, the sets that hold the pinned token.
    """

    constraint: Constraint
    length: int
    start: State
    pinned: Mapping[int, int]
    tokens_after: int
    edge_set: NDArray[np.int32]
    live: NDArray[np.bool_]
    pin_row: NDArray[np.int32]
    pin_allows: NDArray[np.bool_]

    @classmethod
    def of(
        cls,
        constraint: Constraint,
        *,
        length: int,
        start: State,
        pinned: Mapping[int, int],
        tokens_after: int,
        tail: Literal["any", "pad"] | None,
    ) -> Block:
        """See `Constraint.block`."""
        automaton = constraint.automaton
        _check(constraint, length, start, pinned, tokens_after)
        edge_set = automaton.edge_set.copy()
        edge_set[-1] = _tail_set(automaton, tail)
        pin_row, pin_allows = _pins(automaton, length, pinned)
        ends = automaton.fewest <= tokens_after
        live, furthest = algebra.live_states(
            start.index,
            length,
            ends,
            automaton.source,
            edge_set,
            automaton.target,
            pin_row,
            pin_allows,
        )
        if not live[0, start.index]:
            raise _nothing_fits(length, start, pinned, tokens_after, furthest)
        return cls(
            constraint, length, start, pinned, tokens_after, edge_set, live, pin_row, pin_allows
        )

    def mask(self) -> NDArray[np.int32]:
        """The hard mask: which tokens some member has at each position, whatever the logits.

        Returns:
            (L, ⌈V/32⌉) int32; bit v % 32 of word v // 32 set = token v can stand there.
        """
        automaton = self.constraint.automaton
        num_tokens = len(automaton.atom_of)
        bits = np.zeros((self.length, -(-num_tokens // 32) * 32), dtype=np.bool_)
        known: dict[bytes, int] = {}
        for row, atoms in enumerate(self._live_atoms):
            first = known.setdefault(atoms.tobytes(), row)
            bits[row, :num_tokens] = (
                atoms[automaton.atom_of] if first == row else bits[first, :num_tokens]
            )
        for row, token in self.pinned.items():
            bits[row] = False
            bits[row, token] = True
        return np.packbits(bits, axis=1, bitorder="little").view("<i4").astype(np.int32, copy=False)

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """(L,) bool, positions at which more than one token can stand."""
        sizes = np.diff(self.constraint.automaton.atom_ptr)
        free = (self._live_atoms @ sizes) > 1
        free[list(self.pinned)] = False
        return free

    def condition(self, logits: NDArray[np.floating[Any]]) -> Posterior:
        """The distribution of a canvas with independent rows, given that it is a member.

        Args:
            logits: (L, V) float32 or float64; each row is normalised by log-softmax first;
                -inf forbids.

        Raises:
            EmptyError: The logits leave no member possible.
            ValueError: Wrong shape, NaN or +inf.
        """
        return Posterior.of(self, logits)

    def advance(self, token_ids: Iterable[int]) -> State:
        """The state after this canvas, the start of the next block.

        Raises:
            ValueError: The tokens are too many, not those pinned, leave the language, or leave no
                member within reach of `tokens_after`.
        """
        tokens = [int(token) for token in token_ids]
        if len(tokens) > self.length:
            raise ValueError(f"{len(tokens)} tokens for a block of {self.length} positions")
        for position, token in self.pinned.items():
            if position < len(tokens) and tokens[position] != token:
                raise ValueError(f"position {position} is pinned to token {token}")
        state = self.constraint.advance(self.start, tokens)
        if state.fewest_tokens > self.tokens_after:
            raise ValueError(
                f"the text needs {state.fewest_tokens} more tokens; {self.tokens_after} may follow"
            )
        return state

    @cached_property
    def _live_atoms(self) -> NDArray[np.bool_]:
        """(L, A) bool, atoms of which some token can stand at a position."""
        automaton = self.constraint.automaton
        sets = algebra.live_sets(
            self.live,
            automaton.source,
            self.edge_set,
            automaton.target,
            automaton.num_sets,
            self.pin_row,
            self.pin_allows,
        )
        rows, columns = np.nonzero(sets)
        atoms = np.zeros((self.length, automaton.num_atoms), dtype=np.bool_)
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True):
            first, last = automaton.set_ptr[column], automaton.set_ptr[column + 1]
            atoms[row, automaton.set_atoms[first:last]] = True
        return atoms


def _check(
    constraint: Constraint,
    length: int,
    start: State,
    pinned: Mapping[int, int],
    tokens_after: int,
) -> None:
    if not 0 <= start.index <= constraint.automaton.done or start != constraint.state(start.index):
        raise ValueError("the start is a state of another constraint")
    if length < 1:
        raise ValueError(f"a block has at least 1 position, not {length}")
    if tokens_after < 0:
        raise ValueError(f"tokens_after is {tokens_after}; it must not be negative")
    for position, token in pinned.items():
        if not 0 <= position < length:
            raise ValueError(f"pinned position {position} is outside a block of {length}")
        if not 0 <= token < constraint.vocabulary.size:
            raise ValueError(f"pinned token {token} is outside the vocabulary")


def _tail_set(automaton: TokenAutomaton, tail: Literal["any", "pad"] | None) -> int:
    if tail == "any" or (tail is None and automaton.pad_set < 0):
        return automaton.any_set
    if tail not in (None, "pad"):
        raise ValueError(f"tail is {tail!r}; it must be 'any' or 'pad'")
    if automaton.pad_set < 0:
        raise ValueError("the vocabulary has no pad token")
    return automaton.pad_set


def _pins(
    automaton: TokenAutomaton, length: int, pinned: Mapping[int, int]
) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    pin_row = np.full(length, -1, dtype=np.int32)
    pin_allows = np.zeros((max(len(pinned), 1), automaton.num_sets), dtype=np.bool_)
    set_of_entry = np.repeat(np.arange(automaton.num_sets), np.diff(automaton.set_ptr))
    for row, (position, token) in enumerate(pinned.items()):
        pin_row[position] = row
        pin_allows[row, set_of_entry[automaton.set_atoms == automaton.atom_of[token]]] = True
    return pin_row, pin_allows


def _nothing_fits(
    length: int, start: State, pinned: Mapping[int, int], tokens_after: int, furthest: int
) -> EmptyError:
    if furthest < length:
        cause = (
            f"no member has token {pinned[furthest]}, pinned there"
            if furthest in pinned
            else "every member has ended before, and the vocabulary names no end-of-text token"
        )
        return EmptyError(f"position {furthest}: {cause}", position=furthest)
    needed = "" if start.fewest_tokens == NEVER else f"; it needs {start.fewest_tokens}"
    return EmptyError(
        f"no member ends within {length} positions and {tokens_after} tokens after{needed}",
        position=length - 1,
        hint="allow more tokens" + (", or pin fewer" if pinned else ""),
    )
