"""Atoms: the classes of tokens that none of a language's token sets tells apart."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.pool import Pool, roomy

LARGE = 512
"""Members from which a set is refined by whole classes of the vocabulary's base partition."""

Ints = NDArray[np.int32]
Longs = NDArray[np.int64]


class Partition(NamedTuple):
    """A partition of items 0 .. n - 1, refined in place.

    Attributes:
        used: (1,) int64, how many classes there are.
        class_of: (n,) int32.
        size: (n,) int32, of each class.
        root: (n,) int32, the class of the first partition that a class came from.
    """

    used: Longs
    class_of: Ints
    size: Ints
    root: Ints


class Atoms(NamedTuple):
    """The coarsest partition of the tokens of which every set is a union.

    Atoms are numbered by their lowest token.

    Attributes:
        atom_of: (V,) int32.
        atom_ptr: (A + 1,) int32, tokens of atom a are atom_tokens[atom_ptr[a] ..].
        atom_tokens: (V,) int32, ascending within an atom.
        set_ptr: (S + 1,) int32, atoms of set s are set_atoms[set_ptr[s] .. set_ptr[s + 1] - 1].
        set_atoms: (n,) int32, ascending within a set.
    """

    atom_of: Ints
    atom_ptr: Ints
    atom_tokens: Ints
    set_ptr: Ints
    set_atoms: Ints


def whole(num_items: int) -> Partition:
    """The partition into one class."""
    size = np.zeros(num_items, dtype=np.int32)
    size[:1] = num_items
    used = np.ones(1, dtype=np.int64)
    zeros = np.zeros(num_items, dtype=np.int32)
    return Partition(used, zeros, size, zeros.copy())


@njit(cache=True)
def refine(partition, ptr, members, numbers):
    """Refines a partition, in place, until each of the sets is a union of classes.

    Args:
        partition: The partition.
        ptr: int64, set s is members[ptr[s] : ptr[s + 1]].
        members: int32, items.
        numbers: (n,) int64, the sets.
    """
    class_of, size, root = partition.class_of, partition.size, partition.root
    inside = np.zeros(size.shape[0], dtype=np.int32)
    renamed = np.empty(size.shape[0], dtype=np.int32)
    touched = np.empty(size.shape[0], dtype=np.int32)
    count = partition.used[0]
    for s in numbers:
        num_touched = 0
        for i in range(ptr[s], ptr[s + 1]):
            old = class_of[members[i]]
            if inside[old] == 0:
                touched[num_touched] = old
                num_touched += 1
            inside[old] += 1
        num_split = 0
        for i in range(num_touched):
            old = touched[i]
            renamed[old] = old
            if inside[old] < size[old]:
                renamed[old] = count
                root[count] = root[old]
                size[count] = inside[old]
                size[old] -= inside[old]
                count += 1
                num_split += 1
            inside[old] = 0
        if num_split > 0:
            for i in range(ptr[s], ptr[s + 1]):
                class_of[members[i]] = renamed[class_of[members[i]]]
    partition.used[0] = count


@njit(cache=True)
def classes_of(class_of, num_classes, members):
    """(n,) int32, the distinct classes of some items."""
    known = np.zeros(num_classes, dtype=np.bool_)
    classes = np.empty(min(num_classes, members.shape[0]), dtype=np.int32)
    count = 0
    for item in members:
        if not known[class_of[item]]:
            known[class_of[item]] = True
            classes[count] = class_of[item]
            count += 1
    return classes[:count].copy()


class Base:
    """A partition of a vocabulary's items by all large sets seen so far, grown as they come."""

    def __init__(self, num_items: int) -> None:
        self.partition = whole(num_items)
        self._num_sets = 0
        self._classes: dict[int, tuple[int, Ints]] = {}

    def grow(self, sets: Pool) -> None:
        """Refines the partition by the large sets that are new."""
        new = np.arange(self._num_sets, sets.num_sequences)
        large = new[np.diff(sets.ptr[self._num_sets : sets.num_sequences + 1]) >= LARGE]
        refine(self.partition, sets.ptr, sets.members, large)
        self._num_sets = sets.num_sequences

    def classes(self, sets: Pool, number: int) -> Ints:
        """The classes of a large set."""
        count = int(self.partition.used[0])
        known = self._classes.get(number)
        if known is None or known[0] != count:
            classes = classes_of(self.partition.class_of, count, sets.sequence(number))
            known = self._classes[number] = (count, classes)
        return known[1]


