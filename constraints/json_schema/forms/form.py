"""The normal form: a schema as a union, by JSON type, of conjunctive constraints.

Children are not normalised: a form names the goals that they must meet, so that recursive schemas
have finite forms, and intersection and complement are formed without descending.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from constraints.automata import Dfa
from constraints.json_schema import formats
from constraints.json_schema.goals import TRUE, Goal, both
from constraints.json_schema.keys import NO_KEYS, Keys
from constraints.json_schema.numbers import Number

Beside = tuple[tuple[Goal, bool], ...]
"""Goals kept unexpanded, because their complement has many alternatives."""


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """Strings: a finite list of them, or those of an automaton; and how long they are.

    Attributes:
        listed: The only strings, in order; None for no such list.
        values: DFAs over code points that must all accept.
        low: Fewest code points.
        high: Most code points, or None.
        formats: Formats that values must have, or must not have.
    """

    listed: tuple[str, ...] | None = None
    values: tuple[Dfa, ...] = ()
    low: int = 0
    high: int | None = None
    formats: tuple[tuple[str, bool], ...] = ()

    def admits(self, value: str) -> bool:
        """Whether a string is in the set."""
        if self.listed is not None:
            return value in self.listed
        if len(value) < self.low or (self.high is not None and len(value) > self.high):
            return False
        if any(formats.recognised(name, value) is not wanted for name, wanted in self.formats):
            return False
        return all(values.accepts(map(ord, value)) for values in self.values)

    @property
    def is_everything(self) -> bool:
        """Whether all strings are in it."""
        bounded = self.low > 0 or self.high is not None
        return not (bounded or self.formats or self.values) and self.listed is None


@dataclass(frozen=True, slots=True)
class Contains:
    """Between `low` and `high` elements, from index `start` on, meet a goal."""

    goal: Goal
    low: int
    high: int | None = None
    start: int = 0


@dataclass(frozen=True, slots=True)
class Array:
    """Arrays: the first elements one by one, the rest alike, counts inclusive.

    Attributes:
        prefix: Goals of the first elements.
        rest: Goal of the others.
        rest_declared: Whether some keyword speaks of the others.
        low: Fewest elements.
        high: Most elements, or None.
        contains: What must be among them.
        unique: No two elements are equal.
        repeated: Some two elements are equal.
        evaluated: How many leading elements keywords have evaluated; None for all.
        evaluated_if: Elements that meet one of these goals are evaluated too.
        beside: Goals that the same array must meet (True) or miss (False).
    """

    prefix: tuple[Goal, ...] = ()
    rest: Goal = TRUE
    rest_declared: bool = False
    low: int = 0
    high: int | None = None
    contains: tuple[Contains, ...] = ()
    unique: bool = False
    repeated: bool = False
    evaluated: int | None = 0
    evaluated_if: tuple[Goal, ...] = ()
    beside: Beside = ()

    def element(self, index: int) -> Goal:
        """The goal of the element at an index."""
        return self.prefix[index] if index < len(self.prefix) else self.rest


@dataclass(frozen=True)
class Object:
    """Objects.

    Attributes:
        names: Declared names in order of generation, each with the goal of its value.
        rules: Goals of the values whose names are in a set, declared or not.
        required: Names that must be there.
        exists: Some member has a name of the set and a value that meets the goal.
        low: Fewest members.
        high: Most members, or None.
        spoken: Undeclared names of which some keyword says what they may hold.
        free: Whether nothing at all describes the object.
        evaluated: Names that keywords have evaluated.
        beside: Goals that the same object must meet (True) or miss (False).
    """

    names: tuple[tuple[str, Goal], ...] = ()
    rules: tuple[tuple[Keys, Goal], ...] = ()
    required: frozenset[str] = frozenset()
    exists: tuple[tuple[Keys, Goal], ...] = ()
    low: int = 0
    high: int | None = None
    spoken: Keys = NO_KEYS
    free: bool = False
    evaluated: Keys = NO_KEYS
    beside: Beside = ()

    @cached_property
    def declared(self) -> dict[str, Goal]:
        """The goal of each declared name."""
        return dict(self.names)

    @property
    def is_open(self) -> bool:
        """Whether undeclared names come even where objects are closed: they must, or may freely."""
        return self.free or self.low > len(self.names)

    def value(self, name: str) -> Goal:
        """The goal of the value of a name."""
        return both(
            self.declared.get(name, TRUE), *(goal for keys, goal in self.rules if name in keys)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """A union over the JSON types; without alternatives nothing is admitted."""

    null: bool = False
    booleans: frozenset[bool] = frozenset()
    numbers: tuple[Number, ...] = ()
    texts: tuple[Text, ...] = ()
    arrays: tuple[Array, ...] = ()
    objects: tuple[Object, ...] = ()

    @property
    def is_nothing(self) -> bool:
        """Whether there is no alternative at all."""
        return not (
            self.null or self.booleans or self.numbers or self.texts or self.arrays or self.objects
        )


BOTH = frozenset((False, True))
ANYTHING = Form(True, BOTH, (Number(),), (Text(),), (Array(),), (Object(free=True),))


def identity(value: Any) -> Any:
    """A hashable stand-in for a JSON value; two are equal iff the values are (core §4.2.2)."""
    if isinstance(value, list):
        return ("array", *map(identity, value))
    if isinstance(value, dict):
        return ("object", frozenset((key, identity(each)) for key, each in value.items()))
    return (isinstance(value, bool), value)
