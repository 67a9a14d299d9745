"""What the model is told: the caller's text, and the form that the answer must have.

Two styles exist. `outline` is the built-in model's: one compact line that names the fields comes
before the text, so that a causal encoder knows what to look for while it reads. `instruction` is
for a chat model: plain English, the text, and the whole schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from constraints.spec import Choice, JsonSchema, Lark, Regex, Sql
from constraints.sql.catalog import Catalog
from constraints.sql.compile import catalog_of

Style = Literal["outline", "instruction"]
DEFAULT_STYLE: Style = "instruction"
ANSWER_MARK = "\n=>\n"
MAX_DEPTH = 8
MAX_OPTIONS = 40
MAX_GRAMMAR = 200


def render(text: str, spec: object | None, style: Style = DEFAULT_STYLE) -> str:
    """Returns the prompt for one request.

    Args:
        text: What the caller wants read, or asks.
        spec: What the answer must be; None and kinds unknown here add nothing to the text.
        style: The style that the checkpoint was trained for.

    Raises:
        ValueError: The style is unknown.
    """
    if style not in LAYOUTS:
        raise ValueError(f"unknown prompt style {style!r}; known: {', '.join(LAYOUTS)}")
    return LAYOUTS[style](text, spec)


def outline(schema: object) -> str:
    """Returns a JSON Schema as one compact line, for example `{id:string,paid?:boolean}`.

    Optional properties carry `?`; descriptions follow in parentheses; what cannot be outlined is
    `any`. Never raises, whatever the schema.
    """
    return _node(schema, schema, 0)


def catalog_outline(tables: Mapping[str, Mapping[str, str]]) -> str:
    """Returns database tables as one line: `sql orders(id integer,total real) items(...)`."""
    listed = [
        f"{name}({','.join(f'{column} {kind}' for column, kind in columns.items())})"
        for name, columns in tables.items()
    ]
    return "sql " + " ".join(listed)


def with_outline(text: str, line: str) -> str:
    """Returns the built-in model's prompt for an outline that is already made."""
    return f"{line}\n{text.strip()}{ANSWER_MARK}" if line else f"{text.strip()}{ANSWER_MARK}"


def _outlined(text: str, spec: object | None) -> str:
    return with_outline(text, _spec_outline(spec))


def _spec_outline(spec: object | None) -> str:
    match spec:
        case JsonSchema():
            return outline(_parsed(spec.text))
        case Regex():
            return f"pattern {spec.pattern}"
        case Choice():
            return _choice_outline(spec.options)
        case Lark():
            return f"grammar {' '.join(spec.text.split())[:MAX_GRAMMAR]}"
        case Sql():
            return catalog_outline(_columns(catalog_of(spec)))
        case _:
            return ""


def _choice_outline(options: Sequence[str]) -> str:
    return "one of " + "|".join(options[:MAX_OPTIONS])


def _instructed(text: str, spec: object | None) -> str:
    match spec:
        case JsonSchema():
            task = (
                "Read the text and answer with one JSON document that this JSON Schema admits. "
                "Answer with the JSON only.\n\nJSON Schema:\n" + spec.text
            )
        case Regex():
            task = (
                "Read the text and answer with one string that matches this regular expression "
                "from start to end. Answer with the string only.\n\nPattern:\n" + spec.pattern
            )
        case Lark():
            task = (
                "Read the text and answer with one text that this Lark grammar accepts. Answer "
                "with the text only.\n\nGrammar:\n" + spec.text
            )
        case Choice():
            listed = "\n".join(f"- {option}" for option in spec.options)
            task = (
                "Read the text and answer with exactly one of these options, nothing else.\n\n"
                "Options:\n" + listed
            )
        case Sql():
            task = (
                f"Answer the question with one {spec.dialect} query that only reads, over these "
                "tables. Answer with the query only.\n\nTables:\n" + _declared(catalog_of(spec))
            )
        case _:
            return text
    return f"{task}\n\nText:\n{text}"


def _columns(catalog: Catalog) -> dict[str, dict[str, str]]:
    return {
        ".".join((*table.schema, table.name)): {
            column.name: column.type.lower() for column in table.columns
        }
        for table in catalog.tables
    }


