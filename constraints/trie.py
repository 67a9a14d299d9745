"""The vocabulary as a byte trie in preorder, the form in which automata walk it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Trie:
    """A byte trie; the subtree of node i is nodes i .. end[i] - 1.

    Attributes:
        byte: (T,) uint8, the byte on the edge into each node.
        depth: (T,) int32, bytes from the root, at least 1.
        end: (T,) int32, one past the last node of the subtree.
        leaf: (T,) int32, index of the byte string that ends here, or -1.
        leaf_ptr: (S + 1,) int32, token ids of string s are leaf_tokens[leaf_ptr[s]:leaf_ptr[s+1]].
        leaf_tokens: (n,) int32, token ids in the order of their byte strings.
    """

    byte: NDArray[np.uint8]
    depth: NDArray[np.int32]
    end: NDArray[np.int32]
    leaf: NDArray[np.int32]
    leaf_ptr: NDArray[np.int32]
    leaf_tokens: NDArray[np.int32]

    @property
    def num_leaves(self) -> int:
        """S, number of distinct byte strings."""
        return len(self.leaf_ptr) - 1

    @property
    def max_depth(self) -> int:
        """Bytes of the longest token; 0 for an empty trie."""
        return int(self.depth.max(initial=0))


def build_trie(tokens: Sequence[bytes | None]) -> Trie:
    """Builds the trie of all tokens that are text.

    Args:
        tokens: Bytes of each token id; None or empty bytes are not text and are left out.

    Returns:
        The trie; tokens of equal bytes share a leaf.
    """
    order = sorted((data, token) for token, data in enumerate(tokens) if data)
    strings: list[bytes] = []
    leaf_ptr = [0]
    for position, (data, _) in enumerate(order):
        if not strings or strings[-1] != data:
            if strings:
                leaf_ptr.append(position)
            strings.append(data)
    if strings:
        leaf_ptr.append(len(order))
    buffer = np.frombuffer(b"".join(strings), dtype=np.uint8)
    offsets = np.zeros(len(strings) + 1, dtype=np.int64)
    np.cumsum([len(data) for data in strings], out=offsets[1:])
    byte, depth, end, leaf = _preorder(buffer, offsets)
    return Trie(
        byte=byte,
        depth=depth,
        end=end,
        leaf=leaf,
        leaf_ptr=np.asarray(leaf_ptr, dtype=np.int32),
        leaf_tokens=np.asarray([token for _, token in order], dtype=np.int32),
    )


@njit(cache=True)
def _preorder(buffer, offsets):
    """Lays out sorted, distinct strings as a preorder trie."""
    num_strings = offsets.shape[0] - 1
    num_nodes = 0
    shared = np.zeros(num_strings, dtype=np.int64)
    longest = 0
    for s in range(num_strings):
        start, stop = offsets[s], offsets[s + 1]
        longest = max(longest, stop - start)
        if s > 0:
            before = offsets[s - 1]
            limit = min(start - before, stop - start)
            while shared[s] < limit and buffer[before + shared[s]] == buffer[start + shared[s]]:
                shared[s] += 1
        num_nodes += stop - start - shared[s]
    byte = np.empty(num_nodes, dtype=np.uint8)
    depth = np.empty(num_nodes, dtype=np.int32)
    end = np.full(num_nodes, num_nodes, dtype=np.int32)
    leaf = np.full(num_nodes, -1, dtype=np.int32)
    path = np.zeros(longest + 1, dtype=np.int64)
    open_depth = 0
    node = 0
    for s in range(num_strings):
        while open_depth > shared[s]:
            end[path[open_depth]] = node
            open_depth -= 1
        for position in range(offsets[s] + shared[s], offsets[s + 1]):
            open_depth += 1
            path[open_depth] = node
            byte[node] = buffer[position]
            depth[node] = open_depth
            node += 1
        leaf[node - 1] = s
    return byte, depth, end, leaf
