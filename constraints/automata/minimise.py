"""Hopcroft's partition refinement (1971), on partial DFAs."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


def coarsest_partition(delta: NDArray[np.int32], accepting: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Finds which states of a DFA accept the same texts.

    Args:
        delta: (N, C) int32, next state or -1 (dead).
        accepting: (N,) bool.

    Returns:
        (N,) int32, a block number for each state; equal iff the states are equivalent.
    """
    num_states, num_classes = delta.shape
    total = np.where(delta < 0, num_states, delta)
    total = np.vstack([total, np.full((1, num_classes), num_states, dtype=np.int64)])
    order = np.argsort(total, axis=0, kind="stable")
    sources = np.ascontiguousarray(order.T.astype(np.int32))
    starts = np.empty((num_classes, num_states + 2), dtype=np.int64)
    for c in range(num_classes):
        starts[c] = np.searchsorted(total[sources[c], c], np.arange(num_states + 2))
    return _refine(sources, starts, np.append(accepting, False))[:num_states]


@njit(cache=True)
def _refine(sources, starts, accepting):
    num_classes = sources.shape[0]
    num_states = accepting.shape[0]
    block = np.where(accepting, 1, 0).astype(np.int32)
    elements = np.argsort(block, kind="mergesort").astype(np.int32)
    position = np.empty(num_states, dtype=np.int64)
    for i in range(num_states):
        position[elements[i]] = i
    first = np.zeros(num_states + 1, dtype=np.int64)
    last = np.zeros(num_states + 1, dtype=np.int64)
    marked = np.zeros(num_states + 1, dtype=np.int64)
    num_refusing = num_states - accepting.sum()
    last[0] = num_refusing
    first[1], last[1] = num_refusing, num_states
    num_blocks = 2
    if num_refusing == 0 or num_refusing == num_states:
        return block
    waiting = np.zeros(num_states + 1, dtype=np.bool_)
    queue = np.empty(num_states + 2, dtype=np.int64)
    smaller = 1 if num_states - num_refusing <= num_refusing else 0
    queue[0] = smaller
    waiting[smaller] = True
    queued = 1
    splitter = np.empty(num_states, dtype=np.int32)
    touched = np.empty(num_states + 1, dtype=np.int64)
    while queued > 0:
        queued -= 1
        current = queue[queued]
        waiting[current] = False
        width = last[current] - first[current]
        for i in range(width):
            splitter[i] = elements[first[current] + i]
        for c in range(num_classes):
            num_touched = 0
            for i in range(width):
                target = splitter[i]
                for j in range(starts[c, target], starts[c, target + 1]):
                    source = sources[c, j]
                    owner = block[source]
                    where = position[source]
                    border = first[owner] + marked[owner]
                    if where >= border:
                        if marked[owner] == 0:
                            touched[num_touched] = owner
                            num_touched += 1
                        other = elements[border]
                        elements[border], elements[where] = source, other
                        position[source], position[other] = border, where
                        marked[owner] += 1
            for i in range(num_touched):
                owner = touched[i]
                count = marked[owner]
                marked[owner] = 0
                size = last[owner] - first[owner]
                if count == size:
                    continue
                fresh = num_blocks
                num_blocks += 1
                if count * 2 <= size:
                    first[fresh], last[fresh] = first[owner], first[owner] + count
                    first[owner] += count
                else:
                    first[fresh], last[fresh] = first[owner] + count, last[owner]
                    last[owner] = first[owner] + count
                for j in range(first[fresh], last[fresh]):
                    block[elements[j]] = fresh
                if not waiting[fresh]:
                    waiting[fresh] = True
                    queue[queued] = fresh
                    queued += 1
    return block
