"""Fills the buffers of a program."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.algebra.buffers import Buffers, DeviceTiles
from engine.algebra.capacity import Capacity
from engine.algebra.tables import Tables, order_by
from engine.algebra.tiles import Tiles, most_blocks, most_slots, tiled

Host = dict[str, Any]
"""Arrays and `HostTiles` by the names of `Buffers`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostTiles:
    """`DeviceTiles` in NumPy, while they are filled."""

    size: int
    counts: NDArray[np.int32]
    heads: NDArray[np.int32]
    items: NDArray[np.signedinteger]
    first: NDArray[np.signedinteger]
    second: NDArray[np.signedinteger]

    @classmethod
    def empty(
        cls, number: int, size: int, *, lists: int, elements: int, dtypes: tuple, pair: bool
    ) -> HostTiles:
        """Room for the tiles of so many lists of so many elements each time."""
        blocks = most_blocks(elements, size)
        items, columns = dtypes
        return cls(
            size=size,
            counts=np.zeros(number, np.int32),
            heads=np.zeros((number, blocks, 4), np.int32),
            items=np.full((number, most_slots(lists, size)), -1, items),
            first=np.full((number, blocks * size), -1, columns),
            second=np.full((number, blocks * size if pair else 0), -1, columns),
        )

    def put(self, at: int, tiles: Tiles) -> None:
        """Writes one table's tiles."""
        self.counts[at] = len(tiles.heads)
        self.heads[at, : len(tiles.heads)] = tiles.heads
        self.items[at, : len(tiles.items)] = tiles.items
        for room, column in zip((self.first, self.second), tiles.columns, strict=False):
            room[at, : column.size] = column.ravel()


def filled(tables: Sequence[Tables], capacity: Capacity, device: torch.device) -> Buffers:
    """Fills buffers on the host and moves them, once each."""
    host = _empty(capacity)
    spans: list[tuple[int, ...]] = []
    for slot, each in enumerate(tables):
        _put_arrays(host, slot, each)
        _put_tiles(host, slot, each, capacity)
        spans += [(slot, *span) for span in each.spans.tolist()]
        host["opens"][slot, each.spans[:, 0]] = True
    spans.sort(key=lambda span: span[1] - span[2])
    host["num_spans"][0] = len(spans)
    host["spans"][: len(spans)] = spans
    steps = np.array([last - first - 1 for _, first, last, _, _ in spans])
    host["active"][:] = (steps[:, None] > np.arange(capacity.length)).sum(axis=0)
    return _on_device(host, device)


def _empty(capacity: Capacity) -> Host:
    c, index = capacity, capacity.index
    b, room = c.requests, HostTiles.empty

    def zeros(*shape: int, dtype: type = np.int32) -> NDArray[np.generic]:
        return np.zeros(shape, dtype=dtype)

    return {
        "length": zeros(b),
        "num_states": zeros(b),
        "num_sets": zeros(b),
        "num_atoms": zeros(b),
        "out_ptr": zeros(b, c.states + 1),
        "edge_set": zeros(b, c.edges, dtype=index),
        "target": zeros(b, c.edges, dtype=index),
        "final": zeros(b, c.states, dtype=np.int8),
        "set_ptr": zeros(b, c.sets + 1),
        "set_atoms": zeros(b, c.entries, dtype=index),
        "tail_set": zeros(b),
        "atom_of": zeros(b, c.vocabulary, dtype=index),
        "atom_ptr": zeros(b, c.atoms + 1),
        "atom_tokens": zeros(b, c.vocabulary),
        "pins": np.full((b, c.length), -1, np.int32),
        "num_spans": zeros(1),
        "spans": zeros(b * c.length, 5),
        "active": zeros(c.length),
        "opens": zeros(b, c.length, dtype=np.bool_),
        "giants": zeros(b, c.giants, 3),
        "num_giants": zeros(b),
        "token_tiles": room(
            b,
            c.token_tile,
            lists=c.atoms + c.pieces,
            elements=c.vocabulary,
            dtypes=(np.int32, np.int32),
            pair=False,
        ),
        "set_tiles": room(
            b, c.tile, lists=c.sets, elements=c.entries, dtypes=(index, index), pair=False
        ),
        "edge_tiles": room(
            b, c.tile, lists=c.sets, elements=c.edges, dtypes=(index, index), pair=True
        ),
        "atom_tiles": room(
            b, c.tile, lists=c.atoms, elements=c.entries, dtypes=(index, index), pair=False
        ),
        "chain_tiles": room(
            2 * b, c.chain_tile, lists=c.states, elements=c.edges, dtypes=(index, index), pair=True
        ),
    }


