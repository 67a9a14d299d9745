"""One training or test case: what the model reads and what it must answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt in three parts and its answer.

    Attributes:
        job: record, choice or sql.
        outline: The line that names the form of the answer.
        text: What is read.
        answer: The text of the right answer.
        schema: The JSON Schema, for records.
        spans: String values of the answer that stand in the text as they are.
        catalog: The DDL, for queries.
    """

    job: str
    outline: str
    text: str
    answer: str
    schema: Mapping[str, Any] | None = None
    spans: tuple[str, ...] = ()
    catalog: str = ""


def compact(value: object) -> str:
    """Returns JSON without white space; a Decimal keeps the digits it was written with."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{compact(k)}:{compact(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(compact, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
