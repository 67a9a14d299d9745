"""What runs in a process of its own: cases are examined and what was found is made smaller."""

from __future__ import annotations

import resource
from collections.abc import Callable
from dataclasses import replace

from benchmarks.json_schema_fuzz.case import Case
from benchmarks.json_schema_fuzz.examination import examined
from benchmarks.json_schema_fuzz.finding import Outcome
from benchmarks.json_schema_fuzz.shrinking import minimised

MINIMISE_SECONDS = 15.0
MEMORY_LIMIT = 12 << 30
MOST_MINIMISED = 3


def worker() -> Callable[[Case], Outcome]:
    """Limits the process's memory; returns what is done for each case."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    return _examined_and_minimised


def _examined_and_minimised(case: Case) -> Outcome:
    outcome = examined(case)
    found = outcome.findings[:MOST_MINIMISED]
    return replace(
        outcome, findings=tuple(minimised(case, each, MINIMISE_SECONDS) for each in found)
    )
