"""How well the built-in model extracts: field accuracy, validity and steps, with and without.

    python -m benchmarks.default_model [--cases 100] [--whitespace flexible] [--seed 0]

Three sets: generated records whose values and names the training never saw, texts written by hand
in another voice, and generated choices. Each is answered unconstrained and constrained, by the same
engine and seed. Queries are `benchmarks.sql_questions`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from benchmarks import report
from constraints import validate
from constraints.json_schema.whitespace import LAYOUTS
from constraints.spec import Whitespace
from engine import Engine, Request, Result
from models.corpus import examples
from models.evaluate import spec_of
from models.example import Example, compact
from models.scoring import field_hits

HELD_OUT_SEED = 2026
AIMS = {"generated": 0.95, "handwritten": 0.60}
HANDWRITTEN = Path(__file__).parents[1] / "tests" / "fixtures" / "handwritten.jsonl"
COLUMNS = ("cases", "fields", "exact", "valid", "steps", "ms", "tokens_per_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One case, answered once."""

    hits: int
    fields: int
    valid: bool
    result: Result


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    engine = Engine.load(arguments.model)
    print(report.machine())
    sets = {
        "generated": list(examples(HELD_OUT_SEED, "held_out", arguments.cases, job="record")),
        "handwritten": list(read_handwritten(arguments.handwritten)),
        "choices": list(examples(HELD_OUT_SEED, "held_out", arguments.choices, job="choice")),
    }
    figures = {
        f"{name}_{mode}": summary(
            [
                answered(engine, case, mode == "constrained", arguments)
                for case in track(cases, f"{name}, {mode}", console=Console(stderr=True))
            ]
        )
        for name, cases in sets.items()
        for mode in ("unconstrained", "constrained")
        if cases
    }
    rows = [[name, *(figure[column] for column in COLUMNS)] for name, figure in figures.items()]
    report.table(f"default model, {arguments.whitespace}", ["set", *COLUMNS], rows)
    reached = {
        name: figures[f"{name}_constrained"]["fields"] >= aim
        for name, aim in AIMS.items()
        if f"{name}_constrained" in figures
    }
    valid = [each["valid"] for name, each in figures.items() if name.endswith("_constrained")]
    return report.finish(
        "default_model",
        passed=bool(valid) and min(valid) == 1.0,
        figures={**figures, "aims": AIMS, "aims_reached": reached, "model": arguments.model},
    )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="benchmarks.default_model", description=__doc__)
    result.add_argument("--model", default="default")
    result.add_argument("--cases", type=int, default=100, help="generated records")
    result.add_argument("--choices", type=int, default=100, help="generated choices")
    result.add_argument("--handwritten", type=Path, default=HANDWRITTEN)
    result.add_argument("--whitespace", choices=list(LAYOUTS), default="flexible")
    result.add_argument("--max-tokens", type=int, default=256)
    result.add_argument("--seed", type=int, default=0)
    return result


def read_handwritten(path: Path) -> Iterable[Example]:
    """Reads cases of the form `{"id", "schema", "text", "expected"}`, one a line."""
    for line in filter(None, path.read_text(encoding="utf-8").split("\n")):
        case = json.loads(line)
        yield Example("record", "", case["text"], compact(case["expected"]), case["schema"])


def answered(
    engine: Engine, case: Example, constrained: bool, arguments: argparse.Namespace
) -> Tally:
    """Answers one case; the prompt carries the schema or the options either way."""
    whitespace: Whitespace = arguments.whitespace
    spec = spec_of(case, whitespace)
    result = engine.generate(
        Request(
            text=case.text,
            spec=spec,
            constrained=constrained,
            max_tokens=arguments.max_tokens,
            seed=arguments.seed,
        )
    )
    hits, fields = field_hits(case, result.text)
    valid = validate(spec, result.text.encode()) is None
    return Tally(hits=hits, fields=fields, valid=valid, result=result)


def summary(tallies: Sequence[Tally]) -> dict[str, float]:
    """The figures of one set."""
    count = len(tallies)
    total_ms = sum(tally.result.timings.total_ms for tally in tallies)
    tokens = sum(len(tally.result.token_ids) for tally in tallies)
    figures = {
        "fields": sum(t.hits for t in tallies) / sum(t.fields for t in tallies),
        "exact": sum(t.hits == t.fields for t in tallies) / count,
        "valid": sum(t.valid for t in tallies) / count,
        "steps": sum(t.result.steps for t in tallies) / count,
        "ms": total_ms / count,
        "tokens_per_s": tokens / total_ms * 1e3,
    }
    return {"cases": count, **{name: round(value, 4) for name, value in figures.items()}}


if __name__ == "__main__":
    sys.exit(main())
