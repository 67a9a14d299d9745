"""The normal form of schemas, and its algebra."""

from constraints.json_schema.forms.form import (
    ANYTHING,
    Array,
    Contains,
    Form,
    Object,
    Text,
    identity,
)
from constraints.json_schema.forms.meet import absorbed, intersect, union
from constraints.json_schema.forms.opposite import complement, opposite_numbers, opposite_texts

__all__ = [
    "ANYTHING",
    "Array",
    "Contains",
    "Form",
    "Object",
    "Text",
    "absorbed",
    "complement",
    "identity",
    "intersect",
    "opposite_numbers",
    "opposite_texts",
    "union",
]
