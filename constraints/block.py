"""The language on one canvas: which token can stand where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from constraints.algebra.chain import Chain, live_sets, live_states, live_tokens, reachable
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
    """

    constraint: Constraint
    length: int
    start: State
    pinned: Mapping[int, int]
    tokens_after: int
    edge_set: NDArray[np.int32]
    live: NDArray[np.bool_]

    @property
    def grows(self) -> bool:
        """Whether `condition` learns more of the language before it conditions."""
        return False

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
        pins = _pins(automaton, length, pinned)
        first = np.zeros(automaton.done + 1, dtype=np.bool_)
        first[start.index] = True
        reached = reachable(first, automaton.out_ptr, automaton.target, edge_set, *pins)
        live = reached & _finishing(automaton, edge_set, tokens_after, *pins)
        if not live[0, start.index]:
            furthest = int(reached.any(axis=1).sum()) - 1
            raise _nothing_fits(length, start, pinned, tokens_after, furthest)
        return cls(constraint, length, start, pinned, tokens_after, edge_set, live)

    def mask(self) -> NDArray[np.int32]:
        """The hard mask: which tokens some member has at each position, whatever the logits.

        Returns:
            (L, ⌈V/32⌉) int32; bit v % 32 of word v // 32 set = token v can stand there.
        """
        return self._standing[0].copy()

    @cached_property
    def free(self) -> NDArray[np.bool_]:
        """(L,) bool, positions at which more than one token can stand."""
        return self._standing[1] > 1

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
        state = self._after(tokens)
        if state.fewest_tokens > self.tokens_after:
            raise ValueError(
                f"the text needs {state.fewest_tokens} more tokens; {self.tokens_after} may follow"
            )
        return state

    def _after(self, tokens: list[int]) -> State:
        """The state that tokens lead to, whatever may follow them."""
        return self.constraint.advance(self.start, tokens)

    @cached_property
    def chain(self) -> Chain:
        """What of the automaton is alive at each row."""
        automaton = self.constraint.automaton
        row_ptr, states = live_states(self.live)
        set_row_ptr, sets = self._live_sets
        return Chain(
            start=self.start.index,
            row_ptr=row_ptr,
            states=states,
            set_row_ptr=set_row_ptr,
            sets=sets,
            out_ptr=automaton.out_ptr,
            target=automaton.target,
            edge_set=self.edge_set,
            in_ptr=automaton.in_ptr,
            in_source=automaton.source[automaton.in_edges],
            in_set=self.edge_set[automaton.in_edges],
            set_ptr=automaton.set_ptr,
            set_atoms=automaton.set_atoms,
        )

    @cached_property
    def _live_sets(self) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The sets on edges between live states, row by row; see `Chain`."""
        automaton = self.constraint.automaton
        return live_sets(
            self.live,
            automaton.source,
            self.edge_set,
            automaton.target,
            automaton.out_ptr,
            automaton.in_ptr,
            automaton.in_edges,
            automaton.num_sets,
        )

    @cached_property
    def _standing(self) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
        """The mask, and (L,) int64, how many tokens can stand at each position."""
        automaton = self.constraint.automaton
        words, sizes = live_tokens(
            *self._live_sets,
            automaton.num_sets,
            automaton.set_ptr,
            automaton.set_atoms,
            automaton.atom_ptr,
            automaton.atom_tokens,
        )
        for row, token in self.pinned.items():
            words[row] = 0
            words[row, token // 32] = 1 << token % 32
            sizes[row] = 1
        return words.view(np.int32), sizes


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


def _finishing(
    automaton: TokenAutomaton,
    edge_set: NDArray[np.int32],
    tokens_after: int,
    pin_row: NDArray[np.int32],
    pin_allows: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """(L + 1, N + 1) bool: states from which the rest of the block reaches an allowed end."""
    backwards = automaton.in_edges
    return reachable(
        automaton.fewest <= tokens_after,
        automaton.in_ptr,
        automaton.source[backwards],
        edge_set[backwards],
        pin_row[::-1].copy(),
        pin_allows,
    )[::-1]


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
