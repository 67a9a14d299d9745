"""How much a program has room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from engine.algebra.tables import Tables
from engine.errors import EngineError

AUTOMATON = ("states", "edges", "sets", "entries", "atoms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What the buffers of a program hold at most, for each request.

    Attributes:
        requests: B.
        length: L, positions of a canvas.
        vocabulary: V, columns of the logits; a request may use fewer, the first ones.
        states: N.
        edges: E.
        sets: S.
        entries: Atoms in all sets together.
        atoms: A.
        token_tile: Tokens that one tile of `atom_stats` reads.
        tile: Elements that one tile of a reduction reads.
        chain_tile: Edges that one tile of a chain reads.
    """

    requests: int
    length: int
    vocabulary: int
    states: int
    edges: int
    sets: int
    entries: int
    atoms: int
    token_tile: int = 2048
    tile: int = 1024
    chain_tile: int = 4096

    @classmethod
    def for_tables(cls, tables: Sequence[Tables]) -> Capacity:
        """The least capacity."""
        if not tables:
            raise EngineError("a program has at least one block")
        needed = {
            "states": max(len(each.states) for each in tables),
            "edges": max(len(each.source) for each in tables),
            "sets": max(each.num_sets for each in tables),
            "entries": max(len(each.set_atoms) for each in tables),
            "atoms": max(each.num_atoms for each in tables),
        }
        return cls(
            requests=len(tables),
            length=max(each.length for each in tables),
            vocabulary=max(each.num_tokens for each in tables),
            **needed,
        )

    def rounded(self) -> Capacity:
        """The same with the sizes of automata rounded up to powers of 2."""
        sizes = {name: getattr(self, name) for name in AUTOMATON}
        return replace(self, **{name: 1 << (size - 1).bit_length() for name, size in sizes.items()})

    @property
    def index(self) -> type[np.signedinteger]:
        """The type of indices of states, sets and atoms."""
        most = max(self.states, self.sets, self.atoms)
        return np.int16 if most <= np.iinfo(np.int16).max + 1 else np.int32

    @property
    def giants(self) -> int:
        """Atoms that can be longer than a tile."""
        return max(1, self.vocabulary // self.token_tile)

    @property
    def pieces(self) -> int:
        """Pieces that those can be cut to."""
        return 2 * self.giants

    def check(self, needed: Capacity) -> None:
        """Raises an EngineError unless what is needed fits."""
        for name in (each.name for each in fields(self) if not each.name.endswith("tile")):
            if getattr(needed, name) > getattr(self, name):
                raise EngineError(
                    f"the blocks need {name}={getattr(needed, name)}, "
                    f"the program has {getattr(self, name)}",
                    hint=f"give a Capacity with more {name}",
                )
