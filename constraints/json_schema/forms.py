"""The normal form: a schema as a union, by JSON type, of conjunctive constraints.

Children are not normalised yet: a `Conjunction` names the schemas that must all hold there, so
that recursive schemas have finite forms and intersection is concatenation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from constraints.automata import Dfa
from constraints.errors import LimitError

MAX_ALTERNATIVES = 100_000

Conjunction = tuple[str, ...]
"""Pointers of schemas that must all hold; none of them: anything."""


@dataclass(frozen=True, slots=True)
class Bound:
    """An end of an interval."""

    value: Decimal
    exclusive: bool


@dataclass(frozen=True, slots=True)
class Null:
    """null."""


@dataclass(frozen=True, slots=True)
class Boolean:
    """true and false."""


@dataclass(frozen=True, slots=True)
class Number:
    """Numbers in an interval; `integer` leaves out those with a fraction.

    `by_spelling`: draft 4 has no integer that is written with a fraction part, such as 1.0.
    """

    integer: bool = False
    by_spelling: bool = False
    low: Bound | None = None
    high: Bound | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """Strings whose code points an automaton accepts; None accepts all."""

    values: Dfa | None = None


@dataclass(frozen=True, slots=True)
class Array:
    """Arrays: the first elements one by one, the `rest` alike, counts inclusive.

    `rest_declared` tells an `items` that was written from one that was not.
    """

    prefix: tuple[Conjunction, ...] = ()
    rest: Conjunction = ()
    rest_declared: bool = False
    low: int = 0
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Object:
    """Objects: named properties in order of generation, and what others may hold.

    `additional` is None where the schema says nothing about other properties.
    """

    properties: tuple[tuple[str, Conjunction], ...] = ()
    required: frozenset[str] = frozenset()
    additional: Conjunction | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Literal:
    """One JSON value."""

    value: Any


Alternative = Null | Boolean | Number | Text | Array | Object | Literal
Form = tuple[Alternative, ...]
"""A union; empty: nothing is admitted."""

ANYTHING: Form = (Null(), Boolean(), Number(), Text(), Array(), Object())

TYPES: dict[str, Form] = {
    "null": (Null(),),
    "boolean": (Boolean(),),
    "integer": (Number(integer=True),),
    "number": (Number(),),
    "string": (Text(),),
    "array": (Array(),),
    "object": (Object(),),
}

Admits = Callable[[Conjunction, Any], bool]
"""Whether a value satisfies the schemas of a conjunction."""


def intersect(left: Form, right: Form, admits: Admits) -> Form:
    """The values in both unions.

    Args:
        left: A union; its order of properties is kept.
        right: A union.
        admits: Decides membership of a value in a conjunction.
    """
    values = {identity(each.value) for each in right if isinstance(each, Literal)}
    others = [each for each in right if not isinstance(each, Literal)]
    _check_width(len(left) * max(1, len(others)))
    both: list[Alternative] = []
    for a in left:
        if isinstance(a, Literal):
            if identity(a.value) in values or any(admits_value(b, a.value, admits) for b in others):
                both.append(a)
            continue
        partners = right if values else others
        both.extend(filter(None, (_intersect_alternatives(a, b, admits) for b in partners)))
    return tuple(both)


def _check_width(width: int) -> None:
    if width > MAX_ALTERNATIVES:
        raise LimitError(
            f"a union has {width} alternatives; the limit is {MAX_ALTERNATIVES}",
            hint="merge alternatives, or nest fewer of them inside allOf",
        )


def identity(value: Any) -> Any:
    """A hashable stand-in for a JSON value; two are equal iff the values are (see `equal`)."""
    if isinstance(value, list):
        return ("array", *map(identity, value))
    if isinstance(value, dict):
        return ("object", frozenset((key, identity(each)) for key, each in value.items()))
    return (isinstance(value, bool), value)


def _intersect_alternatives(a: Alternative, b: Alternative, admits: Admits) -> Alternative | None:
    if isinstance(b, Literal):
        return b if admits_value(a, b.value, admits) else None
    if type(a) is not type(b):
        return None
    return _INTERSECTIONS[type(a)](a, b)


def _numbers(a: Number, b: Number) -> Number | None:
    low = _tighter(a.low, b.low, lambda x, y: x > y)
    high = _tighter(a.high, b.high, lambda x, y: x < y)
    if low and high:
        empty = low.value == high.value and (low.exclusive or high.exclusive)
        if low.value > high.value or empty:
            return None
    return Number(a.integer or b.integer, a.by_spelling or b.by_spelling, low, high)


def _tighter(
    a: Bound | None, b: Bound | None, better: Callable[[Decimal, Decimal], bool]
) -> Bound | None:
    if a is None or b is None:
        return a or b
    if a.value == b.value:
        return Bound(a.value, a.exclusive or b.exclusive)
    return a if better(a.value, b.value) else b


def _texts(a: Text, b: Text) -> Text | None:
    if a.values is None or b.values is None:
        return a if b.values is None else b
    both = a.values & b.values
    return None if both.is_empty else Text(both)


def _arrays(a: Array, b: Array) -> Array | None:
    length = max(len(a.prefix), len(b.prefix))
    prefix = tuple(merged(_element(a, i), _element(b, i)) for i in range(length))
    highs = [high for high in (a.high, b.high) if high is not None]
    low, high = max(a.low, b.low), min(highs) if highs else None
    if high is not None and low > high:
        return None
    declared = a.rest_declared or b.rest_declared
    return Array(prefix, merged(a.rest, b.rest), declared, low, high)


def _element(array: Array, index: int) -> Conjunction:
    return array.prefix[index] if index < len(array.prefix) else array.rest


def _objects(a: Object, b: Object) -> Object:
    names = dict.fromkeys([name for name, _ in (*a.properties, *b.properties)])
    ours, theirs = dict(a.properties), dict(b.properties)
    properties = tuple(
        (name, merged(ours.get(name, a.additional or ()), theirs.get(name, b.additional or ())))
        for name in names
    )
    additional = None
    if a.additional is not None or b.additional is not None:
        additional = merged(a.additional or (), b.additional or ())
    return Object(properties, a.required | b.required, additional)


def merged(a: Conjunction, b: Conjunction) -> Conjunction:
    """Both conjunctions, each schema once."""
    return tuple(dict.fromkeys((*a, *b)))


_INTERSECTIONS: dict[type, Callable[[Any, Any], Alternative | None]] = {
    Null: lambda a, _: a,
    Boolean: lambda a, _: a,
    Number: _numbers,
    Text: _texts,
    Array: _arrays,
    Object: _objects,
}


def admits_value(alternative: Alternative, value: Any, admits: Admits) -> bool:
    """Whether one alternative of a union admits a JSON value."""
    return _ADMITS[type(alternative)](alternative, value, admits)


def equal(a: Any, b: Any) -> bool:
    """JSON equality: numbers by value, booleans are no numbers (JSON Schema core §4.2.2)."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(equal(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    return type(a) is type(b) and a == b if not _is_number(a) else _is_number(b) and a == b