def atoms_of(
    base: Base, sets: Pool, numbers: NDArray[np.int64], named: list[Ints], item_of: Ints
) -> Atoms:
    """The atoms of some sets; set 0 is that of all tokens, then come `named`, then `numbers`.

    Args:
        base: The base partition of the vocabulary.
        sets: A pool of sets of items.
        numbers: (n,) int64, sets of the pool.
        named: Sets of items that are not in the pool.
        item_of: (V,) int32, the item of each token.
    """
    base.grow(sets)
    is_large = sets.ptr[numbers + 1] - sets.ptr[numbers] >= LARGE
    large_ptr, large = _joined([base.classes(sets, s) for s in numbers[is_large].tolist()])
    small_ptr, small = _joined([*named, *(sets.sequence(s) for s in numbers[~is_large].tolist())])
    coarse = whole(int(base.partition.used[0]))
    refine(coarse, large_ptr, large, np.arange(len(large_ptr) - 1))
    fine = _spread(coarse, base.partition.class_of)
    num_coarse = int(fine.used[0])
    refine(fine, small_ptr, small, np.arange(len(small_ptr) - 1))
    num_atoms = int(fine.used[0])
    number, atom_of, atom_ptr, atom_tokens = _numbered(fine.class_of, item_of, num_atoms)
    is_coarse = np.concatenate([np.zeros(len(named), dtype=np.bool_), is_large])
    splits = _splits(fine.root, num_coarse, num_atoms)
    large = coarse.class_of[large]
    small = fine.class_of[small]
    set_ptr, set_atoms = _set_atoms(is_coarse, large_ptr, large, small_ptr, small, splits, number)
    num_any = np.int32(len(atom_ptr) - 1)
    return Atoms(
        atom_of,
        atom_ptr,
        atom_tokens,
        np.concatenate([[np.int32(0)], set_ptr + num_any]).astype(np.int32),
        np.concatenate([np.arange(num_any, dtype=np.int32), set_atoms]),
    )


def _joined(parts: list[Ints]) -> tuple[Longs, Ints]:
    ptr = np.zeros(len(parts) + 1, dtype=np.int64)
    np.cumsum([len(part) for part in parts], out=ptr[1:])
    return ptr, np.concatenate([np.zeros(0, dtype=np.int32), *parts])


@njit(cache=True)
def _spread(coarse, class_of):
    """A partition of classes, as a partition of the items in them whose classes are the roots."""
    num_items = class_of.shape[0]
    spread = np.empty(num_items, dtype=np.int32)
    size = np.zeros(num_items, dtype=np.int32)
    for item in range(num_items):
        spread[item] = coarse.class_of[class_of[item]]
        size[spread[item]] += 1
    root = np.arange(num_items).astype(np.int32)
    return Partition(coarse.used.copy(), spread, size, root)


@njit(cache=True)
def _numbered(class_of, item_of, num_classes):
    """Number of each class by its lowest token, or -1 for none; then the tokens by number."""
    num_tokens = item_of.shape[0]
    number = np.full(num_classes, -1, dtype=np.int32)
    size = np.zeros(num_classes + 1, dtype=np.int32)
    atom_of = np.empty(num_tokens, dtype=np.int32)
    count = 0
    for token in range(num_tokens):
        known = class_of[item_of[token]]
        if number[known] < 0:
            number[known] = count
            count += 1
        atom_of[token] = number[known]
        size[number[known] + 1] += 1
    atom_ptr = np.cumsum(size[: count + 1]).astype(np.int32)
    fill = atom_ptr[:-1].copy()
    atom_tokens = np.empty(num_tokens, dtype=np.int32)
    for token in range(num_tokens):
        atom_tokens[fill[atom_of[token]]] = token
        fill[atom_of[token]] += 1
    return number, atom_of, atom_ptr, atom_tokens


@njit(cache=True)
def _splits(root, num_coarse, num_atoms):
    """Next atom of the same root, or -1, of each atom; an atom of the first partition is first."""
    following = np.full(num_atoms, -1, dtype=np.int32)
    for atom in range(num_coarse, num_atoms):
        following[atom] = following[root[atom]]
        following[root[atom]] = atom
    return following


@njit(cache=True)
def _set_atoms(is_coarse, large_ptr, large, small_ptr, small, splits, number):
    """Pointers and ascending atoms of each set; sets that are coarse hold all splits of a class."""
    num_sets = is_coarse.shape[0]
    ptr = np.zeros(num_sets + 1, dtype=np.int32)
    atoms = np.empty(1024, dtype=np.int32)
    mark = np.full(number.shape[0], -1, dtype=np.int32)
    at_large, at_small = 0, 0
    for s in range(num_sets):
        coarse = is_coarse[s]
        atoms = roomy(atoms, ptr[s] + number.shape[0])
        end = ptr[s]
        first = large_ptr[at_large] if coarse else small_ptr[at_small]
        last = large_ptr[at_large + 1] if coarse else small_ptr[at_small + 1]
        for i in range(first, last):
            atom = large[i] if coarse else small[i]
            while atom >= 0 and mark[atom] != s:
                mark[atom] = s
                if number[atom] >= 0:
                    atoms[end] = number[atom]
                    end += 1
                atom = splits[atom] if coarse else -1
        atoms[ptr[s] : end].sort()
        ptr[s + 1] = end
        at_large += coarse
        at_small += not coarse
    return ptr, atoms[: ptr[-1]].copy()
