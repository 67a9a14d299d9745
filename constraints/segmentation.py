"""Spells bytes in tokens."""

from __future__ import annotations

import numpy as np
from numba import njit

from constraints.vocabulary import Vocabulary


def shortest_segmentation(vocabulary: Vocabulary, text: bytes) -> list[int] | None:
    """Fewest tokens whose bytes are `text`, or None where the vocabulary cannot spell it.

    Among several, the one whose last token is longest, then the one before it, and so on.
    """
    trie = vocabulary.trie
    symbols = np.frombuffer(text, dtype=np.uint8)
    leaf_at, came_from = _fewest_pieces(symbols, trie.byte, trie.end, trie.leaf)
    at = len(text)
    tokens: list[int] = []
    while at > 0:
        if came_from[at] < 0:
            return None
        tokens.append(int(trie.leaf_tokens[trie.leaf_ptr[leaf_at[at]]]))
        at = int(came_from[at])
    return tokens[::-1]


@njit(cache=True)
def _fewest_pieces(text, byte, end, leaf):
    """For each end of a prefix: the last piece of its best segmentation and where that begins."""
    size = text.shape[0]
    count = np.full(size + 1, size + 1, dtype=np.int64)
    count[0] = 0
    leaf_at = np.full(size + 1, -1, dtype=np.int64)
    came_from = np.full(size + 1, -1, dtype=np.int64)
    for begin in range(size):
        if count[begin] > size:
            continue
        node, stop, level = 0, byte.shape[0], 1
        while node < stop and begin + level <= size:
            if byte[node] != text[begin + level - 1]:
                node = end[node]
                continue
            at = begin + level
            if leaf[node] >= 0 and count[begin] + 1 < count[at]:
                count[at] = count[begin] + 1
                leaf_at[at] = leaf[node]
                came_from[at] = begin
            stop = end[node]
            node += 1
            level += 1
    return leaf_at, came_from
