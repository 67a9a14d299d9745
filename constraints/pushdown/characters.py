"""Sets of code points as Python's `re` understands them: classes, ranges, case."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

LAST = 0x10FFFF
LAST_CASED = 0x1FFFF
"""No character past it has case (Unicode 15)."""

Ranges = tuple[tuple[int, int], ...]
"""Code points as sorted, disjoint ranges, bounds inclusive; no surrogates."""

EVERYTHING: Ranges = ((0, 0xD7FF), (0xE000, LAST))


def merged(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """The ranges in order, those that touch made one, without surrogates."""
    result: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if result and low <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(high, result[-1][1]))
        else:
            result.append((low, high))
    return _without_surrogates(result)


def _without_surrogates(ranges: Iterable[tuple[int, int]]) -> Ranges:
    kept = []
    for low, high in ranges:
        kept += [(low, min(high, 0xD7FF)), (max(low, 0xE000), high)]
    return tuple((low, high) for low, high in kept if low <= high)


def complement(ranges: Ranges) -> Ranges:
    """All other code points."""
    gaps, following = [], 0
    for low, high in ranges:
        gaps.append((following, low - 1))
        following = high + 1
    gaps.append((following, LAST))
    return _without_surrogates(gap for gap in gaps if gap[0] <= gap[1])


@cache
def category(letter: str, ascii_only: bool) -> Ranges:
    r"""The code points of `\d`, `\w`, `\s` and their complements.

    Args:
        letter: `d`, `w`, `s`, `D`, `W` or `S`.
        ascii_only: Whether flag `a` is set.
    """
    pattern = re.compile(f"\\{letter.lower()}+", re.ASCII if ascii_only else 0)
    every = "".join(map(chr, range(LAST + 1)))
    found = merged((m.start(), m.end() - 1) for m in pattern.finditer(every))
    return found if letter.islower() else complement(found)


def with_case(ranges: Ranges, ascii_only: bool) -> Ranges:
    """The ranges and every character that `re.IGNORECASE` does not tell from one in them."""
    cased = ASCII_LETTERS if ascii_only else _families()
    more = [
        (other, other)
        for point in cased
        if any(low <= point <= high for low, high in ranges)
        for other in _variants(point, ascii_only)
    ]
    return merged([*ranges, *more])


ASCII_LETTERS = tuple(p for a in range(ord("a"), ord("z") + 1) for p in (a, a ^ 0x20))


@cache
def _variants(point: int, ascii_only: bool) -> tuple[int, ...]:
    """The other characters that `re` takes for a cased one."""
    if ascii_only:
        return (point ^ 0x20,)
    one = chr(point)
    return tuple(sorted(ord(other) for other in _families()[point] if _alike(one, other)))


@cache
def _families() -> dict[int, set[str]]:
    """Of each cased character those that mappings of case relate it to, itself among them."""
    families: dict[int, set[str]] = {}
    for point in range(LAST_CASED + 1):
        one = chr(point)
        if one == one.lower() == one.upper() == one.casefold():
            continue
        mapped = (one, one.lower(), one.upper(), one.upper().lower(), one.casefold())
        near = {each[0] for each in mapped}
        together = near.union(*(families.get(ord(other), set()) for other in near))
        for other in together:
            families[ord(other)] = together
    return families


@cache
def _ignoring_case(one: str) -> re.Pattern[str]:
    return re.compile(re.escape(one), re.IGNORECASE)


def _alike(one: str, other: str) -> bool:
    return one != other and _ignoring_case(one).fullmatch(other) is not None
