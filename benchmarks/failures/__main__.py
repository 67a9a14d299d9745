"""Runs the experiments on known failures: a table for each, one JSON line at the end.

    python -m benchmarks.failures [--only collapse,tails,shift] [--cases 60] [--trials 200]
        [--no-model] [--threads 1]

Experiments have two parts: trials with a synthetic denoiser whose posterior is known, and the
evaluation texts on a loaded model. Figures are for reading, not for passing; what must hold is
what the design page concludes, and `AIMS` checks that it still does.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from benchmarks import report
from benchmarks.failures import (
    acceptance,
    collapse,
    commits,
    evidence,
    segmentation,
    shift,
    stopping,
    tails,
)
from benchmarks.failures.lab import Figures, Lab
from benchmarks.steps import evaluation_sets
from engine import Engine
from engine.schedule import Schedule

SYNTHETIC: dict[str, Callable[[Lab], Figures]] = {
    "collapse": collapse.planned,
    "tails": tails.planned,
    "shift": shift.planned,
    "acceptance": acceptance.planned,
}
ON_MODEL: dict[str, Callable[[Lab], Figures]] = {
    "collapse": collapse.on_model,
    "tails": tails.on_model,
    "shift": shift.on_model,
    "stopping": stopping.on_model,
    "acceptance": acceptance.on_model,
    "commits": commits.on_model,
    "segmentation": segmentation.on_model,
    "evidence": evidence.on_model,
}
NAMES = tuple(dict.fromkeys([*SYNTHETIC, *ON_MODEL]))
AIMS: dict[str, Callable[[Figures], bool]] = {
    "collapse": lambda found: (
        found["prose 0.9, engine"]["right"] >= 0.6
        and found["prose 0.9, emission_only"]["right"] <= 0.1
    ),
    "tails": lambda found: (
        abs(found["pad after the end, odds 0.5, pad"]["short"] - 0.5) <= 0.15
        and found["pad after the end, odds 0.5, any"]["short"] >= 0.8
    ),
    "shift": lambda found: (
        found["openness 1e-12, before the canvas"]["right"] >= 0.9
        and found["openness 1e-12, forced inside"]["right"] <= 0.5
    ),
}
"""What a synthetic part must show: the failure, and that what we do is free of it."""


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    names = arguments.only.split(",") if arguments.only else list(NAMES)
    if unknown := sorted(set(names) - set(NAMES)):
        print(f"unknown experiments: {', '.join(unknown)}; known: {', '.join(NAMES)}")
        return report.WRONG_CALL
    torch.set_num_threads(arguments.threads)
    print(report.machine())
    lab = laboratory(arguments)
    figures: dict[str, Figures] = {}
    for name in names:
        for part, experiments in (("planned", SYNTHETIC), ("on_model", ON_MODEL)):
            if name in experiments and (part == "planned" or arguments.model_too):
                figures[f"{name}_{part}"] = found = experiments[name](lab)
                show(f"{name}, {part}", found)
    reached = {
        name: bool(aim(figures[f"{name}_planned"])) for name, aim in AIMS.items() if name in names
    }
    return report.finish(
        "failures",
        passed=bool(figures) and all(reached.values()),
        figures={"figures": figures, "aims_reached": reached, "settings": dict(vars(arguments))},
    )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="benchmarks.failures", description=__doc__)
    result.add_argument("--only", default="", help="experiments, separated by commas")
    result.add_argument("--model", default="default")
    result.add_argument("--cases", type=int, default=60, help="generated cases")
    result.add_argument("--handwritten", type=int, default=0, help="cases written by hand")
    result.add_argument("--trials", type=int, default=200, help="of each synthetic setting")
    result.add_argument("--no-model", dest="model_too", action="store_false")
    result.add_argument("--threads", type=int, default=1, help="of torch")
    return result


def laboratory(arguments: argparse.Namespace) -> Lab:
    """Loads the model and makes the cases."""
    engine = Engine.load(arguments.model)
    cases = evaluation_sets(arguments.cases, arguments.handwritten) if arguments.model_too else {}
    return Lab(
        engine=engine,
        cases=[case for each in cases.values() for case in each],
        trials=arguments.trials,
        schedule=replace(Schedule(), max_steps=20),
    )


def show(title: str, figures: Figures) -> None:
    """Prints the table of one part; a column that a row lacks stays empty."""
    columns = list(dict.fromkeys(column for row in figures.values() for column in row))
    rows: list[list[Any]] = [
        [name, *(row.get(column, "") for column in columns)] for name, row in figures.items()
    ]
    report.table(title, ["arm", *columns], rows)


if __name__ == "__main__":
    sys.exit(main())
