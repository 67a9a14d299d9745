"""The pushdown parser of JSON texts against goals, one JSON token at a time.

A value is read against several goals at once, each a conjunction; whoever reads it learns which of
them it meets. Objects and arrays are read by items, one for each alternative of each goal, each
with its own progress. An item dies when it cannot go on, so a goal is met iff some item of it
reaches the end. Places are interned, and each names the place around it: a place is a stack.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations

from constraints.errors import LimitError
from constraints.json_schema import numbers
from constraints.json_schema.forms import Array, Contains, Form, Object
from constraints.json_schema.goals import FALSE, TRUE, Goal, both, negated
from constraints.json_schema.keys import NO_KEYS, Keys
from constraints.json_schema.normalise import Normaliser

MAX_CHOICES = 1_000
FEW_UNIQUE = "unique elements differ in a class of their last character, so that there are few"
ONE_UNIQUE = "arrays of unique elements that are no strings or integers have one element"

ROOT, VALUE, OBJECT, KEY, COLON, MEMBER, ARRAY, ELEMENT = range(8)
UNTOLD, BY_END, EXACTLY = 0, 1, 2
"""Elements are not told apart; those of different ends are known to differ; all are told apart."""
MAX_TOLD = 12
"""Most values that generation tells apart exactly."""
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


class Parser:
    """Places and the steps between them; a step that leads nowhere is None.

    Attributes:
        places: Every place met, by number; `END` is the first.
        start: The place of the root value.
        narrowed: Values that the policy left out: (pointer, keyword, message).
        respelled: Spellings that generation leaves out, alike.
        deepest: Arrays and objects around the deepest value that was to be opened.
    """

    def __init__(self, normaliser: Normaliser, policy: Policy) -> None:
        self.normaliser = normaliser
        self.policy = policy
        self.narrowed: dict[tuple[str, str, str], None] = {}
        self.respelled: dict[tuple[str, str, str], None] = {}
        self.deepest = 0
        self.places: list[Place] = [Place(ROOT)]
        self._place_numbers: dict[Place, int] = {self.places[END]: END}
        self._goals: list[Goal] = []
        self._goal_numbers: dict[Goal, int] = {}
        self._alternatives: list[Object | Array] = []
        self._alternative_numbers: dict[Object | Array, int] = {}
        self._plans: list[Plan] = []
        self._plan_numbers: dict[tuple[int, ...], int] = {}
        self.start = self._number(Place(VALUE, goals=(self._goal(normaliser.root),)))

    def goals(self, place: Place) -> tuple[Goal, ...]:
        """The goals that a value is read against."""
        return tuple(self._goals[number] for number in place.goals)

    def forms(self, place: Place) -> tuple[Form, ...]:
        """Their forms."""
        return tuple(map(self.normaliser.form, self.goals(place)))

    def plan(self, place: Place) -> Plan:
        """What the alternatives of an object frame had in common when it was opened."""
        return self._plans[place.plan]

    def required(self, place: Place) -> frozenset[str]:
        """Names that every alternative of an object frame requires."""
        return frozenset.intersection(*(form.required for form in self._own_forms(place)))

    def is_unspoken(self, place: Place) -> bool:
        """Whether no keyword speaks of undeclared names in an object frame."""
        forms = self._own_forms(place)
        return all(form.spoken == NO_KEYS and not form.is_open for form in forms)

    def is_closed(self, place: Place) -> bool:
        """Whether plainly no undeclared name may come in an object frame."""
        return not self.policy.open_objects and self.is_unspoken(place)

    def admitted(self, place: Place, name: str | Class) -> bool:
        """Whether some alternative of an object frame lets a name come at all."""
        holds = _membership(name)
        return any(
            self._member_goal(form, name, holds, beside=False) != FALSE
            for form in self._own_forms(place)
        )

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
        return after(frame, kept, value) if self._goes_on(frame, kept) else None

    def opened(self, place: Place, *, array: bool) -> int | None:
        """After `{` or `[`."""
        free = self._level(place)
        if not self._may_open(place, free):
            return None
        items, beside = self._items(place, array=array)
        if not items:
            return None
        nothing: Hashable = () if array else frozenset()
        return self._number(
            Place(
                ARRAY if array else OBJECT,
                self._number(place),
                items=items,
                plan=0 if array else self._plan(items),
                beside=beside,
                told=self._how_told(items) if array else UNTOLD,
                depth=place.depth + 1,
                free=free,
                telling=place.telling,
                value=nothing if place.telling else None,
            )
        )

    def is_simple(self, place: Place) -> bool:
        """Whether what follows a name in order does not depend on the names before it."""
        return len(place.items) == 1 and not self.plan(place).counted

    def home(self, place: Place) -> int:
        """The place before a name that stands for all such places of a simple frame."""
        return self._number(replace(place, index=ANY_INDEX))

    def first(self, place: Place) -> int | None:
        """The first name or element of what was just opened, or the next after a comma."""
        if place.kind in (OBJECT, MEMBER):
            return self._number(replace(place, kind=KEY))
        return self._element(place)

    def key(self, place: Place, name: str | Class) -> int | None:
        """After a name."""
        plan = self.plan(place)
        index = plan.position.get(name) if isinstance(name, str) else None
        tag = name.tag if isinstance(name, Class) else name
        seen = place.seen | {tag}
        skipped: frozenset[str] = frozenset()
        following = 0
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
        chosen = self._member_choices(place, name, skipped)
        if not self._goes_on(place, chosen.items):
            return None
        return self._number(
            Place(
                COLON,
                place.outer,
                tuple(map(self._goal, chosen.goals)),
                tuple(chosen.items),
                tuple(chosen.needs),
                place.plan,
                place.beside,
                place.depth,
                self._free(place, name),
                following,
                min(place.count + 1, plan.counted),
                seen,
                UNTOLD,
                place.telling,
                (place.value, name) if place.telling else None,
            )
        )

    def _level(self, place: Place) -> int:
        """Levels that nothing describes, inside the object or array that a value is."""
        return place.free + all(goal == TRUE for goal in self.goals(place))

    def _free(self, place: Place, name: str | Class) -> int:
        """Levels that nothing describes: a value with an undeclared name has no further ones."""
        most = self.policy.most_free
        return place.free if isinstance(name, str) or most is None else max(place.free, most)

    def colon(self, place: Place) -> int:
        """After the colon."""
        return self._number(self._inside(place, self._number(place), place.telling))

    def closed(self, place: Place) -> int | None:
        """After the closing bracket."""
        in_object = place.kind in (OBJECT, MEMBER)
        value = self.places[place.outer]
        verdicts = _Verdicts(self, place)
        met = sum(1 << index for index in range(len(value.goals)) if verdicts.met(index))
        told = ("object" if in_object else "array", place.value) if place.telling else None
        return self.scalar(value, met, told)

    def is_complete(self, place: Place, number: int, progress: Progress) -> bool:
        """Whether an alternative of a frame may be closed, whatever is read beside."""
        in_object = place.kind in (OBJECT, MEMBER)
        complete = self._object_is_complete if in_object else self._array_is_complete
        return complete(place, number, progress)

    def beside(self, number: int) -> list[tuple[int, bool]]:
        """The goals that an alternative is read beside, as numbers."""
        return [(self._goal(goal), wanted) for goal, wanted in self._alternatives[number].beside]

    def narrow(self, goal: Goal, keyword: str, message: str) -> None:
        """Records values that the policy leaves out."""
        self.narrowed[(*self.normaliser.place(goal, keyword), message)] = None

    def respell(self, goal: Goal, keyword: str, message: str) -> None:
        """Records spellings that generation leaves out."""
        self.respelled[(*self.normaliser.place(goal, keyword), message)] = None

    def _inside(self, frame: Place, number: int, telling: int) -> Place:
        return Place(
            VALUE, number, frame.goals, depth=frame.depth, free=frame.free, telling=telling
        )

    def _may_open(self, place: Place, free: int) -> bool:
        most_free, most_depth = self.policy.most_free, self.policy.most_depth
        self.deepest = max(self.deepest, place.depth)
        if most_free is not None and free > most_free:
            self.narrow(TRUE, "", f"values that nothing describes nest {most_free} deep at most")
            return False
        if most_depth is not None and place.depth >= most_depth:
            self.narrow(TRUE, "", f"arrays and objects nest {most_depth} deep at most")
            return False
        return True

    def _items(self, place: Place, *, array: bool) -> tuple[tuple[Item, ...], tuple[int, ...]]:
        """The alternatives of a value's goals, and of the goals that these are read beside."""
        reading = list(place.goals)
        own = len(reading)
        items: list[Item] = []
        for index, number in enumerate(reading):
            form = self.normaliser.form(self._goals[number])
            for each in form.arrays if array else form.objects:
                items.append((index, self._alternative(each), self._no_progress(each)))
                beside = [self._goal(goal) for goal, _ in each.beside]
                reading.extend(goal for goal in beside if goal not in reading[own:])
            if index + 1 == own and not items:
                return (), ()
        return tuple(items), tuple(reading[own:])

    def _own_forms(self, frame: Place) -> list[Object]:
        """The alternatives alive of an object frame, those read beside it left aside."""
        return [
            self._object(number)
            for goal, number, _ in frame.items
            if not self._is_beside(frame, goal)
        ]

    def _is_beside(self, frame: Place, index: int) -> bool:
        return index >= len(self.places[frame.outer].goals)

    def _goes_on(self, frame: Place, items: Iterable[Item]) -> bool:
        """Whether some item is alive of the goals of the value itself."""
        return any(not self._is_beside(frame, index) for index, _, _ in items)

    def _no_progress(self, alternative: Object | Array) -> Progress:
        if isinstance(alternative, Object):
            return (0,) * len(alternative.exists)
        return (0,) * (len(alternative.contains) + 1)

    def _after_member(self, frame: Place, items: tuple[Item, ...], value: Hashable) -> int:
        told = None
        if frame.telling:
            members, name = frame.value  # type: ignore[misc]
            told = members | {(name, value)}
        return self._number(
            replace(
                frame,
                kind=MEMBER,
                goals=(),
                items=items,
                needs=(),
                free=self._level(self.places[frame.outer]),
                value=told,
            )
        )

    def _after_element(self, frame: Place, items: tuple[Item, ...], value: Hashable) -> int | None:
        seen = frame.seen
        if any(self._tells(number) for _, number, _ in items):
            if value is None or value in seen:
                items = self._after_equal(frame, items, known=value is not None)
            seen = seen | {value}
        if not self._goes_on(frame, items):
            return None
        told = (*frame.value, value) if frame.telling else None  # type: ignore[misc]
        return self._number(replace(frame, goals=(), items=items, needs=(), seen=seen, value=told))

    def _after_equal(
        self, frame: Place, items: tuple[Item, ...], *, known: bool
    ) -> tuple[Item, ...]:
        """After an element that is equal to one before, or, but for `known`, may be."""
        kept: list[Item] = []
        for goal, number, progress in items:
            beside = self._is_beside(frame, goal)
            verdict = progress[-1]
            if known and frame.told == EXACTLY:
                verdict = max(verdict, REPEATED)
            elif beside and self._tells(number):
                verdict = UNKNOWN
            if not known or verdict == UNKNOWN or not self._array(number).unique:
                kept.append((goal, number, (*progress[:-1], verdict)))
        return tuple(kept)

    def _how_told(self, items: tuple[Item, ...]) -> int:
        """How the elements of an array just opened are told apart."""
        arrays = [self._array(number) for _, number, _ in items]
        if not any(array.unique or array.repeated for array in arrays):
            return UNTOLD
        if self.policy.remembering:
            return EXACTLY
        goals = dict.fromkeys(goal for array in arrays for goal in self._elements(array))
        forms = [self.normaliser.form(goal) for goal in goals]
        if sum(map(_few_values, forms)) <= MAX_TOLD:
            return EXACTLY
        whole = all(numbers.is_whole(each) for form in forms for each in form.numbers)
        nested = any(form.arrays or form.objects for form in forms)
        return BY_END if whole and not nested else UNTOLD

    def _elements(self, array: Array) -> tuple[Goal, ...]:
        return array.prefix if self._ends_with_prefix(array) else (*array.prefix, array.rest)

    def _ends_with_prefix(self, array: Array) -> bool:
        """Whether generation lets no element follow those that were described."""
        described = array.rest_declared or not array.prefix
        return not (described or self.policy.open_objects)

    def _tells(self, number: int) -> bool:
        array = self._array(number)
        return array.unique or array.repeated

    def _member_choices(self, place: Place, name: str | Class, skipped: frozenset[str]) -> _Choices:
        """The goals of the value of a name, and the items that go on from each."""
        chosen = _Choices()
        holds = _membership(name)
        for goal, number, progress in place.items:
            form = self._object(number)
            if skipped & form.required or (form.high is not None and place.count >= form.high):
                continue
            base = self._member_goal(form, name, holds, beside=self._is_beside(place, goal))
            if base == FALSE or self.normaliser.is_empty(base):
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

    def _member_goal(
        self, form: Object, name: str | Class, holds: Callable[[Keys], bool], *, beside: bool
    ) -> Goal:
        own = form.declared.get(name) if isinstance(name, str) else None
        if own is None:
            opened = beside or self.policy.open_objects or form.is_open
            if not (opened or holds(form.spoken)):
                return FALSE
            own = TRUE
        return both(own, *(goal for keys, goal in form.rules if holds(keys)))

    def _element(self, place: Place) -> int | None:
        chosen = _Choices()
        for goal, number, progress in place.items:
            array = self._array(number)
            base = array.element(place.index)
            beside = self._is_beside(place, goal)
            if array.high is not None and place.index >= array.high:
                continue
            own = self._goals[self.places[place.outer].goals[goal]] if not beside else TRUE
            if not beside and self._is_left_out(own, array, place.index, place.told):
                continue
            if base == FALSE or self.normaliser.is_empty(base):
                continue
            for value, counts in _contained(array.contains, place.index, base, progress):
                chosen.add(value, (goal, number, (*counts, progress[-1])))
        if not self._goes_on(place, chosen.items):
            return None
        most = self.policy.most_items
        counted = max(
            _saturation(self._array(number), None if self._is_beside(place, goal) else most)
            for goal, number, _ in place.items
        )
        frame = Place(
            ELEMENT,
            place.outer,
            tuple(map(self._goal, chosen.goals)),
            tuple(chosen.items),
            tuple(chosen.needs),
            0,
            place.beside,
            place.depth,
            place.free,
            min(place.index + 1, counted),
            seen=place.seen,
            told=place.told,
            telling=place.telling,
            value=place.value,
        )
        telling = max(place.telling, place.told)
        return self._number(self._inside(frame, self._number(frame), telling))

    def _is_left_out(self, goal: Goal, array: Array, index: int, told: int) -> bool:
        """Whether the policy lets no element come at an index, and says so."""
        if array.unique and index and not self.policy.remembering:
            if told != EXACTLY:
                self.narrow(goal, "uniqueItems", FEW_UNIQUE if told else ONE_UNIQUE)
            if told == UNTOLD:
                return True
        if index < array.low:
            return False
        most = self.policy.most_items
        if most is not None and array.high is not None and index >= most:
            self.narrow(goal, "maxItems", f"arrays have at most {most} elements")
            return True
        if self._ends_with_prefix(array) and index >= len(array.prefix):
            self.narrow(goal, "", "no elements follow those of prefixItems")
            return True
        return False

    def _object_is_complete(self, place: Place, number: int, progress: Progress) -> bool:
        form = self._object(number)
        if not all(progress) or place.count < form.low:
            return False
        if not self.policy.ordered:
            return form.required <= place.seen
        return form.required.isdisjoint(self.plan(place).names[place.index :])

    def _array_is_complete(self, place: Place, number: int, progress: Progress) -> bool:
        array = self._array(number)
        if place.index < array.low or (array.repeated and progress[-1] != REPEATED):
            return False
        return all(
            each.low <= count and (each.high is None or count <= each.high)
            for each, count in zip(array.contains, progress, strict=False)
        )

    def _plan(self, items: tuple[Item, ...]) -> int:
        numbers = tuple(dict.fromkeys(number for _, number, _ in items))
        if numbers not in self._plan_numbers:
            self._plan_numbers[numbers] = len(self._plans)
            self._plans.append(_planned([self._object(number) for number in numbers]))
        return self._plan_numbers[numbers]

    def _object(self, number: int) -> Object:
        return self._alternatives[number]  # type: ignore[return-value]

    def _array(self, number: int) -> Array:
        return self._alternatives[number]  # type: ignore[return-value]

    def _goal(self, goal: Goal) -> int:
        number = self._goal_numbers.setdefault(goal, len(self._goals))
        if number == len(self._goals):
            self._goals.append(goal)
        return number

    def _alternative(self, alternative: Object | Array) -> int:
        number = self._alternative_numbers.setdefault(alternative, len(self._alternatives))
        if number == len(self._alternatives):
            self._alternatives.append(alternative)
        return number

    def _number(self, place: Place) -> int:
        number = self._place_numbers.setdefault(place, len(self.places))
        if number == len(self.places):
            self.places.append(place)
        return number


