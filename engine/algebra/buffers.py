"""What kernels read of a batch: flat tables whose shapes depend on nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from torch import Tensor

from engine.algebra.tiles import widths


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTiles:
    """Tiles of several tables, one after the other; see `tiles.Tiles`.

    Attributes:
        size: T.
        counts: (n,) int32, tiles in use.
        heads: (n, tiles, 4) int32.
        items: (n, slots) int16 or int32.
        first: (n, blocks * T) int16 or int32, the first column.
        second: Like `first`, the second column; empty where there is only one.
    """

    size: int
    counts: Tensor
    heads: Tensor
    items: Tensor
    first: Tensor
    second: Tensor

    @property
    def inner_widths(self) -> dict[str, int]:
        """W1, W2, W3: the widths between 1 and T, for kernels; T where there are fewer."""
        inner = widths(self.size)[1:-1]
        return {f"W{i + 1}": inner[i] if i < len(inner) else self.size for i in range(3)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Buffers:
    """What kernels read. B requests, R = B·L rows; indices are int16 where the capacity allows.

    Attributes:
        length: (B,) int32.
        num_states: (B,) int32.
        num_sets: (B,) int32.
        num_atoms: (B,) int32.
        out_ptr: (B, N + 1) int32.
        edge_set: (B, E) index.
        target: (B, E) index.
        final: (B, N) int8.
        set_ptr: (B, S + 1) int32.
        set_atoms: (B, n) index.
        tail_set: (B,) int32.
        atom_of: (B, V) index.
        atom_ptr: (B, A + 1) int32.
        atom_tokens: (B, V) int32.
        pins: (B, L) int32.
        num_spans: (1,) int32.
        spans: (R, 5) int32, the request, then `Tables.spans`; longest first.
        active: (L,) int32, spans in which a chain takes more than k steps.
        opens: (B, L) bool, whether a span begins there.
        giants: (B, G, 3) int32, atoms of several pieces: the atom, its first piece, their number.
        num_giants: (B,) int32.
        token_tiles: (B,), tokens of each atom, or of each piece A .. A + P - 1 of a giant atom.
        set_tiles: (B,), atoms of each set.
        edge_tiles: (B,), source and target of each set's edges.
        atom_tiles: (B,), sets of each atom.
        chain_tiles: (2B,), at 2b source and set of each state's edges in, at 2b + 1 target and set
            of its edges out.
    """

    length: Tensor
    num_states: Tensor
    num_sets: Tensor
    num_atoms: Tensor
    out_ptr: Tensor
    edge_set: Tensor
    target: Tensor
    final: Tensor
    set_ptr: Tensor
    set_atoms: Tensor
    tail_set: Tensor
    atom_of: Tensor
    atom_ptr: Tensor
    atom_tokens: Tensor
    pins: Tensor
    num_spans: Tensor
    spans: Tensor
    active: Tensor
    opens: Tensor
    giants: Tensor
    num_giants: Tensor
    token_tiles: DeviceTiles
    set_tiles: DeviceTiles
    edge_tiles: DeviceTiles
    atom_tiles: DeviceTiles
    chain_tiles: DeviceTiles

    def tensors(self) -> Iterator[Tensor]:
        """Yields every tensor, in order."""
        for each in fields(self):
            value = getattr(self, each.name)
            parts = [value]
            if isinstance(value, DeviceTiles):
                parts = [value.counts, value.heads, value.items, value.first, value.second]
            yield from parts
