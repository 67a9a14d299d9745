"""What describes the members of objects."""

from __future__ import annotations

from dataclasses import replace

from constraints.json_schema.forms import Form, Object, intersect
from constraints.json_schema.goals import FALSE, TRUE
from constraints.json_schema.keys import ALL_KEYS, NO_KEYS, Keys, Pattern
from constraints.json_schema.normal.statement import Statement, count_of, typed
from constraints.json_schema.strings import language


def by_object(stated: Statement, form: Form) -> Form:
    """Declared members, those that match a pattern, all others; which must come, and how many."""
    keywords = stated.keywords
    declared = keywords.get("properties", {})
    required = keywords.get("required", ())
    names = tuple((name, stated.child("properties", name)) for name in declared)
    patterns = _patterns(stated)
    evaluated = Keys(frozenset(declared), tuple(patterns))
    spoken = Keys(patterns=tuple(patterns))
    rules = [
        (Keys(patterns=(pattern,)), stated.child("patternProperties", source))
        for pattern, source in patterns.items()
    ]
    others = keywords.get("additionalProperties", True)
    if "additionalProperties" in keywords:
        rules.append((evaluated.inverse(), stated.child("additionalProperties")))
        evaluated = spoken = ALL_KEYS
    undeclared = tuple((name, TRUE) for name in required if name not in declared)
    own = Object(
        (*names, *undeclared),
        tuple(rules),
        frozenset(required),
        low=int(keywords.get("minProperties", 0)),
        high=count_of(keywords.get("maxProperties")),
        spoken=spoken,
        free=not names and not required and not patterns and others in (True, {}),
        evaluated=evaluated,
    )
    low, high = own.low, own.high
    return intersect(form, typed(objects=() if high is not None and low > high else (own,)))


def _patterns(stated: Statement) -> dict[Pattern, str]:
    result: dict[Pattern, str] = {}
    for source in stated.keywords.get("patternProperties", {}):
        with stated.at("patternProperties", source):
            result[stated.normaliser.pattern(source)] = source
    return result


def by_property_names(stated: Statement, form: Form) -> Form:
    """Objects all of whose names meet a schema."""
    texts = stated.form(stated.child("propertyNames")).texts
    allowed = NO_KEYS
    for text in texts:
        if text.listed is not None:
            allowed = allowed | Keys(frozenset(text.listed))
        elif text.is_everything:
            allowed = ALL_KEYS
        else:
            with stated.at("propertyNames"):
                values, left_out = language(text)
            for narrowed in left_out:
                stated.normaliser.note(stated.schema.pointer, "propertyNames", narrowed[1])
            allowed = allowed | Keys(patterns=(Pattern(values),))
    rule = Object(rules=((allowed.inverse(), FALSE),), free=True)
    return intersect(form, typed(objects=(rule,)))


def by_unevaluated_properties(stated: Statement, form: Form) -> Form:
    """A schema for the members that no keyword has evaluated."""
    goal = stated.child("unevaluatedProperties")
    rest = [
        Form(
            objects=(
                Object(rules=((each.evaluated.inverse(), goal),), spoken=ALL_KEYS, free=each.free),
            )
        )
        for each in form.objects
    ]
    objects = [
        intersect(Form(objects=(each,)), other).objects
        for each, other in zip(form.objects, rest, strict=True)
    ]
    return replace(
        form, objects=tuple(replace(each, evaluated=ALL_KEYS) for some in objects for each in some)
    )
