"""A constraint within a template: the product of its token automaton with a scanner."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.atoms import Partition, refine
from constraints.errors import LimitError, UnsatisfiableError
from constraints.expansion import MAX_EDGES, MAX_STATES
from constraints.pool import roomy
from constraints.template.scanner import NOWHERE, Scanner
from constraints.token_automaton import (
    NEVER,
    TokenAutomaton,
    breadth_first,
    grouped,
)
from constraints.trie import Trie

MAX_PAIRS = 1 << 27
"""States of the language times bytes of the template, past which a product is refused."""

Ints = NDArray[np.int32]


class Split(NamedTuple):
    """The sets of an automaton over finer atoms.

    Attributes:
        atom_of: (V,) int32.
        atom_ptr: (A + 1,) int32.
        atom_tokens: (V,) int32.
        set_ptr: (S + 1,) int32.
        set_atoms: (n,) int32.
        following: (T, A) int32, where each atom leads a scanner, or -1.
    """

    atom_of: Ints
    atom_ptr: Ints
    atom_tokens: Ints
    set_ptr: Ints
    set_atoms: Ints
    following: Ints


class Groups(NamedTuple):
    """Where the parts of each set lie, by the scanner's state it is read in.

    Attributes:
        first: (S·T,) int32, of set s in state t at s·T + t; -1 where not yet split.
        last: (S·T,) int32.
    """

    first: Ints
    last: Ints


class Product(NamedTuple):
    """Reachable pairs of an automaton's and a scanner's states, and the edges between them.

    Attributes:
        state: (n,) int32, the automaton's; pair 0 is the start, the last is DONE.
        scanner: (n,) int32.
        ptr: (n + 1,) int32, edges of each pair.
        edge_set: (E,) int32; the automaton's sets come first, then those of `set_ptr`.
        target: (E,) int32.
        set_ptr: (m + 1,) int32.
        set_atoms: (k,) int32.
    """

    state: Ints
    scanner: Ints
    ptr: Ints
    edge_set: Ints
    target: Ints
    set_ptr: Ints
    set_atoms: Ints


def infilled(automaton: TokenAutomaton, scanner: Scanner, trie: Trie) -> TokenAutomaton:
    """The members of a language that a scanner accepts too.

    Args:
        automaton: The language.
        scanner: The template.
        trie: Of the vocabulary.

    Raises:
        LimitError: The product passes the limits of states or edges.
        UnsatisfiableError: No member fits the template.
    """
    num_scanner = len(scanner.expected)
    if (automaton.done + 1) * num_scanner > MAX_PAIRS:
        raise LimitError(
            f"a template of {num_scanner} bytes over {automaton.done} states passes the limit of "
            f"{MAX_PAIRS} pairs",
            hint="shorten the template's literals, or the bounds of the constraint",
            keyword="template",
        )
    split = _split(automaton, scanner, trie)
    product = _product(
        automaton.out_ptr,
        automaton.target,
        automaton.edge_set,
        automaton.done,
        split.set_ptr,
        split.set_atoms,
        split.following,
        scanner.accepting,
        (MAX_STATES, MAX_EDGES),
    )
    if len(product.state) > MAX_STATES or len(product.target) > MAX_EDGES:
        raise LimitError(
            f"the template's automaton passes {MAX_STATES} states or {MAX_EDGES} edges",
            hint="shorten the template's literals, or the bounds of the constraint",
            keyword="template",
        )
    return _assembled(automaton, scanner, split, product)


def _split(automaton: TokenAutomaton, scanner: Scanner, trie: Trie) -> Split:
    walks = [_walked(scanner, trie, state) for state in range(len(scanner.expected))]
    classes = [
        trie_tokens
        for state, (leaves, following) in enumerate(walks)
        for trie_tokens in _classes(trie, leaves, following, scanner.fallback[state] == state)
    ]
    partition = _partition(automaton)
    ptr = np.zeros(len(classes) + 1, dtype=np.int64)
    np.cumsum([len(part) for part in classes], out=ptr[1:])
    members = np.concatenate([np.zeros(0, dtype=np.int32), *classes])
    refine(partition, ptr, members, np.arange(len(classes)))
    num_atoms = int(partition.used[0])
    atom_of = partition.class_of
    atom_tokens = np.argsort(atom_of, kind="stable").astype(np.int32)
    atom_ptr = np.searchsorted(atom_of[atom_tokens], np.arange(num_atoms + 1)).astype(np.int32)
    following = np.full((len(walks), num_atoms), NOWHERE, dtype=np.int32)
    for state, (leaves, reached) in enumerate(walks):
        back = int(scanner.fallback[state])
        if back not in (NOWHERE, state):
            following[state] = following[back]
        following[state, atom_of[trie.leaf_tokens[trie.leaf_ptr[leaves]]]] = reached
    set_ptr, set_atoms = _finer(
        automaton.set_ptr, automaton.set_atoms, automaton.num_atoms, partition.root[:num_atoms]
    )
    return Split(atom_of, atom_ptr, atom_tokens, set_ptr, set_atoms, following)


def _walked(scanner: Scanner, trie: Trie, state: int) -> tuple[Ints, Ints]:
    """Leaves that a scanner's state does not read as its fallback does, and where they lead."""
    only = int(scanner.expected[state])
    if scanner.fallback[state] == state:
        only = NOWHERE
    elif only == NOWHERE:
        return np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int32)
    return _walk(trie.byte, trie.depth, trie.end, trie.leaf, scanner.delta, state, only)


