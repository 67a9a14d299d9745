"""The elements of arrays: how many may come, what they must meet, and how they are told apart."""

from __future__ import annotations

from constraints.json_schema import numbers
from constraints.json_schema.forms import Array, Contains, Form
from constraints.json_schema.goals import FALSE, TRUE, Goal, both, negated
from constraints.json_schema.parser.choices import Choices
from constraints.json_schema.parser.place import (
    BY_END,
    EXACTLY,
    REPEATED,
    UNKNOWN,
    UNTOLD,
    Item,
    Place,
    Progress,
)
from constraints.json_schema.parser.register import Register

FEW_UNIQUE = "unique elements differ in a class of their last character, so that there are few"
ONE_UNIQUE = "arrays of unique elements that are no strings or integers have one element"
MAX_TOLD = 12
"""Most values that generation tells apart exactly."""


class Elements:
    """What may come in the array frames of one parser."""

    def __init__(self, register: Register) -> None:
        self.register = register

    def how_told(self, items: tuple[Item, ...]) -> int:
        """How the elements of an array just opened are told apart."""
        arrays = [self.register.array(number) for _, number, _ in items]
        if not any(array.unique or array.repeated for array in arrays):
            return UNTOLD
        if self.register.policy.remembering:
            return EXACTLY
        goals = dict.fromkeys(goal for array in arrays for goal in self._described(array))
        forms = [self.register.normaliser.form(goal) for goal in goals]
        if sum(map(_few_values, forms)) <= MAX_TOLD:
            return EXACTLY
        whole = all(numbers.is_whole(each) for form in forms for each in form.numbers)
        nested = any(form.arrays or form.objects for form in forms)
        return BY_END if whole and not nested else UNTOLD

    def choices(self, place: Place) -> Choices:
        """The goals of the next element, and the items that go on from each."""
        chosen = Choices()
        for goal, number, progress in place.items:
            array = self.register.array(number)
            base = array.element(place.index)
            beside = self.register.is_beside(place, goal)
            if array.high is not None and place.index >= array.high:
                continue
            if not beside and self._is_left_out(place, goal, array):
                continue
            if base == FALSE or self.register.normaliser.is_empty(base):
                continue
            for value, counts in _contained(array.contains, place.index, base, progress):
                chosen.add(value, (goal, number, (*counts, progress[-1])))
        return chosen

    def following(self, place: Place) -> int:
        """The index of the element after the next; saturates where it does not matter."""
        most = self.register.policy.most_items
        counted = max(
            _saturation(
                self.register.array(number),
                None if self.register.is_beside(place, goal) else most,
            )
            for goal, number, _ in place.items
        )
        return min(place.index + 1, counted)

    def tells(self, items: tuple[Item, ...]) -> bool:
        """Whether it matters to some alternative which elements are equal."""
        return any(self._tells(number) for _, number, _ in items)

    def after_equal(
        self, frame: Place, items: tuple[Item, ...], *, known: bool
    ) -> tuple[Item, ...]:
        """After an element that is equal to one before, or, but for `known`, may be."""
        kept: list[Item] = []
        for goal, number, progress in items:
            beside = self.register.is_beside(frame, goal)
            verdict = progress[-1]
            if known and frame.told == EXACTLY:
                verdict = max(verdict, REPEATED)
            elif beside and self._tells(number):
                verdict = UNKNOWN
            if not known or verdict == UNKNOWN or not self.register.array(number).unique:
                kept.append((goal, number, (*progress[:-1], verdict)))
        return tuple(kept)

    def is_complete(self, place: Place, number: int, progress: Progress) -> bool:
        """Whether an alternative may be closed, whatever is read beside."""
        array = self.register.array(number)
        if place.index < array.low or (array.repeated and progress[-1] != REPEATED):
            return False
        return all(
            each.low <= count and (each.high is None or count <= each.high)
            for each, count in zip(array.contains, progress, strict=False)
        )

    def _tells(self, number: int) -> bool:
        array = self.register.array(number)
        return array.unique or array.repeated

    def _described(self, array: Array) -> tuple[Goal, ...]:
        return array.prefix if self._ends_with_prefix(array) else (*array.prefix, array.rest)

    def _ends_with_prefix(self, array: Array) -> bool:
        """Whether generation lets no element follow those that were described."""
        described = array.rest_declared or not array.prefix
        return not (described or self.register.policy.open_objects)

    def _is_left_out(self, place: Place, goal: int, array: Array) -> bool:
        """Whether the policy lets no further element come in an array of the value, and says so."""
        register, policy = self.register, self.register.policy
        own = register.goal(register.places[place.outer].goals[goal])
        if array.unique and place.index and not policy.remembering:
            if place.told != EXACTLY:
                register.narrow(own, "uniqueItems", FEW_UNIQUE if place.told else ONE_UNIQUE)
            if place.told == UNTOLD:
                return True
        if place.index < array.low:
            return False
        most = policy.most_items
        if most is not None and array.high is not None and place.index >= most:
            register.narrow(own, "maxItems", f"arrays have at most {most} elements")
            return True
        if self._ends_with_prefix(array) and place.index >= len(array.prefix):
            register.narrow(own, "", "no elements follow those of prefixItems")
            return True
        return False


def _contained(
    contains: tuple[Contains, ...], index: int, goal: Goal, progress: Progress
) -> list[tuple[Goal, Progress]]:
    """What an element may be to each `contains`: the goal it then meets, and the counts."""
    options: list[tuple[Goal, Progress]] = [(goal, ())]
    for each, count in zip(contains, progress, strict=False):
        steps: list[tuple[Goal, int]] = [(TRUE, count)]
        if index >= each.start:
            steps = _counted(each, count)
        options = [
            (both(so_far, more), (*counts, following))
            for so_far, counts in options
            for more, following in steps
        ]
    return options


def _counted(contains: Contains, count: int) -> list[tuple[Goal, int]]:
    if contains.high is None:
        if count >= contains.low:
            return [(TRUE, count)]
        return [(contains.goal, count + 1), (TRUE, count)]
    missed = (negated(contains.goal), count)
    return [missed] if count >= contains.high else [(contains.goal, count + 1), missed]


def _few_values(form: Form) -> int:
    """How many values a form has; more than `MAX_TOLD` where they are not listed."""
    if form.arrays or form.objects or any(text.listed is None for text in form.texts):
        return MAX_TOLD + 1
    if any(each.low is None or each.low != each.high for each in form.numbers):
        return MAX_TOLD + 1
    listed = sum(len(text.listed or ()) for text in form.texts)
    return listed + len(form.numbers) + len(form.booleans) + form.null


def _saturation(array: Array, most: int | None) -> int:
    """From where on the index of an element does not matter."""
    high = array.high or 0
    if most is not None:
        high = min(high, max(most, array.low))
    starts = [each.start for each in array.contains]
    return max(len(array.prefix), array.low, high, int(array.unique), *starts, 0)
