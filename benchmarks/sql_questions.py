"""How well the built-in model answers questions with SQL: the share whose query gives the result.

    python -m benchmarks.sql_questions [--cases 60] [--catalogs 20] [--seed 0]

Three sets: generated questions over the demo shop whose queries the training never saw, generated
ones over catalogs of random make with names it never saw, and questions over the shop written by
hand in another voice. Each is answered unconstrained and constrained by the catalog, by the same
engine and seed. An answer is right where it gives the same rows as the right query, in the same
order where that one orders them (`models/databases.py`).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import track

from benchmarks import report
from engine import Engine, Request, Result
from models.catalogs import shop_ddl
from models.databases import database_for, result_of, same_result
from models.evaluate import spec_of
from models.example import Example
from models.pools import load_pools
from models.questions import question_example

HELD_OUT_SEED = 2026
AIM = 0.80
HANDWRITTEN = Path(__file__).parents[1] / "tests" / "fixtures" / "handwritten_questions.jsonl"
COLUMNS = ("cases", "right", "runs", "steps", "ms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """One question, answered once."""

    right: bool
    runs: bool
    result: Result


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    engine = Engine.load(arguments.model)
    print(report.machine())
    sets = {
        "shop": list(generated(arguments.cases, shop_share=1.0)),
        "catalogs": list(generated(arguments.catalogs, shop_share=0.0)),
        "handwritten": list(read_handwritten(arguments.handwritten)),
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
    report.table("SQL over a catalog, execution match", ["set", *COLUMNS], rows)
    constrained = {name: each for name, each in figures.items() if name.endswith("_constrained")}
    runs = [each["runs"] for each in constrained.values()]
    reached = {name: each["right"] >= AIM for name, each in constrained.items()}
    return report.finish(
        "sql_questions",
        passed=bool(runs) and min(runs) == 1.0,
        figures={**figures, "aim": AIM, "aims_reached": reached, "model": arguments.model},
    )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="benchmarks.sql_questions", description=__doc__)
    result.add_argument("--model", default="default")
    result.add_argument("--cases", type=int, default=60, help="generated, over the demo shop")
    result.add_argument("--catalogs", type=int, default=20, help="generated, over other catalogs")
    result.add_argument("--handwritten", type=Path, default=HANDWRITTEN)
    result.add_argument("--max-tokens", type=int, default=96)
    result.add_argument("--seed", type=int, default=0)
    return result


def generated(count: int, *, shop_share: float) -> Iterable[Example]:
    """Yields held-out questions, the same for the same arguments."""
    pools = load_pools("held_out")
    for index in range(count):
        rng = random.Random(f"{HELD_OUT_SEED}/questions/{index}")
        yield question_example(rng, pools, "held_out", shop_share=shop_share)


def read_handwritten(path: Path) -> Iterable[Example]:
    """Reads cases of the form `{"id", "question", "sql"}`, one a line, over the demo shop."""
    for line in filter(None, path.read_text(encoding="utf-8").split("\n")):
        case = json.loads(line)
        yield Example("sql", "", case["question"], case["sql"], catalog=shop_ddl())


class Answering(Protocol):
    """An engine, as far as questions go."""

    def generate(self, request: Request) -> Result:
        """Answers a request."""
        ...


def answered(
    engine: Answering, case: Example, constrained: bool, arguments: argparse.Namespace
) -> Tally:
    """Answers one question; the prompt carries the catalog either way."""
    result = engine.generate(
        Request(
            text=case.text,
            spec=spec_of(case),
            constrained=constrained,
            max_tokens=arguments.max_tokens,
            seed=arguments.seed,
        )
    )
    with database_for(case.catalog, case.answer) as database:
        right = same_result(database, case.answer, result.text)
        runs = result_of(database, result.text) is not None
    return Tally(right=right, runs=runs, result=result)


def summary(tallies: Sequence[Tally]) -> dict[str, float]:
    """The figures of one set."""
    count = len(tallies)
    figures = {
        "right": sum(tally.right for tally in tallies) / count,
        "runs": sum(tally.runs for tally in tallies) / count,
        "steps": sum(tally.result.steps for tally in tallies) / count,
        "ms": sum(tally.result.timings.total_ms for tally in tallies) / count,
    }
    return {"cases": count, **{name: round(value, 4) for name, value in figures.items()}}


if __name__ == "__main__":
    sys.exit(main())
