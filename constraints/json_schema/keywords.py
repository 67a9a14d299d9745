"""Which keywords assert in which draft, and when they do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

_SINCE_2019 = frozenset(
    (
        *("dependentRequired", "dependentSchemas", "minContains", "maxContains"),
        *("unevaluatedItems", "unevaluatedProperties", "$recursiveRef"),
    )
)
_SINCE_2020 = frozenset(("prefixItems", "$dynamicRef"))
_SINCE_7 = frozenset(("if", "then", "else"))
_SINCE_6 = frozenset(("const", "contains", "propertyNames"))

MEANINGLESS: dict[str, frozenset[str]] = {
    "2020-12": frozenset(("additionalItems", "$recursiveRef")),
    "2019-09": _SINCE_2020,
    "draft-07": _SINCE_2020 | _SINCE_2019,
    "draft-06": _SINCE_2020 | _SINCE_2019 | _SINCE_7,
    "draft-04": _SINCE_2020 | _SINCE_2019 | _SINCE_7 | _SINCE_6,
}
"""Keywords of other drafts, which a draft does not know; they annotate.

`dependencies` asserts in every draft: 2019-09 split it in two, and suggests to go on honouring it
(the official suite's optional/dependencies-compatibility).
"""

ANNOTATIONS: dict[str, Callable[[Any, Mapping[str, Any]], bool]] = {
    "minContains": lambda _, schema: "contains" not in schema,
    "maxContains": lambda _, schema: "contains" not in schema,
    "additionalItems": lambda _, schema: not isinstance(schema.get("items"), list),
    "then": lambda _, schema: "if" not in schema,
    "else": lambda _, schema: "if" not in schema,
}
"""Keywords that assert nothing beside, or without, some others."""

VALIDATION = frozenset(
    (
        *("type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum"),
        *("exclusiveMinimum", "maxLength", "minLength", "pattern", "maxItems", "minItems"),
        *("uniqueItems", "maxContains", "minContains", "maxProperties", "minProperties"),
        *("required", "dependentRequired"),
    )
)
"""The validation vocabulary (2020-12 validation §6)."""
