"""Makes a finding smaller, as long as it stays one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from benchmarks import spelled_json
from benchmarks.json_schema_fuzz.case import Case
from benchmarks.json_schema_fuzz.examination import examined
from benchmarks.json_schema_fuzz.finding import Finding
from benchmarks.spelled_json import Spelling

ASKING = frozenset(("wrong_accept", "wrong_reject"))
UNSHRUNK = frozenset(("slow", "memory", "hang"))


def minimised(case: Case, finding: Finding, seconds: float) -> Finding:
    """The same kind of finding on a schema and an instance with nothing left to delete."""
    if finding.kind in UNSHRUNK:
        return finding
    deadline = time.perf_counter() + seconds
    asking = finding.kind in ASKING and finding.setting == "open any"
    texts = (finding.instance,) if finding.instance else ()
    case = replace(case, texts=texts, draws=0 if asking else case.draws)
    case, finding = _descended(case, finding, _smaller_schemas, deadline)
    return _descended(case, finding, _smaller_texts, deadline)[1] if asking else finding


def _descended(
    case: Case, finding: Finding, smaller: Callable[[Case], Iterator[Case]], deadline: float
) -> tuple[Case, Finding]:
    progress = True
    while progress:
        progress = False
        for candidate in smaller(case):
            if time.perf_counter() > deadline:
                return case, finding
            same = next(
                (each for each in examined(candidate).findings if each.kind == finding.kind), None
            )
            if same is not None:
                case, finding, progress = candidate, same, True
                break
    return case, finding


def _smaller_schemas(case: Case) -> Iterator[Case]:
    whole = spelled_json.read(case.schema)
    for schema in smaller(whole):
        if isinstance(schema, dict) and schema.get("$schema") == whole.get("$schema"):
            yield replace(case, schema=spelled_json.written(schema))


def _smaller_texts(case: Case) -> Iterator[Case]:
    for text in case.texts:
        try:
            value = spelled_json.read(text)
        except ValueError:
            continue
        plain = spelled_json.written(value)
        for each in (*([plain] if len(plain) < len(text) else []), *map(_written, smaller(value))):
            yield replace(case, texts=(each,))


def _written(value: Any) -> str:
    return spelled_json.written(value)


def smaller(value: Any) -> Iterator[Any]:
    """A JSON value with one part deleted, or replaced by a part of its own."""
    if isinstance(value, dict):
        for name in value:
            yield {key: each for key, each in value.items() if key != name}
        yield from (each for each in value.values() if isinstance(each, dict | list))
        for name, each in value.items():
            yield from ({**value, name: less} for less in smaller(each))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value[:index] + value[index + 1 :]
        yield from (each for each in value if isinstance(each, dict | list))
        for index, each in enumerate(value):
            yield from ([*value[:index], less, *value[index + 1 :]] for less in smaller(each))
    elif isinstance(value, str) and not isinstance(value, Spelling) and value:
        yield value[:-1]
        yield value[1:]
