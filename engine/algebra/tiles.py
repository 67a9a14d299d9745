"""Ragged lists as dense tiles, so that a GPU reads them side by side and no list is too long.

A tile holds `size` elements as rows of one width; a list lies in the tiles of the narrowest width
that holds it, padded with -1, and a list longer than a tile goes on in further blocks of its tile.
So thousands of single elements and one giant list cost what their elements cost.

Source: sliced ELLPACK with sorted rows, Kreutzer et al., SIAM J. Sci. Comput. 36 (2014) C401.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]


def widths(size: int) -> tuple[int, ...]:
    """The widths of rows in tiles of `size` elements, ascending."""
    return (*(width for width in (1, 4, 32, 256) if width < size), size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiles:
    """Lists 0 .. n - 1 in tiles.

    Attributes:
        size: T, elements of a block, a power of 2.
        heads: (tiles, 4) int32: index into `widths`, number of blocks, the first of them, and where
            the tile's lists begin in `items`.
        items: (slots,) int32, the list in each row of each tile, or -1.
        columns: (blocks, T) int32 each, the elements' columns; -1 where a list is shorter.
    """

    size: int
    heads: Ints
    items: Ints
    columns: tuple[Ints, ...]


def tiled(ptr: NDArray[np.integer], columns: tuple[Ints, ...], size: int) -> Tiles:
    """Lays out lists in tiles; empty lists are left out.

    Args:
        ptr: (n + 1,) integers, list i is elements ptr[i] .. ptr[i + 1] - 1.
        columns: (ptr[n],) int32 each.
        size: T, a power of 2.
    """
    lengths = np.diff(ptr)
    classes = _classes(lengths, size)
    heads, items, places = [], [np.zeros(0, np.int32)], [np.zeros((0, size), np.int64)]
    num_blocks = num_items = 0
    for kind, (width, members) in enumerate(zip(widths(size), classes, strict=True)):
        for first in range(0, len(members), size // width):
            row = np.full(size // width, -1, dtype=np.int32)
            row[: len(members) - first] = members[first : first + size // width]
            blocks = _blocks(row, ptr, width)
            heads.append((kind, len(blocks), num_blocks, num_items))
            items.append(row)
            places.append(blocks)
            num_blocks, num_items = num_blocks + len(blocks), num_items + len(row)
    place = np.concatenate(places)
    return Tiles(
        size=size,
        heads=np.array(heads, dtype=np.int32).reshape(-1, 4),
        items=np.concatenate(items),
        columns=tuple(np.where(place < 0, -1, np.append(each, -1)[place]) for each in columns),
    )


def _classes(lengths: NDArray[np.integer], size: int) -> list[NDArray[np.int64]]:
    """The lists of each width, longest first; a last tile that fits in the next one goes there."""
    kinds = np.searchsorted(widths(size), lengths).clip(max=len(widths(size)) - 1)
    longest_first = np.argsort(-lengths, kind="stable")
    longest_first = longest_first[lengths[longest_first] > 0]
    classes = [longest_first[kinds[longest_first] == kind] for kind in range(len(widths(size)))]
    for kind, width in enumerate(widths(size)[:-1]):
        over = len(classes[kind]) % (size // width)
        room = -len(classes[kind + 1]) % (size // widths(size)[kind + 1])
        if 0 < over <= room:
            classes[kind + 1] = np.concatenate([classes[kind + 1], classes[kind][-over:]])
            classes[kind] = classes[kind][:-over]
    return classes


def _blocks(row: Ints, ptr: NDArray[np.integer], width: int) -> NDArray[np.int64]:
    """(blocks, T) int64, the element at each place of one tile, or -1."""
    first = np.where(row < 0, 0, ptr[row]).astype(np.int64)
    length = np.where(row < 0, 0, ptr[row + 1] - ptr[row])
    num_blocks = -(-int(length.max()) // width)
    within = np.arange(num_blocks)[:, None, None] * width + np.arange(width)
    place = np.where(within < length[:, None], first[:, None] + within, -1)
    return place.reshape(num_blocks, -1)


def most_blocks(num_elements: int, size: int) -> int:
    """The most blocks, and tiles, that lists of so many elements can take."""
    padding = max(b // a for a, b in pairwise(widths(size)))
    return padding * -(-num_elements // size) + len(widths(size))


def most_slots(num_lists: int, size: int) -> int:
    """The most places in `items` that so many lists can take."""
    return num_lists + 2 * size
