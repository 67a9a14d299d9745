"""JSON numbers: a normal form closed under intersection and complement, and its texts."""

from constraints.json_schema.numbers.number import (
    Bound,
    Number,
    admits,
    complement,
    finite_values,
    intersect,
    is_empty,
    is_whole,
    some_values,
)
from constraints.json_schema.numbers.texts import language

__all__ = [
    "Bound",
    "Number",
    "admits",
    "complement",
    "finite_values",
    "intersect",
    "is_empty",
    "is_whole",
    "language",
    "some_values",
]
