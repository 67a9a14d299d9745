"""The pushdown parser of JSON texts against goals."""

from constraints.json_schema.parser.parser import Parser
from constraints.json_schema.parser.place import (
    ANY_INDEX,
    ARRAY,
    BY_END,
    COLON,
    ELEMENT,
    END,
    EXACTLY,
    KEY,
    MEMBER,
    OBJECT,
    VALUE,
    Class,
    Place,
    Plan,
    Policy,
)

__all__ = [
    "ANY_INDEX",
    "ARRAY",
    "BY_END",
    "COLON",
    "ELEMENT",
    "END",
    "EXACTLY",
    "KEY",
    "MEMBER",
    "OBJECT",
    "VALUE",
    "Class",
    "Parser",
    "Place",
    "Plan",
    "Policy",
]
