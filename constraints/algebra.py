"""The block algebra: forward-backward, sampling and Viterbi over sparse edges, in log space.

Symbols: L positions, V tokens, A atoms, S token sets, E edges, N states and DONE.
Source: Rabiner, A Tutorial on Hidden Markov Models (1989); the reduction to atoms is DESIGN.md §2.
"""

from __future__ import annotations

import numpy as np
from numba import njit

NEGLIGIBLE = -46.0
"""Nats below the largest term at which a term no longer changes a float64 sum."""


@njit(cache=True)
def atom_statistics(logits, atom_of, num_atoms):
    """One pass over the vocabulary.

    Args:
        logits: (L, V) float32, any scale; -inf forbids a token.
        atom_of: (V,) int32.
        num_atoms: A.

    Returns:
        (L,) float64 log-normaliser of each row, NaN where a logit is NaN or +inf; then, of
        log-softmax over all V columns,
        (L, A) float64 log-sum-exp, (L, A) float64 mean of log p under p within the atom,
        (L, A) float64 maximum and (L, A) int32 its lowest token id.
    """
    num_rows, num_tokens = logits.shape
    normaliser = np.empty(num_rows)
    lse = np.empty((num_rows, num_atoms))
    mean = np.zeros((num_rows, num_atoms))
    top = np.full((num_rows, num_atoms), -np.inf)
    best = np.full((num_rows, num_atoms), -1, dtype=np.int32)
    for row in range(num_rows):
        total = np.zeros(num_atoms)
        sound = True
        for token in range(num_tokens):
            atom = atom_of[token]
            value = logits[row, token]
            sound = sound and value < np.inf
            if value > top[row, atom] or best[row, atom] < 0:
                top[row, atom] = value
                best[row, atom] = token
        for token in range(num_tokens):
            atom = atom_of[token]
            peak = top[row, atom]
            if peak > -np.inf:
                distance = logits[row, token] - peak
                if distance > -np.inf:
                    weight = np.exp(distance)
                    total[atom] += weight
                    mean[row, atom] += weight * distance
        for atom in range(num_atoms):
            lse[row, atom] = -np.inf
            if total[atom] > 0:
                lse[row, atom] = top[row, atom] + np.log(total[atom])
                mean[row, atom] = top[row, atom] + mean[row, atom] / total[atom]
        normaliser[row] = log_sum_exp(lse[row]) if sound else np.nan
        for atom in range(num_atoms):
            if total[atom] > 0:
                lse[row, atom] -= normaliser[row]
                mean[row, atom] -= normaliser[row]
                top[row, atom] -= normaliser[row]
    return normaliser, lse, mean, top, best


@njit(cache=True)
def log_sum_exp(values):
    """Log Σ exp of a vector; -inf where all are."""
    peak = -np.inf
    for value in values:
        peak = max(peak, value)
    if peak == -np.inf or peak == np.inf:
        return peak
    total = 0.0
    for value in values:
        if value - peak > NEGLIGIBLE:
            total += np.exp(value - peak)
    return peak + np.log(total)


@njit(cache=True)
def set_scores(lse, set_ptr, set_atoms):
    """(L, S) float64, log of the probability that a position's token lies in a set."""
    num_rows, num_sets = lse.shape[0], set_ptr.shape[0] - 1
    scores = np.empty((num_rows, num_sets))
    for row in range(num_rows):
        for s in range(num_sets):
            peak = -np.inf
            for i in range(set_ptr[s], set_ptr[s + 1]):
                peak = max(peak, lse[row, set_atoms[i]])
            scores[row, s] = peak
            if peak == -np.inf:
                continue
            total = 0.0
            for i in range(set_ptr[s], set_ptr[s + 1]):
                distance = lse[row, set_atoms[i]] - peak
                if distance > NEGLIGIBLE:
                    total += np.exp(distance)
            scores[row, s] = peak + np.log(total)
    return scores


