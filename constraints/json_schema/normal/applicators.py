"""Applicators in place: references, allOf, anyOf, oneOf, not, if, and dependencies."""

from __future__ import annotations

from constraints.errors import LimitError
from constraints.json_schema.forms import Form, Object, intersect, union
from constraints.json_schema.goals import FALSE, TRUE, Goal, both, negated
from constraints.json_schema.normal.statement import Restrict, Statement, typed

MAX_DEPENDENT = 3
"""Most dependencies of one schema that are expanded into alternatives."""


def by_reference(keyword: str) -> Restrict:
    """$ref, $dynamicRef and $recursiveRef: what the schema referred to holds."""

    def restrict(stated: Statement, form: Form) -> Form:
        target = stated.normaliser.documents.resolved(stated.schema, keyword)
        goal = stated.normaliser.goal(target, annotating=stated.annotating)
        return intersect(form, stated.form(goal))

    return restrict


def by_all_of(stated: Statement, form: Form) -> Form:
    """All branches at once."""
    for goal in stated.branches("allOf"):
        form = intersect(form, stated.form(goal))
    return form


def by_any_of(stated: Statement, form: Form) -> Form:
    """Some branch; which ones matters only where someone asks what they evaluated."""
    goals = stated.branches("anyOf")
    if not stated.annotating:
        return intersect(form, union(stated.form(goal) for goal in goals))
    return intersect(form, union(stated.form(goal) for goal in _cases(goals)))


def _cases(goals: list[Goal]) -> list[Goal]:
    """Disjoint goals whose union is that of some: each says of every one whether it is met."""
    cases: list[tuple[Goal, bool]] = [(TRUE, False)]
    for goal in goals:
        met = [(both(case, goal), True) for case, _ in cases]
        missed = [(both(case, negated(goal)), some) for case, some in cases]
        cases = [*met, *missed]
        if len(cases) > 1 << 10:
            raise LimitError(
                "anyOf has too many branches beside unevaluatedProperties or unevaluatedItems",
                keyword="anyOf",
                hint="use oneOf, or name the properties outside of anyOf",
            )
    return [case for case, some in cases if some]


def by_one_of(stated: Statement, form: Form) -> Form:
    """Each branch without the branches that can hold beside it."""
    goals = stated.branches("oneOf")
    options: list[Form] = []
    for index, goal in enumerate(goals):
        own = intersect(form, stated.form(goal))
        for other in goals[:index] + goals[index + 1 :]:
            if not _apart(stated, goal, other):
                own = stated.normaliser.pruned(intersect(own, stated.form(negated(other))))
        options.append(own)
    return union(options)


def _apart(stated: Statement, a: Goal, b: Goal) -> bool:
    return stated.normaliser.is_empty(both(*sorted((a, b), key=repr)))


def by_not(stated: Statement, form: Form) -> Form:
    """All values but those of a schema."""
    goal = negated(stated.child("not"))
    return stated.normaliser.pruned(intersect(form, stated.form(goal)))


def by_if(stated: Statement, form: Form) -> Form:
    """If with then, or not if with else."""
    keywords = stated.keywords
    if "if" not in keywords or not (stated.annotating or "then" in keywords or "else" in keywords):
        return form
    condition = stated.in_place("if")
    met, missed = condition, negated(condition)
    if "then" in keywords:
        met = both(met, stated.in_place("then"))
    if "else" in keywords:
        missed = both(missed, stated.in_place("else"))
    branches = union((stated.form(met), stated.form(missed)))
    return stated.normaliser.pruned(intersect(form, branches))


def by_dependent(keyword: str) -> Restrict:
    """dependentRequired, dependentSchemas and dependencies: absent, or present with the rest."""

    def restrict(stated: Statement, form: Form) -> Form:
        for name, dependent in stated.keywords[keyword].items():
            absent = typed(objects=(Object(((name, FALSE),)),))
            if isinstance(dependent, list):
                names = tuple(dict.fromkeys((name, *dependent)))
                there = Object(tuple((each, TRUE) for each in names), required=frozenset(names))
                present = Form(objects=(there,))
            else:
                goal = stated.in_place(keyword, name)
                there = Object(((name, TRUE),), required=frozenset((name,)))
                present = intersect(stated.form(goal), Form(objects=(there,)))
            either_way = union((absent, present))
            if len(stated.keywords[keyword]) > MAX_DEPENDENT:
                beside = ((stated.normaliser.posed(either_way), True),)
                either_way = typed(objects=(Object(free=True, beside=beside),))
            form = stated.normaliser.pruned(intersect(form, either_way))
        return form

    return restrict
