"""Reads a schema's text, validates it against its meta-schema and resolves references in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from jsonschema import (
    Draft4Validator,
    Draft6Validator,
    Draft7Validator,
    Draft201909Validator,
    Draft202012Validator,
    FormatChecker,
)
from jsonschema.exceptions import SchemaError
from jsonschema.validators import validator_for
from jsonschema_specifications import REGISTRY
from referencing import Registry, Resource, Specification
from referencing._core import Resolved, Resolver
from referencing.exceptions import InvalidAnchor, NoSuchAnchor, PointerToNowhere, Unresolvable
from referencing.jsonschema import (
    DRAFT4,
    DRAFT6,
    DRAFT7,
    DRAFT201909,
    DRAFT202012,
    lookup_recursive_ref,
)

from constraints.errors import LimitError, MalformedError, UnsupportedError

Json = Any
MAX_BYTES = 1 << 20
MAX_DEPTH = 100
MAX_NODES = 200_000
MAX_EXPONENT = 400
NEGATIVE_INDEX = re.compile(r"#/(.*/)?-[0-9]+(/|$)")
"""RFC 6901 §4 has no such index; the library would count from the end."""
RECENT_DRAFTS = ("2019-09", "2020-12")
IDENTIFIERS = frozenset(("$id", "id"))
META_SCHEMAS = frozenset(REGISTRY)
UNKNOWN: Any = object()
"""Stands for a meta-schema that the library does not know."""
VALIDATORS: Mapping[str, Any] = {
    "2020-12": Draft202012Validator,
    "2019-09": Draft201909Validator,
    "draft-07": Draft7Validator,
    "draft-06": Draft6Validator,
    "draft-04": Draft4Validator,
}
SPECIFICATIONS: Mapping[str, Specification[Json]] = {
    "2020-12": DRAFT202012,
    "2019-09": DRAFT201909,
    "draft-07": DRAFT7,
    "draft-06": DRAFT6,
    "draft-04": DRAFT4,
}
KNOWN = frozenset(
    f"https://json-schema.org/draft/{draft}/vocab/{name}"
    for draft in RECENT_DRAFTS
    for name in (
        *("core", "applicator", "unevaluated", "validation", "meta-data"),
        *("format-annotation", "format-assertion", "content", "format"),
    )
)
"""Vocabularies that the drafts define."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the keywords of a schema are read.

    Attributes:
        draft: `2020-12`, `2019-09`, `draft-07`, `draft-06` or `draft-04`.
        asserting: Whether the validation vocabulary is in use (core §8.1.2).
        formats: Whether the format-assertion vocabulary is (validation §7.2.2).
    """

    draft: str
    asserting: bool = True
    formats: bool = False

    @property
    def ref_has_siblings(self) -> bool:
        """Whether keywords beside `$ref` count (draft 2019-09 §8.2.4.1 and later)."""
        return self.draft in RECENT_DRAFTS

    @property
    def specification(self) -> Specification[Json]:
        """The rules of identifiers and anchors."""
        return SPECIFICATIONS[self.draft]


@dataclass(frozen=True, eq=False, slots=True)
class Subschema:
    """A schema where it stands.

    Attributes:
        contents: The parsed schema; numbers with a fraction or exponent are Decimal.
        pointer: JSON pointer from the root; in another document, its URI with a fragment.
        dialect: How its keywords are read.
        resolver: Resolves its references.
        scope: Resources entered on the way, outermost first; empty where nothing is dynamic.
    """

    contents: Json
    pointer: str
    dialect: Dialect
    resolver: Resolver[Json]
    scope: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for subschemas that mean the same."""
        return id(self.contents), self.dialect, self.scope


