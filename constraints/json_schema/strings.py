"""The strings of a form as one automaton over code points, for generation."""

from __future__ import annotations

from constraints.automata import CODE_POINTS, Dfa
from constraints.errors import LimitError
from constraints.json_schema import formats
from constraints.json_schema.forms import Text
from constraints.json_schema.keys import STRINGS
from constraints.regex.classes import ANY

MAX_LENGTH = 2_000
MAX_COUNTED = 2_000
"""States of an automaton times the characters that it counts, where it may be cut."""
NARROWER = (256, 64, 16)
"""Lengths to which strings are cut where their automaton would be too large."""


LeftOut = list[tuple[str, str]]
"""(keyword, message) for each keyword of which only a part is kept."""


def language(text: Text, most: int = MAX_LENGTH) -> tuple[Dfa, LeftOut]:
    """A sound automaton for some strings, and what it leaves out (nothing where it is exact).

    Args:
        text: The strings.
        most: Most characters of strings that have an upper bound.

    Raises:
        LimitError: The automaton has too many states.
    """
    if text.listed is not None:
        return Dfa.of_strings(text.listed), []
    result = STRINGS
    left_out: LeftOut = []
    for values in text.values:
        result = result & values
    for name, wanted in text.formats:
        known = formats.language(name)
        if known is None:
            continue
        values, narrowed = known
        if not wanted and narrowed:
            message = f"strings that are no {name} are not generated"
            return Dfa.empty(CODE_POINTS), [("format", message)]
        result = result & values if wanted else result - values
        left_out.extend([("format", narrowed)] if narrowed else [])
    if text.low or text.high is not None:
        result, narrowed = _bounded(result, text.low, text.high, most)
        left_out.extend([("maxLength", narrowed)] if narrowed else [])
    return result, left_out


def _bounded(values: Dfa, low: int, high: int | None, most: int) -> tuple[Dfa, str]:
    """Strings within bounds of length; within narrower ones where there are too many states."""
    if high is None:
        return values & length(low, None), ""
    highest = high if high <= most else max(low, most)
    affordable = MAX_COUNTED // max(1, values.num_states)
    if highest > affordable:
        highest = max(low, min(highest, affordable, *NARROWER[:1]))
    for shorter in (*(each for each in NARROWER if low <= each < highest), None):
        cut = f"strings have at most {highest} characters" if highest < high else ""
        try:
            return values & length(low, highest), cut
        except LimitError:
            if shorter is None:
                raise
            highest = shorter
    raise AssertionError("the last bound either fits or raises")


def length(low: int, high: int | None) -> Dfa:
    """Strings of low to high code points.

    Raises:
        LimitError: A bound passes `MAX_LENGTH`.
    """
    last = low if high is None else high
    if max(last, low) > MAX_LENGTH:
        raise LimitError(
            f"a string length bound of {max(last, low)} beside a pattern or format passes the "
            f"limit of {MAX_LENGTH}",
            hint=f"lower it to {MAX_LENGTH} or drop it",
        )
    rows = [[(a, b, state + 1) for a, b in ANY] for state in range(last)]
    rows.append([(a, b, last) for a, b in ANY] if high is None else [])
    return Dfa.from_rows(rows, [state >= low for state in range(last + 1)], CODE_POINTS)
