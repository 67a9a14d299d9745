"""The pushdown parser of JSON texts against goals, one JSON token at a time.

A value is read against several goals at once, each a conjunction; whoever reads it learns which of
them it meets. Objects and arrays are read by items, one for each alternative of each goal, each
with its own progress. An item dies when it cannot go on, so a goal is met iff some item of it
reaches the end. Places are interned, and each names the place around it: a place is a stack.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import replace

from constraints.json_schema.forms import ANYTHING, Array, Form, Object
from constraints.json_schema.goals import TRUE, Goal
from constraints.json_schema.normal import Normaliser
from constraints.json_schema.parser.choices import Choices
from constraints.json_schema.parser.elements import Elements
from constraints.json_schema.parser.members import Members
from constraints.json_schema.parser.place import (
    ANY_INDEX,
    ARRAY,
    COLON,
    ELEMENT,
    END,
    KEY,
    MEMBER,
    OBJECT,
    UNTOLD,
    VALUE,
    Class,
    Item,
    Place,
    Policy,
    Progress,
)
from constraints.json_schema.parser.register import Register
from constraints.json_schema.parser.verdicts import Verdicts


class Parser:
    """Places and the steps between them; a step that leads nowhere is None.

    Attributes:
        register: The places met, and what was left out.
        members: What may come in objects.
        elements: What may come in arrays.
        start: The place of the root value.
        deepest: Arrays and objects around the deepest value that was to be opened.
        freest: Levels that nothing describes of the value with most of them that was opened.
    """

    def __init__(self, normaliser: Normaliser, policy: Policy) -> None:
        self.normaliser = normaliser
        self.policy = policy
        self.register = Register(normaliser, policy)
        self.members = Members(self.register)
        self.elements = Elements(self.register)
        self.deepest = 0
        self.freest = 0
        root = self.register.goal_number(normaliser.root)
        self.start = self.register.place_number(Place(VALUE, goals=(root,)))

    @property
    def places(self) -> list[Place]:
        """Every place met, by number; `END` is the first."""
        return self.register.places

    def goals(self, place: Place) -> tuple[Goal, ...]:
        """The goals that a value is read against."""
        return tuple(map(self.register.goal, place.goals))

    def forms(self, place: Place) -> tuple[Form, ...]:
        """Their forms."""
        return tuple(map(self.normaliser.form, self.goals(place)))

    def scalar(self, place: Place, met: int, value: Hashable = None) -> int | None:
        """After a string, number, boolean or null that meets the goals of a bit mask."""
        if not met:
            return None
        if place.outer == END:
            return END
        frame = self.places[place.outer]
        kept = _furthest(
            item for item, need in zip(frame.items, frame.needs, strict=True) if met >> need & 1
        )
        after = self._after_member if frame.kind == COLON else self._after_element
        return after(frame, kept, value) if self.register.goes_on(frame, kept) else None

    def opened(self, place: Place, *, array: bool) -> int | None:
        """After `{` or `[`."""
        free = self._level(place, array=array)
        if not self._may_open(place, free):
            return None
        items, beside = self._items(place, array=array)
        if not items:
            return None
        nothing: Hashable = () if array else frozenset()
        return self.register.place_number(
            Place(
                ARRAY if array else OBJECT,
                self.register.place_number(place),
                items=items,
                plan=0 if array else self.members.plan_number(items),
                beside=beside,
                told=self.elements.how_told(items) if array else UNTOLD,
                depth=place.depth + 1,
                free=free,
                telling=place.telling,
                value=nothing if place.telling else None,
            )
        )

    def home(self, place: Place) -> int:
        """The place before a name that stands for all such places of a simple frame."""
        return self.register.place_number(replace(place, index=ANY_INDEX))

    def first(self, place: Place) -> int | None:
        """The first name or element of what was just opened, or the next after a comma."""
        if place.kind in (OBJECT, MEMBER):
            return self.register.place_number(replace(place, kind=KEY))
        return self._element(place)

    def key(self, place: Place, name: str | Class) -> int | None:
        """After a name."""
        plan = self.members.plan(place)
        index = plan.position.get(name) if isinstance(name, str) else None
        tag = name.tag if isinstance(name, Class) else name
        skipped, seen, following = frozenset[str](), place.seen | {tag}, 0
        if self.policy.ordered:
            at = len(plan.names) if index is None else index
            if at < place.index or (index is None and tag in place.seen):
                return None
            if place.index != ANY_INDEX:
                skipped = frozenset(plan.names[place.index : at])
            following = at if index is None else at + 1
            seen = seen if index is None else place.seen
        elif tag in place.seen:
            return None
        chosen = self.members.choices(place, name, skipped)
        if not self.register.goes_on(place, chosen.items):
            return None
        return self.register.place_number(
            replace(
                self._awaiting(place, COLON, chosen),
                free=self._free(place, name, chosen.goals),
                index=following,
                count=min(place.count + 1, plan.counted),
                seen=seen,
                value=(place.value, name) if place.telling else None,
            )
        )

    def colon(self, place: Place) -> int:
        """After the colon."""
        frame = self.register.place_number(place)
        return self.register.place_number(_inside(place, frame, place.telling))

    def closed(self, place: Place) -> int | None:
        """After the closing bracket."""
        in_object = place.kind in (OBJECT, MEMBER)
        value = self.places[place.outer]
        inside = self.members if in_object else self.elements
        verdicts = Verdicts(self.register, inside, place)
        met = sum(1 << index for index in range(len(value.goals)) if verdicts.met(index))
        told = ("object" if in_object else "array", place.value) if place.telling else None
        return self.scalar(value, met, told)

    def _level(self, place: Place, *, array: bool) -> int:
        """Levels that nothing describes, inside the object or array that a value is."""
        bare = all(
            form.arrays == ANYTHING.arrays if array else all(each.free for each in form.objects)
            for form in self.forms(place)
        )
        return place.free + bare

    def _free(self, place: Place, name: str | Class, goals: Iterable[Goal]) -> int:
        """Levels that nothing describes, around a member.

        None are left below a name that nobody declared, among others that somebody described,
        unless something describes its value.
        """
        most = self.policy.most_free
        bare = all(self.normaliser.form(goal) is ANYTHING for goal in goals)
        if most is None or isinstance(name, str) or place.free or not bare:
            return place.free
        return most

    def _may_open(self, place: Place, free: int) -> bool:
        most_free, most_depth = self.policy.most_free, self.policy.most_depth
        narrow = self.register.narrow
        self.deepest = max(self.deepest, place.depth)
        if most_free is not None and free > most_free:
            narrow(TRUE, "", f"values that nothing describes nest {most_free} deep at most")
            return False
        if most_depth is not None and place.depth >= most_depth:
            narrow(TRUE, "", f"arrays and objects nest {most_depth} deep at most")
            return False
        self.freest = max(self.freest, free)
        return True

    def _items(self, place: Place, *, array: bool) -> tuple[tuple[Item, ...], tuple[int, ...]]:
        """The alternatives of a value's goals, and of the goals that these are read beside."""
        register = self.register
        reading = list(place.goals)
        own = len(reading)
        items: list[Item] = []
        for index, number in enumerate(reading):
            form = self.normaliser.form(register.goal(number))
            for each in form.arrays if array else form.objects:
                items.append((index, register.alternative_number(each), _no_progress(each)))
                beside = [register.goal_number(goal) for goal, _ in each.beside]
                reading.extend(goal for goal in beside if goal not in reading[own:])
            if index + 1 == own and not items:
                return (), ()
        return tuple(items), tuple(reading[own:])

    def _awaiting(self, place: Place, kind: int, chosen: Choices) -> Place:
        """A frame whose value is to be read, as it was before in all that does not depend on it."""
        return replace(
            place,
            kind=kind,
            goals=tuple(map(self.register.goal_number, chosen.goals)),
            items=tuple(chosen.items),
            needs=tuple(chosen.needs),
        )

    def _element(self, place: Place) -> int | None:
        chosen = self.elements.choices(place)
        if not self.register.goes_on(place, chosen.items):
            return None
        frame = replace(
            self._awaiting(place, ELEMENT, chosen), index=self.elements.following(place)
        )
        telling = max(place.telling, place.told)
        return self.register.place_number(
            _inside(frame, self.register.place_number(frame), telling)
        )

    def _after_member(self, frame: Place, items: tuple[Item, ...], value: Hashable) -> int:
        told = None
        if frame.telling:
            members, name = frame.value  # type: ignore[misc]
            told = members | {(name, value)}
        return self.register.place_number(
            replace(
                frame,
                kind=MEMBER,
                goals=(),
                items=items,
                needs=(),
                free=self._level(self.places[frame.outer], array=False),
                value=told,
            )
        )

    def _after_element(self, frame: Place, items: tuple[Item, ...], value: Hashable) -> int | None:
        seen = frame.seen
        if self.elements.tells(items):
            if value is None or value in seen:
                items = self.elements.after_equal(frame, items, known=value is not None)
            seen = seen | {value}
        if not self.register.goes_on(frame, items):
            return None
        told = (*frame.value, value) if frame.telling else None  # type: ignore[misc]
        return self.register.place_number(
            replace(frame, goals=(), items=items, needs=(), seen=seen, value=told)
        )


def _inside(frame: Place, number: int, telling: int) -> Place:
    """The value that a frame awaits."""
    return Place(VALUE, number, frame.goals, depth=frame.depth, free=frame.free, telling=telling)


def _no_progress(alternative: Object | Array) -> Progress:
    if isinstance(alternative, Object):
        return (0,) * len(alternative.exists)
    return (0,) * (len(alternative.contains) + 1)


def _furthest(items: Iterable[Item]) -> tuple[Item, ...]:
    """The items that no other one of the same alternative is ahead of."""
    listed = list(dict.fromkeys(items))
    return tuple(
        item
        for item in listed
        if not any(
            other != item
            and other[:2] == item[:2]
            and all(a <= b for a, b in zip(item[2], other[2], strict=True))
            for other in listed
        )
    )
