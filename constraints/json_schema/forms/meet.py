"""Intersection and union of forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar

from constraints.automata import Dfa
from constraints.errors import LimitError
from constraints.json_schema import numbers
from constraints.json_schema.forms.form import ANYTHING, Array, Form, Object, Text
from constraints.json_schema.goals import FALSE, TRUE, both
from constraints.json_schema.numbers import Number

MAX_ALTERNATIVES = 20_000

T = TypeVar("T")

MAX_JOINT = 2_000
"""Most states of two automata whose intersection is formed at once."""
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
        merged_texts(pairs(a.texts, b.texts, both_texts)),
        tuple(dict.fromkeys(pairs(a.arrays, b.arrays, both_arrays))),
        tuple(dict.fromkeys(pairs(a.objects, b.objects, both_objects))),
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
        merged_texts([text for form in listed for text in form.texts]),
        tuple(dict.fromkeys(array for form in listed for array in form.arrays)),
        tuple(dict.fromkeys(each for form in listed for each in form.objects)),
    )
    _check_width(len(result.arrays) + len(result.objects))
    return result


def pairs(left: tuple[T, ...], right: tuple[T, ...], meet: Callable[[T, T], T | None]) -> list[T]:
    """What each on the left has in common with each on the right, where that is anything."""
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
        for pair in pairs(tuple(own), tuple(singles_b.get(value, ())), numbers.intersect)
    ]
    listed_a = tuple(each for some in singles_a.values() for each in some)
    listed_b = tuple(each for some in singles_b.values() for each in some)
    rest = [
        *pairs(listed_a, ranges_b, numbers.intersect),
        *pairs(ranges_a, (*listed_b, *ranges_b), numbers.intersect),
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


def both_texts(a: Text, b: Text) -> Text | None:
    """The strings in both; None where that is plainly none."""
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


def _joint(a: tuple[Dfa, ...], b: tuple[Dfa, ...]) -> tuple[Dfa, ...]:
    """Automata that must all accept, made one where they are small."""
    values = (*a, *(each for each in b if not any(each is other for other in a)))
    if len(values) == 2 and values[0].num_states * values[1].num_states <= MAX_JOINT:
        return (values[0] & values[1],)
    return values


def merged_texts(texts: Iterable[Text]) -> tuple[Text, ...]:
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


def both_arrays(a: Array, b: Array) -> Array | None:
    """The arrays in both; None where that is plainly none."""
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


def both_objects(a: Object, b: Object) -> Object | None:
    """The objects in both; None where that is plainly none."""
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
