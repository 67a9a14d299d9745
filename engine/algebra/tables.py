"""From a block to the small tables that a device needs: what is live, numbered anew."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from constraints import Block

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tables:
    """A block, reduced to the states and edges that lie on some path from start to end.

    States, sets and atoms are numbered anew and densely; edges keep their order, so that the first
    edge is still the first. Two atoms that the remaining sets do not tell apart become one. The
    loop after the end has a set of its own, the last one.

    Attributes:
        length: L.
        states: (N,) int32, the automaton's number of each state.
        out_ptr: (N + 1,) int32, edges of state q are out_ptr[q] .. out_ptr[q + 1] - 1.
        source: (E,) int32.
        edge_set: (E,) int32.
        target: (E,) int32.
        final: (N,) bool, states in which the canvas may end.
        set_ptr: (S + 1,) int32.
        set_atoms: (n,) int32, ascending within a set.
        tail_set: The set of the loop after the end, or -1 where no canvas has ended before its end.
        atom_of: (V,) int32.
        atom_ptr: (A + 1,) int32.
        atom_tokens: (V,) int32, ascending within an atom.
        pins: (L,) int32, the token pinned at each position, or -1.
        spans: (K, 4) int32: first position, position after the last, state at the start, state at
            the end or -1 for all final ones. Where only one state is live the posterior falls
            apart into independent factors, so each span is a chain of its own.
    """

    length: int
    states: Ints
    out_ptr: Ints
    source: Ints
    edge_set: Ints
    target: Ints
    final: NDArray[np.bool_]
    set_ptr: Ints
    set_atoms: Ints
    tail_set: int
    atom_of: Ints
    atom_ptr: Ints
    atom_tokens: Ints
    pins: Ints
    spans: Ints

    @property
    def num_sets(self) -> int:
        """S."""
        return len(self.set_ptr) - 1

    @property
    def num_tokens(self) -> int:
        """V, or as many columns as the block is over."""
        return len(self.atom_of)

    @property
    def num_atoms(self) -> int:
        """A."""
        return len(self.atom_ptr) - 1


def tables_of(block: Block) -> Tables:
    """Reduces a block to its tables."""
    automaton = block.constraint.automaton
    states = np.flatnonzero(block.live.any(axis=0)).astype(np.int32)
    number = np.full(automaton.done + 1, -1, dtype=np.int32)
    number[states] = np.arange(len(states))
    edges = np.flatnonzero(live_edges(block))
    source, target = number[automaton.source[edges]], number[automaton.target[edges]]
    ended = bool(len(edges)) and int(edges[-1]) == automaton.num_edges - 1
    used, edge_set = _used_sets(block.edge_set[edges], ended)
    set_ptr, set_atoms = _chosen(automaton.set_ptr, automaton.set_atoms, used)
    merged, num_atoms = _merged(set_ptr, set_atoms, automaton.num_atoms)
    set_ptr, set_atoms = _renamed(set_ptr, merged[set_atoms], num_atoms)
    atom_of = merged[automaton.atom_of]
    return Tables(
        length=block.length,
        states=states,
        out_ptr=pointers(source, len(states)),
        source=source,
        edge_set=edge_set,
        target=target,
        final=block.live[-1, states],
        set_ptr=set_ptr,
        set_atoms=set_atoms,
        tail_set=len(used) - 1 if ended else -1,
        atom_of=atom_of,
        atom_ptr=pointers(atom_of, num_atoms),
        atom_tokens=order_by(atom_of, num_atoms).astype(np.int32),
        pins=_pins(block),
        spans=_spans(block, number),
    )


def live_edges(block: Block) -> NDArray[np.bool_]:
    """(E,) bool, edges whose ends are both live around some position; 64 positions at a time."""
    automaton, (num_rows, num_states) = block.constraint.automaton, block.live.shape
    bits = np.zeros((2, 64 * -(-num_rows // 64), num_states), dtype=np.bool_)
    bits[0, : num_rows - 1], bits[1, : num_rows - 1] = block.live[:-1], block.live[1:]
    words = np.packbits(bits, axis=1).transpose(0, 2, 1).copy().view(np.uint64)
    alive = np.zeros(automaton.num_edges, dtype=np.bool_)
    for word in range(words.shape[2]):
        before, after = words[0, :, word], words[1, :, word]
        alive |= (before[automaton.source] & after[automaton.target]) != 0
    return alive


def _used_sets(edge_set: Ints, ended: bool) -> tuple[NDArray[np.int64], Ints]:
    """The sets in use, that of the loop after the end apart and last; the set of each edge."""
    inside = edge_set[: len(edge_set) - ended]
    used, renamed = np.unique(inside, return_inverse=True)
    if ended:
        used, renamed = np.append(used, edge_set[-1]), np.append(renamed, len(used))
    return used.astype(np.int64), renamed.astype(np.int32)


def _chosen(ptr: Ints, members: Ints, lists: NDArray[np.int64]) -> tuple[Ints, Ints]:
    """Some of a table's lists, in the order given."""
    parts = [members[ptr[each] : ptr[each + 1]] for each in lists.tolist()]
    sizes = np.cumsum([0, *(len(part) for part in parts)])
    return sizes.astype(np.int32), np.concatenate([np.zeros(0, dtype=np.int32), *parts])