@njit(cache=True)
def _walk(byte, depth, end, leaf, delta, state, only):
    """Leaves by what a scanner makes of them; `only` is the first byte to walk, or -1 for all."""
    at = np.empty(depth.max() + 1 if depth.shape[0] else 1, dtype=np.int32)
    at[0] = state
    leaves = np.empty(leaf.shape[0], dtype=np.int32)
    reached = np.empty(leaf.shape[0], dtype=np.int32)
    count, node = 0, 0
    while node < byte.shape[0]:
        level = depth[node]
        following = delta[at[level - 1], byte[node]]
        if following < 0 or (level == 1 and only >= 0 and byte[node] != only):
            node = end[node]
            continue
        at[level] = following
        if leaf[node] >= 0:
            leaves[count], reached[count] = leaf[node], following
            count += 1
        node += 1
    return leaves[:count].copy(), reached[:count].copy()


def _classes(trie: Trie, leaves: Ints, following: Ints, whole: bool) -> list[Ints]:
    """Tokens by where they lead; of the whole vocabulary the largest class goes without saying."""
    order = np.argsort(following, kind="stable")
    bounds = np.flatnonzero(np.diff(following[order])) + 1
    parts = sorted(filter(len, np.split(leaves[order], bounds)), key=len)
    return [_tokens_of(trie, part) for part in (parts[:-1] if whole else parts)]


def _tokens_of(trie: Trie, leaves: Ints) -> Ints:
    return np.concatenate(
        [trie.leaf_tokens[trie.leaf_ptr[leaf] : trie.leaf_ptr[leaf + 1]] for leaf in leaves]
    ).astype(np.int32)


def _partition(automaton: TokenAutomaton) -> Partition:
    num_tokens = len(automaton.atom_of)
    size = np.zeros(num_tokens, dtype=np.int32)
    size[: automaton.num_atoms] = np.diff(automaton.atom_ptr)
    return Partition(
        np.array([automaton.num_atoms]),
        automaton.atom_of.copy(),
        size,
        np.arange(num_tokens, dtype=np.int32),
    )


@njit(cache=True)
def _finer(set_ptr, set_atoms, num_coarse, root):
    """Sets of coarse atoms as sets of the atoms that those were split into."""
    num_atoms = root.shape[0]
    following = np.full(num_atoms, -1, dtype=np.int32)
    for atom in range(num_atoms - 1, num_coarse - 1, -1):
        following[atom] = following[root[atom]]
        following[root[atom]] = atom
    ptr = np.zeros(set_ptr.shape[0], dtype=np.int32)
    atoms = np.empty(set_atoms.shape[0] + 1024, dtype=np.int32)
    for s in range(set_ptr.shape[0] - 1):
        count = ptr[s]
        for i in range(set_ptr[s], set_ptr[s + 1]):
            atom = set_atoms[i]
            while atom >= 0:
                atoms = roomy(atoms, count + 1)
                atoms[count] = atom
                count += 1
                atom = following[atom]
        atoms[ptr[s] : count].sort()
        ptr[s + 1] = count
    return ptr, atoms[: ptr[-1]].copy()


