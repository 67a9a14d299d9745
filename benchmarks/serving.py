"""Requests denoised together beside one at a time: throughput and latency of a whole server.

    python -m benchmarks.serving [--concurrency 1,4,16] [--requests 24] [--max-batch 16]
        [--rounds 2]

Two servers with the built-in model, one with `--max-batch 1`, are asked in turn for records of the
same texts by as many clients as the concurrency says, each with one request at a time; the other
one is then asked for the same without enforcing it. The best of all rounds counts, by itself for
each figure. Every answer within a schema is validated. Wall-clock times mean little on a machine
that others use too: the aims are about CPU time, of a request and of a step. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np

from benchmarks import cpu_time, report
from blockform.client import AsyncClient
from blockform.launch import launched

DATA = Path(__file__).parents[1] / "examples" / "data"
NAMES = ("support", "shipment", "order")
AIMS = {1: 1.1, 4: 0.85, 16: 0.7}
"""By concurrency, CPU time of a request at most, in that of a batch of one."""
STEP_AIM = 1.15
"""CPU time of a denoising step within a schema at most, in that of a step without."""
TIMEOUT_S = 600.0
FIGURES = ("requests_per_s", "p50_ms", "p95_ms", "cpu_s", "step_ms")
COLUMNS = ("concurrency", "max_batch", *FIGURES)


@dataclass(frozen=True, slots=True)
class Case:
    """A text, and the schema of its record."""

    text: str
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Measured:
    """One server under one load.

    Attributes:
        requests_per_s: Answers, over the time from the first call to the last answer.
        p50_ms: Median latency of an answer, the queue included.
        p95_ms: 95th percentile of the same.
        cpu_s: CPU time of the server for each answer, in seconds.
        step_ms: CPU time of the server for each step of an answer, in milliseconds.
        invalid: Answers that are no record of their schema.
    """

    requests_per_s: float
    p50_ms: float
    p95_ms: float
    cpu_s: float
    step_ms: float
    invalid: int


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    if not cpu_time.can_be_told():
        parser().error("it needs /proc, to tell CPU time")
    print(report.machine())
    with (
        launched(["--max-batch", "1"]) as alone,
        launched(["--max-batch", str(arguments.max_batch)]) as together,
    ):
        best = measured({1: alone, arguments.max_batch: together}, arguments)
        free = measured({arguments.max_batch: together}, arguments, constrained=False)
    return _report(best, free, arguments)


def measured(
    servers: Mapping[int, str], arguments: argparse.Namespace, *, constrained: bool = True
) -> dict[tuple[int, int], Measured]:
    """Asks servers in turn; returns the best round by concurrency and batch size.

    Args:
        servers: Targets by batch size.
        arguments: With `concurrency`, `requests` and `rounds`.
        constrained: Whether the schema is enforced, or the model is only told.
    """
    for address in servers.values():
        asyncio.run(under_load(address, concurrency=len(NAMES), requests=len(NAMES)))
    best: dict[tuple[int, int], Measured] = {}
    for _ in range(arguments.rounds):
        for concurrency in arguments.concurrency:
            for size, address in servers.items():
                found = asyncio.run(
                    under_load(address, concurrency, arguments.requests, constrained=constrained)
                )
                key = (concurrency, size)
                best[key] = _better(best[key], found) if key in best else found
    return best


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="benchmarks.serving",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--concurrency", type=_numbers, default=(1, 4, 16))
    result.add_argument("--requests", type=_number, default=24, help="for each measurement")
    result.add_argument("--max-batch", type=_batch, default=16, help="at least 2")
    result.add_argument("--rounds", type=_number, default=2)
    return result


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def _batch(text: str) -> int:
    number = _number(text)
    if number < 2:
        raise ValueError(text)
    return number


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(_number(part) for part in text.split(","))


async def under_load(
    address: str, concurrency: int, requests: int, *, constrained: bool = True
) -> Measured:
    """Asks a server.

    Args:
        address: Its target.
        concurrency: Clients that ask at the same time, each for one record after the other.
        requests: In all; the n-th asks about text n with seed n.
        constrained: Whether the schema is enforced; what is not can be no valid record.
    """
    cases, numbers = [case(name) for name in NAMES], count()
    latencies: list[float] = []
    invalid = steps = 0

    async def ask(client: AsyncClient) -> None:
        nonlocal invalid, steps
        while (number := next(numbers)) < requests:
            asked = cases[number % len(cases)]
            started = time.perf_counter()
            result = await client.generate(
                asked.text,
                asked.schema,
                seed=number,
                timeout=TIMEOUT_S,
                constrained=constrained,
            )
            latencies.append(time.perf_counter() - started)
            steps += result.steps
            invalid += constrained and not jsonschema.Draft202012Validator(asked.schema).is_valid(
                result.value
            )

    async with AsyncClient(address) as client:
        started, spent = time.perf_counter(), cpu_time.of_descendants()
        await asyncio.gather(*(ask(client) for _ in range(concurrency)))
        elapsed = time.perf_counter() - started
        spent = cpu_time.of_descendants() - spent
    p50, p95 = np.percentile(latencies, [50, 95]) * 1e3
    return Measured(
        requests_per_s=requests / elapsed,
        p50_ms=float(p50),
        p95_ms=float(p95),
        cpu_s=spent / requests,
        step_ms=spent / steps * 1e3,
        invalid=invalid,
    )


def case(name: str) -> Case:
    """Returns one of the examples' texts with its schema."""
    schema = json.loads((DATA / f"{name}.schema.json").read_text(encoding="utf-8"))
    return Case((DATA / f"{name}.txt").read_text(encoding="utf-8"), schema)


