"""When fewer columns are worth their trouble, reckoned from the bytes that a step moves."""

from __future__ import annotations

LOGIT_BYTES = 20
"""Bytes that a step moves for each logit: written, read for the statistics, read and written as
what the next step is told, read as that."""

FEWEST_STEPS = 2
"""Of a canvas that settles at once."""

LEAST = 8 << 20
"""Bytes of full-width products below which nothing can be won: what finding the columns and
numbering the language anew takes is about as much as moving them."""


def step_bytes(columns: int, *, rows: int, hidden: int, element: int) -> int:
    """Returns what head, self-conditioning and posterior move in a step over so many columns.

    Args:
        columns: C.
        rows: L.
        hidden: H.
        element: Bytes of a weight.
    """
    return columns * (2 * hidden * element + rows * LOGIT_BYTES)


def pays(columns: int, vocabulary: int, *, rows: int, hidden: int, element: int) -> bool:
    """Returns whether a canvas moves less over some columns than over all.

    Counted on the side of the few: a copy of their weights, which the kernels do without (read and
    written once), and one pass over all weights for the log Z of the last step.

    Args:
        columns: C.
        vocabulary: V.
        rows: L.
        hidden: H.
        element: Bytes of a weight.
    """

    def moved(width: int) -> int:
        return FEWEST_STEPS * step_bytes(width, rows=rows, hidden=hidden, element=element)

    once = (2 * columns + vocabulary) * hidden * element
    return moved(vocabulary) >= LEAST and moved(columns) + once < moved(vocabulary)