@njit(cache=True)
def _product(out_ptr, target, edge_set, done, set_ptr, set_atoms, following, accepting, limits):
    """Pairs reachable from the start, by breadth; stops early where a limit is passed."""
    num_scanner, num_sets = accepting.shape[0], set_ptr.shape[0] - 1
    number = np.full(done * num_scanner, -1, dtype=np.int32)
    state, scanner = np.empty(1024, dtype=np.int32), np.empty(1024, dtype=np.int32)
    ptr = np.zeros(1024, dtype=np.int32)
    sets, targets = np.empty(4096, dtype=np.int32), np.empty(4096, dtype=np.int32)
    groups = Groups(
        np.full(num_sets * num_scanner, -1, dtype=np.int32),
        np.zeros(num_sets * num_scanner, dtype=np.int32),
    )
    group_next, group_set = np.empty(1024, dtype=np.int32), np.empty(1024, dtype=np.int32)
    new_ptr, new_atoms = np.zeros(1024, dtype=np.int32), np.empty(4096, dtype=np.int32)
    seen_next = np.full(num_scanner, -1, dtype=np.int32)
    state[0], scanner[0], number[0] = 0, 0, 0
    num_pairs, num_edges, num_groups, num_new, head = 1, 0, 0, 0, 0
    while head < num_pairs and num_pairs <= limits[0] and num_edges <= limits[1]:
        here, reading = state[head], scanner[head]
        for edge in range(out_ptr[here], out_ptr[here + 1]):
            s, there = edge_set[edge], target[edge]
            if there == done:
                if accepting[reading]:
                    sets, targets = roomy(sets, num_edges + 1), roomy(targets, num_edges + 1)
                    sets[num_edges], targets[num_edges] = s, -1
                    num_edges += 1
                continue
            key = s * num_scanner + reading
            if groups.first[key] < 0:
                groups.first[key] = num_groups
                for i in range(set_ptr[s], set_ptr[s + 1]):
                    reached = following[reading, set_atoms[i]]
                    if reached >= 0 and seen_next[reached] < groups.first[key]:
                        group_next = roomy(group_next, num_groups + 1)
                        group_set = roomy(group_set, num_groups + 1)
                        group_next[num_groups] = reached
                        seen_next[reached] = num_groups
                        num_groups += 1
                groups.last[key] = num_groups
                for group in range(groups.first[key], num_groups):
                    end = new_ptr[num_new]
                    new_atoms = roomy(new_atoms, end + set_ptr[s + 1] - set_ptr[s])
                    for i in range(set_ptr[s], set_ptr[s + 1]):
                        if following[reading, set_atoms[i]] == group_next[group]:
                            new_atoms[end] = set_atoms[i]
                            end += 1
                    if end - new_ptr[num_new] == set_ptr[s + 1] - set_ptr[s]:
                        group_set[group] = s
                        continue
                    new_ptr = roomy(new_ptr, num_new + 2)
                    group_set[group] = num_sets + num_new
                    num_new += 1
                    new_ptr[num_new] = end
            for group in range(groups.first[key], groups.last[key]):
                pair = there * num_scanner + group_next[group]
                if number[pair] < 0:
                    state, scanner = roomy(state, num_pairs + 1), roomy(scanner, num_pairs + 1)
                    number[pair] = num_pairs
                    state[num_pairs], scanner[num_pairs] = there, group_next[group]
                    num_pairs += 1
                sets, targets = roomy(sets, num_edges + 1), roomy(targets, num_edges + 1)
                sets[num_edges], targets[num_edges] = group_set[group], number[pair]
                num_edges += 1
        head += 1
        ptr = roomy(ptr, head + 1)
        ptr[head] = num_edges
    return Product(
        state[:num_pairs].copy(),
        scanner[:num_pairs].copy(),
        ptr[: num_pairs + 1].copy(),
        sets[:num_edges].copy(),
        targets[:num_edges].copy(),
        new_ptr[: num_new + 1].copy(),
        new_atoms[: new_ptr[num_new]].copy(),
    )


def _assembled(
    automaton: TokenAutomaton, scanner: Scanner, split: Split, product: Product
) -> TokenAutomaton:
    done = len(product.state)
    accepting = np.append(
        automaton.accepting[product.state] & scanner.accepting[product.scanner], True
    )
    source = np.repeat(np.arange(done, dtype=np.int32), np.diff(product.ptr))
    target = np.where(product.target < 0, done, product.target).astype(np.int32)
    fewest = breadth_first(source, *grouped(target, done + 1), accepting)
    if fewest[0] == NEVER:
        raise UnsatisfiableError(
            "no member of the language fits the template",
            hint="each literal must be a part of some member, in this order",
            keyword="template",
        )
    kept = np.append(fewest[target] != NEVER, True)
    source = np.append(source, np.int32(done))[kept]
    target = np.append(target, np.int32(done))[kept]
    in_ptr, in_edges = grouped(target, done + 1)
    return TokenAutomaton(
        place=automaton.place[product.state],
        lexer_state=automaton.lexer_state[product.state],
        accepting=accepting,
        fewest=fewest,
        source=source,
        edge_set=np.append(product.edge_set, np.int32(automaton.any_set))[kept],
        target=target,
        out_ptr=np.searchsorted(source, np.arange(done + 2)).astype(np.int32),
        in_ptr=in_ptr,
        in_edges=in_edges,
        set_ptr=np.concatenate([split.set_ptr, split.set_ptr[-1] + product.set_ptr[1:]]),
        set_atoms=np.concatenate([split.set_atoms, product.set_atoms]),
        any_set=automaton.any_set,
        pad_set=automaton.pad_set,
        atom_of=split.atom_of,
        atom_ptr=split.atom_ptr,
        atom_tokens=split.atom_tokens,
    )
