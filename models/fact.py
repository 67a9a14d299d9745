"""What a fact is: names, type, labels and ways of saying it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models import values as v
from models.values import Maker, Value, Writer


@dataclass(frozen=True, slots=True)
class Fact:
    """One kind of fact.

    Attributes:
        names: Field names a schema may use, snake_case.
        schema: The JSON Schema of the field.
        make: Draws a value.
        labels: What a form calls it.
        clauses: Ways to say it, with `{v}` for the shown value.
        options: For an enum, its canonical values.
    """

    names: tuple[str, ...]
    schema: Mapping[str, Any]
    make: Maker
    labels: tuple[str, ...]
    clauses: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
NUMBER = {"type": "number"}
DATE = {"type": "string", "format": "date"}
TRUTH = {"type": "boolean"}


def fact(
    names: str, schema: Mapping[str, Any], make: Maker, labels: str, clauses: str = ""
) -> Fact:
    """Returns a fact; names are parted by spaces, labels and clauses by `|`."""
    return Fact(
        names=tuple(names.split()),
        schema=schema,
        make=make,
        labels=tuple(labels.split("|")),
        clauses=tuple(clauses.split("|")) if clauses else (),
    )


def stated(names: str, make: Maker, labels: str, clauses: str = "") -> Fact:
    """Returns a fact whose value is a string."""
    return fact(names, TEXT, make, labels, clauses)


def truth(names: str, labels: str, yes: str, no: str) -> Fact:
    """Returns a fact that is true or false, inferred from what the text says."""
    return fact(names, TRUTH, v.flag(yes, no), labels)


def option(names: str, labels: str, **cues: str) -> Fact:
    """Returns an enum whose values are inferred from cues, or named."""
    says = {option: tuple(cue.split("|")) for option, cue in cues.items()}

    def make(w: Writer) -> Value:
        option = w.rng.choice(list(says))
        return Value(option, option.replace("_", " "), says[option])

    return Fact(tuple(names.split()), TEXT, make, tuple(labels.split("|")), (), tuple(says))
