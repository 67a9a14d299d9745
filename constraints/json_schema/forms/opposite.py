"""Complements of forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from constraints.automata import Dfa
from constraints.json_schema import numbers
from constraints.json_schema.forms.form import ANYTHING, BOTH, Array, Contains, Form, Object, Text
from constraints.json_schema.forms.meet import (
    T,
    both_arrays,
    both_objects,
    both_texts,
    merged_texts,
    pairs,
)
from constraints.json_schema.goals import FALSE, TRUE, Goal, negated
from constraints.json_schema.keys import STRINGS
from constraints.json_schema.numbers import Number

MAX_FEW = 3
"""Most alternatives of a complement that is expanded."""


def complement(form: Form, goal: Goal) -> Form:
    """All other values.

    Args:
        form: The values to leave out.
        goal: The goal of that form; where its complement has many alternatives, arrays and objects
            are said to miss it.
    """
    arrays = _few(form.arrays, ANYTHING.arrays, _other_arrays, both_arrays)
    objects = _few(form.objects, ANYTHING.objects, _other_objects, both_objects)
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
    return merged_texts(_met(ANYTHING.texts, map(_other_texts, alternatives), both_texts))


def _met(
    everything: tuple[T, ...], opposites: Iterable[Iterable[T]], meet: Callable[[T, T], T | None]
) -> tuple[T, ...]:
    for opposite in opposites:
        everything = tuple(pairs(everything, tuple(opposite), meet))
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
        result = tuple(dict.fromkeys(pairs(result, tuple(opposite(alternative)), meet)))
        if len(result) > MAX_FEW:
            return None
    return result


def _other_texts(text: Text) -> Iterable[Text]:
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


def _other_arrays(array: Array) -> Iterable[Array]:
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


def _other_objects(form: Object) -> Iterable[Object]:
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
