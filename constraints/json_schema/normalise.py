"""Brings schemas to the normal form, keyword group by keyword group."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from constraints.automata import CODE_POINTS, Dfa
from constraints.diagnostics import Diagnostic
from constraints.errors import LimitError, MalformedError, SpecError, UnsupportedError
from constraints.json_schema import formats
from constraints.json_schema.documents import Document, child
from constraints.json_schema.forms import (
    ANYTHING,
    TYPES,
    Array,
    Bound,
    Conjunction,
    Form,
    Literal,
    Number,
    Object,
    Text,
    admits_value,
    identity,
    intersect,
    union,
)
from constraints.regex import search
from constraints.regex.classes import ANY

MAX_LENGTH = 2_000
MAX_REFERENCES = 64
ONE_SPELLING = "numbers are written as the schema writes them"

UNSUPPORTED = dict.fromkeys(
    (
        *("patternProperties", "propertyNames", "minProperties", "maxProperties"),
        *("dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties"),
        *("contains", "minContains", "maxContains", "uniqueItems", "unevaluatedItems"),
        *("multipleOf", "oneOf", "not", "if", "then", "else"),
        *("$dynamicRef", "$recursiveRef"),
    ),
    "rewrite the schema without it",
)
"""Keywords that assert and cannot be enforced yet, with what the caller can do."""

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
    "2020-12": frozenset(("additionalItems", "dependencies", "$recursiveRef")),
    "2019-09": _SINCE_2020 | {"dependencies"},
    "draft-07": _SINCE_2020 | _SINCE_2019,
    "draft-06": _SINCE_2020 | _SINCE_2019 | _SINCE_7,
    "draft-04": _SINCE_2020 | _SINCE_2019 | _SINCE_7 | _SINCE_6,
}
"""Keywords of other drafts, which a draft does not know; they annotate."""

HARMLESS: dict[str, Callable[[Any, Mapping[str, Any]], bool]] = {
    "uniqueItems": lambda value, _: value is False,
    "minProperties": lambda value, _: value == 0,
    "minContains": lambda _, schema: "contains" not in schema,
    "maxContains": lambda _, schema: "contains" not in schema,
    "patternProperties": lambda value, _: not value,
    "dependentRequired": lambda value, _: not value,
    "dependentSchemas": lambda value, _: not value,
    "dependencies": lambda value, _: not value,
    "propertyNames": lambda value, _: value is True or value == {},
    "not": lambda value, _: value is False,
    "if": lambda _, schema: "then" not in schema and "else" not in schema,
    "then": lambda _, schema: "if" not in schema,
    "else": lambda _, schema: "if" not in schema,
}
"""Uses of unsupported keywords that assert nothing."""

STRUCTURAL = frozenset(
    ("$schema", "$id", "id", "$defs", "definitions", "$comment", "$vocabulary", "$anchor")
)


class Normaliser:
    """Normal forms of the schemas of one document.

    Attributes:
        diagnostics: How each keyword met so far was taken, by pointer.
    """

    def __init__(self, document: Document, *, assert_formats: bool) -> None:
        self.document = document
        self.assert_formats = assert_formats
        self.diagnostics: dict[str, Diagnostic] = {}
        self._forms: dict[str, Form] = {}
        self._open: list[str] = []

    def conjunction(self, pointers: Conjunction) -> Form:
        """The values that satisfy all schemas at some pointers."""
        form = ANYTHING
        for pointer in pointers:
            form = intersect(form, self.schema(pointer), self.admits)
        return form

    def admits(self, pointers: Conjunction, value: Any) -> bool:
        """Whether a JSON value satisfies all schemas at some pointers."""
        return all(
            any(admits_value(each, value, self.admits) for each in self.schema(pointer))
            for pointer in pointers
        )

    def schema(self, pointer: str) -> Form:
        """The values that satisfy the schema at a pointer.

        Raises:
            SpecError: A keyword cannot be enforced, or references loop.
        """
        if pointer not in self._forms:
            if pointer in self._open:
                raise MalformedError(
                    "references lead in a circle without any value in between",
                    pointer=pointer,
                    keyword="$ref",
                )
            if len(self._open) >= MAX_REFERENCES:
                raise LimitError(
                    f"applicators and references nest deeper than {MAX_REFERENCES}",
                    pointer=pointer,
                )
            self._open.append(pointer)
            self._forms[pointer] = self._normalise(pointer, self.document.at(pointer))
            self._open.pop()
        return self._forms[pointer]

    def note(self, pointer: str, keyword: str, narrowed: str = "") -> None:
        """Records that a keyword is enforced, exactly or narrowed."""
        place = child(pointer, keyword) if keyword else pointer
        if narrowed or place not in self.diagnostics:
            kind = "narrowed" if narrowed else "exact"
            self.diagnostics[place] = Diagnostic(place, keyword, kind, narrowed)

    def _normalise(self, pointer: str, schema: Any) -> Form:
        if isinstance(schema, bool):
            return ANYTHING if schema else ()
        if "$ref" in schema and not self.document.ref_has_siblings:
            schema = {"$ref": schema["$ref"]}
        schema = self._known(pointer, schema)
        self._refuse_unsupported(pointer, schema)
        form = ANYTHING
        for keywords, restrict in GROUPS:
            present = [keyword for keyword in keywords if keyword in schema]
            if not present:
                continue
            form = intersect(form, restrict(self, pointer, schema), self.admits)
            for keyword in present:
                self.note(pointer, keyword)
        return form

    def _known(self, pointer: str, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The keywords that this draft has; the others are reported as annotations."""
        unknown = MEANINGLESS[self.document.draft] & schema.keys()
        for keyword in unknown:
            place = child(pointer, keyword)
            self.diagnostics[place] = Diagnostic(place, keyword, "annotation")
        return {keyword: value for keyword, value in schema.items() if keyword not in unknown}

    def _refuse_unsupported(self, pointer: str, schema: Mapping[str, Any]) -> None:
        for keyword, value in schema.items():
            harmless = HARMLESS.get(keyword, lambda *_: False)(value, schema)
            place = child(pointer, keyword)
            if keyword in UNSUPPORTED and not harmless:
                raise UnsupportedError(
                    f"keyword '{keyword}' cannot be enforced",
                    pointer=place,
                    keyword=keyword,
                    hint=UNSUPPORTED[keyword],
                )
            if keyword in ("$id", "id") and pointer and isinstance(value, str):
                raise UnsupportedError(
                    "a base URI inside a schema is not supported",
                    pointer=place,
                    keyword=keyword,
                    hint="drop it and refer to the definition by its pointer",
                )
            if harmless or (keyword not in STRUCTURAL and keyword not in KNOWN):
                self.diagnostics[place] = Diagnostic(place, keyword, "annotation")


