"""The columns of the vocabulary that a block can use, and its language over these alone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.algebra.tables import live_edges, order_by, pointers

if TYPE_CHECKING:
    from constraints import Block
    from constraints.token_automaton import TokenAutomaton


@dataclass(frozen=True, eq=False, kw_only=True)
class Columns:
    """Some of the V columns, numbered anew.

    A distribution over canvases that is conditioned on a language does not change where columns
    that no member uses are left out: at each position that divides all members by the same number.
    What changes is that number, and with it log Z (`Head.log_share` gives the difference). Two are
    equal whose tokens are, whatever they were found for.

    Attributes:
        token_ids: (C,) int64, the token of each column, ascending.
        automaton: The language's, over columns; atoms without a column are gone.
    """

    token_ids: NDArray[np.int64]
    automaton: TokenAutomaton

    @classmethod
    def of(cls, block: Block) -> Columns:
        """Returns the columns of all tokens on edges between states that are alive in a block."""
        automaton = block.constraint.automaton
        sets = np.unique(block.edge_set[live_edges(block)])
        used = np.zeros(automaton.num_sets, dtype=np.bool_)
        used[sets] = True
        alive = np.zeros(automaton.num_atoms, dtype=np.bool_)
        alive[automaton.set_atoms[np.repeat(used, np.diff(automaton.set_ptr))]] = True
        token_ids = np.flatnonzero(alive[automaton.atom_of])
        return cls(token_ids=token_ids, automaton=_over(automaton, alive, token_ids))

    def __len__(self) -> int:
        return len(self.token_ids)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Columns) and np.array_equal(self.token_ids, other.token_ids)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(self.token_ids.tobytes())

    def narrowed(self, block: Block) -> Block:
        """Returns a block of the same language over these columns.

        Members with a token that has no column are not in it; what is in it is a member.

        Args:
            block: The one that the columns are of, or another of its constraint.
        """
        pinned = {
            position: int(np.searchsorted(self.token_ids, token))
            for position, token in block.pinned.items()
        }
        constraint = replace(block.constraint, automaton=self.automaton)
        return replace(block, constraint=constraint, pinned=pinned)

    def tokens(self, columns: NDArray[np.int64]) -> NDArray[np.int64]:
        """Returns the token ids of columns, in the same shape."""
        return self.token_ids[columns]


def _over(
    automaton: TokenAutomaton, alive: NDArray[np.bool_], token_ids: NDArray[np.int64]
) -> TokenAutomaton:
    """The automaton over fewer tokens: the same states, edges and sets, fewer atoms."""
    number = np.cumsum(alive, dtype=np.int32) - 1
    kept = alive[automaton.set_atoms]
    holders = np.repeat(np.arange(automaton.num_sets), np.diff(automaton.set_ptr))
    atom_of = number[automaton.atom_of[token_ids]]
    num_atoms = int(alive.sum())
    return replace(
        automaton,
        set_ptr=pointers(holders[kept], automaton.num_sets),
        set_atoms=number[automaton.set_atoms[kept]],
        atom_of=atom_of,
        atom_ptr=pointers(atom_of, num_atoms),
        atom_tokens=order_by(atom_of, num_atoms).astype(np.int32),
    )
