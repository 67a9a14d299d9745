"""JSON read and written again with its numbers spelled as they were: 1.0 stays 1.0."""

from __future__ import annotations

import json
from typing import Any

SPACED = (", ", ": ")
COMPACT = (",", ":")


class Spelling(str):
    """A number as its text spells it."""

    __slots__ = ()


def read(text: str) -> Any:
    """Reads a JSON text; numbers become `Spelling`.

    Raises:
        json.JSONDecodeError: The text is no JSON.
    """
    return json.loads(text, parse_int=Spelling, parse_float=Spelling)


def written(value: Any, separators: tuple[str, str] = SPACED) -> str:
    """The text of a value that `read` gave, as `json.dumps` without ASCII escapes writes it."""
    comma, colon = separators
    if isinstance(value, Spelling):
        return value
    if isinstance(value, dict):
        members = (
            f"{json.dumps(name, ensure_ascii=False)}{colon}{written(member, separators)}"
            for name, member in value.items()
        )
        return "{" + comma.join(members) + "}"
    if isinstance(value, list):
        return "[" + comma.join(written(item, separators) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)
