"""Real JSON Schemas with instances: how many we get right, how fast and how large they compile.

python -m benchmarks.json_schema DIR_OR_FILES --vocabulary FILE --peers xgrammar,llguidance
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks import judging, report, spelled_json, trial, vocabularies
from benchmarks.judging import Case, Outcome, by_group, counts, faults, percentiles, refusals
from benchmarks.peers import NOTE as PEERS_NOTE
from constraints import SpecError

SEPARATORS = {
    "compact": spelled_json.COMPACT,
    "spaced": spelled_json.SPACED,
    "flexible": spelled_json.SPACED,
    "any": spelled_json.SPACED,
}
LARGE_VOCABULARY = 100_000
COMPILE_AIMS_MS = {"p50": 50.0, "p95": 500.0}
LEAST_RIGHT, MOST_REFUSED = 0.95, 0.04
CLOSED_NOTE = (
    "objects are closed: instances with undeclared properties are rejected by design, so that "
    "only wrongly accepting is a failure (--open judges the whole specification)"
)
TIMES_NOTE = "times: wall ms; a schema stopped at the time limit counts with the limit"


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    try:
        cases = list(read_cases(arguments))
        size = vocabularies.chosen(arguments).size
    except (OSError, ValueError, KeyError, TypeError, SpecError) as error:
        print(f"cannot read the input: {error!r}", file=sys.stderr)
        return report.WRONG_CALL
    if not cases:
        print(f"no schemas in {arguments.files}", file=sys.stderr)
        return report.WRONG_CALL
    print(report.machine())
    print("\n".join(_notes(arguments)))
    options = {"whitespace": arguments.whitespace, "open_objects": arguments.open}
    load = partial(trial.own, arguments, **options)
    outcomes = trial.run("blockform", load, cases, arguments, masks=True)
    ours = figures(outcomes, arguments.time_limit)
    show("blockform", outcomes, ours)
    peers = {name: _peer(name, cases, arguments) for name in arguments.peers}
    missed = missed_aims(ours, open_objects=arguments.open, vocabulary_size=size)
    measured = any(outcome.judged for outcome in outcomes)
    settings = {**options, "vocabulary_size": size, "time_limit_s": arguments.time_limit}
    return report.finish(
        "json_schema",
        passed=measured and not missed,
        figures={**ours, **settings, "missed_aims": missed, "peers": peers},
    )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="benchmarks.json_schema", description=__doc__)
    result.add_argument("files", type=Path, nargs="+", help=".jsonl files or folders of them")
    trial.add_arguments(result, time_limit=30.0)
    result.add_argument("--open", action="store_true", help="open objects")
    result.add_argument("--whitespace", choices=list(SEPARATORS), default="flexible")
    result.add_argument("--limit", type=int, help="schemas of each file")
    return result


def _notes(arguments: argparse.Namespace) -> Iterator[str]:
    yield trial.NOTE
    yield TIMES_NOTE
    if not arguments.open:
        yield CLOSED_NOTE
    if arguments.peers:
        yield PEERS_NOTE


def read_cases(arguments: argparse.Namespace) -> Iterator[Case]:
    """The cases of all files, those of one file under its stem.

    Raises:
        OSError: A file cannot be read.
        ValueError: A line is no JSON.
        KeyError: A case lacks a member.
        TypeError: A line is no case.
    """
    for path in arguments.files:
        for file in sorted(path.glob("*.jsonl")) if path.is_dir() else [path]:
            lines = filter(None, file.read_text(encoding="utf-8").split("\n"))
            for line in islice(lines, arguments.limit):
                yield _case(file.stem, line, SEPARATORS[arguments.whitespace])


def _case(group: str, line: str, separators: tuple[str, str]) -> Case:
    entry = spelled_json.read(line)
    return Case(
        group=group,
        name=entry["file"],
        schema=spelled_json.written(entry["schema"]),
        instances=judging.instances(entry["tests"], separators),
    )


def figures(outcomes: Sequence[Outcome], time_limit: float) -> dict[str, Any]:
    """What is reported of one engine."""
    return {
        **counts(outcomes),
        "refused_by_keyword": refusals(outcomes),
        "crashed_files": [f"{o.group}/{o.name}" for o in outcomes if o.crashed],
        "timed_out_files": [f"{o.group}/{o.name}" for o in outcomes if o.timed_out],
        "ms": _times(outcomes, time_limit),
        "sizes": _spread(outcome.sizes for outcome in outcomes),
        "splits": {group: counts(members) for group, members in by_group(outcomes).items()},
    }


def _times(outcomes: Sequence[Outcome], time_limit: float) -> dict[str, dict[str, float]]:
    limit = {"compile": time_limit * 1e3, "total": time_limit * 1e3}
    return _spread(limit if o.timed_out else _with_total(o.ms) for o in outcomes)


def _with_total(ms: Mapping[str, float]) -> Mapping[str, float]:
    return {**ms, "total": ms["compile"] + ms["first_mask"]} if ms else {}


def _spread(measurements: Iterable[Mapping[str, float]]) -> dict[str, dict[str, float]]:
    columns: dict[str, list[float]] = {}
    for measurement in measurements:
        for name, value in measurement.items():
            columns.setdefault(name, []).append(value)
    return {name: percentiles(values) for name, values in columns.items()}


def missed_aims(
    figures: Mapping[str, Any], *, open_objects: bool, vocabulary_size: int
) -> list[str]:
    """The hard aims that the figures miss."""
    schemas = figures["schemas"]
    reached = {"wrongly accepting = 0": figures["wrongly_accepting"] == 0}
    if open_objects:
        reached["wholly right >= 95 %"] = figures["right"] >= LEAST_RIGHT * schemas
        reached["refused <= 4 %"] = figures["refused"] <= MOST_REFUSED * schemas
    compile_ms = figures["ms"].get("compile", {})
    if vocabulary_size >= LARGE_VOCABULARY and compile_ms:
        for mark, aim in COMPILE_AIMS_MS.items():
            reached[f"compile {mark} <= {aim:g} ms"] = compile_ms[mark] <= aim
    return [aim for aim, holds in reached.items() if not holds]


def show(name: str, outcomes: Sequence[Outcome], figures: Mapping[str, Any]) -> None:
    """Prints the tables of one engine."""
    rows = [[group, *tally.values()] for group, tally in figures["splits"].items()]
    totals = counts(outcomes)
    columns = [name.replace("_", " ") for name in ("split", *totals)]
    report.table(f"{name}: verdicts", columns, [*rows, ["all", *totals.values()]])
    refused = figures["refused_by_keyword"].items()
    if refused:
        report.table(f"{name}: refused", ["reason", "schemas"], refused)
    marks = [*judging.MARKS]
    spreads = {**figures["ms"], **figures["sizes"]}
    report.table(
        f"{name}: times in ms, and sizes",
        ["what", *marks],
        [[what, *(spread[mark] for mark in marks)] for what, spread in spreads.items()],
    )
    for outcome in outcomes:
        for line in faults(outcome) if outcome.crashed or outcome.timed_out else ():
            print(f"{name}: {line}")
        for description in outcome.accepting:
            print(f"{name}: {outcome.group}: {outcome.name}: {description}: wrongly accepted")


def _peer(name: str, cases: Sequence[Case], arguments: argparse.Namespace) -> dict[str, Any]:
    outcomes = trial.run(name, partial(trial.peer, arguments, name), cases, arguments, masks=True)
    found = figures(outcomes, arguments.time_limit)
    show(name, outcomes, found)
    return found


if __name__ == "__main__":
    sys.exit(main())
