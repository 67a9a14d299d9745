"""Ragged lists as dense tiles, so that a GPU reads them side by side and no list is too long.

A block holds `size` elements as rows of one width, padded with -1; a tile is one block, or several
where the lists in its rows go on. So thousands of single elements and one giant list cost about
what their elements cost.

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


def tiled(
    ptr: NDArray[np.integer], columns: tuple[Ints, ...], size: int, *, chunked: bool = True
) -> Tiles:
    """Lays out lists in tiles; empty lists are left out.

    Args:
        ptr: (n + 1,) integers, list i is elements ptr[i] .. ptr[i + 1] - 1.
        columns: (ptr[n],) int32 each.
        size: T, a power of 2.
        chunked: Whether a tile may have more than one block; if not, no list is longer than T.
    """
    lengths = np.diff(ptr)
    classes = _classes(lengths, size, chunked=chunked)
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


def _classes(lengths: NDArray[np.integer], size: int, *, chunked: bool) -> list[NDArray[np.int64]]:
    """The lists of each width, longest first.

    A list goes to the narrowest width that holds it, or to the next narrower one in several
    blocks, whichever of the two makes fewer blocks of all such lists.
    """
    longest_first = np.argsort(-lengths, kind="stable")
    longest_first = longest_first[lengths[longest_first] > 0]
    sizes = lengths[longest_first]
    kinds = np.searchsorted(widths(size), sizes).clip(max=len(widths(size)) - 1)
    if chunked:
        for kind in range(len(widths(size)) - 1, 0, -1):
            own = (kinds == kind) & (sizes <= size)
            kinds[own & (sizes <= _narrowed(sizes[own], kind, size))] -= 1
    return [longest_first[kinds == kind] for kind in range(len(widths(size)))]


def _narrowed(sizes: NDArray[np.integer], kind: int, size: int) -> int:
    """Up to which size lists, longest first, had better go to the width before their own."""
    wide, narrow = widths(size)[kind], widths(size)[kind - 1]

    def num_blocks(limit: int) -> int:
        down = sizes[sizes <= limit][:: size // narrow]
        up = int(np.count_nonzero(sizes > limit))
        return -(-up * wide // size) + int((-(-down // narrow)).sum())

    limits: list[int] = list(range(narrow, wide + 1, narrow))
    return min(limits, key=num_blocks)


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
