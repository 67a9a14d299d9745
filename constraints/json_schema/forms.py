"""The normal form: a schema as a union, by JSON type, of conjunctive constraints.

Children are not normalised: a form names the goals that they must meet, so that recursive schemas
have finite forms, and intersection and complement are formed without descending.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, TypeVar

from constraints.automata import Dfa
from constraints.errors import LimitError
from constraints.json_schema import formats, numbers
from constraints.json_schema.goals import FALSE, TRUE, Goal, both, negated
from constraints.json_schema.keys import NO_KEYS, STRINGS, Keys
from constraints.json_schema.numbers import Number

MAX_ALTERNATIVES = 20_000

T = TypeVar("T")


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


NOTHING = Form()
BOTH = frozenset((False, True))
ANYTHING = Form(True, BOTH, (Number(),), (Text(),), (Array(),), (Object(free=True),))


MAX_JOINT = 2_000
"""Most states of two automata whose intersection is formed at once."""
MAX_FEW = 3
"""Most alternatives of a complement that is expanded."""
MAX_COMPARED = 300
"""Most alternatives of which each is compared with each."""


def absorbed(objects: tuple[Object, ...]) -> tuple[Object, ...]:
    """The same objects without alternatives that are plainly part of another one."""
    if not 1 < len(objects) <= MAX_COMPARED:
        return objects
    kept: list[Object] = []
    for index, each in enumerate(objects):
        others = (*kept, *objects[index + 1 :])
        if not any(_is_part(each, other) for other in others):
            kept.append(each)
    return tuple(kept)


def _is_part(a: Object, b: Object) -> bool:
    """Whether every condition of `b` stands in `a` as well; they must evaluate alike."""
    if (a.spoken, a.free, a.evaluated) != (b.spoken, b.free, b.evaluated):
        return False
    if not (b.required <= a.required and b.low <= a.low):
        return False
    if b.high is not None and (a.high is None or a.high > b.high):
        return False
    declared = dict(a.names)
    named = all(name in declared and set(goal) <= set(declared[name]) for name, goal in b.names)
    return named and all(
        set(theirs) <= set(ours)
        for ours, theirs in ((a.rules, b.rules), (a.exists, b.exists), (a.beside, b.beside))
    )


def intersect(a: Form, b: Form) -> Form:
    """The values of both; the order of properties is that of `a`, then `b`."""
    if a is ANYTHING:
        return b
    if b is ANYTHING:
        return a
    return Form(
        a.null and b.null,
        a.booleans & b.booleans,
        _joint_numbers(a.numbers, b.numbers),
        _merged_texts(_pairs(a.texts, b.texts, _texts)),
        tuple(dict.fromkeys(_pairs(a.arrays, b.arrays, _arrays))),
        tuple(dict.fromkeys(_pairs(a.objects, b.objects, _objects))),
    )


def union(forms: Iterable[Form]) -> Form:
    """The values of some form, each alternative once."""
    listed = list(forms)
    if any(form is ANYTHING for form in listed):
        return ANYTHING
    result = Form(
        any(form.null for form in listed),
        frozenset(value for form in listed for value in form.booleans),
        tuple(dict.fromkeys(number for form in listed for number in form.numbers)),
        _merged_texts([text for form in listed for text in form.texts]),
        tuple(dict.fromkeys(array for form in listed for array in form.arrays)),
        tuple(dict.fromkeys(each for form in listed for each in form.objects)),
    )
    _check_width(len(result.arrays) + len(result.objects))
    return result


def complement(form: Form, goal: Goal) -> Form:
    """All other values.

    Args:
        form: The values to leave out.
        goal: The goal of that form; where its complement has many alternatives, arrays and objects
            are said to miss it.
    """
    arrays = _few(form.arrays, ANYTHING.arrays, _array_complement, _arrays)
    objects = _few(form.objects, ANYTHING.objects, _object_complement, _objects)
    return Form(
        not form.null,
        BOTH - form.booleans,
        opposite_numbers(form.numbers),
        opposite_texts(form.texts),
        (Array(beside=((goal, False),)),) if arrays is None else arrays,
        (Object(free=True, beside=((goal, False),)),) if objects is None else objects,
    )


def opposite_numbers(alternatives: tuple[Number, ...]) -> tuple[Number, ...]:
    """All other numbers."""
    return _met(ANYTHING.numbers, map(numbers.complement, alternatives), numbers.intersect)


def opposite_texts(alternatives: Sequence[Text]) -> tuple[Text, ...]:
    """All other strings."""
    return _merged_texts(_met(ANYTHING.texts, map(_text_complement, alternatives), _texts))


def _met(
    everything: tuple[T, ...],
    opposites: Iterable[Iterable[T]],
    meet: Callable[[T, T], T | None],
) -> tuple[T, ...]:
    for opposite in opposites:
        everything = tuple(_pairs(everything, tuple(opposite), meet))
    return everything


def _few(
    alternatives: tuple[T, ...],
    everything: tuple[T, ...],
    opposite: Callable[[T], Iterable[T]],
    meet: Callable[[T, T], T | None],
) -> tuple[T, ...] | None:
    """What meets none of some alternatives; None where it has more than `MAX_FEW` of its own."""
    result = everything
    for alternative in alternatives:
        result = tuple(dict.fromkeys(_pairs(result, tuple(opposite(alternative)), meet)))
        if len(result) > MAX_FEW:
            return None
    return result


def _pairs(left: tuple[T, ...], right: tuple[T, ...], meet: Callable[[T, T], T | None]) -> list[T]:
    _check_width(len(left) * len(right))
    return [each for a in left for b in right if (each := meet(a, b)) is not None]


def _check_width(width: int) -> None:
    if width > MAX_ALTERNATIVES:
        raise LimitError(
            f"a schema has {width} alternatives once its applicators are combined; the limit is "
            f"{MAX_ALTERNATIVES}",
            hint="nest fewer oneOf, anyOf, not and if, or make their branches tell apart sooner",
        )


def _joint_numbers(a: tuple[Number, ...], b: tuple[Number, ...]) -> tuple[Number, ...]:
    """Numbers of both; single ones are looked up, so that long lists of them may meet."""
    ranges_a, singles_a = _sorted_out(a)
    ranges_b, singles_b = _sorted_out(b)
    shared = [
        pair
        for value, own in singles_a.items()
        for pair in _pairs(tuple(own), tuple(singles_b.get(value, ())), numbers.intersect)
    ]
    listed_a = tuple(each for some in singles_a.values() for each in some)
    listed_b = tuple(each for some in singles_b.values() for each in some)
    rest = [
        *_pairs(listed_a, ranges_b, numbers.intersect),
        *_pairs(ranges_a, (*listed_b, *ranges_b), numbers.intersect),
    ]
    return tuple(dict.fromkeys((*shared, *rest)))


def _sorted_out(
    alternatives: tuple[Number, ...],
) -> tuple[tuple[Number, ...], dict[Decimal, list[Number]]]:
    """Ranges, and single numbers by value."""
    ranges: list[Number] = []
    singles: dict[Decimal, list[Number]] = {}
    for each in alternatives:
        if each.low is not None and each.low == each.high:
            singles.setdefault(each.low.value, []).append(each)
        else:
            ranges.append(each)
    return tuple(ranges), singles


def _lowest(a: int | None, b: int | None) -> int | None:
    return min((each for each in (a, b) if each is not None), default=None)


def _texts(a: Text, b: Text) -> Text | None:
    if a.listed is not None or b.listed is not None:
        short, other = (a, b) if a.listed is not None else (b, a)
        kept = tuple(value for value in short.listed or () if other.admits(value))
        return Text(listed=kept) if kept else None
    low, high = max(a.low, b.low), _lowest(a.high, b.high)
    if high is not None and low > high:
        return None
    values = _joint(a.values, b.values)
    if any(each.is_empty for each in values):
        return None
    kinds = tuple(dict.fromkeys((*a.formats, *b.formats)))
    if any((name, not wanted) in kinds for name, wanted in kinds):
        return None
    return Text(None, values, low, high, kinds)


def _text_complement(text: Text) -> Iterable[Text]:
    if text.listed is not None:
        yield Text(values=(STRINGS - Dfa.of_strings(text.listed),))
        return
    if text.low:
        yield Text(high=text.low - 1)
    if text.high is not None:
        yield Text(low=text.high + 1)
    for name, wanted in text.formats:
        yield Text(formats=((name, not wanted),))
    for values in text.values:
        others = STRINGS - values
        if not others.is_empty:
            yield Text(values=(others,))


def _joint(a: tuple[Dfa, ...], b: tuple[Dfa, ...]) -> tuple[Dfa, ...]:
    """Automata that must all accept, made one where they are small."""
    values = (*a, *(each for each in b if not any(each is other for other in a)))
    if len(values) == 2 and values[0].num_states * values[1].num_states <= MAX_JOINT:
        return (values[0] & values[1],)
    return values


def _merged_texts(texts: Iterable[Text]) -> tuple[Text, ...]:
    """All lists of strings as one; everything absorbs the rest."""
    listed: dict[str, None] = {}
    others: list[Text] = []
    for text in texts:
        if text.is_everything:
            return (text,)
        if text.listed is not None:
            listed.update(dict.fromkeys(text.listed))
        elif text not in others:
            others.append(text)
    return (*([Text(listed=tuple(listed))] if listed else []), *others)


def _arrays(a: Array, b: Array) -> Array | None:
    length = max(len(a.prefix), len(b.prefix))
    low, high = max(a.low, b.low), _lowest(a.high, b.high)
    if high is not None and low > high:
        return None
    prefix = tuple(both(a.element(i), b.element(i)) for i in range(length))
    everything = a.evaluated is None or b.evaluated is None
    return Array(
        prefix,
        both(a.rest, b.rest),
        a.rest_declared or b.rest_declared,
        low,
        high,
        tuple(dict.fromkeys((*a.contains, *b.contains))),
        a.unique or b.unique,
        a.repeated or b.repeated,
        None if everything else max(a.evaluated or 0, b.evaluated or 0),
        tuple(dict.fromkeys((*a.evaluated_if, *b.evaluated_if))),
        tuple(dict.fromkeys((*a.beside, *b.beside))),
    )


def _array_complement(array: Array) -> Iterable[Array]:
    if array.low:
        yield Array(high=array.low - 1)
    if array.high is not None:
        yield Array(low=array.high + 1)
    for index, goal in enumerate(array.prefix):
        if goal != TRUE:
            yield Array((*([TRUE] * index), negated(goal)), low=index + 1)
    if array.rest != TRUE:
        yield Array(contains=(Contains(negated(array.rest), 1, None, len(array.prefix)),))
    for each in array.contains:
        if each.low:
            yield Array(contains=(Contains(each.goal, 0, each.low - 1, each.start),))
        if each.high is not None:
            yield Array(contains=(Contains(each.goal, each.high + 1, None, each.start),))
    if array.unique:
        yield Array(repeated=True)
    if array.repeated:
        yield Array(unique=True)
    for goal, wanted in array.beside:
        yield Array(beside=((goal, not wanted),))


def _objects(a: Object, b: Object) -> Object | None:
    low, high = max(a.low, b.low), _lowest(a.high, b.high)
    if high is not None and low > high:
        return None
    ours, theirs = dict(a.names), dict(b.names)
    names = {name: both(ours.get(name, TRUE), theirs.get(name, TRUE)) for name in (ours | theirs)}
    required = a.required | b.required
    if any(names.get(name) == FALSE for name in required):
        return None
    return Object(
        tuple(names.items()),
        tuple(dict.fromkeys((*a.rules, *b.rules))),
        required,
        tuple(dict.fromkeys((*a.exists, *b.exists))),
        low,
        high,
        a.spoken | b.spoken,
        a.free and b.free,
        a.evaluated | b.evaluated,
        tuple(dict.fromkeys((*a.beside, *b.beside))),
    )


def _object_complement(form: Object) -> Iterable[Object]:
    for name in sorted(form.required):
        yield Object(((name, FALSE),))
    for name, goal in form.names:
        if goal != TRUE:
            yield Object(((name, negated(goal)),), required=frozenset((name,)))
    for keys, goal in form.rules:
        if goal != TRUE:
            yield Object(exists=((keys, negated(goal)),), spoken=keys)
    for keys, goal in form.exists:
        yield Object(rules=((keys, negated(goal)),))
    if form.low:
        yield Object(high=form.low - 1)
    if form.high is not None:
        yield Object(low=form.high + 1)
    for goal, wanted in form.beside:
        yield Object(beside=((goal, not wanted),))


def identity(value: Any) -> Any:
    """A hashable stand-in for a JSON value; two are equal iff the values are (core §4.2.2)."""
    if isinstance(value, list):
        return ("array", *map(identity, value))
    if isinstance(value, dict):
        return ("object", frozenset((key, identity(each)) for key, each in value.items()))
    return (isinstance(value, bool), value)