@njit(cache=True)
def set_maxima(top, best, set_ptr, set_atoms):
    """(L, S) float64 largest log p in each set, and (L, S) int32 its lowest token id."""
    num_rows, num_sets = top.shape[0], set_ptr.shape[0] - 1
    peaks = np.full((num_rows, num_sets), -np.inf)
    tokens = np.full((num_rows, num_sets), -1, dtype=np.int32)
    for row in range(num_rows):
        for s in range(num_sets):
            for i in range(set_ptr[s], set_ptr[s + 1]):
                atom = set_atoms[i]
                value, token = top[row, atom], best[row, atom]
                tie = value == peaks[row, s] and token < tokens[row, s]
                if value > peaks[row, s] or tie or tokens[row, s] < 0:
                    peaks[row, s] = value
                    tokens[row, s] = token
    return peaks, tokens


@njit(cache=True)
def forward(start, live, scores, source, edge_set, in_ptr, in_edges):
    """(L + 1, N + 1) float64 log alpha, -inf outside the live states."""
    length, num_states = live.shape[0] - 1, live.shape[1]
    alpha = np.full((length + 1, num_states), -np.inf)
    alpha[0, start] = 0.0
    for row in range(length):
        for state in range(num_states):
            if not live[row + 1, state]:
                continue
            peak = -np.inf
            for i in range(in_ptr[state], in_ptr[state + 1]):
                edge = in_edges[i]
                peak = max(peak, alpha[row, source[edge]] + scores[row, edge_set[edge]])
            if peak == -np.inf:
                continue
            total = 0.0
            for i in range(in_ptr[state], in_ptr[state + 1]):
                edge = in_edges[i]
                distance = alpha[row, source[edge]] + scores[row, edge_set[edge]] - peak
                if distance > NEGLIGIBLE:
                    total += np.exp(distance)
            alpha[row + 1, state] = peak + np.log(total)
    return alpha


@njit(cache=True)
def backward(live, scores, target, edge_set, out_ptr):
    """(L + 1, N + 1) float64 log beta, -inf outside the live states; the last row is 0 on them."""
    length, num_states = live.shape[0] - 1, live.shape[1]
    beta = np.full((length + 1, num_states), -np.inf)
    for state in range(num_states):
        if live[length, state]:
            beta[length, state] = 0.0
    for row in range(length - 1, -1, -1):
        for state in range(num_states):
            if not live[row, state]:
                continue
            peak = -np.inf
            for edge in range(out_ptr[state], out_ptr[state + 1]):
                peak = max(peak, scores[row, edge_set[edge]] + beta[row + 1, target[edge]])
            if peak == -np.inf:
                continue
            total = 0.0
            for edge in range(out_ptr[state], out_ptr[state + 1]):
                distance = scores[row, edge_set[edge]] + beta[row + 1, target[edge]] - peak
                if distance > NEGLIGIBLE:
                    total += np.exp(distance)
            beta[row, state] = peak + np.log(total)
    return beta


@njit(cache=True)
def atom_weights(alpha, beta, log_z, source, edge_set, target, set_ptr, set_atoms, num_atoms):
    """(L, A) float64 log w: the constrained marginal of token t at row i is p_i(t)·w_i(atom t)."""
    length, num_sets = alpha.shape[0] - 1, set_ptr.shape[0] - 1
    weights = np.full((length, num_atoms), -np.inf)
    peaks = np.empty(num_sets)
    totals = np.empty(num_sets)
    atom_totals = np.empty(num_atoms)
    for row in range(length):
        peaks[:] = -np.inf
        totals[:] = 0.0
        for edge in range(source.shape[0]):
            value = alpha[row, source[edge]] + beta[row + 1, target[edge]]
            peaks[edge_set[edge]] = max(peaks[edge_set[edge]], value)
        for edge in range(source.shape[0]):
            s = edge_set[edge]
            if peaks[s] > -np.inf:
                distance = alpha[row, source[edge]] + beta[row + 1, target[edge]] - peaks[s]
                if distance > NEGLIGIBLE:
                    totals[s] += np.exp(distance)
        for s in range(num_sets):
            if peaks[s] > -np.inf:
                peaks[s] += np.log(totals[s]) - log_z
                for i in range(set_ptr[s], set_ptr[s + 1]):
                    weights[row, set_atoms[i]] = max(weights[row, set_atoms[i]], peaks[s])
        atom_totals[:] = 0.0
        for s in range(num_sets):
            if peaks[s] > -np.inf:
                for i in range(set_ptr[s], set_ptr[s + 1]):
                    atom = set_atoms[i]
                    atom_totals[atom] += np.exp(peaks[s] - weights[row, atom])
        for atom in range(num_atoms):
            if weights[row, atom] > -np.inf:
                weights[row, atom] += np.log(atom_totals[atom])
    return weights


