"""The members of objects: which names may come, and what their values must meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

from constraints.json_schema.forms import Object
from constraints.json_schema.goals import FALSE, TRUE, Goal, both
from constraints.json_schema.keys import NO_KEYS, Keys
from constraints.json_schema.parser.choices import Choices
from constraints.json_schema.parser.place import Class, Item, Place, Plan, Progress
from constraints.json_schema.parser.register import Register


class Members:
    """What may come in the object frames of one parser."""

    def __init__(self, register: Register) -> None:
        self.register = register
        self._plans: list[Plan] = []
        self._plan_numbers: dict[tuple[int, ...], int] = {}

    def plan(self, place: Place) -> Plan:
        """What the alternatives of an object frame had in common when it was opened."""
        return self._plans[place.plan]

    def plan_number(self, items: tuple[Item, ...]) -> int:
        """The number of the plan of an object just opened."""
        numbers = tuple(dict.fromkeys(number for _, number, _ in items))
        if numbers not in self._plan_numbers:
            self._plan_numbers[numbers] = len(self._plans)
            self._plans.append(_planned([self.register.object(number) for number in numbers]))
        return self._plan_numbers[numbers]

    def required(self, place: Place) -> frozenset[str]:
        """Names that every alternative requires."""
        return frozenset.intersection(*(form.required for form in self._own_forms(place)))

    def is_unspoken(self, place: Place) -> bool:
        """Whether no keyword speaks of undeclared names."""
        forms = self._own_forms(place)
        return all(form.spoken == NO_KEYS and not form.is_open for form in forms)

    def is_closed(self, place: Place) -> bool:
        """Whether plainly no undeclared name may come."""
        return not self.register.policy.open_objects and self.is_unspoken(place)

    def is_simple(self, place: Place) -> bool:
        """Whether what follows a name in order does not depend on the names before it."""
        return len(place.items) == 1 and not self.plan(place).counted

    def admitted(self, place: Place, name: str | Class) -> bool:
        """Whether some alternative lets a name come at all."""
        holds = _membership(name)
        return any(
            self._goal(form, name, holds, beside=False) != FALSE for form in self._own_forms(place)
        )

    def choices(self, place: Place, name: str | Class, skipped: frozenset[str]) -> Choices:
        """The goals of the value of a name, and the items that go on from each.

        Args:
            place: Before the name.
            name: The name.
            skipped: Declared names that can no longer come once this one has.
        """
        chosen = Choices()
        holds = _membership(name)
        for goal, number, progress in place.items:
            form = self.register.object(number)
            if skipped & form.required or (form.high is not None and place.count >= form.high):
                continue
            beside = self.register.is_beside(place, goal)
            base = self._goal(form, name, holds, beside=beside)
            if base == FALSE or self.register.normaliser.is_empty(base):
                continue
            unmet = [
                index
                for index, (keys, _) in enumerate(form.exists)
                if not progress[index] and holds(keys)
            ]
            for subset in _subsets(unmet):
                value = both(base, *(form.exists[index][1] for index in subset))
                following = tuple(
                    1 if index in subset else each for index, each in enumerate(progress)
                )
                chosen.add(value, (goal, number, following))
        return chosen

    def is_complete(self, place: Place, number: int, progress: Progress) -> bool:
        """Whether an alternative may be closed, whatever is read beside."""
        form = self.register.object(number)
        if not all(progress) or place.count < form.low:
            return False
        if not self.register.policy.ordered:
            return form.required <= place.seen
        return form.required.isdisjoint(self.plan(place).names[place.index :])

    def _own_forms(self, frame: Place) -> list[Object]:
        """The alternatives alive, those read beside the value left aside."""
        return [
            self.register.object(number)
            for goal, number, _ in frame.items
            if not self.register.is_beside(frame, goal)
        ]

    def _goal(
        self, form: Object, name: str | Class, holds: Callable[[Keys], bool], *, beside: bool
    ) -> Goal:
        own = form.declared.get(name) if isinstance(name, str) else None
        if own is None:
            opened = beside or self.register.policy.open_objects or form.is_open
            if not (opened or holds(form.spoken)):
                return FALSE
            own = TRUE
        return both(own, *(goal for keys, goal in form.rules if holds(keys)))


def _planned(forms: list[Object]) -> Plan:
    names = tuple(dict.fromkeys(name for form in forms for name, _ in form.names))
    spoken = [form.spoken for form in forms]
    rules = [keys for form in forms for keys, _ in (*form.rules, *form.exists)]
    bounds = [bound for form in forms for bound in (form.low, form.high or 0)]
    return Plan(
        names,
        {name: index for index, name in enumerate(names)},
        tuple(dict.fromkeys((*rules, *spoken))),
        max(bounds),
        max(form.low for form in forms) - len(names),
    )


def _membership(name: str | Class) -> Callable[[Keys], bool]:
    """Whether a name is in a set."""
    if isinstance(name, Class):
        return name.inside.__contains__
    return lambda keys: name in keys


def _subsets(indices: list[int]) -> Iterator[tuple[int, ...]]:
    for size in range(len(indices) + 1):
        yield from combinations(indices, size)