def _declared(catalog: Catalog) -> str:
    return "\n".join(
        f"{name}({', '.join(f'{column} {kind}'.strip() for column, kind in columns.items())})"
        for name, columns in _columns(catalog).items()
    )


LAYOUTS: dict[str, Callable[[str, object | None], str]] = {
    "outline": _outlined,
    "instruction": _instructed,
}


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return True


def _node(schema: object, root: object, depth: int) -> str:
    if not isinstance(schema, Mapping) or depth > MAX_DEPTH:
        return "any"
    if "$ref" in schema:
        target = _resolve(schema["$ref"], root)
        return _node(target, root, depth + 1) if target is not None else "any"
    for keyword, write in KEYWORDS.items():
        if keyword in schema:
            return write(schema, root, depth)
    return _typed(schema, root, depth)


def _resolve(reference: object, root: object) -> object:
    if not isinstance(reference, str) or not reference.startswith("#"):
        return None
    here = root
    for part in reference[1:].split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, Mapping) and part in here:
            here = here[part]
        elif isinstance(here, Sequence) and part.isdigit() and int(part) < len(here):
            here = here[int(part)]
        else:
            return None
    return here


def _enumerated(schema: Mapping[str, object], _root: object, _depth: int) -> str:
    options = schema["enum"]
    if not isinstance(options, Sequence) or isinstance(options, str) or not options:
        return "any"
    return "|".join(_literal(option) for option in options[:MAX_OPTIONS])


def _constant(schema: Mapping[str, object], _root: object, _depth: int) -> str:
    return _literal(schema["const"])


def _literal(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)


def _union(keyword: str) -> Callable[[Mapping[str, object], object, int], str]:
    def write(schema: Mapping[str, object], root: object, depth: int) -> str:
        branches = schema[keyword]
        if not isinstance(branches, Sequence) or isinstance(branches, str) or not branches:
            return "any"
        return "|".join(dict.fromkeys(_node(branch, root, depth + 1) for branch in branches))

    return write


def _merged(schema: Mapping[str, object], root: object, depth: int) -> str:
    branches = schema["allOf"]
    if not isinstance(branches, Sequence) or isinstance(branches, str):
        return "any"
    parts = [part for branch in branches if (part := _node(branch, root, depth + 1)) != "any"]
    return "&".join(parts) or "any"


KEYWORDS: dict[str, Callable[[Mapping[str, object], object, int], str]] = {
    "enum": _enumerated,
    "const": _constant,
    "anyOf": _union("anyOf"),
    "oneOf": _union("oneOf"),
    "allOf": _merged,
}


def _typed(schema: Mapping[str, object], root: object, depth: int) -> str:
    kinds = schema.get("type")
    if isinstance(kinds, Sequence) and not isinstance(kinds, str) and kinds:
        return "|".join(_of_type(kind, schema, root, depth) for kind in kinds)
    return _of_type(kinds, schema, root, depth)


def _of_type(kind: object, schema: Mapping[str, object], root: object, depth: int) -> str:
    if kind == "object" or (kind is None and "properties" in schema):
        return _object(schema, root, depth)
    if kind == "array" or (kind is None and "items" in schema):
        return f"[{_node(schema.get('items', True), root, depth + 1)}]"
    named = schema.get("format")
    if kind == "string" and isinstance(named, str):
        return named
    return kind if isinstance(kind, str) else "any"


def _object(schema: Mapping[str, object], root: object, depth: int) -> str:
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return "object"
    required = schema.get("required")
    needed = set(map(str, required)) if isinstance(required, Sequence) else set()
    fields = [
        _field(str(name), part, str(name) in needed, root, depth)
        for name, part in properties.items()
    ]
    return "{" + ",".join(fields) + "}"


def _field(name: str, schema: object, required: bool, root: object, depth: int) -> str:
    line = f"{name}{'' if required else '?'}:{_node(schema, root, depth + 1)}"
    described = schema.get("description") if isinstance(schema, Mapping) else None
    return f"{line} ({' '.join(described.split())})" if isinstance(described, str) else line
