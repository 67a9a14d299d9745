"""Every text we emit satisfies its schema: blocks from random logits, read by jsonschema.

python -m benchmarks.soundness --schemas DIR_OR_JSONL --vocabulary FILE --per-schema 4 --seed 0
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for
from jsonschema_specifications import REGISTRY
from referencing.jsonschema import specification_with

import constraints
from benchmarks import report, vocabularies
from constraints import EmptyError, JsonSchema, SpecError, Vocabulary
from constraints.json_schema.whitespace import LAYOUTS
from constraints.spec import Whitespace

TEMPERATURES = (0.25, 4.0, 1.0, 20.0)
ALL: Final = "all"
"""Of `--whitespace`: one policy after the other, schema by schema."""
LONGEST, SLACK = 512, 8
"""Positions of the longest canvas; those more than the shortest member needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How each schema is sampled."""

    per_schema: int
    seed: int
    length: int
    open_objects: bool
    whitespace: Whitespace | Literal["all"]

    def policy(self, index: int) -> Whitespace:
        """The whitespace policy of the schema of an index; `ALL` begins with that of the seed."""
        if self.whitespace != ALL:
            return self.whitespace
        return list(LAYOUTS)[(index + self.seed) % len(LAYOUTS)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one schema."""

    name: str
    whitespace: Whitespace
    refused: str = ""
    message: str = ""
    too_long: bool = False
    samples: int = 0
    unvalidated: int = 0
    invalid: list[str] = field(default_factory=list)
    compile_ms: float = 0.0
    num_states: int = 0


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    settings = Settings(
        per_schema=arguments.per_schema,
        seed=arguments.seed,
        length=arguments.length,
        open_objects=arguments.open,
        whitespace=arguments.whitespace,
    )
    schemas = list(read_schemas(arguments.schemas))
    if not schemas:
        print(f"no schemas in {arguments.schemas}", file=sys.stderr)
        return report.WRONG_CALL
    print(report.machine())
    started = time.perf_counter()
    with ProcessPoolExecutor(
        arguments.jobs, get_context("spawn"), _start, (arguments, settings)
    ) as pool:
        outcomes = list(pool.map(_run, enumerate(schemas), chunksize=4))
    size = vocabularies.chosen(arguments).size
    return _report(outcomes, settings, size, time.perf_counter() - started)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="benchmarks.soundness", description=__doc__)
    result.add_argument("--schemas", type=Path, required=True, help=".jsonl, .json, or a folder")
    vocabularies.add_arguments(result)
    result.add_argument("--per-schema", type=int, default=4)
    result.add_argument("--seed", type=int, default=0)
    result.add_argument("--length", type=int, default=256)
    result.add_argument("--open", action="store_true", help="open objects")
    result.add_argument("--whitespace", choices=[*LAYOUTS, ALL], default="flexible")
    result.add_argument("--jobs", type=int, default=2)
    return result


def read_schemas(path: Path) -> Iterator[tuple[str, str]]:
    """Name and text of each schema: lines with a `schema` key, or files that are one."""
    files = sorted([*path.rglob("*.jsonl"), *path.rglob("*.json")]) if path.is_dir() else [path]
    for file in files:
        if file.suffix == ".json":
            yield file.name, file.read_text()
            continue
        lines = filter(None, file.read_text().split("\n"))
        for number, line in enumerate(lines, start=1):
            case = json.loads(line)
            yield f"{file.stem}:{case.get('file', number)}", json.dumps(case["schema"])


_WORKER: dict[str, Any] = {}


def _start(arguments: argparse.Namespace, settings: Settings) -> None:
    vocabulary = vocabularies.chosen(arguments)
    rng = np.random.default_rng(settings.seed)
    noise = rng.standard_normal((settings.length, vocabulary.size), dtype=np.float32)
    _WORKER["run"] = partial(check, settings=settings, vocabulary=vocabulary, noise=noise)


def _run(numbered: tuple[int, tuple[str, str]]) -> Outcome:
    index, schema = numbered
    return _WORKER["run"](schema, index)