def _with_type(kind: str, restricted: Form) -> Form:
    """Values of other types pass; those of one type are restricted."""
    own = type(TYPES[kind][0])
    return (*(each for each in ANYTHING if type(each) is not own), *restricted)


def _type(normaliser: Normaliser, _: str, schema: Mapping[str, Any]) -> Form:
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if "number" in names:
        names = [name for name in names if name != "integer"]
    if "integer" in names and normaliser.document.draft == "draft-04":
        others = [TYPES[name] for name in names if name != "integer"]
        return union([*others, (Number(integer=True, by_spelling=True),)])
    return union(TYPES[name] for name in dict.fromkeys(names))


def _enum(normaliser: Normaliser, pointer: str, schema: Mapping[str, Any]) -> Form:
    if any(_has_number(value) for value in schema["enum"]):
        normaliser.note(pointer, "enum", ONE_SPELLING)
    return tuple({identity(value): Literal(value) for value in schema["enum"]}.values())


def _const(normaliser: Normaliser, pointer: str, schema: Mapping[str, Any]) -> Form:
    if _has_number(schema["const"]):
        normaliser.note(pointer, "const", ONE_SPELLING)
    return (Literal(schema["const"]),)


def _has_number(value: Any) -> bool:
    if isinstance(value, list | dict):
        inside = value.values() if isinstance(value, dict) else value
        return any(_has_number(each) for each in inside)
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _ref(normaliser: Normaliser, pointer: str, schema: Mapping[str, Any]) -> Form:
    if not isinstance(schema["$ref"], str):
        raise MalformedError("$ref is not a string", pointer=child(pointer, "$ref"), keyword="$ref")
    return normaliser.schema(normaliser.document.resolved(schema["$ref"], pointer))


def _all_of(normaliser: Normaliser, pointer: str, schema: Mapping[str, Any]) -> Form:
    return normaliser.conjunction(
        tuple(child(pointer, "allOf", i) for i in range(len(schema["allOf"])))
    )


def _any_of(normaliser: Normaliser, pointer: str, schema: Mapping[str, Any]) -> Form:
    return union(normaliser.schema(child(pointer, "anyOf", i)) for i in range(len(schema["anyOf"])))


def _object(_: Normaliser, pointer: str, schema: Mapping[str, Any]) -> Form:
    names = dict.fromkeys([*schema.get("properties", {}), *schema.get("required", [])])
    declared = schema.get("properties", {})
    additional: Conjunction | None = None
    if "additionalProperties" in schema:
        additional = (child(pointer, "additionalProperties"),)
    properties = tuple(
        (name, (child(pointer, "properties", name),) if name in declared else additional or ())
        for name in names
    )
    required = frozenset(schema.get("required", []))
    return _with_type("object", (Object(properties, required, additional),))