class _Verdicts:
    """Which goals an object or array has met when it is closed.

    A goal read beside is judged first, by the whole specification, whatever the policy leaves out
    of the goals of the value itself; so it is read once more where it is one of them. Where
    generation could not tell elements apart, what depends on it counts as missed, either way.
    """

    def __init__(self, parser: Parser, place: Place) -> None:
        self.parser = parser
        self.place = place
        self.own = len(parser.places[place.outer].goals)
        self._met: dict[int, bool] = {}

    def met(self, index: int) -> bool:
        """Whether some alternative of a goal is complete."""
        if index not in self._met:
            self._met[index] = any(
                self.parser.is_complete(self.place, number, progress) and self._beside(number)
                for goal, number, progress in self.place.items
                if goal == index
            )
        return self._met[index]

    def _beside(self, number: int) -> bool:
        for goal, wanted in self.parser.beside(number):
            index = self.own + self.place.beside.index(goal)
            if self._is_unknown(index) or self.met(index) is not wanted:
                return False
        return True

    def _is_unknown(self, index: int) -> bool:
        return self.place.kind in (ARRAY, ELEMENT) and any(
            goal == index and progress[-1] == UNKNOWN for goal, _, progress in self.place.items
        )


class _Choices:
    """Goals that a value may meet, and the items that go on if it does."""

    def __init__(self) -> None:
        self.goals: list[Goal] = []
        self.items: list[Item] = []
        self.needs: list[int] = []

    def add(self, goal: Goal, item: Item) -> None:
        if goal not in self.goals:
            self.goals.append(goal)
        self.items.append(item)
        self.needs.append(self.goals.index(goal))
        if len(self.items) > MAX_CHOICES:
            raise LimitError(
                f"a value is read against more than {MAX_CHOICES} alternatives at once",
                hint="make the branches of anyOf, oneOf and not tell apart sooner",
            )


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
