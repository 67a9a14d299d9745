"""Shows that no finite value meets a goal."""

from __future__ import annotations

from collections.abc import Iterable

from constraints.json_schema import numbers
from constraints.json_schema.forms import Array, Form, Object
from constraints.json_schema.goals import Goal
from constraints.json_schema.normal import Normaliser


def is_barren(normaliser: Normaliser, root: Goal) -> bool:
    """Whether every value that meets a goal would have to be infinite, or there is none.

    The goals that have values are the least set closed under "all that some alternative requires
    has values"; what is read beside an alternative is not looked at.

    Args:
        normaliser: Knows the forms of goals.
        root: The goal.
    """
    known = _required(normaliser, root)
    fertile: set[Goal] = set()
    grown = True
    while grown and root not in fertile:
        found = {
            goal
            for goal, alternatives in known.items()
            if goal not in fertile and any(needs <= fertile for needs in alternatives)
        }
        fertile |= found
        grown = bool(found)
    return root not in fertile


def _required(normaliser: Normaliser, root: Goal) -> dict[Goal, list[set[Goal]]]:
    """For each goal met on the way: what each of its alternatives requires."""
    known: dict[Goal, list[set[Goal]]] = {}
    queue = [root]
    for goal in queue:
        if goal not in known:
            known[goal] = list(_alternatives(normaliser.pruned(normaliser.form(goal))))
            queue.extend(each for needs in known[goal] for each in needs)
    return known


def _alternatives(form: Form) -> Iterable[set[Goal]]:
    scalar = form.null or form.booleans or form.texts
    if scalar or any(not numbers.is_empty(each) for each in form.numbers):
        yield set()
    for array in form.arrays:
        yield _of_array(array)
    for each in form.objects:
        yield _of_object(each)


def _of_array(array: Array) -> set[Goal]:
    elements = {array.element(index) for index in range(min(array.low, len(array.prefix) + 1))}
    return elements | {each.goal for each in array.contains if each.low}


def _of_object(form: Object) -> set[Goal]:
    return {form.value(name) for name in form.required} | {goal for _, goal in form.exists}
