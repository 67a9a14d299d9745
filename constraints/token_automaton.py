"""The token automaton: a language's configurations, and the token sets that lead between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.atoms import atoms_of
from constraints.errors import UnsatisfiableError
from constraints.expansion import (
    Configurations,
    Places,
    check_limits,
    expanded,
    lexers_of,
    places_of,
)
from constraints.parser_graph import ParserGraph
from constraints.shelf import Shelf
from constraints.vocabulary import Vocabulary
from constraints.walk import Lexers, nodes_of, scratch_for

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
        place: (N,) int32, the parser graph's place of each state.
        lexer_state: (N,) int32, the lexer's state there; of a counted lexer, state + S·count.
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

    place: Ints
    lexer_state: Ints
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
        return len(self.place)

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


def following(automaton: TokenAutomaton, state: int, token: int) -> int:
    """The state that a token of text leads to, or -1 where it leaves the language."""
    atom = automaton.atom_of[token]
    for edge in range(automaton.out_ptr[state], automaton.out_ptr[state + 1]):
        members = automaton.set_atoms[
            automaton.set_ptr[automaton.edge_set[edge]] : automaton.set_ptr[
                automaton.edge_set[edge] + 1
            ]
        ]
        at = int(np.searchsorted(members, atom))
        if at < len(members) and members[at] == atom:
            return int(automaton.target[edge])
    return -1


def build_token_automaton(graph: ParserGraph, vocabulary: Vocabulary) -> TokenAutomaton:
    """Expands the configurations of a language over the tokens of a vocabulary.

    Args:
        graph: The language, with at least one place.
        vocabulary: The tokens.

    Raises:
        LimitError: Too many states or edges, or token sets too large in sum.
        UnsatisfiableError: No sequence of tokens of this vocabulary spells a member.
    """
    shelf = vocabulary.shelf
    with shelf.exclusively():
        lexers = lexers_of(graph, shelf.numbers)
        places = places_of(graph, lexers)
        scratch = scratch_for(shelf.trie, lexers)
        shelf.store, found = expanded(places, lexers, nodes_of(shelf.trie), shelf.store, scratch)
        check_limits(found)
        return _assembled(places, lexers, found, shelf, vocabulary)


def _assembled(
    places: Places, lexers: Lexers, found: Configurations, shelf: Shelf, vocabulary: Vocabulary
) -> TokenAutomaton:
    num_states, num_edges = found.used[:2].tolist()
    ptr, target = found.ptr[: num_states + 1], found.target[:num_edges]
    place, lexer_state = found.place[:num_states].copy(), found.lexer_state[:num_states].copy()
    accepting = _accepting(places, lexers, place, lexer_state)
    named, eos_set, pad_set = _named_sets(vocabulary, shelf.trie.num_leaves)
    everywhere = np.zeros(num_states + 1, dtype=np.int32)
    edges = ptr, found.edge_set, target, accepting
    finish = eos_set, 1 + len(named), len(found.seen)
    source, edge_set, target, out_ptr, used = _finished(*edges, everywhere, *finish)
    in_ptr, in_edges = grouped(target, num_states + 1)
    fewest = breadth_first(source, in_ptr, in_edges, accepting)
    if fewest[0] == NEVER:
        raise UnsatisfiableError(
            "no sequence of tokens of this vocabulary spells a member",
            hint="the vocabulary lacks bytes that every member needs",
        )
    if fewest.max() == NEVER:
        source, edge_set, target, out_ptr, used = _finished(*edges, fewest, *finish)
        in_ptr, in_edges = grouped(target, num_states + 1)
    atoms = atoms_of(shelf.base, shelf.store.sets, used, named, shelf.item_of)
    return TokenAutomaton(
        place=place,
        lexer_state=lexer_state,
        accepting=accepting,
        fewest=fewest,
        source=source,
        edge_set=edge_set,
        target=target,
        out_ptr=out_ptr,
        in_ptr=in_ptr,
        in_edges=in_edges,
        any_set=0,
        pad_set=pad_set,
        **atoms._asdict(),
    )


def _named_sets(vocabulary: Vocabulary, num_leaves: int) -> tuple[list[Ints], int, int]:
    """Items of the end-of-text and pad sets, then the number of each, or -1 for none."""
    ends, pads = np.array([[1, 3], [2, 3]], dtype=np.int32) + np.int32(num_leaves)
    has_ends, has_pad = bool(vocabulary.eos_ids), vocabulary.pad_id is not None
    if vocabulary.eos_ids == (vocabulary.pad_id,):
        return [ends], 1, 1
    named = [ends] * has_ends + [pads] * has_pad
    return named, 1 if has_ends else -1, len(named) if has_pad else -1


@njit(cache=True)
def _accepting(places, lexers, place, lexer_state):
    """(N + 1,) bool, whether the text may end in each state; DONE is the last."""
    num_states, end = place.shape[0], places.lexer.shape[0]
    accepting = np.ones(num_states + 1, dtype=np.bool_)
    for i in range(num_states):
        if place[i] == end:
            continue
        lexer = places.lexer[place[i]]
        first = lexers.first[lexer]
        size = lexers.first[lexer + 1] - first
        label = lexers.label[first + lexer_state[i] % size]
        accepting[i] = False
        if label >= 0 and lexer_state[i] // size >= lexers.low[lexer]:
            following = places.goto[places.goto_ptr[place[i]] + label]
            accepting[i] = following >= 0 and places.closes[following]
    return accepting


@njit(cache=True)
def grouped(target, num_states):
    """Edges by target: (num_states + 1,) int32 pointers, and (E,) int32 edges in order."""
    ptr = np.zeros(num_states + 1, dtype=np.int32)
    for state in target:
        ptr[state + 1] += 1
    ptr = np.cumsum(ptr).astype(np.int32)
    fill = ptr[:-1].copy()
    edges = np.empty(target.shape[0], dtype=np.int32)
    for edge in range(target.shape[0]):
        edges[fill[target[edge]]] = edge
        fill[target[edge]] += 1
    return ptr, edges


@njit(cache=True)
def breadth_first(source, in_ptr, in_edges, accepting):
    """Distance of each state to acceptance, backwards along edges; DONE is the last."""
    num_states = in_ptr.shape[0] - 2
    distance = np.full(num_states + 1, NEVER, dtype=np.int32)
    distance[num_states] = 0
    queue = np.empty(num_states, dtype=np.int32)
    head, tail = 0, 0
    for state in range(num_states):
        if accepting[state]:
            distance[state] = 0
            queue[tail] = state
            tail += 1
    while head < tail:
        state = queue[head]
        head += 1
        for i in range(in_ptr[state], in_ptr[state + 1]):
            before = source[in_edges[i]]
            if distance[before] == NEVER:
                distance[before] = distance[state] + 1
                queue[tail] = before
                tail += 1
    return distance


@njit(cache=True)
def _finished(ptr, edge_set, target, accepting, fewest, eos_set, num_named, num_sets):
    """The edges of an automaton, without those to states that never finish and with those to DONE.

    Returns:
        Sources, sets, targets and pointers; then (n,) int64, the store's sets by their numbers
        after the first `num_named`.
    """
    done = ptr.shape[0] - 1
    room = target.shape[0] + done + 1
    source, sets = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    targets, out_ptr = np.empty(room, dtype=np.int32), np.zeros(done + 2, dtype=np.int32)
    number = np.full(num_sets, -1, dtype=np.int32)
    used = np.empty(num_sets, dtype=np.int64)
    count, num_used = 0, 0
    for state in range(done):
        for edge in range(ptr[state], ptr[state + 1]):
            if fewest[target[edge]] == NEVER:
                continue
            known = edge_set[edge]
            if number[known] < 0:
                number[known] = num_named + num_used
                used[num_used] = known
                num_used += 1
            source[count], sets[count], targets[count] = state, number[known], target[edge]
            count += 1
        if accepting[state] and eos_set >= 0:
            source[count], sets[count], targets[count] = state, eos_set, done
            count += 1
        out_ptr[state + 1] = count
    source[count], sets[count], targets[count] = done, 0, done
    out_ptr[done + 1] = count + 1
    last = count + 1
    return (
        source[:last].copy(),
        sets[:last].copy(),
        targets[:last].copy(),
        out_ptr,
        used[:num_used].copy(),
    )
