"""Character classes of ECMA-262 as ranges of code points."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, lru_cache

import regex

from constraints.regex.tree import Ranges

LAST = 0x10FFFF
SURROGATES = (0xD800, 0xDFFF)


def normalised(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Sorts ranges and merges those that overlap or touch."""
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def complement(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Every code point outside `ranges`; surrogates are no characters and never included."""
    result: list[tuple[int, int]] = []
    following = 0
    for low, high in normalised([*ranges, SURROGATES]):
        if following < low:
            result.append((following, low - 1))
        following = high + 1
    if following <= LAST:
        result.append((following, LAST))
    return tuple(result)


def without_surrogates(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The same ranges less the surrogates, which are no characters (RFC 3629 §3)."""
    first, last = SURROGATES
    below = [(low, min(high, first - 1)) for low, high in ranges if low < first]
    above = [(max(low, last + 1), high) for low, high in ranges if high > last]
    return normalised(below + above)


DIGITS: Ranges = ((0x30, 0x39),)
WORD: Ranges = ((0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A))
LINE_ENDS: Ranges = ((0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029))
SPACE: Ranges = normalised(
    [
        *((0x09, 0x0D), (0x20, 0x20), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A)),
        *((0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)),
        (0xFEFF, 0xFEFF),
    ]
)
"""WhiteSpace and LineTerminator, ECMA-262 §12.2 and §12.3."""

ANY: Ranges = complement(())
DOT: Ranges = complement(LINE_ENDS)

CLASS_ESCAPES: dict[str, Ranges] = {
    "d": DIGITS,
    "D": complement(DIGITS),
    "w": WORD,
    "W": complement(WORD),
    "s": SPACE,
    "S": complement(SPACE),
}


CATEGORY_ALIASES = {"digit": "Nd", "punct": "P", "cntrl": "Cc"}
"""Short names of general categories that the library takes for POSIX classes (UAX #44)."""


@lru_cache(maxsize=256)
def unicode_property(expression: str) -> Ranges | None:
    r"""Ranges of `\p{expression}` (UTS #18), or None where no such property exists."""
    expression = CATEGORY_ALIASES.get(expression, expression)
    try:
        matcher = regex.compile(rf"\p{{{expression}}}+")
    except regex.error:
        return None
    return tuple((m.start(), m.end() - 1) for m in matcher.finditer(_every_character()))


@cache
def _every_character() -> str:
    """All code points in order, a noncharacter in the place of each surrogate."""
    low, high = SURROGATES
    return (
        "".join(map(chr, range(low)))
        + "\uffff" * (high - low + 1)
        + "".join(map(chr, range(high + 1, LAST + 1)))
    )
