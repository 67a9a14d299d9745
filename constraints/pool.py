"""Sets of integers, stored once each and known by number; they only ever grow in number."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

FIRST_SLOTS = 1024


class Pool(NamedTuple):
    """Distinct int32 sequences; sequence i is members[ptr[i] : ptr[i + 1]].

    The arrays are longer than what is used. A pool is grown by taking what `interned` returns for
    it; the old one must not be used again.

    Attributes:
        num_sequences: How many sequences there are.
        ptr: int64.
        members: int32.
        hashes: uint64, of each sequence.
        slots: int32, open addressing by hash: the number of a sequence, or -1.
    """

    num_sequences: int
    ptr: NDArray[np.int64]
    members: NDArray[np.int32]
    hashes: NDArray[np.uint64]
    slots: NDArray[np.int32]

    @property
    def total(self) -> int:
        """Members of all sequences together."""
        return int(self.ptr[self.num_sequences])

    def sequence(self, number: int) -> NDArray[np.int32]:
        """Sequence `number`, a view."""
        return self.members[self.ptr[number] : self.ptr[number + 1]]


def empty_pool() -> Pool:
    """A pool without sequences."""
    return Pool(
        num_sequences=0,
        ptr=np.zeros(FIRST_SLOTS, dtype=np.int64),
        members=np.empty(FIRST_SLOTS, dtype=np.int32),
        hashes=np.empty(FIRST_SLOTS, dtype=np.uint64),
        slots=np.full(FIRST_SLOTS, -1, dtype=np.int32),
    )


@njit(cache=True)
def roomy(array: Any, needed: int) -> Any:
    """The array itself, or a longer one that begins with it, with room for `needed` entries."""
    if needed <= array.shape[0]:
        return array
    longer = np.empty(max(needed, 2 * array.shape[0]), dtype=array.dtype)
    longer[: array.shape[0]] = array
    return longer


@njit(cache=True)
def mixed(value):
    """A uint64 scattered over all 64 bits (Steele et al. 2014, the finaliser of SplitMix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@njit(cache=True)
def interned(pool, values):
    """The pool with a sequence in it, and the sequence's number.

    Args:
        pool: The pool.
        values: (n,) int32.
    """
    digest = mixed(np.uint64(values.shape[0] + 1))
    for value in values:
        digest += mixed(np.uint64(value) + np.uint64(0x9E3779B97F4A7C15))
    last = pool.slots.shape[0] - 1
    slot = np.int64(digest & np.uint64(last))
    while pool.slots[slot] >= 0:
        known = pool.slots[slot]
        if pool.hashes[known] == digest and _equal(pool, known, values):
            return pool, np.int64(known)
        slot = (slot + 1) & last
    return _appended(pool, values, digest, slot), np.int64(pool.num_sequences)


@njit(cache=True)
def _equal(pool, number, values):
    known = pool.members[pool.ptr[number] : pool.ptr[number + 1]]
    if known.shape[0] != values.shape[0]:
        return False
    different = 0
    for i in range(values.shape[0]):
        different |= known[i] ^ values[i]
    return different == 0


@njit(cache=True)
def _appended(pool, values, digest, slot):
    count = pool.num_sequences
    first = pool.ptr[count]
    ptr = roomy(pool.ptr, count + 2)
    hashes = roomy(pool.hashes, count + 1)
    members = roomy(pool.members, first + values.shape[0])
    members[first : first + values.shape[0]] = values
    ptr[count + 1] = first + values.shape[0]
    hashes[count] = digest
    slots = pool.slots
    slots[slot] = count
    if 2 * (count + 1) > slots.shape[0]:
        slots = _rehashed(hashes, count + 1, 2 * slots.shape[0])
    return Pool(count + 1, ptr, members, hashes, slots)


@njit(cache=True)
def _rehashed(hashes, count, num_slots):
    slots = np.full(num_slots, -1, dtype=np.int32)
    for number in range(count):
        slot = np.int64(hashes[number] & np.uint64(num_slots - 1))
        while slots[slot] >= 0:
            slot = (slot + 1) & (num_slots - 1)
        slots[slot] = number
    return slots