@njit(cache=True)
def atom_entropy(lse, mean, weights):
    """(L,) float64 entropy in nats of the constrained marginals, from atom statistics alone."""
    length, num_atoms = lse.shape
    entropy = np.zeros(length)
    for row in range(length):
        for atom in range(num_atoms):
            log_mass = lse[row, atom] + weights[row, atom]
            if log_mass > -700.0:
                entropy[row] -= np.exp(log_mass) * (mean[row, atom] + weights[row, atom])
        entropy[row] = max(entropy[row], 0.0)
    return entropy


@njit(cache=True)
def sample_edges(start, scores, beta, target, edge_set, out_ptr, uniforms):
    """(L,) int64 edges of one path, drawn from the posterior by forward sampling against beta."""
    length = scores.shape[0]
    edges = np.empty(length, dtype=np.int64)
    state = start
    for row in range(length):
        threshold = np.log(uniforms[row]) + beta[row, state]
        running = -np.inf
        chosen = -1
        for edge in range(out_ptr[state], out_ptr[state + 1]):
            value = scores[row, edge_set[edge]] + beta[row + 1, target[edge]]
            if value == -np.inf:
                continue
            chosen = edge
            running = np.logaddexp(running, value)
            if running >= threshold:
                break
        edges[row] = chosen
        state = target[chosen]
    return edges


@njit(cache=True)
def sample_atom(row, token_set, threshold, lse, set_ptr, set_atoms):
    """Draws an atom of a set: (atom, log-sum-exp of the atoms before it).

    Args:
        row: The position.
        token_set: The set.
        threshold: log of a uniform draw times the set's probability.
        lse: (L, A) float64 of `atom_statistics`.
        set_ptr: (S + 1,) int32.
        set_atoms: (n,) int32.
    """
    before, running, chosen = -np.inf, -np.inf, -1
    for i in range(set_ptr[token_set], set_ptr[token_set + 1]):
        value = lse[row, set_atoms[i]]
        if value == -np.inf:
            continue
        chosen, before = set_atoms[i], running
        running = np.logaddexp(running, value)
        if running >= threshold:
            break
    return chosen, before


@njit(cache=True)
def sample_token(row, atom, before, threshold, logits, normaliser, atom_ptr, atom_tokens):
    """Draws a token of an atom: the one at which the running sum passes the threshold."""
    total = np.exp(before - threshold)
    token = -1
    for i in range(atom_ptr[atom], atom_ptr[atom + 1]):
        value = logits[row, atom_tokens[i]] - normaliser[row]
        if value == -np.inf:
            continue
        token = atom_tokens[i]
        total += np.exp(value - threshold)
        if total >= 1.0:
            break
    return token


@njit(cache=True)
def best_edges(start, live, peaks, target, edge_set, out_ptr):
    """(L,) int64 edges of the most probable path (Viterbi 1967); ties go to the first edge."""
    length, num_states = live.shape[0] - 1, live.shape[1]
    value = np.full((length + 1, num_states), -np.inf)
    for state in range(num_states):
        if live[length, state]:
            value[length, state] = 0.0
    for row in range(length - 1, -1, -1):
        for state in range(num_states):
            if live[row, state]:
                for edge in range(out_ptr[state], out_ptr[state + 1]):
                    through = peaks[row, edge_set[edge]] + value[row + 1, target[edge]]
                    value[row, state] = max(value[row, state], through)
    edges = np.empty(length, dtype=np.int64)
    state = start
    for row in range(length):
        edges[row] = -1
        for edge in range(out_ptr[state], out_ptr[state + 1]):
            through = peaks[row, edge_set[edge]] + value[row + 1, target[edge]]
            if through == value[row, state] and through > -np.inf:
                edges[row] = edge
                break
        state = target[edges[row]]
    return edges


