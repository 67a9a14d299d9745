"""The product of what patterns match and of words, which retype it: a scanner's automaton."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from constraints.pool import mixed, roomy
from constraints.pushdown.threads import REFUSED
from constraints.pushdown.words import NO_WORD, Words

if TYPE_CHECKING:
    from constraints.pushdown.scanner import Matches

Ints = NDArray[np.int32]
Bools = NDArray[np.bool_]


class Product(NamedTuple):
    """States of patterns with a word under way; the first N are those without one.

    Attributes:
        delta: (S, C) int32, the next state or -1.
        class_of: (256,) int32.
        label: (S,) int32, the terminal that ends here, or -1.
        reads: (S,) bool, false where nothing has been read yet.
        origin: (S,) int32, the state of the patterns.
        node: (S,) int32, the node of the words.
        starts: (n,) int32, where each context begins; nothing leads back there.
    """

    delta: Ints
    class_of: Ints
    label: Ints
    reads: Bools
    origin: Ints
    node: Ints
    starts: Ints


def terminals_of(delta: Ints, label: Ints, num_terminals: int) -> Bools:
    """(N, T) bool: the terminals that each state may end as, after any more bytes.

    Args:
        delta: (N, 256) int32, transitions.
        label: (N,) int32, the terminal that ends in each state, or -1.
        num_terminals: T.
    """
    return _spread(delta, label, np.zeros((len(label), num_terminals), dtype=np.bool_))


@njit(cache=True)
def _spread(delta, label, found):
    """What is found of each state with what is found of the states that it leads to.

    States are taken in the order in which a search in depth leaves them, again until nothing
    changes: once and once more where there are no loops.
    """
    num_states, num_bytes = delta.shape
    order, stack = np.empty(num_states, dtype=np.int32), np.empty(num_states + 1, dtype=np.int32)
    at, seen = np.zeros(num_states, dtype=np.int32), np.zeros(num_states, dtype=np.bool_)
    left = 0
    for root in range(num_states):
        if label[root] >= 0:
            found[root, label[root]] = True
        if seen[root]:
            continue
        stack[0], seen[root], depth = root, True, 1
        while depth:
            state = stack[depth - 1]
            if at[state] == num_bytes:
                order[left] = state
                left += 1
                depth -= 1
                continue
            following = delta[state, at[state]]
            at[state] += 1
            if following >= 0 and not seen[following]:
                stack[depth], seen[following] = following, True
                depth += 1
    changed = True
    while changed:
        changed = False
        for state in order:
            before = np.int32(-1)
            for byte in range(num_bytes):
                following = delta[state, byte]
                if following < 0 or following in (before, state):
                    continue
                before = following
                for terminal in range(found.shape[1]):
                    if found[following, terminal] and not found[state, terminal]:
                        found[state, terminal] = changed = True
    return found


def product(matches: Matches, words: Words, roots: Ints, shapes: Ints) -> Product:
    """The product.

    Args:
        matches: The patterns.
        words: The words.
        roots: (n,) int32, the node at which the words of each context begin.
        shapes: The terminals that match words.
    """
    class_of = _classes(matches.delta, words)
    _, first = np.unique(class_of, return_index=True)
    by_class = np.ascontiguousarray(matches.delta[:, first])
    spelling = np.asarray(matches.becomes[:, shapes].any(axis=1))
    contexts, starts = np.unique(np.stack([matches.starts, roots]), axis=1, return_inverse=True)
    delta, origin, node = _walked(by_class, spelling, class_of[words.edge_byte], words, contexts)
    begin = len(by_class)
    reads = np.ones(len(origin), dtype=np.bool_)
    reads[begin : begin + contexts.shape[1]] = False
    label = _labels(matches.label, words, origin, node, reads)
    return Product(
        delta=delta,
        class_of=class_of,
        label=label,
        reads=reads,
        origin=origin,
        node=node,
        starts=(begin + starts.reshape(-1)).astype(np.int32),
    )


def _classes(delta: Ints, words: Words) -> Ints:
    """(256,) int32: classes of bytes that neither patterns nor words tell apart."""
    by_byte = np.ascontiguousarray(delta.T)
    spelled = _spelled_alike(words)
    numbers: dict[tuple[bytes, int], int] = {}
    return np.array(
        [
            numbers.setdefault((row.tobytes(), spelled[byte]), len(numbers))
            for byte, row in enumerate(by_byte)
        ],
        dtype=np.int32,
    )


def _spelled_alike(words: Words) -> list[int]:
    """For each byte one that no word tells from it; bytes of no word are all alike."""
    order = np.argsort(words.edge_byte, kind="stable")
    source = np.repeat(np.arange(len(words.edge_ptr) - 1), np.diff(words.edge_ptr))
    ends = np.searchsorted(words.edge_byte[order], np.arange(257))
    alike = [-1] * 256
    for byte in range(256):
        mine = order[ends[byte] : ends[byte + 1]]
        if not len(mine):
            continue
        alike[byte] = byte
        other = byte ^ 0x20
        its = order[ends[other] : ends[other + 1]]
        if other < byte and np.array_equal(source[mine], source[its]):
            same = np.array_equal(words.edge_target[mine], words.edge_target[its])
            alike[byte] = other if same else byte
    return alike


@njit(cache=True)
def _walked(patterns, spelling, edge_class, words, contexts):
    """Transitions, state of the patterns and node of the words of every state of the product.

    Args:
        patterns: (N, C) int32, transitions of the patterns.
        spelling: (N,) bool, whether what is read may still be matched by the shape of a word.
        edge_class: int32, the class of the byte of each edge of the words.
        words: The words.
        contexts: (2, n) int64, state of the patterns and node of the words of each context.
    """
    num_states, width = patterns.shape
    used = num_states + contexts.shape[1]
    capacity = 2 * used + 1024
    delta = np.empty((capacity, width), dtype=np.int32)
    origin, node = np.empty(capacity, dtype=np.int32), np.empty(capacity, dtype=np.int32)
    delta[:num_states] = patterns
    origin[:num_states], node[:num_states] = np.arange(num_states), NO_WORD
    origin[num_states:used], node[num_states:used] = contexts[0], contexts[1]
    slots = np.full(1 << 12, -1, dtype=np.int32)
    here = num_states
    while here < used:
        first, last = words.edge_ptr[node[here]], words.edge_ptr[node[here] + 1]
        if used + last - first > origin.shape[0]:
            origin, node = roomy(origin, used + last - first), roomy(node, used + last - first)
            longer = np.empty((origin.shape[0], width), dtype=np.int32)
            longer[:here] = delta[:here]
            delta = longer
        if 2 * (used + last - first) > slots.shape[0]:
            slots = _rehashed(origin, node, num_states + contexts.shape[1], used, slots)
        row = patterns[origin[here]]
        delta[here] = row
        for e in range(first, last):
            target, child = row[edge_class[e]], words.edge_target[e]
            if target <= REFUSED or child == NO_WORD or not spelling[target]:
                continue
            slot = _slot(slots, origin, node, target, child)
            if slots[slot] < 0:
                origin[used], node[used], slots[slot] = target, child, used
                used += 1
            delta[here, edge_class[e]] = slots[slot]
        here += 1
    return delta[:used].copy(), origin[:used].copy(), node[:used].copy()


@njit(cache=True)
def _slot(slots, origin, node, state, child):
    last = slots.shape[0] - 1
    digest = mixed((np.uint64(state) << np.uint64(32)) ^ np.uint64(child))
    slot = np.int64(digest & np.uint64(last))
    while slots[slot] >= 0 and (origin[slots[slot]] != state or node[slots[slot]] != child):
        slot = (slot + 1) & last
    return slot


@njit(cache=True)
def _rehashed(origin, node, begin, used, slots):
    """Four times as many slots, for the states from `begin` on."""
    larger = np.full(4 * slots.shape[0], -1, dtype=np.int32)
    for number in range(begin, used):
        larger[_slot(larger, origin, node, origin[number], node[number])] = number
    return larger


@njit(cache=True)
def _labels(matched, words, origin, node, reads):
    """(S,) int32: what ends in each state: the terminal matched, or the word that it spells."""
    label = matched[origin]
    for state in range(label.shape[0]):
        if not reads[state]:
            label[state] = -1
            continue
        for i in range(words.outcome_ptr[node[state]], words.outcome_ptr[node[state] + 1]):
            if words.outcome[i, 0] == label[state]:
                label[state] = words.outcome[i, 1]
                break
    return label


@njit(cache=True)
def terminals_with_words(becomes, words, origin, node):
    """(S, T) bool: the terminals of states, and those that the words under way may make of them.

    Args:
        becomes: (N, T) bool, of the states of the patterns.
        words: The words.
        origin: (S,) int32, the state of the patterns.
        node: (S,) int32, the node of the words.
    """
    pairs, own = _distinct_outcomes(words)
    count = words.edge_ptr.shape[0] - 1
    reached = np.zeros((count, pairs.shape[0]), dtype=np.bool_)
    for n in range(count):
        for i in range(words.outcome_ptr[n], words.outcome_ptr[n + 1]):
            reached[n, own[i]] = True
        for e in range(words.edge_ptr[n], words.edge_ptr[n + 1]):
            reached[n] |= reached[words.edge_target[e]]
    found = np.empty((origin.shape[0], becomes.shape[1]), dtype=np.bool_)
    for state in range(origin.shape[0]):
        matched = becomes[origin[state]]
        found[state] = matched
        for pair in range(pairs.shape[0]):
            if reached[node[state], pair] and matched[pairs[pair, 0]]:
                found[state, pairs[pair, 1]] = True
    return found


@njit(cache=True)
def _distinct_outcomes(words):
    """(P, 2) int32, the outcomes that differ, and the number of each outcome of the words."""
    pairs = np.empty((words.outcome.shape[0], 2), dtype=np.int32)
    own = np.empty(words.outcome.shape[0], dtype=np.int32)
    count = 0
    for i in range(words.outcome.shape[0]):
        own[i] = count
        for known in range(count):
            if (pairs[known] == words.outcome[i]).all():
                own[i] = known
        if own[i] == count:
            pairs[count] = words.outcome[i]
            count += 1
    return pairs[:count].copy(), own
