"""Where the reading of a JSON text stands."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from constraints.json_schema.keys import Keys

ROOT, VALUE, OBJECT, KEY, COLON, MEMBER, ARRAY, ELEMENT = range(8)
UNTOLD, BY_END, EXACTLY = 0, 1, 2
"""Elements are not told apart; those of different ends are known to differ; all are told apart."""
REPEATED, UNKNOWN = 1, 2
"""Last progress of an array: two elements were equal; elements could not be told apart."""
ANY_INDEX = -1
"""Index of a place before a name whose lexer lets only names come that may."""
END = 0
"""The place after the whole text."""

Progress = tuple[int, ...]
"""Objects: which of `exists` was met. Arrays: how many of each `contains`, then whether two were
equal (`REPEATED`, `UNKNOWN`)."""
Item = tuple[int, int, Progress]
"""Index of the goal, number of the alternative, progress."""


@dataclass(frozen=True, slots=True)
class Class:
    """Undeclared names, those that are in exactly these of the sets that a frame speaks of.

    Attributes:
        inside: The sets.
        tag: Names of different tags differ; generation lets each tag come once.
    """

    inside: frozenset[Keys]
    tag: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands.

    Attributes:
        kind: What is read here: a value; the inside of an object just opened, a name, the colon
            after it, what follows a member; the inside of an array just opened, what follows an
            element.
        outer: Of a value: the frame that it is part of. Of a frame: the value that it is.
        goals: What the value is read against, as numbers.
        items: Alternatives alive; of a frame whose value is being read, as they are if it meets
            the goal they need.
        needs: The index in `goals` that each item needs.
        plan: Of an object frame: the number of its plan.
        beside: Of a frame: goals read beside those of its value, as numbers; items count them on
            from those.
        depth: Arrays and objects around.
        free: Levels around that nothing describes.
        index: Next declared name, or next element; saturates.
        count: Members read; saturates.
        seen: Names, tags of names, or identities of elements that came before.
        told: Of an array: how its elements are told apart.
        telling: How some array around tells the value from others.
        value: That identity, as far as it was read.
    """

    kind: int
    outer: int = END
    goals: tuple[int, ...] = ()
    items: tuple[Item, ...] = ()
    needs: tuple[int, ...] = ()
    plan: int = 0
    beside: tuple[int, ...] = ()
    depth: int = 0
    free: int = 0
    index: int = 0
    count: int = 0
    seen: frozenset[Hashable] = frozenset()
    told: int = 0
    telling: int = 0
    value: Hashable = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What the alternatives of an object frame have in common.

    Attributes:
        names: Declared names, in order of generation.
        position: Index of each name.
        keys: The sets of names that rules speak of.
        counted: From where on the number of members does not matter.
        missing: How many undeclared names some alternative cannot do without.
    """

    names: tuple[str, ...]
    position: dict[str, int]
    keys: tuple[Keys, ...]
    counted: int
    missing: int


@dataclass(frozen=True, slots=True)
class Policy:
    """How a parser reads.

    Attributes:
        open_objects: Names that no keyword speaks of are admitted.
        ordered: Declared names come in order, undeclared ones after them.
        remembering: Undeclared names and unique elements are told apart without bound.
        most_items: Elements of arrays that have an upper bound, or None.
        most_free: Levels of values that nothing describes, or None.
        most_depth: Arrays and objects around a value, or None.
    """

    open_objects: bool
    ordered: bool
    remembering: bool
    most_items: int | None = None
    most_free: int | None = None
    most_depth: int | None = None
