"""Learns the part of a language that some logits make probable, position by position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from constraints.pushdown.configurations import NUMBER
from constraints.pushdown.growth import beam_step, notable_leaves
from constraints.pushdown.union import Union

RELEVANT = 1e-6
"""Share of a position's probability below which a configuration does not become known."""
NEGLIGIBLE = 1e-12
"""What is left of the probability when a text has ended for all that matters."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is learnt.

    Attributes:
        width: Configurations kept at each position.
        budget: Configurations that may become known, completions not counted.
        burst: Of these, how many at the first position beyond its share.
    """

    width: int
    budget: int
    burst: int


USUAL = Effort(width=32, budget=256, burst=32)
HARD = Effort(width=512, budget=8_000, burst=512)


def sweep(
    union: Union,
    start: int,
    rows: Iterator[NDArray[np.float32]],
    length: int,
    tokens_after: int,
    effort: Effort,
) -> None:
    """Follows a beam from the start to the end of a canvas and makes known what it passes.

    Args:
        union: The known part; it holds the start.
        start: A configuration.
        rows: For each position the probability of each byte string of the vocabulary.
        length: Positions.
        tokens_after: Tokens that may follow.
        effort: How much may be learnt.
    """
    beam, weights = np.array([start], dtype=np.int64), np.ones(1)
    used, alive, ended = 0, 1.0, 0.0
    for position, mass in enumerate(rows):
        reached, values = _step(union, beam, weights, mass)
        total = float(values.sum())
        if total <= 0.0:
            return
        left = length - position - 1 + tokens_after
        allowed = effort.budget * (position + 1) // length + effort.burst - used
        kept, new = _chosen(union, reached, values, left, effort.width, allowed)
        used += len(new)
        union.include(new)
        if not kept:
            return
        beam, weights = reached[kept], values[kept]
        ended += alive * max(0.0, 1.0 - total) * _may_have_ended(union, beam)
        alive *= float(weights.sum())
        if alive < NEGLIGIBLE * ended:
            return
        weights = weights / weights.sum()


def _may_have_ended(union: Union, beam: NDArray[np.int64]) -> float:
    return float(any(union.workshop.ends(number) for number in beam[:4].tolist()))


def _step(
    union: Union,
    beam: NDArray[np.int64],
    weights: NDArray[np.float64],
    mass: NDArray[np.float32],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    machine = union.workshop.machine
    notable = notable_leaves(mass)
    others = max(len(mass) - len(notable), 1)
    rest = max(0.0, float(mass.sum()) - float(mass[notable].sum())) / others
    return beam_step(
        machine.found,
        machine.store.sets,
        beam,
        weights,
        mass,
        notable,
        rest,
        np.full(machine.store.sets.num_sequences, np.nan),
        np.zeros(int(machine.found.used[NUMBER])),
    )


def _chosen(
    union: Union,
    reached: NDArray[np.int64],
    values: NDArray[np.float64],
    left: int,
    width: int,
    allowed: int,
) -> tuple[list[int], list[int]]:
    """Which of the reached to keep, most probable first, and which of these are new."""
    kept: list[int] = []
    new: list[int] = []
    tried, least = 0, RELEVANT * float(values.sum())
    for at in np.argsort(-values, kind="stable").tolist():
        if len(kept) == width or tried > 4 * width:
            break
        number = int(reached[at])
        known = number in union
        if not known and (len(new) >= allowed or (kept and values[at] < least)):
            continue
        tried += 1
        if union.fewest(number) <= left:
            kept.append(at)
            if not known:
                new.append(number)
    return kept, new


def probabilities(
    union: Union, logits: NDArray[np.floating] | None, length: int, pinned: Mapping[int, int]
) -> Iterator[NDArray[np.float32]]:
    """Of each position the probability of each byte string of the vocabulary.

    Args:
        union: The known part.
        logits: (L, V), or None where nothing is known of them: all tokens alike.
        length: L.
        pinned: Position to the token that must stand there.
    """
    vocabulary = union.workshop.vocabulary
    trie = vocabulary.trie
    leaf_of = vocabulary.shelf.item_of
    for position in range(length):
        mass = np.zeros(trie.num_leaves, dtype=np.float32)
        if position in pinned:
            leaf = int(leaf_of[pinned[position]])
            if leaf < trie.num_leaves:
                mass[leaf] = 1.0
        elif logits is None:
            mass[:] = np.diff(trie.leaf_ptr) / vocabulary.size
        else:
            row = logits[position].astype(np.float32)
            row = np.exp(row - row.max())
            row /= row.sum()
            mass[:] = np.bincount(leaf_of, weights=row, minlength=trie.num_leaves + 4)[
                : trie.num_leaves
            ]
        yield mass
