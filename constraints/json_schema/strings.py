"""The strings of a form as one automaton over code points, for generation."""

from __future__ import annotations

from constraints.automata import CODE_POINTS, Dfa
from constraints.errors import LimitError
from constraints.json_schema import formats
from constraints.json_schema.forms import Text
from constraints.json_schema.keys import STRINGS
from constraints.regex.classes import ANY

MAX_LENGTH = 2_000


def language(text: Text) -> tuple[Dfa, str]:
    """A sound automaton for some strings, and what it leaves out (empty where it is exact).

    Raises:
        LimitError: A length bound beside a pattern passes `MAX_LENGTH`.
    """
    if text.listed is not None:
        return Dfa.of_strings(text.listed), ""
    result = STRINGS if text.values is None else text.values
    left_out: list[str] = []
    for name, wanted in text.formats:
        known = formats.language(name)
        if known is None:
            continue
        values, narrowed = known
        if not wanted and narrowed:
            return Dfa.empty(CODE_POINTS), f"strings that are no {name} are not generated"
        result = result & values if wanted else result - values
        left_out.extend([narrowed] if narrowed else [])
    if text.low or text.high is not None:
        result = result & length(text.low, text.high)
    return result, "; ".join(left_out)


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
