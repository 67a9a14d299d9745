"""What head and self-conditioning over fewer columns save, beside the products over all.

    python -m benchmarks.denoise_head [--columns 256,4096,32768] [--rows 16]
        [--vocabulary-size 262144] [--hidden 2816] [--device cpu|cuda]

A step computes the logits of each position and the embedding of what the step before said; over all
columns as Transformers does, over some as a canvas does whose language uses no others. On a CPU the
time is that of the process on its CPUs, which other processes change least. log Z of a canvas takes
one more product over all columns, once, which is a column of its own.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from benchmarks import report
from engine.head import Columns, Head
from engine.head.crossover import pays, step_bytes

NAME = "denoise_head"
CAP = 30.0
TILE = 4096
"""Rows of the table that are drawn; the rest repeats them, which a product does not notice."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    if arguments.device == "cuda" and not torch.cuda.is_available():
        print("there is no CUDA device here; on a machine with one this same command measures it")
        return report.WRONG_CALL
    print(report.machine())
    with torch.inference_mode():
        return measured(arguments)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog=f"benchmarks.{NAME}",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--columns", type=_numbers, default=(256, 4096, 32768))
    result.add_argument("--rows", type=int, default=16, help="positions of the canvas")
    result.add_argument("--vocabulary-size", type=int, default=262_144)
    result.add_argument("--hidden", type=int, default=2816)
    result.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    result.add_argument("--rounds", type=int, default=3)
    return result


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(int(part) for part in text.split(","))
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError("numbers from 1")
    return numbers


def measured(arguments: argparse.Namespace) -> int:
    """Times every width; a hard aim is missed where one that should pay does not."""
    wide, rows = arguments.vocabulary_size, arguments.rows
    head = _head(arguments)
    dtype = _dtype(arguments)
    hidden = torch.randn(rows, arguments.hidden, dtype=dtype, device=arguments.device)
    temperature = torch.ones(rows, device=arguments.device)
    full_ms = _step_ms(head, hidden, temperature, None, arguments)
    mass_ms = _shortest_ms(lambda: head.log_masses(hidden, temperature), arguments)
    shape = {"rows": rows, "hidden": arguments.hidden, "element": dtype.itemsize}
    titles = ["columns", "step ms", "of full", "moved", "pays", "log Z ms, once"]
    lines, missed = [[wide, full_ms, 1.0, 1.0, False, 0.0]], []
    for count in arguments.columns:
        spent = _step_ms(head, hidden, temperature, drawn_columns(count, wide), arguments)
        moved = step_bytes(count, **shape) / step_bytes(wide, **shape)
        worth = pays(count, wide, **shape)
        lines.append([count, spent, spent / full_ms, moved, worth, mass_ms])
        if worth and 2 * spent + mass_ms >= 2 * full_ms:
            missed.append(f"{count} columns: two steps and log Z take as long as over all")
    shown = [[f"{x:.4g}" if isinstance(x, float) else str(x) for x in line] for line in lines]
    report.table(f"{rows} positions, {wide} x {arguments.hidden}", titles, shown)
    for line in missed:
        print(f"MISSED {line}")
    figures = {
        "device": arguments.device,
        "rows": rows,
        "widths": [dict(zip(titles, line, strict=True)) for line in lines],
        "missed": missed,
    }
    return report.finish(NAME, passed=not missed, figures=figures)


def _head(arguments: argparse.Namespace) -> Head:
    """A head with a table of random numbers; float32 on a CPU, bfloat16 and our kernels else."""
    shape = (TILE, arguments.hidden)
    some = torch.randn(shape, dtype=_dtype(arguments), device=arguments.device)
    weight = some.repeat(-(-arguments.vocabulary_size // TILE), 1)[: arguments.vocabulary_size]
    lm_head = torch.nn.Linear(1, 1, bias=False)
    lm_head.weight = torch.nn.Parameter(weight, requires_grad=False)
    scale = torch.tensor(arguments.hidden**0.5, device=arguments.device)
    decoder = SimpleNamespace(embed_tokens=SimpleNamespace(weight=weight, embed_scale=scale))
    network: Any = SimpleNamespace(
        lm_head=lm_head, model=SimpleNamespace(decoder=decoder), final_logit_softcapping=CAP
    )
    if arguments.device == "cpu":
        return Head(network)
    from engine.head.fused import FusedHead

    return FusedHead(network)


def _dtype(arguments: argparse.Namespace) -> torch.dtype:
    return torch.float32 if arguments.device == "cpu" else torch.bfloat16


def drawn_columns(count: int, wide: int) -> Columns:
    """Returns some columns of a vocabulary, of no language.

    Args:
        count: How many.
        wide: V.
    """
    ids = np.sort(np.random.default_rng(0).choice(wide, min(count, wide), replace=False))
    no_language: Any = None
    return Columns(token_ids=ids, automaton=no_language)


def _step_ms(
    head: Head,
    hidden: torch.Tensor,
    temperature: torch.Tensor,
    columns: Columns | None,
    arguments: argparse.Namespace,
) -> float:
    """Logits, and the embedding of what they say."""

    def step() -> object:
        logits = head.logits(hidden, temperature, columns)
        return head.soft([logits.log_softmax(dim=-1)], columns)

    return _shortest_ms(step, arguments)


def _shortest_ms(call: Callable[[], object], arguments: argparse.Namespace) -> float:
    call()
    return min(_ms(call, arguments.device) for _ in range(arguments.rounds))


def _ms(call: Callable[[], object], device: str) -> float:
    if device == "cpu":
        started = time.process_time()
        call()
        return (time.process_time() - started) * 1e3
    before, after = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    before.record()
    call()
    after.record()
    torch.cuda.synchronize()
    return before.elapsed_time(after)


if __name__ == "__main__":
    sys.exit(main())
