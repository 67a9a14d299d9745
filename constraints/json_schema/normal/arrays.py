"""What describes the elements of arrays."""

from __future__ import annotations

from dataclasses import replace

from constraints.json_schema.forms import Array, Contains, Form, intersect
from constraints.json_schema.goals import TRUE, Goal, both, either
from constraints.json_schema.normal.statement import Statement, count_of, typed


def by_array(stated: Statement, form: Form) -> Form:
    """The first elements one by one, the others alike; how many, and whether they differ."""
    keywords = stated.keywords
    items = keywords.get("items")
    listed = "items" if isinstance(items, list) else "prefixItems"
    following = "additionalItems" if isinstance(items, list) else "items"
    prefix = tuple(stated.child(listed, i) for i in range(len(keywords.get(listed, ()))))
    declared = following in keywords
    rest = stated.child(following) if declared else TRUE
    low, high = int(keywords.get("minItems", 0)), count_of(keywords.get("maxItems"))
    if high is not None and low > high:
        return intersect(form, typed(arrays=()))
    own = Array(
        prefix,
        rest,
        declared,
        low,
        high,
        unique=keywords.get("uniqueItems", False),
        evaluated=None if declared else len(prefix),
    )
    return intersect(form, typed(arrays=(own,)))


def by_contains(stated: Statement, form: Form) -> Form:
    """So many elements that meet a schema."""
    keywords = stated.keywords
    goal = stated.child("contains")
    low, high = int(keywords.get("minContains", 1)), count_of(keywords.get("maxContains"))
    if high is not None and low > high:
        return intersect(form, typed(arrays=()))
    counted = (Contains(goal, low, high),) if low or high is not None else ()
    evaluates = stated.schema.dialect.draft == "2020-12"
    own = Array(contains=counted, evaluated_if=(goal,) if evaluates else ())
    return intersect(form, typed(arrays=(own,)))


def by_unevaluated_items(stated: Statement, form: Form) -> Form:
    """A schema for the elements that no keyword has evaluated."""
    goal = stated.child("unevaluatedItems")
    arrays = tuple(_with_evaluated_rest(each, goal) for each in form.arrays)
    return replace(form, arrays=arrays)


def _with_evaluated_rest(array: Array, goal: Goal) -> Array:
    if array.evaluated is None:
        return array
    unevaluated = either((goal, *array.evaluated_if))
    length = max(len(array.prefix), array.evaluated)
    prefix = tuple(
        array.element(i) if i < array.evaluated else both(array.element(i), unevaluated)
        for i in range(length)
    )
    rest = both(array.rest, unevaluated)
    return replace(array, prefix=prefix, rest=rest, rest_declared=True, evaluated=None)