def _merged(set_ptr: Ints, set_atoms: Ints, num_atoms: int) -> tuple[Ints, int]:
    """(A,) int32, one number for atoms that lie in the same sets; then how many numbers."""
    holders = np.repeat(np.arange(len(set_ptr) - 1, dtype=np.int32), np.diff(set_ptr))
    holders = holders[order_by(set_atoms, num_atoms)]
    ptr = pointers(set_atoms, num_atoms).tolist()
    known: dict[bytes, int] = {}
    merged = [
        known.setdefault(holders[first:last].tobytes(), len(known))
        for first, last in itertools.pairwise(ptr)
    ]
    return np.array(merged, dtype=np.int32), len(known)


def _renamed(set_ptr: Ints, set_atoms: Ints, num_atoms: int) -> tuple[Ints, Ints]:
    """The same sets with each atom once."""
    num_sets = len(set_ptr) - 1
    holders = np.repeat(np.arange(num_sets, dtype=np.int64), np.diff(set_ptr))
    entries = np.unique(holders * num_atoms + set_atoms)
    return pointers(entries // num_atoms, num_sets), (entries % num_atoms).astype(np.int32)


def order_by(groups: Ints, num_groups: int) -> NDArray[np.int64]:
    """Elements by group, in order within each; NumPy sorts 16 bits in linear time."""
    small = num_groups <= np.iinfo(np.int16).max
    return np.argsort(groups.astype(np.int16) if small else groups, kind="stable")


def pointers(groups: NDArray[np.integer], num_groups: int) -> Ints:
    """(num_groups + 1,) int32, where each group begins once sorted."""
    ptr = np.zeros(num_groups + 1, dtype=np.int32)
    np.cumsum(np.bincount(groups, minlength=num_groups), out=ptr[1:])
    return ptr


def _pins(block: Block) -> Ints:
    pins = np.full(block.length, -1, dtype=np.int32)
    for position, token in block.pinned.items():
        pins[position] = token
    return pins


def _spans(block: Block, number: Ints) -> Ints:
    """(K, 4) int32, cut wherever a single state is live."""
    single = block.live.sum(axis=1) == 1
    cuts = [0, *(np.flatnonzero(single[1:-1]) + 1).tolist(), block.length]
    at_cut = number[block.live.argmax(axis=1)]
    at_cut[0] = number[block.start.index]
    if not single[-1]:
        at_cut[-1] = -1
    spans = [(a, b, at_cut[a], at_cut[b]) for a, b in itertools.pairwise(cuts)]
    return np.array(spans, dtype=np.int32)