def _array(_: Normaliser, pointer: str, schema: Mapping[str, Any]) -> Form:
    items = schema.get("items")
    listed = "items" if isinstance(items, list) else "prefixItems"
    following = "additionalItems" if isinstance(items, list) else "items"
    prefix = tuple((child(pointer, listed, i),) for i in range(len(schema.get(listed, []))))
    rest = (child(pointer, following),) if following in schema else ()
    low, high = int(schema.get("minItems", 0)), schema.get("maxItems")
    high = None if high is None else int(high)
    if high is not None and low > high:
        return _with_type("array", ())
    return _with_type("array", (Array(prefix, rest, following in schema, low, high),))


def _number(_: Normaliser, __: str, schema: Mapping[str, Any]) -> Form:
    form: Form = (Number(),)
    for keyword, is_low in (("minimum", True), ("maximum", False)):
        exclusive = schema.get("exclusive" + keyword.capitalize())
        bounds = [Bound(_exact(schema[keyword]), exclusive is True)] if keyword in schema else []
        if exclusive is not None and not isinstance(exclusive, bool):
            bounds.append(Bound(_exact(exclusive), exclusive=True))
        for bound in bounds:
            limit = Number(low=bound) if is_low else Number(high=bound)
            form = intersect(form, (limit,), lambda *_: False)
    return _with_type("number", form)


def _exact(value: int | Decimal) -> Decimal:
    """The value of a bound; minus zero is zero."""
    return Decimal(value) if value else Decimal(0)


def _string(normaliser: Normaliser, pointer: str, schema: Mapping[str, Any]) -> Form:
    form: Form = (Text(),)
    for keyword, values in STRINGS.items():
        if keyword not in schema:
            continue
        try:
            dfa = values(normaliser, pointer, schema[keyword])
        except SpecError as error:
            error.pointer, error.keyword = child(pointer, keyword), keyword
            error.line = error.column = None
            raise
        if dfa is not None:
            form = intersect(form, (Text(dfa),) if not dfa.is_empty else (), lambda *_: False)
    return _with_type("string", form)


def _pattern(_: Normaliser, __: str, pattern: str) -> Dfa:
    return search(pattern)


def _min_length(_: Normaliser, __: str, least: int) -> Dfa | None:
    return length(int(least), None) if least > 0 else None


def _max_length(_: Normaliser, __: str, most: int) -> Dfa:
    return length(0, int(most))


def _format(normaliser: Normaliser, pointer: str, name: str) -> Dfa | None:
    known = formats.language(name)
    if not normaliser.assert_formats or known is None:
        place = child(pointer, "format")
        normaliser.diagnostics[place] = Diagnostic(place, "format", "annotation")
        return None
    dfa, narrowed = known
    if narrowed:
        normaliser.note(pointer, "format", narrowed)
    return dfa


def length(low: int, high: int | None) -> Dfa:
    """Strings of low to high code points.

    Raises:
        LimitError: A bound passes `MAX_LENGTH`.
    """
    last = low if high is None else high
    if max(last, low) > MAX_LENGTH:
        raise LimitError(
            f"a string length bound of {last} passes the limit of {MAX_LENGTH}",
            hint=f"lower it to {MAX_LENGTH} or drop it",
        )
    rows = [[(a, b, state + 1) for a, b in ANY] for state in range(last)]
    rows.append([(a, b, last) for a, b in ANY] if high is None else [])
    return Dfa.from_rows(rows, [state >= low for state in range(last + 1)], CODE_POINTS)


STRINGS: dict[str, Callable[[Normaliser, str, Any], Dfa | None]] = {
    "pattern": _pattern,
    "format": _format,
    "minLength": _min_length,
    "maxLength": _max_length,
}

GROUPS: tuple[tuple[tuple[str, ...], Callable[[Normaliser, str, Mapping[str, Any]], Form]], ...] = (
    (("type",), _type),
    (("properties", "required", "additionalProperties"), _object),
    (("prefixItems", "items", "additionalItems", "minItems", "maxItems"), _array),
    (("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _number),
    (tuple(STRINGS), _string),
    (("$ref",), _ref),
    (("allOf",), _all_of),
    (("anyOf",), _any_of),
    (("enum",), _enum),
    (("const",), _const),
)

KNOWN = frozenset(keyword for keywords, _ in GROUPS for keyword in keywords) | UNSUPPORTED.keys()
