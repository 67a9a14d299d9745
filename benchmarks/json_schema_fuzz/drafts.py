"""The dialects that random schemas are written in."""

from __future__ import annotations

from dataclasses import dataclass

DEFINED = ("x", "y")


@dataclass(frozen=True, slots=True)
class Draft:
    """A dialect: its name, what it lacks, and where its definitions stand."""

    uri: str
    lacks: frozenset[str]
    definitions: str = "$defs"
    booleans: bool = True


OLD = frozenset(("dependencies", "additionalItems"))
NEW = frozenset(
    (
        *("dependentRequired", "dependentSchemas", "minContains", "maxContains"),
        *("unevaluatedItems", "unevaluatedProperties", "prefixItems"),
    )
)
NEWER = frozenset(("if", "then", "else", "const", "contains", "propertyNames"))
OLD_2019 = frozenset(("dependencies", "prefixItems", "contains", "minContains", "maxContains"))
DRAFTS = (
    *[Draft("https://json-schema.org/draft/2020-12/schema", OLD)] * 3,
    Draft("https://json-schema.org/draft/2019-09/schema", OLD_2019),
    Draft("http://json-schema.org/draft-07/schema#", NEW, "definitions"),
    Draft("http://json-schema.org/draft-04/schema#", NEW | NEWER, "definitions", booleans=False),
)
"""2019-09 is left without `contains`, which evaluates no items there, but does for jsonschema."""
