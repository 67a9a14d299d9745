"""The keywords that are taken together, and what each group restricts."""

from __future__ import annotations

from constraints.json_schema.normal.applicators import (
    by_all_of,
    by_any_of,
    by_dependent,
    by_if,
    by_not,
    by_one_of,
    by_reference,
)
from constraints.json_schema.normal.arrays import by_array, by_contains, by_unevaluated_items
from constraints.json_schema.normal.objects import (
    by_object,
    by_property_names,
    by_unevaluated_properties,
)
from constraints.json_schema.normal.statement import Restrict
from constraints.json_schema.normal.values import (
    STRINGS,
    by_const,
    by_enum,
    by_number,
    by_string,
    by_type,
)

UNEVALUATED = frozenset(("unevaluatedProperties", "unevaluatedItems"))

GROUPS: tuple[tuple[tuple[str, ...], Restrict], ...] = (
    (("type",), by_type),
    (("enum",), by_enum),
    (("const",), by_const),
    (
        (
            *("properties", "required", "patternProperties", "additionalProperties"),
            *("minProperties", "maxProperties"),
        ),
        by_object,
    ),
    (("propertyNames",), by_property_names),
    (
        ("prefixItems", "items", "additionalItems", "minItems", "maxItems", "uniqueItems"),
        by_array,
    ),
    (("contains", "minContains", "maxContains"), by_contains),
    (
        ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
        by_number,
    ),
    (tuple(STRINGS), by_string),
    (("$ref",), by_reference("$ref")),
    (("$dynamicRef",), by_reference("$dynamicRef")),
    (("$recursiveRef",), by_reference("$recursiveRef")),
    (("allOf",), by_all_of),
    (("anyOf",), by_any_of),
    (("oneOf",), by_one_of),
    (("if", "then", "else"), by_if),
    (("not",), by_not),
    (("dependentRequired",), by_dependent("dependentRequired")),
    (("dependentSchemas",), by_dependent("dependentSchemas")),
    (("dependencies",), by_dependent("dependencies")),
    (("unevaluatedProperties",), by_unevaluated_properties),
    (("unevaluatedItems",), by_unevaluated_items),
)
"""Keywords that are taken together, in order: those that see the annotations of others last."""

KNOWN = frozenset(keyword for keywords, _ in GROUPS for keyword in keywords)
