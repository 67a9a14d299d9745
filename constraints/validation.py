"""An independent check of a text against its spec, by libraries that share no code with ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal, localcontext
from typing import Any

import regex
from jsonschema import Draft4Validator, Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend, validator_for
from jsonschema_specifications import REGISTRY
from lark.exceptions import LarkError
from referencing.exceptions import Unresolvable
from referencing.jsonschema import specification_with

from constraints.ecma import translated
from constraints.lark import larks_own
from constraints.spec import Choice, JsonSchema, Lark, Regex, Spec, Sql, Template
from constraints.sql.compile import fault_of

LONGEST_INT = 4_000
EXACT_DIGITS = 10_000
"""Digits of the arithmetic of multipleOf."""
TWO_TREES = "multiple start symbol items"
"""What Lark's Earley parser says when it has recognised a text in two ways that it cannot join."""


def validate(spec: Spec, text: bytes) -> str | None:
    """Checks a whole text against its spec.

    Args:
        spec: What the text must satisfy.
        text: UTF-8.

    Returns:
        None where it does, else why it does not.
    """
    try:
        decoded = text.decode()
    except UnicodeDecodeError as error:
        return f"the text is not UTF-8: {error.reason} at byte {error.start}"
    try:
        return _CHECKS[type(spec)](spec, decoded)
    except RecursionError:
        return "the text nests too deep to be checked"


def _json_schema(spec: JsonSchema, text: str) -> str | None:
    try:
        value = json.loads(
            text,
            parse_float=_number,
            parse_int=_number,
            parse_constant=_no_constant,
            object_pairs_hook=_distinct,
        )
        json.dumps(value, default=str, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return "the text is not JSON: half of a surrogate pair"
    except ValueError as error:
        return f"the text is not JSON: {error}"
    schema = _of_one_dialect(json.loads(spec.text, parse_float=_number))
    base = validator_for(schema, default=Draft202012Validator)
    checker = base.FORMAT_CHECKER if spec.assert_formats else None
    types = base.TYPE_CHECKER.redefine("integer", _is_integer)
    if base is Draft4Validator:
        types = base.TYPE_CHECKER
    validator = extend(base, {"pattern": _pattern}, type_checker=types)
    registry = REGISTRY.with_contents(
        [(uri, json.loads(document)) for uri, document in spec.documents.items()],
        default_specification=specification_with(base.META_SCHEMA.get("$schema", "")),
    )
    checked = validator(schema, registry=registry, format_checker=checker)
    try:
        with localcontext(prec=EXACT_DIGITS):
            error = next(iter(checked.iter_errors(value)), None)
    except Unresolvable as error:
        return f"reference {error.ref!r} leads to a document that was not supplied"
    return None if error is None else f"{error.json_path}: {error.message}"


def _of_one_dialect(schema: Any) -> Any:
    """The same schema without inner `$schema` that repeat the outer one.

    The library changes its class at each of them, and loses what was extended.
    """
    outer = schema.get("$schema") if isinstance(schema, dict) else None

    def stripped(value: Any) -> Any:
        if isinstance(value, list):
            return [stripped(each) for each in value]
        if not isinstance(value, dict):
            return value
        kept = {key: stripped(each) for key, each in value.items()}
        if isinstance(outer, str) and kept.get("$schema") == outer:
            del kept["$schema"]
        return kept

    if outer is None:
        return schema
    return {"$schema": outer, **stripped(schema)}


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON value")


def _number(text: str) -> int | Decimal:
    """A JSON number, exactly where it can be held."""
    if text.lstrip("-").isdigit() and len(text) < LONGEST_INT:
        return int(text)
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("-Infinity" if text.startswith("-") else "Infinity")


def _is_integer(_: Any, value: Any) -> bool:
    """JSON Schema validation §6.1.1: a number with a zero fraction is an integer."""
    if isinstance(value, Decimal):
        return value.is_finite() and value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("an object repeats a key")
    return result


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not regex.search(translated(pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _regex(spec: Regex, text: str) -> str | None:
    matches = regex.fullmatch(translated(spec.pattern), text)
    return None if matches else f"the text does not match {spec.pattern!r}"


def _choice(spec: Choice, text: str) -> str | None:
    return None if text in spec.options else "the text is none of the options"


def _sql(spec: Sql, text: str) -> str | None:
    return fault_of(spec, text)


def _lark(spec: Lark, text: str) -> str | None:
    try:
        larks_own(spec).parse(text)
    except LarkError as error:
        return f"the text is not of the grammar: {' '.join(str(error).split())}"
    except RuntimeError as error:
        if TWO_TREES not in str(error):
            raise
    return None


def _template(spec: Template, text: str) -> str | None:
    if not spec.has_literals(text):
        return "the text lacks the literals of its template"
    return _CHECKS[type(spec.spec)](spec.spec, text)


_CHECKS: dict[type, Callable[[Any, str], str | None]] = {
    JsonSchema: _json_schema,
    Regex: _regex,
    Choice: _choice,
    Sql: _sql,
    Lark: _lark,
    Template: _template,
}
