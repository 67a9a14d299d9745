"""Steps, tokens/s and accuracy on the evaluation texts, constrained against unconstrained.

    python -m benchmarks.steps [--cases 60] [--whitespace compact spaced indented flexible]
        [--at-once 16] [--chunk 20] [--rounds 1] [--threads 1] [--seed 0]

Two sets: generated held-out records, and texts written by hand. Each is answered unconstrained and
constrained under every whitespace policy. All modes take turns on a chunk of cases before the next
chunk begins, so that a busy machine slows them alike; a chunk's best round counts.

Answers without a constraint may be broken or break off, and so take few steps; that is why steps
are given for a case, for a token, and for a field that is right. The aims are those of the default
policy, flexible.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import torch

from benchmarks import report
from benchmarks.batched import answered_together
from benchmarks.default_model import HANDWRITTEN, HELD_OUT_SEED, read_handwritten
from constraints import JsonSchema, validate
from constraints.json_schema.whitespace import LAYOUTS
from constraints.spec import Whitespace
from engine import Engine, Request, Result
from models.corpus import examples
from models.example import Example
from models.scoring import field_hits

FREE = "unconstrained"
DEFAULT_POLICY: Whitespace = "flexible"
POLICIES: tuple[Whitespace, ...] = tuple(policy for policy in LAYOUTS if policy != "any")
COLUMNS = ("cases", "fields", "exact", "valid", "steps", "per_token", "per_hit", "tokens_per_s")


@dataclass(slots=True)
class Tally:
    """What one mode made of one set.

    Attributes:
        cases: Answered.
        hits: Fields that are right.
        fields: Fields, wrong extra ones included.
        exact: Cases with every field right.
        valid: Answers that satisfy their schema.
        steps: Denoising steps.
        tokens: Of the answers.
        seconds: Of wall time.
    """

    cases: int = 0
    hits: int = 0
    fields: int = 0
    exact: int = 0
    valid: int = 0
    steps: int = 0
    tokens: int = 0
    seconds: float = field(default=0.0)

    def add(self, case: Example, spec: JsonSchema, result: Result) -> None:
        """Counts one answer."""
        hits, fields = field_hits(case, result.text)
        self.cases += 1
        self.hits += hits
        self.fields += fields
        self.exact += hits == fields
        self.valid += validate(spec, result.text.encode()) is None
        self.steps += result.steps
        self.tokens += len(result.token_ids)

    def figures(self) -> dict[str, float]:
        """The columns of the table."""
        return {
            "cases": self.cases,
            "fields": round(self.hits / self.fields, 4),
            "exact": round(self.exact / self.cases, 4),
            "valid": round(self.valid / self.cases, 4),
            "steps": round(self.steps / self.cases, 2),
            "per_token": round(self.steps / max(self.tokens, 1), 4),
            "per_hit": round(self.steps / max(self.hits, 1), 3),
            "tokens_per_s": round(self.tokens / self.seconds, 2),
        }


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    torch.set_num_threads(arguments.threads)
    engine = Engine.load(arguments.model)
    print(report.machine())
    figures = {
        name: measured(engine, cases, arguments)
        for name, cases in evaluation_sets(arguments.cases, arguments.handwritten).items()
    }
    rows = [
        [f"{name}, {mode}", *(figure[column] for column in COLUMNS)]
        for name, modes in figures.items()
        for mode, figure in modes.items()
    ]
    report.table(f"steps, {arguments.model}", ["set, mode", *COLUMNS], rows)
    reached = {name: aims(modes) for name, modes in figures.items()}
    return report.finish(
        "steps",
        passed=bool(reached) and all(all(each.values()) for each in reached.values()),
        figures={"figures": figures, "aims_reached": reached, "settings": settings(arguments)},
    )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="benchmarks.steps", description=__doc__)
    result.add_argument("--model", default="default")
    result.add_argument("--cases", type=int, default=60, help="generated cases")
    result.add_argument("--handwritten", type=int, default=40, help="cases written by hand")
    result.add_argument("--whitespace", nargs="*", choices=POLICIES, default=list(POLICIES))
    result.add_argument("--max-tokens", type=int, default=256)
    result.add_argument("--at-once", type=int, default=16, help="requests under way")
    result.add_argument("--chunk", type=int, default=20, help="cases before the modes change")
    result.add_argument("--rounds", type=int, default=1, help="times each chunk is answered")
    result.add_argument("--threads", type=int, default=1, help="of torch")
    result.add_argument("--seed", type=int, default=0)
    return result


def evaluation_sets(
    num_generated: int, num_handwritten: int, path: Path = HANDWRITTEN
) -> dict[str, list[Example]]:
    """The evaluation texts by name; a set without a case is left out."""
    sets = {
        "generated": list(examples(HELD_OUT_SEED, "held_out", num_generated, job="record")),
        "handwritten": list(read_handwritten(path))[:num_handwritten],
    }
    return {name: cases for name, cases in sets.items() if cases}


def measured(
    engine: Engine, cases: Sequence[Example], arguments: argparse.Namespace
) -> dict[str, dict[str, float]]:
    """The figures of every mode on one set, the modes in alternation."""
    modes = [FREE, *arguments.whitespace]
    tallies = {mode: Tally() for mode in modes}
    for chunk in _chunks(cases, arguments.chunk):
        seconds: dict[str, list[float]] = {mode: [] for mode in modes}
        for nth_round in range(arguments.rounds):
            for mode in modes:
                requests = [request(case, mode, arguments) for case in chunk]
                for each in requests:
                    if each.language is not None:
                        engine.compile(each.language)
                start = time.perf_counter()
                results = answered_together(engine, requests, arguments.at_once)
                seconds[mode].append(time.perf_counter() - start)
                if nth_round == 0:
                    for case, asked, result in zip(chunk, requests, results, strict=True):
                        assert isinstance(asked.spec, JsonSchema)
                        tallies[mode].add(case, asked.spec, result)
        for mode in modes:
            tallies[mode].seconds += min(seconds[mode])
    return {mode: tally.figures() for mode, tally in tallies.items()}


def request(case: Example, mode: str, arguments: argparse.Namespace) -> Request:
    """What is asked about a case; the prompt carries the schema in every mode."""
    whitespace = cast("Whitespace", DEFAULT_POLICY if mode == FREE else mode)
    return Request(
        text=case.text,
        spec=JsonSchema(json.dumps(case.schema), whitespace=whitespace),
        constrained=mode != FREE,
        max_tokens=arguments.max_tokens,
        seed=arguments.seed,
    )


def aims(modes: dict[str, dict[str, float]]) -> dict[str, bool]:
    """Which aims the default policy reaches on one set; none where it was not measured."""
    if DEFAULT_POLICY not in modes:
        return {"measured": False}
    free, bound = modes[FREE], modes[DEFAULT_POLICY]
    return {
        "valid": bound["valid"] == 1.0,
        "fewer_steps_a_token": bound["per_token"] < free["per_token"],
        "fewer_steps_a_hit": bound["per_hit"] < free["per_hit"],
        "tokens_per_s": bound["tokens_per_s"] >= free["tokens_per_s"],
        "fields": bound["fields"] >= free["fields"],
    }


def settings(arguments: argparse.Namespace) -> dict[str, object]:
    """What was asked for, to be committed beside the figures."""
    return dict(vars(arguments))


def _chunks(cases: Sequence[Example], size: int) -> Iterable[Sequence[Example]]:
    return (cases[start : start + size] for start in range(0, len(cases), size))


if __name__ == "__main__":
    sys.exit(main())