class Documents:
    """A schema with the documents that its references may lead to.

    Attributes:
        root: The schema.
    """

    def __init__(self, root: Json, documents: Mapping[str, Json]) -> None:
        self._documents = documents
        self._dynamic = any(map(_is_dynamic, (root, *documents.values())))
        dialect = self._dialect(root, Dialect("2020-12"))
        self._pointers = {id(value): pointer for value, pointer in _schemas_in(root)}
        registry: Registry[Json] = REGISTRY.with_resources(
            (uri.rstrip("#"), self._resource(contents, dialect))
            for uri, contents in documents.items()
        )
        resource = dialect.specification.create_resource(root)
        self.root = self._entered(root, "", dialect, registry.resolver_with_root(resource))

    def child(self, parent: Subschema, *keys: str | int) -> Subschema:
        """The schema that some keys of another lead to."""
        contents = parent.contents
        for key in keys:
            contents = contents[key]
        resolver = parent.resolver
        if isinstance(contents, dict) and not IDENTIFIERS.isdisjoint(contents):
            resource = parent.dialect.specification.create_resource(contents)
            resolver = resolver.in_subresource(resource)
        pointer = child(parent.pointer, *keys)
        return self._entered(contents, pointer, parent.dialect, resolver)

    def resolved(self, origin: Subschema, keyword: str) -> Subschema:
        """The schema that a reference leads to.

        Args:
            origin: The schema with the reference.
            keyword: `$ref`, `$dynamicRef` or `$recursiveRef`.

        Raises:
            UnsupportedError: It leads to a document that was not supplied.
            MalformedError: It leads nowhere, or to something that is no schema.
        """
        reference = origin.contents[keyword]
        place = child(origin.pointer, keyword)
        if not isinstance(reference, str):
            raise MalformedError(
                f"{keyword} is not a string",
                pointer=place,
                keyword=keyword,
                hint="write a URI, or a fragment such as #/$defs/name",
            )
        try:
            found = self._lookup(origin.resolver, reference, keyword)
        except (NoSuchAnchor, PointerToNowhere, InvalidAnchor) as error:
            raise _nowhere(reference, place, keyword) from error
        except Unresolvable as error:
            raise UnsupportedError(
                f"reference {reference!r} leads to a document that was not supplied",
                pointer=place,
                keyword=keyword,
                hint="pass its text in documents={URI: text}; nothing is ever fetched",
            ) from error
        except (ValueError, TypeError, LookupError) as error:
            raise _nowhere(reference, place, keyword) from error
        if NEGATIVE_INDEX.search(reference):
            raise _nowhere(reference, place, keyword)
        return self._target(origin, reference, found, place, keyword)

    def _lookup(self, resolver: Resolver[Json], reference: str, keyword: str) -> Resolved[Json]:
        if keyword == "$recursiveRef":
            return lookup_recursive_ref(resolver)
        return resolver.lookup(reference)

    def _target(
        self,
        origin: Subschema,
        reference: str,
        found: Resolved[Json],
        place: str,
        keyword: str,
    ) -> Subschema:
        contents = found.contents
        if not isinstance(contents, bool | dict):
            raise MalformedError(
                f"reference {reference!r} leads to something that is no schema",
                pointer=place,
                keyword=keyword,
                hint="refer to an object or a boolean",
            )
        pointer = self._pointers.get(id(contents))
        document = reference.partition("#")[0]
        dialect = origin.dialect
        if document:
            dialect = self._dialect(found.resolver.lookup("#").contents, dialect)
        if pointer is None:
            pointer = reference
            if document not in META_SCHEMAS:
                _check_meta_schema(contents, VALIDATORS[dialect.draft], pointer)
        elif pointer and not re.match(r"/(\$defs|definitions)/[^/]*$", pointer):
            _check_meta_schema(contents, VALIDATORS[dialect.draft], pointer)
        return self._entered(contents, pointer, dialect, found.resolver)

    def _entered(
        self, contents: Json, pointer: str, dialect: Dialect, resolver: Resolver[Json]
    ) -> Subschema:
        scope: tuple[str, ...] = ()
        if self._dynamic:
            entered = [uri for uri, _ in resolver.dynamic_scope()]
            scope = tuple(dict.fromkeys([*reversed(entered), resolver._base_uri]))
        return Subschema(contents, pointer, self._dialect(contents, dialect), resolver, scope)

    def _dialect(self, contents: Json, inherited: Dialect) -> Dialect:
        """The dialect that `$schema` names, or the one around it."""
        name = contents.get("$schema") if isinstance(contents, dict) else None
        if not isinstance(name, str):
            return inherited
        validator = validator_for({"$schema": name}, default=UNKNOWN)
        if validator is not UNKNOWN:
            return Dialect(_draft(validator.META_SCHEMA))
        meta_schema = self._documents.get(name.rstrip("#"))
        if not isinstance(meta_schema, dict):
            return inherited
        vocabularies = meta_schema.get("$vocabulary", {})
        unknown = [uri for uri, needed in vocabularies.items() if needed and uri not in KNOWN]
        if unknown:
            raise UnsupportedError(
                f"vocabulary {unknown[0]!r} is required and not known",
                pointer="/$schema",
                keyword="$vocabulary",
                hint="drop the vocabulary, or declare it as not required (false)",
            )
        asserting = not vocabularies or any("/vocab/validation" in uri for uri in vocabularies)
        base = self._dialect({"$schema": meta_schema.get("$schema")}, inherited)
        return Dialect(base.draft, asserting, any(map(_asserts_formats, vocabularies)))

    def _resource(self, contents: Json, inherited: Dialect) -> Resource[Json]:
        if isinstance(contents, dict) and "$schema" in contents:
            inherited = Dialect("2020-12")
        return self._dialect(contents, inherited).specification.create_resource(contents)


def _nowhere(reference: str, place: str, keyword: str) -> MalformedError:
    return MalformedError(
        f"reference {reference!r} leads nowhere",
        pointer=place,
        keyword=keyword,
        hint="look for the name under $defs, definitions or $anchor",
    )


def _asserts_formats(vocabulary: str) -> bool:
    return vocabulary.endswith("/vocab/format-assertion")


def _is_dynamic(root: Json) -> bool:
    return any(
        isinstance(value, dict) and ("$dynamicRef" in value or "$recursiveRef" in value)
        for value, _ in _values(root)
    )


