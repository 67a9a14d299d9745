"""Learns the part of a language that some logits make probable, position by position."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from constraints.pushdown.growth import beam_step
from constraints.pushdown.union import Union

RELEVANT = 1e-6
"""Share of a position's probability below which a configuration does not become known."""
NEGLIGIBLE = 1e-12
"""What is left of the probability when a text has ended for all that matters."""

Row = tuple[NDArray[np.floating], float]
"""The (V,) logits of a position and their log-sum-exp."""


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
    rows: Iterator[Row],
    length: int,
    tokens_after: int,
    effort: Effort,
) -> None:
    """Follows a beam from the start to the end of a canvas and makes known what it passes.

    Args:
        union: The known part; it holds the start.
        start: A configuration.
        rows: Of each position; see `rows_of`.
        length: Positions.
        tokens_after: Tokens that may follow.
        effort: How much may be learnt.
    """
    beam, weights = np.array([start], dtype=np.int64), np.ones(1)
    used, alive, ended = 0, 1.0, 0.0
    room = np.zeros(0)
    for position, row in enumerate(rows):
        room = _roomy(room, union.workshop.machine.size)
        reached, values = _step(union, beam, weights, row, room)
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


def _roomy(room: NDArray[np.float64], size: int) -> NDArray[np.float64]:
    """Zeros for every configuration, with some to spare."""
    return room if len(room) >= size else np.zeros(2 * size)


def _step(
    union: Union,
    beam: NDArray[np.int64],
    weights: NDArray[np.float64],
    row: Row,
    room: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    vocabulary, machine = union.workshop.vocabulary, union.workshop.machine
    found, sets, trie = machine.found, machine.store.sets, vocabulary.trie
    return beam_step(
        found.first,
        found.last,
        found.edge_set,
        found.target,
        (sets.ptr, sets.members),
        beam,
        weights,
        *row,
        (vocabulary.shelf.item_of, trie.leaf_ptr, trie.leaf_tokens),
        room,
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
    is_known = union.holds(reached)
    eligible = is_known | (values >= RELEVANT * values.sum())
    for candidates in (np.flatnonzero(eligible), np.flatnonzero(~eligible)):
        order = candidates[np.argsort(-values[candidates], kind="stable")]
        kept: list[int] = []
        new: list[int] = []
        tried = 0
        for at in order.tolist():
            if len(kept) == width or tried > 4 * width:
                break
            if not is_known[at] and len(new) >= allowed:
                continue
            tried += 1
            number = int(reached[at])
            if union.fewest(number) <= left:
                kept.append(at)
                if not is_known[at]:
                    new.append(number)
        if kept:
            return kept, new
    return [], []


def rows_of(
    logits: NDArray[np.floating] | None,
    normaliser: NDArray[np.float64] | None,
    size: int,
    length: int,
    pinned: Mapping[int, int],
) -> Iterator[Row]:
    """The logits of each position as a beam reads them.

    Args:
        logits: (L, V), or None where nothing is known of them: all tokens alike.
        normaliser: (L,) log-sum-exp of these.
        size: V.
        length: L.
        pinned: Position to the token that must stand there.
    """
    alike = np.zeros(size, dtype=np.float32), float(np.log(size))
    for position in range(length):
        if position in pinned:
            row = np.full(size, -np.inf, dtype=np.float32)
            row[pinned[position]] = 0.0
            yield row, 0.0
        elif logits is None or normaliser is None:
            yield alike
        else:
            yield logits[position], float(normaliser[position])