def check(
    schema: tuple[str, str],
    index: int,
    *,
    settings: Settings,
    vocabulary: Vocabulary,
    noise: np.ndarray,
) -> Outcome:
    """Compiles a schema, draws from it and validates every draw."""
    name, text = schema
    whitespace = settings.policy(index)
    spec = JsonSchema(text, whitespace=whitespace, open_objects=settings.open_objects)
    started = time.perf_counter()
    try:
        constraint = constraints.compile(spec, vocabulary)
    except SpecError as error:
        refused = f"{error.code}:{error.keyword}"
        return Outcome(name=name, whitespace=whitespace, refused=refused, message=str(error))
    compile_ms = (time.perf_counter() - started) * 1e3
    seed = np.random.default_rng([settings.seed, *name.encode()])
    try:
        texts = [constraint.text(canvas) for canvas in _canvases(constraint, settings, noise, seed)]
    except EmptyError:
        return Outcome(name=name, whitespace=whitespace, too_long=True, compile_ms=compile_ms)
    judge = _Judge(spec)
    verdicts = [judge(each) for each in texts]
    return Outcome(
        name=name,
        whitespace=whitespace,
        samples=len(texts),
        unvalidated=judge.unvalidated,
        invalid=[
            f"{verdict} in {each[:300]!r}"
            for verdict, each in zip(verdicts, texts, strict=True)
            if verdict
        ],
        compile_ms=compile_ms,
        num_states=constraint.num_states,
    )


def _canvases(
    constraint: constraints.Constraint,
    settings: Settings,
    noise: np.ndarray,
    rng: np.random.Generator,
) -> Iterator[np.ndarray]:
    """A draw and the best canvas in turn, each pair from logits of another temperature.

    Where no member fits the canvas it is longer, up to `LONGEST`.
    """
    needed = constraint.start.fewest_tokens + SLACK
    length = max(settings.length, needed if needed <= LONGEST else 0)
    block = constraint.block(length)
    noise = np.resize(noise, (length, noise.shape[1]))
    for index in range(0, settings.per_schema, 2):
        shift = int(rng.integers(constraint.vocabulary.size))
        scale = 1 / TEMPERATURES[index // 2 % len(TEMPERATURES)]
        posterior = block.condition(np.roll(noise, shift, axis=1) * np.float32(scale))
        yield posterior.sample(rng)
        if index + 1 < settings.per_schema:
            yield posterior.best()


class _Judge:
    """jsonschema as it comes, formats asserted, and our own guard beside it.

    References lead to the meta-schemas and to the documents of the spec; nothing is fetched.
    """

    def __init__(self, spec: JsonSchema) -> None:
        self.spec = spec
        schema = json.loads(spec.text)
        kind = validator_for(schema, default=Draft202012Validator)
        specification = specification_with(kind.META_SCHEMA.get("$schema", ""))
        registry = REGISTRY.with_contents(
            [(uri, json.loads(document)) for uri, document in spec.documents.items()],
            default_specification=specification,
        )
        self.validator = kind(schema, registry=registry, format_checker=kind.FORMAT_CHECKER)
        self.unvalidated = 0

    def __call__(self, text: bytes) -> str:
        guard = constraints.validate(self.spec, text)
        if guard is not None:
            return guard
        try:
            error = next(iter(self.validator.iter_errors(json.loads(text))), None)
        except re.error:
            self.unvalidated += 1
            return ""
        return "" if error is None else f"{error.json_path}: {error.message[:200]}"


def _report(
    outcomes: list[Outcome], settings: Settings, vocabulary_size: int, seconds: float
) -> int:
    refused = Counter(outcome.refused for outcome in outcomes if outcome.refused)
    invalid = [(o.name, each) for o in outcomes for each in o.invalid]
    times = [o.compile_ms for o in outcomes if o.compile_ms]
    states = [o.num_states for o in outcomes if o.num_states]
    figures = {
        "schemas": len(outcomes),
        "refused": sum(refused.values()),
        "refused_by_keyword": dict(refused.most_common()),
        "too_long": sum(o.too_long for o in outcomes),
        "samples": sum(o.samples for o in outcomes),
        "unvalidated_patterns": sum(o.unvalidated for o in outcomes),
        "invalid": len(invalid),
        "compile_ms": _percentiles(times),
        "states": _percentiles(states),
        "open": settings.open_objects,
        "whitespace": settings.whitespace,
        "samples_by_whitespace": _by_whitespace(outcomes),
        "vocabulary_size": vocabulary_size,
        "length": settings.length,
        "seconds": round(seconds, 1),
    }
    report.table("refused", ["code:keyword", "schemas"], refused.most_common())
    for name, message in invalid[:20]:
        print(f"INVALID {name}: {message}")
    report.table("soundness", ["figure", "value"], list(figures.items()))
    passed = not invalid and figures["samples"] > 0
    return report.finish("soundness", passed=passed, figures=figures)


def _by_whitespace(outcomes: Sequence[Outcome]) -> dict[str, int]:
    samples: Counter[str] = Counter()
    for outcome in outcomes:
        samples[outcome.whitespace] += outcome.samples
    return dict(samples)


def _percentiles(values: Sequence[float]) -> dict[str, float]:
    if not values:
        return {}
    marks = {"p50": 50, "p95": 95, "max": 100}
    return {name: round(float(np.percentile(values, q)), 1) for name, q in marks.items()}


if __name__ == "__main__":
    sys.exit(main())
