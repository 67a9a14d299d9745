"""What a lexer has left to read from a state, written the same by all lexers that read it alike."""

from __future__ import annotations

import numpy as np
from numba import njit

BROAD = 48
"""Bytes that lead on from a state from which on its tables are worth sharing between lexers."""
REPEATING = 16
"""Bytes that lead back to a state from which on it reads a string of them."""
LONGEST = 1024
"""Length up to which what is left to read is written."""
NOTHING = np.zeros(0, dtype=np.int32)


@njit(cache=True)
def is_broad(lexers, lexer, state):
    """Whether a state reads on with so many bytes that a walk from it is long."""
    offset, width = lexers.delta_ptr[lexer] + state * lexers.width[lexer], 0
    for byte in range(256):
        width += lexers.delta[offset + lexers.class_of[lexer, byte]] >= 0
    return width >= BROAD


@njit(cache=True)
def repeats(lexers, lexer, state):
    """Whether a state reads a string of nearly any bytes: many of them lead back to it."""
    offset, back = lexers.delta_ptr[lexer] + state * lexers.width[lexer], 0
    for byte in range(256):
        back += lexers.delta[offset + lexers.class_of[lexer, byte]] == state
    return back >= REPEATING


@njit(cache=True)
def residual(lexers, lexer, start):
    """The automaton that is reached from a state, its states and labels in order of discovery.

    Returns:
        (n,) int32, equal for two states iff they read alike but for the numbers of states and
        labels, the bounds that characters are counted against left aside, or empty where that
        would be longer than `LONGEST`; then (m,) int32, the lexer's state and (k,) int32, its
        label, by number of discovery.
    """
    first, last = lexers.first[lexer], lexers.first[lexer + 1]
    offset, width = lexers.delta_ptr[lexer], lexers.width[lexer]
    class_of, body = lexers.class_of[lexer], lexers.body[lexer]
    label = lexers.label[first:last]
    cuts = _cuts(class_of)
    number = np.full(last - first, -1, dtype=np.int32)
    number[start] = 0
    states = np.empty(last - first, dtype=np.int32)
    states[0] = start
    label_number = np.full(label.max() + 2, -1, dtype=np.int32)
    labels = np.empty(label.max() + 2, dtype=np.int32)
    code = np.empty(LONGEST + 258, dtype=np.int32)
    code[0] = body >= 0
    used, num_states, num_labels, head = 1, 1, 0, 0
    while head < num_states:
        if used > LONGEST:
            return NOTHING, NOTHING, NOTHING
        state = states[head]
        if label[state] >= 0 and label_number[label[state]] < 0:
            label_number[label[state]] = num_labels
            labels[num_labels] = label[state]
            num_labels += 1
        own = label_number[label[state]] if label[state] >= 0 else -1
        counted = body <= state < body + lexers.bodies[lexer] and body >= 0
        code[used], code[used + 1] = -2 - own, counted
        used += 2
        before = -1
        for byte in cuts:
            target = lexers.delta[offset + state * width + class_of[byte]]
            if target >= 0 and number[target] < 0:
                number[target] = num_states
                states[num_states] = target
                num_states += 1
            following = number[target] if target >= 0 else -1
            if following != before:
                code[used] = byte | (following + 1) << 8
                used += 1
                before = following
        head += 1
    return code[:used].copy(), states[:num_states].copy(), labels[:num_labels].copy()


@njit(cache=True)
def _cuts(class_of):
    """Bytes that begin a run of bytes of one class."""
    cuts = np.empty(256, dtype=np.int64)
    count = 0
    for byte in range(256):
        if byte == 0 or class_of[byte] != class_of[byte - 1]:
            cuts[count] = byte
            count += 1
    return cuts[:count].copy()
