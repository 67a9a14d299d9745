"""Several automata read at once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from constraints.automata.dfa import Row
from constraints.errors import LimitError

MAX_STATES = 20_000


def side_by_side(
    tables: Sequence[Sequence[Row]], starts: Sequence[int], needed: int | None = None
) -> tuple[list[Row], list[tuple[int, ...]]]:
    """Reads with several automata at once.

    Args:
        tables: Edges of each automaton.
        starts: State in which each begins, or -1.
        needed: Of how many, the first ones, at least one must go on; None: of all.

    Returns:
        Edges of each joint state, state 0 the start; the state of each automaton in it, or -1.

    Raises:
        LimitError: Too many states.
    """
    start = tuple(starts)
    number = {start: 0}
    queue = [start]
    rows: list[Row] = []
    for states in queue:
        row: Row = []
        reading = [i for i, q in enumerate(states) if q >= 0]
        for low, high, targets in _pieces([tables[i][states[i]] for i in reading]):
            following = [-1] * len(states)
            for i, target in zip(reading, targets, strict=True):
                following[i] = target
            key = tuple(following)
            if max(key[:needed]) < 0:
                continue
            if key not in number:
                number[key] = len(queue)
                queue.append(key)
            row.append((low, high, number[key]))
        rows.append(row)
        if len(queue) > MAX_STATES:
            raise LimitError(
                f"reading alternatives side by side passes {MAX_STATES} states",
                hint="make the patterns of alternatives simpler, or fewer",
            )
    return rows, queue


def trimmed(rows: Sequence[Row], labels: Sequence[int]) -> list[Row]:
    """The same edges without those to states from which no label (at least 0) is reached."""
    before: list[list[int]] = [[] for _ in rows]
    for state, row in enumerate(rows):
        for _, _, target in row:
            before[target].append(state)
    stack = [state for state, label in enumerate(labels) if label >= 0]
    live = set(stack)
    while stack:
        for state in before[stack.pop()]:
            if state not in live:
                live.add(state)
                stack.append(state)
    return [[edge for edge in row if edge[2] in live] for row in rows]


def _pieces(rows: Sequence[Row]) -> list[tuple[int, int, tuple[int, ...]]]:
    """The coarsest intervals on which every row is constant, with the target in each, or -1."""
    if len(rows) == 1:
        return [(low, high, (target,)) for low, high, target in rows[0]]
    cuts = sorted({cut for row in rows for low, high, _ in row for cut in (low, high + 1)})
    at = [0] * len(rows)
    pieces: list[tuple[int, int, tuple[int, ...]]] = []
    for low, after in pairwise(cuts):
        targets: list[int] = []
        for i, row in enumerate(rows):
            while at[i] < len(row) and row[at[i]][1] < low:
                at[i] += 1
            inside = at[i] < len(row) and row[at[i]][0] <= low
            targets.append(row[at[i]][2] if inside else -1)
        if max(targets, default=-1) >= 0:
            pieces.append((low, after - 1, tuple(targets)))
    return pieces
