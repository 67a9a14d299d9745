"""type, enum, const, and what bounds numbers and strings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from constraints.automata import Dfa
from constraints.json_schema import formats
from constraints.json_schema.forms import ANYTHING, Form, Text, intersect, union
from constraints.json_schema.normal.statement import Statement, typed
from constraints.json_schema.numbers import Bound, Number

TYPES: dict[str, Form] = {
    "null": Form(null=True),
    "boolean": Form(booleans=ANYTHING.booleans),
    "integer": Form(numbers=(Number(steps=(Decimal(1),)),)),
    "number": Form(numbers=(Number(),)),
    "string": Form(texts=(Text(),)),
    "array": Form(arrays=ANYTHING.arrays),
    "object": Form(objects=ANYTHING.objects),
}
SPELLED_INTEGER = Form(numbers=(Number(steps=(Decimal(1),), spelled="integer"),))
"""Draft 4 §3.5: a number written with a fraction is no integer."""


def by_type(stated: Statement, form: Form) -> Form:
    """Values of the types named."""
    named = stated.keywords["type"]
    names = named if isinstance(named, list) else [named]
    options = [TYPES[name] for name in names if name != "integer" or "number" not in names]
    if stated.schema.dialect.draft == "draft-04":
        options = [SPELLED_INTEGER if each is TYPES["integer"] else each for each in options]
    return intersect(form, union(options))


def by_enum(stated: Statement, form: Form) -> Form:
    """The values listed."""
    atoms = [stated.normaliser.equals(value) for value in stated.keywords["enum"]]
    return intersect(form, union(stated.form(atom) for atom in atoms))


def by_const(stated: Statement, form: Form) -> Form:
    """One value."""
    return intersect(form, stated.form(stated.normaliser.equals(stated.keywords["const"])))


def by_number(stated: Statement, form: Form) -> Form:
    """Numbers between bounds, and multiples."""
    limits = [
        *_bounds(stated.keywords, "minimum", "exclusiveMinimum", low=True),
        *_bounds(stated.keywords, "maximum", "exclusiveMaximum", low=False),
    ]
    if "multipleOf" in stated.keywords:
        limits.append(Number(steps=(Decimal(stated.keywords["multipleOf"]),)))
    for limit in limits:
        form = intersect(form, typed(numbers=(limit,)))
    return form


def _bounds(
    keywords: Mapping[str, Any], keyword: str, exclusive_keyword: str, *, low: bool
) -> list[Number]:
    exclusive = keywords.get(exclusive_keyword)
    bounds = [Bound(_exact(keywords[keyword]), exclusive is True)] if keyword in keywords else []
    if exclusive is not None and not isinstance(exclusive, bool):
        bounds.append(Bound(_exact(exclusive), exclusive=True))
    return [Number(low=bound) if low else Number(high=bound) for bound in bounds]


def _exact(value: int | Decimal) -> Decimal:
    """The value of a bound; minus zero is zero."""
    return Decimal(value) if value else Decimal(0)


def by_string(stated: Statement, form: Form) -> Form:
    """Strings by length, pattern and format."""
    for keyword, restrict in STRINGS.items():
        if keyword in stated.keywords:
            with stated.at(keyword):
                text = restrict(stated, stated.keywords[keyword])
            if text is None:
                stated.normaliser.annotate(stated.schema.pointer, keyword)
            else:
                form = intersect(form, typed(texts=text))
    return form


def _pattern(stated: Statement, source: str) -> tuple[Text, ...]:
    values: Dfa = stated.normaliser.pattern(source).values
    return () if values.is_empty else (Text(values=(values,)),)


def _format(stated: Statement, name: str) -> tuple[Text, ...] | None:
    asserting = stated.normaliser.assert_formats or stated.schema.dialect.formats
    if not asserting or formats.language(name) is None:
        return None
    return (Text(formats=((name, True),)),)


STRINGS: dict[str, Callable[[Statement, Any], tuple[Text, ...] | None]] = {
    "minLength": lambda _, least: (Text(low=int(least)),),
    "maxLength": lambda _, most: (Text(high=int(most)),),
    "pattern": _pattern,
    "format": _format,
}