def _put_arrays(host: Host, slot: int, tables: Tables) -> None:
    for name, value in (
        ("length", tables.length),
        ("tail_set", tables.tail_set),
        ("num_states", len(tables.states)),
        ("num_sets", tables.num_sets),
        ("num_atoms", tables.num_atoms),
    ):
        host[name][slot] = value
    for name in ("edge_set", "target", "final", "set_atoms", "atom_of", "atom_tokens", "pins"):
        values = getattr(tables, name)
        host[name][slot, : len(values)] = values
    for name in ("out_ptr", "set_ptr", "atom_ptr"):
        values = getattr(tables, name)
        host[name][slot] = values[-1]
        host[name][slot, : len(values)] = values


def _put_tiles(host: Host, slot: int, tables: Tables, capacity: Capacity) -> None:
    ptr, giants = _pieces(tables.atom_ptr, capacity)
    host["num_giants"][slot] = len(giants)
    host["giants"][slot, : len(giants)] = np.array(giants).reshape(-1, 3)
    tiles = tiled(ptr[0], (tables.atom_tokens,), capacity.token_tile, chunked=False)
    items = np.where(tiles.items < 0, -1, np.append(ptr[1], -1)[tiles.items])
    host["token_tiles"].put(slot, replace(tiles, items=items))
    host["set_tiles"].put(slot, tiled(tables.set_ptr, (tables.set_atoms,), capacity.tile))
    ends = (tables.source, tables.target)
    by_set = _grouped(tables.edge_set, tables.num_sets, ends)
    host["edge_tiles"].put(slot, tiled(*by_set, capacity.tile))
    holders = np.repeat(np.arange(tables.num_sets, dtype=np.int32), np.diff(tables.set_ptr))
    by_atom = _grouped(tables.set_atoms, tables.num_atoms, (holders,))
    host["atom_tiles"].put(slot, tiled(*by_atom, capacity.tile))
    into = _grouped(tables.target, len(tables.states), (tables.source, tables.edge_set))
    host["chain_tiles"].put(2 * slot, tiled(*into, capacity.chain_tile))
    out = (tables.target, tables.edge_set)
    host["chain_tiles"].put(2 * slot + 1, tiled(tables.out_ptr, out, capacity.chain_tile))


def _pieces(
    atom_ptr: NDArray[np.int32], capacity: Capacity
) -> tuple[tuple[NDArray[np.int32], NDArray[np.int32]], list[tuple[int, int, int]]]:
    """Cuts atoms of more than a tile to pieces.

    Returns:
        Pointers of the pieces and the column of each: the atom, or one past all atoms; then each
        atom that was cut, its first piece counted from 0, and how many they are.
    """
    size, begins, columns, giants, used = capacity.token_tile, [], [], [], 0
    for atom, (first, last) in enumerate(itertools.pairwise(atom_ptr)):
        cuts = range(int(first), int(last), size)
        begins += cuts
        if len(cuts) == 1:
            columns.append(atom)
            continue
        giants.append((atom, used, len(cuts)))
        columns += range(capacity.atoms + used, capacity.atoms + used + len(cuts))
        used += len(cuts)
    ptr = np.array([*begins, atom_ptr[-1]], dtype=np.int32)
    return (ptr, np.array(columns, dtype=np.int32)), giants


def _grouped(
    groups: NDArray[np.int32], num_groups: int, columns: tuple[NDArray[np.int32], ...]
) -> tuple[NDArray[np.int64], tuple[NDArray[np.int32], ...]]:
    """Elements by group, in order within each: pointers and columns."""
    order = order_by(groups, num_groups)
    ptr = np.cumsum([0, *np.bincount(groups, minlength=num_groups).tolist()])
    return ptr, tuple(column[order] for column in columns)


def _on_device(host: Host, device: torch.device) -> Buffers:
    def moved(array: NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(device)

    def moved_tiles(tiles: HostTiles) -> DeviceTiles:
        names = ("counts", "heads", "items", "first", "second")
        return DeviceTiles(size=tiles.size, **{name: moved(getattr(tiles, name)) for name in names})

    arrays: Host = {
        name: moved_tiles(value) if isinstance(value, HostTiles) else moved(value)
        for name, value in host.items()
    }
    return Buffers(**arrays)
