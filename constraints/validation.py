"""An independent check of a text against its spec, by libraries that share no code with ours."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import regex
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend, validator_for

from constraints.spec import Choice, JsonSchema, Regex, Spec

_TRANSLATED = {
    r"\d": "[0-9]",
    r"\D": "[^0-9]",
    r"\w": "[A-Za-z0-9_]",
    r"\W": "[^A-Za-z0-9_]",
    r"\s": r"[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]",
    r"\S": r"[^\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]",
    r"\/": "/",
    r"\-": r"\-",
}


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
    return _CHECKS[type(spec)](spec, decoded)


def _json_schema(spec: JsonSchema, text: str) -> str | None:
    try:
        value = json.loads(text, parse_float=Decimal, object_pairs_hook=_distinct)
    except ValueError as error:
        return f"the text is not JSON: {error}"
    schema = json.loads(spec.text, parse_float=Decimal)
    base = validator_for(schema, default=Draft202012Validator)
    checker = base.FORMAT_CHECKER if spec.assert_formats else None
    validator = extend(base, {"pattern": _pattern})(schema, format_checker=checker)
    error = next(iter(validator.iter_errors(value)), None)
    return None if error is None else f"{error.json_path}: {error.message}"


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("an object repeats a key")
    return result


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not regex.search(_translated(pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _regex(spec: Regex, text: str) -> str | None:
    matches = regex.fullmatch(_translated(spec.pattern), text)
    return None if matches else f"the text does not match {spec.pattern!r}"


def _choice(spec: Choice, text: str) -> str | None:
    return None if text in spec.options else "the text is none of the options"


def _translated(pattern: str) -> str:
    """Rewrites what ECMA-262 and Python's `regex` mean differently: classes, `.` and `$`."""
    result: list[str] = []
    at, in_class = 0, False
    while at < len(pattern):
        step = 2 if pattern[at] == "\\" else 1
        piece = pattern[at : at + step]
        if piece in _TRANSLATED:
            piece = _in_class(_TRANSLATED[piece]) if in_class else _TRANSLATED[piece]
        elif not in_class and piece in (".", "$"):
            piece = {".": r"[^\n\r\u2028\u2029]", "$": r"\Z"}[piece]
        elif in_class and piece == "[":
            piece = r"\["
        in_class = piece == "[" or (in_class and piece != "]")
        result.append(piece)
        at += step
    return "".join(result)


def _in_class(piece: str) -> str:
    """The members of a translated class, to stand inside another one (V1 set syntax)."""
    return piece if not piece.startswith("[") else piece[1:-1]


_CHECKS: dict[type, Callable[[Any, str], str | None]] = {
    JsonSchema: _json_schema,
    Regex: _regex,
    Choice: _choice,
}