def _is_number(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _admits_number(number: Number, value: Any, _: Admits) -> bool:
    if not _is_number(value) or (number.integer and value != int(value)):
        return False
    if number.by_spelling and not isinstance(value, int):
        return False
    low, high = number.low, number.high
    above = low is None or value > low.value or (value == low.value and not low.exclusive)
    below = high is None or value < high.value or (value == high.value and not high.exclusive)
    return above and below


def _admits_text(text: Text, value: Any, _: Admits) -> bool:
    if not isinstance(value, str):
        return False
    return text.values is None or text.values.accepts(map(ord, value))


def _admits_array(array: Array, value: Any, admits: Admits) -> bool:
    if not isinstance(value, list) or len(value) < array.low:
        return False
    if array.high is not None and len(value) > array.high:
        return False
    return all(admits(_element(array, i), each) for i, each in enumerate(value))


def _admits_object(form: Object, value: Any, admits: Admits) -> bool:
    if not isinstance(value, dict) or not form.required <= value.keys():
        return False
    declared = dict(form.properties)
    return all(
        admits(declared.get(name, form.additional or ()), each) for name, each in value.items()
    )


_ADMITS: dict[type, Callable[[Any, Any, Admits], bool]] = {
    Null: lambda _, value, __: value is None,
    Boolean: lambda _, value, __: isinstance(value, bool),
    Number: _admits_number,
    Text: _admits_text,
    Array: _admits_array,
    Object: _admits_object,
    Literal: lambda literal, value, _: equal(literal.value, value),
}


def union(forms: Iterable[Form]) -> Form:
    """All alternatives of some forms, each once."""
    alternatives = tuple(dict.fromkeys(alternative for form in forms for alternative in form))
    _check_width(sum(not isinstance(each, Literal) for each in alternatives))
    return alternatives
