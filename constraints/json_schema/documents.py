"""Reads a schema's text, validates it against its meta-schema and resolves references in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError
from jsonschema.validators import validator_for

from constraints.errors import LimitError, MalformedError, UnsupportedError

Json = Any
MAX_BYTES = 1 << 20
MAX_DEPTH = 100
MAX_NODES = 200_000
MAX_EXPONENT = 400
RECENT_DRAFTS = ("2019-09", "2020-12")


@dataclass(frozen=True, slots=True)
class Document:
    """A schema that is well formed.

    Attributes:
        root: The parsed schema; numbers with a fraction or exponent are Decimal.
        draft: `2020-12`, `2019-09`, `draft-07`, `draft-06` or `draft-04`.
    """

    root: Json
    draft: str

    @property
    def ref_has_siblings(self) -> bool:
        """Whether keywords beside `$ref` count (draft 2019-09 §8.2.4.1 and later)."""
        return self.draft in RECENT_DRAFTS

    def at(self, pointer: str) -> Json:
        """The value at a JSON pointer that is known to resolve."""
        value = self.root
        for key in _keys(pointer):
            value = value[_index(key)] if isinstance(value, list) else value[key]
        return value

    def resolved(self, reference: str, pointer: str) -> str:
        """The pointer that a `$ref` found at `pointer` leads to.

        Raises:
            UnsupportedError: The reference leaves the document or uses an anchor.
            MalformedError: It leads nowhere.
        """
        place = f"{pointer}/$ref"
        if not reference.startswith("#") or (len(reference) > 1 and reference[1] != "/"):
            raise UnsupportedError(
                f"reference {reference!r} is not a pointer into this schema",
                pointer=place,
                keyword="$ref",
                hint="inline the definition under $defs and refer to it as #/$defs/NAME",
            )
        target = unquote(reference[1:])
        try:
            self._check_base(target, place)
            value = self.at(target)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise MalformedError(
                f"reference {reference!r} leads nowhere", pointer=place, keyword="$ref"
            ) from error
        if not isinstance(value, bool | dict):
            raise MalformedError(
                f"reference {reference!r} leads to something that is no schema",
                pointer=place,
                keyword="$ref",
            )
        definitions = "/$defs/" if self.ref_has_siblings else "/definitions/"
        if target and not target.startswith(definitions):
            _check_meta_schema(
                value, validator_for(self.root, default=Draft202012Validator), target
            )
        return target

    def _check_base(self, target: str, place: str) -> None:
        """Refuses a pointer that enters a resource with a base URI of its own."""
        pointer = ""
        for key in _keys(target):
            pointer = child(pointer, key)
            inside = self.at(pointer)
            if isinstance(inside, dict) and any(
                isinstance(inside.get(name), str) for name in ("$id", "id")
            ):
                raise UnsupportedError(
                    f"reference leads into {pointer}, which has a base URI of its own",
                    pointer=place,
                    keyword="$ref",
                    hint="drop the inner $id",
                )


def _keys(pointer: str) -> list[str]:
    return [key.replace("~1", "/").replace("~0", "~") for key in pointer.split("/")[1:]]


def _index(key: str) -> int:
    """An array index of RFC 6901: digits without a leading zero."""
    if not (key.isascii() and key.isdigit()) or (len(key) > 1 and key[0] == "0"):
        raise KeyError(key)
    return int(key)


def child(pointer: str, *keys: str | int) -> str:
    """Extends a JSON pointer (RFC 6901 §3)."""
    for key in keys:
        pointer += "/" + str(key).replace("~", "~0").replace("/", "~1")
    return pointer


def read(text: str) -> Document:
    """Parses and checks a schema.

    Raises:
        MalformedError: Not JSON (with line and column), or not a schema (with a pointer).
        LimitError: Larger than `MAX_BYTES`, deeper than `MAX_DEPTH`, more than `MAX_NODES`
            values, or a number with an exponent past `MAX_EXPONENT`.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise LimitError(f"the schema has {size} bytes; the limit is {MAX_BYTES}", pointer="")
    try:
        root = json.loads(text, parse_float=_decimal, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise MalformedError(
            f"the schema is not JSON: {error.msg}", line=error.lineno, column=error.colno
        ) from error
    except RecursionError as error:
        raise LimitError(f"the schema nests deeper than {MAX_DEPTH}", pointer="") from error
    except ValueError as error:
        raise MalformedError(f"the schema is not JSON: {error}", line=1, column=1) from error
    _check_size(root)
    if not isinstance(root, bool | dict):
        raise MalformedError("a schema is an object or a boolean", pointer="")
    if isinstance(root, dict) and not isinstance(root.get("$schema", ""), str):
        raise MalformedError("$schema is not a string", pointer="/$schema", keyword="$schema")
    validator = validator_for(root, default=Draft202012Validator)
    _check_meta_schema(root, validator, "")
    return Document(root, _draft(validator.META_SCHEMA))


def _check_meta_schema(schema: Json, validator: Any, pointer: str) -> None:
    """Checks shapes only: patterns are read by our own parser, in their own dialect."""
    try:
        validator.check_schema(_without_decimals(schema), format_checker=FormatChecker(formats=()))
    except RecursionError as error:
        raise LimitError(f"the schema nests deeper than {MAX_DEPTH}", pointer=pointer) from error
    except SchemaError as error:
        path = list(error.absolute_path)
        raise MalformedError(
            f"not a valid schema: {error.message[:200]}",
            pointer=child(pointer, *path),
            keyword=next((key for key in reversed(path) if isinstance(key, str)), ""),
        ) from error


def _draft(meta_schema: Mapping[str, Json]) -> str:
    identifier = meta_schema.get("$id") or meta_schema.get("id", "")
    names = ("2020-12", "2019-09", "draft-07", "draft-06", "draft-04")
    for name in names:
        if name in identifier:
            return name
    raise UnsupportedError(
        f"meta-schema {identifier!r} is not supported", pointer="/$schema", keyword="$schema"
    )


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except ArithmeticError as error:
        raise LimitError(f"the number {text[:40]} passes every limit", pointer="") from error
    if not value:
        return Decimal(0)
    if abs(value.adjusted()) > MAX_EXPONENT or len(text) > MAX_EXPONENT:
        raise LimitError(f"the number {text[:40]} has more than {MAX_EXPONENT} digits", pointer="")
    return value


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON value")


def _check_size(root: Json) -> None:
    for count, (_, depth) in enumerate(_values(root)):
        if depth > MAX_DEPTH:
            raise LimitError(f"the schema nests deeper than {MAX_DEPTH}", pointer="")
        if count > MAX_NODES:
            raise LimitError(f"the schema has more than {MAX_NODES} values", pointer="")


def _values(root: Json) -> Iterator[tuple[Json, int]]:
    stack = [(root, 1)]
    while stack:
        value, depth = stack.pop()
        yield value, depth
        inside = value.values() if isinstance(value, dict) else value
        if isinstance(value, dict | list):
            stack.extend((each, depth + 1) for each in inside)


def _without_decimals(value: Json) -> Json:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, dict):
        return {key: _without_decimals(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_decimals(each) for each in value]
    return value