def _schemas_in(root: Json) -> Iterator[tuple[Json, str]]:
    """Every object of a document with its pointer."""
    stack = [(root, "")]
    while stack:
        value, pointer = stack.pop()
        if isinstance(value, dict):
            yield value, pointer
            stack.extend((each, child(pointer, key)) for key, each in value.items())
        elif isinstance(value, list):
            stack.extend((each, child(pointer, i)) for i, each in enumerate(value))


def child(pointer: str, *keys: str | int) -> str:
    """Extends a JSON pointer (RFC 6901 §3)."""
    for key in keys:
        pointer += "/" + str(key).replace("~", "~0").replace("/", "~1")
    return pointer


def read(text: str, documents: Mapping[str, str]) -> Documents:
    """Parses and checks a schema and the documents it may refer to.

    Raises:
        MalformedError: Not JSON (with line and column), or not a schema (with a pointer).
        LimitError: Larger than `MAX_BYTES`, deeper than `MAX_DEPTH`, more than `MAX_NODES`
            values, or a number with an exponent past `MAX_EXPONENT`.
    """
    root = _parsed(text, "")
    if not isinstance(root, bool | dict):
        raise MalformedError(
            "a schema is an object or a boolean", pointer="", hint="wrap the value in const"
        )
    if isinstance(root, dict) and not isinstance(root.get("$schema", ""), str):
        raise MalformedError(
            "$schema is not a string",
            pointer="/$schema",
            keyword="$schema",
            hint="write the URI of a draft, or drop it",
        )
    others = {uri: _parsed(other, uri) for uri, other in documents.items()}
    result = Documents(root, {uri.rstrip("#"): each for uri, each in others.items()})
    _check_meta_schema(root, VALIDATORS[result.root.dialect.draft], "")
    return result


def _parsed(text: str, place: str) -> Json:
    what = f"document {place}" if place else "the schema"
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > MAX_BYTES:
        raise LimitError(
            f"{what} has {size} bytes; the limit is {MAX_BYTES}",
            pointer="",
            hint="leave out what is not needed, or move it to documents",
        )
    try:
        root = json.loads(text, parse_float=_decimal, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise MalformedError(
            f"{what} is not JSON: {error.msg}",
            line=error.lineno,
            column=error.colno,
            hint="write JSON, RFC 8259",
        ) from error
    except RecursionError as error:
        raise LimitError(
            f"{what} nests deeper than {MAX_DEPTH}", pointer="", hint="name parts under $defs"
        ) from error
    except ValueError as error:
        raise MalformedError(
            f"{what} is not JSON: {error}", line=1, column=1, hint="write JSON, RFC 8259"
        ) from error
    _check_size(root)
    return root


def _check_meta_schema(schema: Json, validator: Any, pointer: str) -> None:
    """Checks shapes only: patterns are read by our own parser, in their own dialect."""
    try:
        validator.check_schema(_without_decimals(schema), format_checker=FormatChecker(formats=()))
    except RecursionError as error:
        raise LimitError(
            f"the schema nests deeper than {MAX_DEPTH}",
            pointer=pointer,
            hint="name parts under $defs",
        ) from error
    except SchemaError as error:
        path = list(error.absolute_path)
        raise MalformedError(
            f"not a valid schema: {error.message[:200]}",
            pointer=child(pointer, *path),
            keyword=next((key for key in reversed(path) if isinstance(key, str)), ""),
            hint="write it as the draft that $schema names has it",
        ) from error


def _draft(meta_schema: Mapping[str, Json]) -> str:
    identifier = meta_schema.get("$id") or meta_schema.get("id", "")
    names = ("2020-12", "2019-09", "draft-07", "draft-06", "draft-04")
    for name in names:
        if name in identifier:
            return name
    raise UnsupportedError(
        f"meta-schema {identifier!r} is not supported",
        pointer="/$schema",
        keyword="$schema",
        hint="use draft 4, 6, 7, 2019-09 or 2020-12",
    )


def _decimal(text: str) -> Decimal:
    try:
        value = Decimal(text)
    except ArithmeticError as error:
        raise LimitError(
            f"the number {text[:40]} passes every limit", pointer="", hint="write a shorter number"
        ) from error
    if not value:
        return Decimal(0)
    if abs(value.adjusted()) > MAX_EXPONENT or len(text) > MAX_EXPONENT:
        raise LimitError(
            f"the number {text[:40]} has more than {MAX_EXPONENT} digits",
            pointer="",
            hint="write a shorter number",
        )
    return value


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON value")


def _check_size(root: Json) -> None:
    for count, (_, depth) in enumerate(_values(root)):
        if depth > MAX_DEPTH:
            raise LimitError(
                f"the schema nests deeper than {MAX_DEPTH}",
                pointer="",
                hint="name parts under $defs",
            )
        if count > MAX_NODES:
            raise LimitError(
                f"the schema has more than {MAX_NODES} values",
                pointer="",
                hint="leave out what is not needed, or move it to documents",
            )


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