@njit(cache=True)
def reachable(first, ptr, neighbour, token_set, pin_row, pin_allows):
    """(L + 1, N + 1) bool: states reached from the first row's, one edge for each row.

    How many edges lead to a state from those of the row before is counted, and only what changes
    from row to row is counted anew.

    Args:
        first: (N + 1,) bool, the first row.
        ptr: (N + 2,) int32, edges of state q are ptr[q] .. ptr[q + 1] - 1.
        neighbour: (E,) int32, where each edge leads.
        token_set: (E,) int32, its set.
        pin_row: (L,) int32, row of `pin_allows` for a pinned position, else -1.
        pin_allows: (P, S) bool, the sets that hold the pinned token.
    """
    length, num_states = pin_row.shape[0], first.shape[0]
    rows = np.zeros((length + 1, num_states), dtype=np.bool_)
    rows[0] = first
    counted = np.zeros(num_states, dtype=np.bool_)
    count = np.zeros(num_states, dtype=np.int32)
    for row in range(length):
        pin, here, there = pin_row[row], rows[row], rows[row + 1]
        if pin >= 0:
            for state in np.flatnonzero(here):
                for i in range(ptr[state], ptr[state + 1]):
                    there[neighbour[i]] |= pin_allows[pin, token_set[i]]
            continue
        for state in range(num_states):
            if here[state] != counted[state]:
                counted[state] = here[state]
                change = 1 if here[state] else -1
                for i in range(ptr[state], ptr[state + 1]):
                    count[neighbour[i]] += change
        for state in range(num_states):
            there[state] = count[state] > 0
    return rows


@njit(cache=True)
def live_tokens(live, source, edge_set, target, out_ptr, in_ptr, in_edges, num_sets, sets, atoms):
    """The tokens on edges between live states, kept from row to row but for what changes.

    Args:
        live: (L + 1, N + 1) bool.
        source: (E,) int32.
        edge_set: (E,) int32.
        target: (E,) int32.
        out_ptr: (N + 2,) int32.
        in_ptr: (N + 2,) int32.
        in_edges: (E,) int32.
        num_sets: S.
        sets: Pointers and atoms of each set.
        atoms: Pointers and tokens of each atom.

    Returns:
        (L, ⌈V/32⌉) uint32, bit v % 32 of word v // 32 for token v; (L,) int64, number of tokens.
    """
    length, num_states = live.shape[0] - 1, live.shape[1]
    bits = np.empty((length, (atoms[1].shape[0] + 31) // 32), dtype=np.uint32)
    sizes = np.empty(length, dtype=np.int64)
    words = np.zeros(bits.shape[1], dtype=np.uint32)
    before, after = np.zeros(num_states, dtype=np.bool_), np.zeros(num_states, dtype=np.bool_)
    count = np.zeros(num_sets, dtype=np.int32)
    held = np.zeros(atoms[0].shape[0] - 1, dtype=np.int32)
    shown = np.zeros(num_sets, dtype=np.bool_)
    size = 0
    for row in range(length):
        for state in range(num_states):
            if live[row, state] != before[state]:
                before[state] = live[row, state]
                change = 1 if before[state] else -1
                for edge in range(out_ptr[state], out_ptr[state + 1]):
                    count[edge_set[edge]] += change * after[target[edge]]
        for state in range(num_states):
            if live[row + 1, state] != after[state]:
                after[state] = live[row + 1, state]
                change = 1 if after[state] else -1
                for i in range(in_ptr[state], in_ptr[state + 1]):
                    count[edge_set[in_edges[i]]] += change * before[source[in_edges[i]]]
        for change in (1, -1):
            for s in range(num_sets):
                if shown[s] != (count[s] > 0) and shown[s] == (change < 0):
                    shown[s] = change > 0
                    size += _show(s, change, held, words, sets, atoms)
        bits[row], sizes[row] = words, size
    return bits, sizes


@njit(cache=True)
def _show(token_set, change, held, words, sets, atoms):
    """Adds a set to the sets that hold each atom, or takes it away; tokens that this adds."""
    added = 0
    for i in range(sets[0][token_set], sets[0][token_set + 1]):
        atom = sets[1][i]
        held[atom] += change
        if held[atom] == max(change, 0):
            first, last = atoms[0][atom], atoms[0][atom + 1]
            added += change * (last - first)
            for j in range(first, last):
                token = atoms[1][j]
                words[token >> 5] ^= np.uint32(1) << np.uint32(token & 31)
    return added