def _better(one: Measured, other: Measured) -> Measured:
    return Measured(
        requests_per_s=max(one.requests_per_s, other.requests_per_s),
        p50_ms=min(one.p50_ms, other.p50_ms),
        p95_ms=min(one.p95_ms, other.p95_ms),
        cpu_s=min(one.cpu_s, other.cpu_s),
        step_ms=min(one.step_ms, other.step_ms),
        invalid=one.invalid + other.invalid,
    )


def _report(
    best: dict[tuple[int, int], Measured],
    free: dict[tuple[int, int], Measured],
    arguments: argparse.Namespace,
) -> int:
    rows = [_row(key, each) for key, each in best.items()]
    report.table("default model", COLUMNS, rows)
    free_rows = [_row(key, each) for key, each in free.items()]
    report.table("the same, enforcing nothing", COLUMNS, free_rows)
    ratios = {
        concurrency: _ratios(best[concurrency, arguments.max_batch], best[concurrency, 1])
        for concurrency in arguments.concurrency
    }
    report.table(
        f"--max-batch {arguments.max_batch} in terms of --max-batch 1",
        ["concurrency", *next(iter(ratios.values()))],
        [[concurrency, *each.values()] for concurrency, each in ratios.items()],
    )
    costs = {key[0]: _ratios(best[key], each) for key, each in free.items()}
    report.table(
        "within the schema in terms of enforcing nothing",
        ["concurrency", *FIGURES],
        [[concurrency, *each.values()] for concurrency, each in costs.items()],
    )
    missed = [
        f"concurrency {concurrency}: {each['cpu_s']} times the CPU time, aim {AIMS[concurrency]}"
        for concurrency, each in ratios.items()
        if each["cpu_s"] > AIMS.get(concurrency, math.inf)
    ]
    missed += [
        f"concurrency {concurrency}: a step takes {each['step_ms']} times the CPU time of a free "
        f"one, aim {STEP_AIM}"
        for concurrency, each in costs.items()
        if each["step_ms"] > STEP_AIM
    ]
    missed += [
        f"concurrency {concurrency}, batch {size}: {each.invalid} invalid answers"
        for (concurrency, size), each in best.items()
        if each.invalid
    ]
    for line in missed:
        print(f"MISSED {line}")
    figures = {
        "max_batch": arguments.max_batch,
        "requests": arguments.requests,
        "measured": [dict(zip(COLUMNS, row, strict=True)) for row in rows],
        "free": [dict(zip(COLUMNS, row, strict=True)) for row in free_rows],
        "ratios": ratios,
        "constrained_in_free": costs,
        "missed": missed,
    }
    return report.finish("serving", passed=bool(best) and not missed, figures=figures)


def _row(key: tuple[int, int], each: Measured) -> list[float]:
    return [
        *key,
        round(each.requests_per_s, 2),
        round(each.p50_ms),
        round(each.p95_ms),
        round(each.cpu_s, 3),
        round(each.step_ms, 2),
    ]


def _ratios(ours: Measured, theirs: Measured) -> dict[str, float]:
    return {name: round(getattr(ours, name) / getattr(theirs, name), 2) for name in FIGURES}


if __name__ == "__main__":
    sys.exit(main())
