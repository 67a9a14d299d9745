"""The token automaton: a byte automaton, walked by every token of a vocabulary."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.automata import Dfa
from constraints.errors import LimitError, UnsatisfiableError
from constraints.trie import Trie
from constraints.vocabulary import Vocabulary

MAX_EDGES = 5_000_000
MAX_SET_TOKENS = 100_000_000
NEVER = np.iinfo(np.int32).max
"""Distance of a state from which nothing finishes."""

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class TokenAutomaton:
    """States between tokens and the token sets that lead from one to the next.

    From one state a token leads to at most one state, so token paths and state paths are in
    bijection. States 0 .. N - 1 are inside the text, 0 is the start; state N is DONE, after an
    end-of-text token. Edges are sorted by source; the last edge is the loop on DONE, whose set
    is replaced by the tail policy of a block. An atom is a class of tokens that no set tells apart.

    Attributes:
        byte_state: (N,) int32, the byte automaton's state of each state.
        accepting: (N + 1,) bool, whether the text may end here.
        fewest: (N + 1,) int32, fewest tokens that finish, end-of-text not counted, or `NEVER`.
        source: (E,) int32.
        edge_set: (E,) int32.
        target: (E,) int32.
        out_ptr: (N + 2,) int32, edges of state q are out_ptr[q] .. out_ptr[q + 1] - 1.
        in_ptr: (N + 2,) int32, edges into state q are in_edges[in_ptr[q] .. in_ptr[q + 1] - 1].
        in_edges: (E,) int32.
        set_ptr: (S + 1,) int32, atoms of set s are set_atoms[set_ptr[s] .. set_ptr[s + 1] - 1].
        set_atoms: (n,) int32.
        any_set: The set of all tokens.
        pad_set: The set of the pad token, or -1 where the vocabulary has none.
        atom_of: (V,) int32.
        atom_ptr: (A + 1,) int32, tokens of atom a are atom_tokens[atom_ptr[a] ..].
        atom_tokens: (V,) int32, ascending within an atom.
    """

    byte_state: Ints
    accepting: NDArray[np.bool_]
    fewest: Ints
    source: Ints
    edge_set: Ints
    target: Ints
    out_ptr: Ints
    in_ptr: Ints
    in_edges: Ints
    set_ptr: Ints
    set_atoms: Ints
    any_set: int
    pad_set: int
    atom_of: Ints
    atom_ptr: Ints
    atom_tokens: Ints

    @property
    def done(self) -> int:
        """N, the state after the end."""
        return len(self.byte_state)

    @property
    def num_edges(self) -> int:
        """E, the loop on DONE included."""
        return len(self.source)

    @property
    def num_atoms(self) -> int:
        """A."""
        return len(self.atom_ptr) - 1

    @property
    def num_sets(self) -> int:
        """S."""
        return len(self.set_ptr) - 1


def build_token_automaton(dfa: Dfa, vocabulary: Vocabulary) -> TokenAutomaton:
    """Walks the vocabulary's trie from every state that a token can lead to.

    Args:
        dfa: The language over bytes, not empty.
        vocabulary: The tokens.

    Raises:
        LimitError: Too many edges, or token sets too large in sum.
        UnsatisfiableError: No sequence of tokens of this vocabulary spells a member.
    """
    sets = _TokenSets()
    byte_state, source, edge_set, target = _walk(dfa, vocabulary.trie, sets)
    accepting = np.append(dfa.accepting[byte_state], True)
    fewest = _fewest(source, target, accepting)
    if fewest[0] == NEVER:
        raise UnsatisfiableError(
            "no sequence of tokens of this vocabulary spells a member",
            hint="the vocabulary lacks bytes that every member needs",
        )
    keep = fewest[target] != NEVER
    source, edge_set, target = source[keep], edge_set[keep], target[keep]
    done = len(byte_state)
    ends = np.flatnonzero(accepting[:-1]) if vocabulary.eos_ids else np.zeros(0, np.int64)
    eos_set = sets.add(np.asarray(vocabulary.eos_ids, dtype=np.int32))
    any_set = sets.add(np.arange(vocabulary.size, dtype=np.int32))
    pad = [] if vocabulary.pad_id is None else [vocabulary.pad_id]
    pad_set = sets.add(np.asarray(pad, dtype=np.int32)) if pad else -1
    source = np.concatenate([source, ends, [done]]).astype(np.int32)
    edge_set = np.concatenate([edge_set, np.full(len(ends), eos_set), [any_set]]).astype(np.int32)
    target = np.concatenate([target, np.full(len(ends) + 1, done)]).astype(np.int32)
    order = np.argsort(source, kind="stable")
    return _assembled(
        byte_state,
        accepting,
        fewest,
        (source[order], edge_set[order], target[order]),
        sets,
        any_set,
        pad_set,
        vocabulary.size,
    )


def _assembled(
    byte_state: Ints,
    accepting: NDArray[np.bool_],
    fewest: Ints,
    edges: tuple[Ints, Ints, Ints],
    sets: _TokenSets,
    any_set: int,
    pad_set: int,
    num_tokens: int,
) -> TokenAutomaton:
    source, edge_set, target = edges
    states = np.arange(len(accepting) + 1)
    in_edges = np.argsort(target, kind="stable").astype(np.int32)
    atom_of, set_ptr, set_atoms = sets.atoms(num_tokens)
    atom_tokens = np.argsort(atom_of, kind="stable").astype(np.int32)
    num_atoms = int(atom_of.max(initial=-1)) + 1
    return TokenAutomaton(
        byte_state=byte_state,
        accepting=accepting,
        fewest=fewest,
        source=source,
        edge_set=edge_set,
        target=target,
        out_ptr=np.searchsorted(source, states).astype(np.int32),
        in_ptr=np.searchsorted(target[in_edges], states).astype(np.int32),
        in_edges=in_edges,
        set_ptr=set_ptr,
        set_atoms=set_atoms,
        any_set=any_set,
        pad_set=pad_set,
        atom_of=atom_of,
        atom_ptr=np.searchsorted(atom_of[atom_tokens], np.arange(num_atoms + 1)).astype(np.int32),
        atom_tokens=atom_tokens,
    )


class _TokenSets:
    """Distinct token sets, found by content."""

    def __init__(self) -> None:
        self._sets: list[Ints] = []
        self._known: dict[bytes, int] = {}
        self._total = 0

    def add(self, tokens: Ints) -> int:
        key = hashlib.blake2b(tokens.tobytes(), digest_size=32).digest()
        if key not in self._known:
            self._known[key] = len(self._sets)
            self._sets.append(tokens)
            self._total += len(tokens)
            if self._total > MAX_SET_TOKENS:
                raise LimitError(
                    f"the token sets of the language pass {MAX_SET_TOKENS} tokens in sum",
                    hint="shorten length bounds",
                )
        return self._known[key]

    def atoms(self, num_tokens: int) -> tuple[Ints, Ints, Ints]:
        """Atom of each token, and the atoms of each set as (pointers, atoms)."""
        ptr = np.zeros(len(self._sets) + 1, dtype=np.int64)
        np.cumsum([len(tokens) for tokens in self._sets], out=ptr[1:])
        members = np.concatenate(self._sets) if self._sets else np.zeros(0, np.int32)
        atom_of = _refined(ptr, members, num_tokens)
        return (atom_of, *_set_atoms(ptr, members, atom_of))


def _walk(dfa: Dfa, trie: Trie, sets: _TokenSets) -> tuple[Ints, Ints, Ints, Ints]:
    """Byte state of each token state, and the edges (source, set, target), breadth first."""
    class_of = dfa.class_of()
    number = np.full(dfa.num_states, -1, dtype=np.int32)
    number[0] = 0
    queue = [0]
    edges: list[tuple[int, int, int]] = []
    scratch = np.empty(len(trie.leaf_ptr), dtype=np.int32)
    reached = np.empty(len(trie.leaf_ptr), dtype=np.int32)
    slot = np.full(dfa.num_states, -1, dtype=np.int32)
    path = np.empty(trie.max_depth + 1, dtype=np.int32)
    for state in queue:
        count = _walk_state(
            state,
            trie.byte,
            trie.depth,
            trie.end,
            trie.leaf,
            class_of,
            dfa.delta,
            path,
            scratch,
            reached,
        )
        targets, ptr, leaves = _grouped(scratch[:count], reached[:count], slot)
        for index, following in enumerate(targets.tolist()):
            if number[following] < 0:
                number[following] = len(queue)
                queue.append(following)
            inside = leaves[ptr[index] : ptr[index + 1]]
            tokens = _tokens_of(inside, trie.leaf_ptr, trie.leaf_tokens)
            edges.append((int(number[state]), sets.add(tokens), int(number[following])))
        if len(edges) > MAX_EDGES:
            raise LimitError(
                f"the token automaton passes {MAX_EDGES} edges",
                hint="shorten length bounds, counts or lists",
            )
    table = np.asarray(edges, dtype=np.int32).reshape(len(edges), 3)
    source, edge_set, target = (np.ascontiguousarray(column) for column in table.T)
    return np.asarray(queue, dtype=np.int32), source, edge_set, target


@njit(cache=True)
def _walk_state(state, byte, depth, end, leaf, class_of, delta, path, leaves, reached):
    """Lists every token that can be read from a state, with the state it leads to."""
    count = 0
    node = 0
    path[0] = state
    num_nodes = byte.shape[0]
    while node < num_nodes:
        level = depth[node]
        following = delta[path[level - 1], class_of[byte[node]]]
        if following < 0:
            node = end[node]
            continue
        path[level] = following
        if leaf[node] >= 0:
            leaves[count] = leaf[node]
            reached[count] = following
            count += 1
        node += 1
    return count


@njit(cache=True)
def _grouped(leaves, reached, slot):
    """Groups leaves by the state reached, stably; `slot` is scratch, all -1 before and after."""
    count = leaves.shape[0]
    targets = np.empty(count, dtype=np.int32)
    sizes = np.zeros(count + 1, dtype=np.int32)
    num_targets = 0
    for i in range(count):
        target = reached[i]
        if slot[target] < 0:
            slot[target] = num_targets
            targets[num_targets] = target
            num_targets += 1
        sizes[slot[target] + 1] += 1
    ptr = np.cumsum(sizes[: num_targets + 1]).astype(np.int32)
    fill = ptr.copy()
    ordered = np.empty(count, dtype=np.int32)
    for i in range(count):
        index = slot[reached[i]]
        ordered[fill[index]] = leaves[i]
        fill[index] += 1
    for i in range(num_targets):
        slot[targets[i]] = -1
    return targets[:num_targets], ptr, ordered


@njit(cache=True)
def _tokens_of(leaves, leaf_ptr, leaf_tokens):
    total = 0
    for leaf in leaves:
        total += leaf_ptr[leaf + 1] - leaf_ptr[leaf]
    tokens = np.empty(total, dtype=np.int32)
    at = 0
    for leaf in leaves:
        for i in range(leaf_ptr[leaf], leaf_ptr[leaf + 1]):
            tokens[at] = leaf_tokens[i]
            at += 1
    return tokens


def _fewest(source: Ints, target: Ints, accepting: NDArray[np.bool_]) -> Ints:
    order = np.argsort(target, kind="stable")
    ptr = np.searchsorted(target[order], np.arange(len(accepting) + 1))
    return _breadth_first(source[order], ptr, accepting)


@njit(cache=True)
def _breadth_first(sources, ptr, accepting):
    """Distance of each state to acceptance, backwards along edges grouped by target."""
    num_states = accepting.shape[0]
    distance = np.full(num_states, NEVER, dtype=np.int32)
    queue = np.empty(num_states, dtype=np.int32)
    tail = 0
    for state in range(num_states):
        if accepting[state]:
            distance[state] = 0
            queue[tail] = state
            tail += 1
    head = 0
    while head < tail:
        state = queue[head]
        head += 1
        for i in range(ptr[state], ptr[state + 1]):
            if distance[sources[i]] == NEVER:
                distance[sources[i]] = distance[state] + 1
                queue[tail] = sources[i]
                tail += 1
    return distance


@njit(cache=True)
def _refined(ptr, members, num_tokens):
    """The coarsest partition of the tokens of which every set is a union (partition refinement)."""
    atom_of = np.zeros(num_tokens, dtype=np.int32)
    size = np.zeros(num_tokens + 1, dtype=np.int32)
    inside = np.zeros(num_tokens + 1, dtype=np.int32)
    renamed = np.zeros(num_tokens + 1, dtype=np.int32)
    touched = np.empty(num_tokens + 1, dtype=np.int32)
    size[0] = num_tokens
    num_atoms = 1
    for s in range(ptr.shape[0] - 1):
        num_touched = 0
        for i in range(ptr[s], ptr[s + 1]):
            atom = atom_of[members[i]]
            if inside[atom] == 0:
                touched[num_touched] = atom
                num_touched += 1
            inside[atom] += 1
        for i in range(num_touched):
            atom = touched[i]
            renamed[atom] = atom
            if inside[atom] < size[atom]:
                renamed[atom] = num_atoms
                size[num_atoms] = inside[atom]
                size[atom] -= inside[atom]
                num_atoms += 1
            inside[atom] = 0
        for i in range(ptr[s], ptr[s + 1]):
            atom_of[members[i]] = renamed[atom_of[members[i]]]
    return atom_of


def _set_atoms(ptr: NDArray[np.int64], members: Ints, atom_of: Ints) -> tuple[Ints, Ints]:
    sets = [np.unique(atom_of[members[a:b]]) for a, b in pairwise(ptr)]
    set_ptr = np.zeros(len(sets) + 1, dtype=np.int32)
    np.cumsum([len(atoms) for atoms in sets], out=set_ptr[1:])
    return set_ptr, np.concatenate(sets).astype(np.int32)
