"""Checks of what a caller says, each by its name: type, range, text that can be sent."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

RANGES: Mapping[str, tuple[int, int]] = {
    "seed": (0, 2**63 - 1),
    "max_tokens": (0, 2**32 - 1),
    "max_steps": (0, 2**32 - 1),
    "max_thinking_tokens": (0, 2**32 - 1),
}
"""What the wire holds; a server allows less, and says so."""
MAX_TIMEOUT_S = 10.0**7


def text(name: str, value: object) -> str:
    """Returns a text that can be sent.

    Raises:
        TypeError: It is something else.
        ValueError: It is no Unicode text.
    """
    if not isinstance(value, str):
        raise TypeError(f"{name} is {_kind(value)}, not a text")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise ValueError(
            f"{name} is no Unicode text at character {error.start + 1}: it was not UTF-8, or has "
            "half of a surrogate pair"
        ) from None
    return value


def texts(name: str, values: object) -> list[str]:
    """Returns a list of texts.

    Raises:
        TypeError: It is something else, one text in place of a list for example.
        ValueError: One is no Unicode text.
    """
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise TypeError(f"{name} is {_kind(values)}, not a list of texts")
    return [text(f"{name}[{index}]", value) for index, value in enumerate(values)]


def named_texts(name: str, values: object) -> dict[str, str]:
    """Returns texts by name.

    Raises:
        TypeError: It is something else.
        ValueError: One is no Unicode text.
    """
    if not isinstance(values, Mapping):
        raise TypeError(f"{name} is {_kind(values)}, not a mapping of names to texts")
    return {
        text(f"a name in {name}", key): text(f"{name}[{key!r}]", value)
        for key, value in values.items()
    }


def number(name: str, value: object) -> int | None:
    """Returns a whole number in its range; None where it is left out.

    Raises:
        TypeError: It is no whole number.
        ValueError: It is out of range.
    """
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{name} is {_kind(value)}, not a whole number")
    low, high = RANGES[name]
    if not low <= value <= high:
        raise ValueError(f"{name} is {value}; it must be from {low} to {high}")
    return value


def flag(name: str, value: object) -> bool:
    """Returns a truth value.

    Raises:
        TypeError: It is something else.
    """
    if not isinstance(value, bool):
        raise TypeError(f"{name} is {_kind(value)}, not True or False")
    return value


def timeout(value: object) -> float | None:
    """Returns seconds to wait; None for no end.

    Raises:
        TypeError: It is no number.
        ValueError: It is not more than 0, or endless.
    """
    if value is None:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"timeout is {_kind(value)}, not a number of seconds")
    if math.isnan(value) or not 0 < value <= MAX_TIMEOUT_S:
        raise ValueError(f"timeout is {value}; it must be more than 0 s and at most 1e7 s, or None")
    return float(value)


def target(value: object) -> str:
    """Returns where a server is.

    Raises:
        TypeError: It is no text.
        ValueError: It is empty, or has white space in it.
    """
    given = text("the server", value)
    if not given or len(given.split()) != 1 or given != given.strip():
        raise ValueError(f"the server is {given!r}; give host:port")
    return given


def _kind(value: object) -> str:
    return "None" if value is None else f"{type(value).__name__} {str(value)[:40]!r}"
