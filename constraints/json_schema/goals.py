"""Goals: what a value must satisfy, as conjunctions that can be negated without looking inside."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Holds:
    """A schema that must hold, or must not.

    Attributes:
        schema: Number of the subschema.
        positive: False where it must not hold.
        annotating: Whether the properties and items it evaluates are of interest.
    """

    schema: int
    positive: bool = True
    annotating: bool = False


@dataclass(frozen=True, slots=True)
class Equals:
    """A JSON value to be equal to, or not.

    Attributes:
        value: Number of the value.
        positive: False where the value must differ.
    """

    value: int
    positive: bool = True


@dataclass(frozen=True, slots=True)
class Posed:
    """A form made on the way.

    Attributes:
        form: Number of the form.
        positive: False for all other values.
    """

    form: int
    positive: bool = True


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some of several goals must be met; without goals, nothing can be."""

    goals: tuple[Goal, ...]


Atom = Holds | Equals | Posed | AnyOf
Goal = tuple[Atom, ...]
"""Atoms that must all be met, the one whose order of properties counts first; none: anything."""

TRUE: Goal = ()
FALSE: Goal = (AnyOf(()),)


def both(*goals: Goal) -> Goal:
    """All of some goals, each atom once."""
    return tuple(dict.fromkeys(atom for goal in goals for atom in goal))


def either(goals: Iterable[Goal]) -> Goal:
    """Some of several goals."""
    options = tuple(dict.fromkeys(goals))
    if TRUE in options:
        return TRUE
    return options[0] if len(options) == 1 else (AnyOf(options),)


def negated(goal: Goal) -> Goal:
    """The values that miss a goal."""
    return either(_opposite(atom) for atom in goal)


def _opposite(atom: Atom) -> Goal:
    if isinstance(atom, Holds):
        return (Holds(atom.schema, not atom.positive),)
    if isinstance(atom, Equals):
        return (Equals(atom.value, not atom.positive),)
    if isinstance(atom, Posed):
        return (Posed(atom.form, not atom.positive),)
    return both(*map(negated, atom.goals))
