"""Random schemas and real ones bent out of shape: what we accept and draw, against jsonschema.

python -m benchmarks.json_schema_fuzz --seconds 600 --seed 0 --schemas DIR --findings FILE
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks import report
from benchmarks.isolation import Failure, Worker
from benchmarks.json_schema_fuzz.case import Case, Real, case_of, read_real
from benchmarks.json_schema_fuzz.finding import Finding, Outcome
from benchmarks.json_schema_fuzz.maker import KEYWORDS
from benchmarks.json_schema_fuzz.worker import worker

EXAMINE_LIMIT = 120.0
RESTART_SECONDS = 120.0
RETRY_SECONDS = 5.0
"""After a worker did not start: the code it imports may be in the middle of an edit."""
MOST_ALIKE = 2


@dataclass(slots=True)
class Tally:
    """What a run has seen so far."""

    findings: Path | None
    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    alike: Counter[tuple[str, ...]] = field(default_factory=Counter)

    def add(self, outcome: Outcome) -> None:
        """Counts an outcome and writes its findings."""
        self.counts["schemas"] += 1
        for name in ("compared", "valid", "unjudged", "drawn", "too_long"):
            self.counts[name] += getattr(outcome, name)
        if outcome.refused:
            self.refused[outcome.refused] += 1
        for finding in outcome.findings:
            self.kinds[finding.kind] += 1
            self.alike[signature(finding)] += 1
            if self.alike[signature(finding)] <= MOST_ALIKE:
                self.write(finding)

    def write(self, finding: Finding) -> None:
        """One line for a finding, at once."""
        line = json.dumps(asdict(finding), ensure_ascii=False)
        if self.findings is None:
            print(line, flush=True)
            return
        with self.findings.open("a") as file:
            file.write(line + "\n")


def signature(finding: Finding) -> tuple[str, ...]:
    """What findings of one cause mostly share: the kind, and the error or the keywords."""
    if finding.kind == "crash":
        return finding.kind, finding.ours[:80]
    words = {word for word in re.findall(r'"([^"\\]+)":', finding.schema) if word in KEYWORDS}
    return finding.kind, *sorted(words)


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    if arguments.schemas is not None and not arguments.schemas.is_dir():
        print(f"no folder {arguments.schemas}", file=sys.stderr)
        return report.WRONG_CALL
    real = [] if arguments.schemas is None else read_real(arguments.schemas)
    print(report.machine())
    tally = Tally(arguments.findings)
    fuzz(tally, real, seed=arguments.seed, seconds=arguments.seconds)
    return _report(tally, arguments.seed)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="benchmarks.json_schema_fuzz", description=__doc__)
    result.add_argument("--seconds", type=float, default=60.0)
    result.add_argument("--seed", type=int, default=0)
    result.add_argument("--schemas", type=Path, help="folder of .jsonl with real schemas to bend")
    result.add_argument("--findings", type=Path, help="file to append to; else they are printed")
    return result


def fuzz(tally: Tally, real: Sequence[Real], *, seed: int, seconds: float) -> None:
    """Examines cases until the time is over, in a process that is renewed now and then."""
    ends = time.monotonic() + seconds
    number = 0
    while time.monotonic() < ends:
        process: Worker[Case, Outcome] = Worker(worker, time_limit=EXAMINE_LIMIT)
        renewed = min(ends, time.monotonic() + RESTART_SECONDS)
        try:
            while time.monotonic() < renewed:
                case = case_of(random.Random(f"{seed} {number}"), real)
                tally.add(_answered(case, process.ask(case)))
                number += 1
        except RuntimeError:
            tally.counts["not_started"] += 1
            time.sleep(RETRY_SECONDS)
        finally:
            process.close()


def _answered(case: Case, answer: Outcome | Failure) -> Outcome:
    if isinstance(answer, Outcome):
        return answer
    finding = Finding(
        kind="hang" if answer.timed_out else "crash",
        schema=case.schema,
        instance="",
        ours=answer.message or f"no answer within {EXAMINE_LIMIT:g} s",
        oracle="",
    )
    return Outcome(findings=(finding,))


def _report(tally: Tally, seed: int) -> int:
    figures = {
        "seed": seed,
        **tally.counts,
        "refused": tally.refused.total(),
        "findings": dict(tally.kinds),
        "refused_by_keyword": dict(tally.refused.most_common()),
    }
    report.table("refused", ["code:keyword", "schemas"], tally.refused.most_common())
    report.table("findings", ["kind", "number"], tally.kinds.most_common())
    rows = [(name, value) for name, value in figures.items() if not isinstance(value, dict)]
    report.table("fuzz", ["figure", "value"], rows)
    passed = not tally.kinds and tally.counts["compared"] > 0
    return report.finish("json_schema_fuzz", passed=passed, figures=figures)


if __name__ == "__main__":
    sys.exit(main())
