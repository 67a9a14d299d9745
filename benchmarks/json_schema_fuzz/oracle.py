"""jsonschema as the oracle: exact numbers, and patterns as ECMA-262 has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Context, Decimal, localcontext
from typing import Any

import regex
from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend, validator_for

from benchmarks import spelled_json
from benchmarks.json_schema_fuzz.case import Case
from benchmarks.json_schema_fuzz.mutation import rebuilt
from constraints.ecma import translated

IN_PATTERN = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|[$.]", re.DOTALL)
FOR_PYTHON = {"$": r"\Z", ".": r"[^\n\r\u2028\u2029]"}


class Oracle:
    """jsonschema, with exact numbers, and patterns as ECMA-262 has them.

    Args:
        case: With the schema.
    """

    def __init__(self, case: Case) -> None:
        try:
            self._validator = _validator(case)
        except Exception:  # noqa: BLE001 - of a library that is given anything
            self._validator = None

    def __call__(self, text: bytes) -> bool | None:
        """Whether a text is valid; None where the oracle cannot tell."""
        try:
            value = _value(text)
        except ValueError:
            return False
        except (RecursionError, ArithmeticError):
            return None
        if self._validator is None:
            return None
        try:
            with localcontext(Context(prec=200)):
                return self._validator.is_valid(value)
        except Exception:  # noqa: BLE001 - of a library that is given anything
            return None


DEPENDENCIES = Draft7Validator.VALIDATORS["dependencies"]
"""We enforce it in every draft, the library in the older ones only."""
UNEVALUATED = Draft202012Validator.VALIDATORS["unevaluatedProperties"]
"""For 2019-09 too, where the library takes `additionalProperties: {}` to evaluate nothing."""


def _validator(case: Case) -> Validator:
    schema = rebuilt(spelled_json.read(case.schema), _named_in_python)
    schema = json.loads(spelled_json.written(schema), parse_float=Decimal)
    base = validator_for(schema, default=Draft202012Validator)
    types = base.TYPE_CHECKER
    if base is not Draft4Validator:
        types = types.redefine("integer", _is_integer)
    own = {"pattern": _pattern, "uniqueItems": _unique_items, "dependencies": DEPENDENCIES}
    if "unevaluatedProperties" in base.VALIDATORS:
        own["unevaluatedProperties"] = UNEVALUATED
    formats = base.FORMAT_CHECKER if case.formats else None
    return extend(base, own, type_checker=types)(schema, format_checker=formats)


def _is_integer(_: Any, value: Any) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not regex.search(translated(pattern), instance):
        yield ValidationError("the pattern does not match")


def _unique_items(_: Any, unique: bool, instance: Any, __: Any) -> Iterator[ValidationError]:
    """The library's own misses some repetitions of arrays that hold both 1 and true."""
    if (
        unique
        and isinstance(instance, list)
        and len(set(map(repr, map(_alike, instance)))) < len(instance)
    ):
        yield ValidationError("an item is repeated")


def _alike(value: Any) -> Any:
    """A stand-in that is written alike for equal values."""
    if isinstance(value, dict):
        return {"object": sorted((name, repr(_alike(each))) for name, each in value.items())}
    if isinstance(value, list):
        return [_alike(each) for each in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return Decimal(value).normalize() + 0
    return value


def _named_in_python(schema: Any) -> Any:
    if not isinstance(schema, dict) or not isinstance(schema.get("patternProperties"), dict):
        return schema
    patterns = {
        f"(?a:{IN_PATTERN.sub(lambda found: FOR_PYTHON.get(found[0], found[0]), source)})": value
        for source, value in schema["patternProperties"].items()
    }
    return {**schema, "patternProperties": patterns}


def _value(text: bytes) -> Any:
    """What a JSON text says (RFC 8259), without repeated names and halves of surrogate pairs."""
    value = json.loads(
        text.decode(),
        parse_float=Decimal,
        parse_constant=_refused,
        object_pairs_hook=_distinct,
    )
    json.dumps(value, ensure_ascii=False, default=str).encode()
    return value


def _refused(name: str) -> Any:
    raise ValueError(name)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("an object repeats a name")
    return result
