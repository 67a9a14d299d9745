"""What constraining a denoising step costs, beside the sampler that it stands beside anyway.

    python -m benchmarks.block [--states 64,512,4096,32768] [--length 256]
        [--vocabulary-size 262144] [--device cpu|cuda] [--rounds 3]

The languages are arrays of records, with as many fields as make the automaton as large as asked.
On the same logits, in turn and in the same run: (a) the sampler's tail without a constraint
(softmax, multinomial, entropy, argmax); (b) the posterior with dense matrices, where they fit into
memory. The best of all rounds counts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

import constraints
from benchmarks import dense_posterior, report, vocabularies
from constraints import Block, Constraint, JsonSchema, Vocabulary
from constraints.algebra.statistics import atom_statistics
from constraints.spec import Whitespace

KINDS: tuple[dict[str, Any], ...] = (
    {"type": "boolean"},
    {"enum": ["low", "normal", "high", "urgent"]},
    {"type": "integer", "minimum": 0, "maximum": 99999},
    {"type": "string", "format": "date"},
    {"type": "string", "maxLength": 24},
    {"type": "number"},
)
T = TypeVar("T")
FLOOR = -1e4
RATIO_AIMS = ((1_000, 1.5), (10_000, 2.5))
"""States up to which a whole step may take so many times the unconstrained tail, on a CPU."""

AGREEMENT = 1e-3
"""Nats by which log Z of the dense float32 emission may differ from ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One automaton.

    Attributes:
        constraint: The language.
        pieces_ms: Each piece of a constrained step.
        tail_ms: The unconstrained tail.
        dense_ms: The dense baseline, or None where it does not fit.
        dense_gb: What the baseline needs.
        log_z_gap: Nats between the two log Z, or None.
    """

    constraint: Constraint
    pieces_ms: dict[str, float]
    tail_ms: float
    dense_ms: float | None
    dense_gb: float
    log_z_gap: float | None

    @property
    def step_ms(self) -> float:
        """The whole constrained step."""
        return sum(self.pieces_ms.values())

    @property
    def ratio(self) -> float:
        """The step, in unconstrained tails."""
        return self.step_ms / self.tail_ms


def main(argv: list[str] | None = None) -> int:
    """Runs the benchmark; returns its exit code."""
    arguments = parser().parse_args(argv)
    print(report.machine())
    vocabulary = vocabularies.chosen(arguments)
    generator = torch.Generator().manual_seed(arguments.seed)
    logits = torch.randn(arguments.length, vocabulary.size, generator=generator) * arguments.scale
    results = [
        measured(of_size(states, vocabulary, arguments.whitespace), logits, arguments)
        for states in arguments.states
    ]
    return _report(results, arguments)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="benchmarks.block",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    result.add_argument("--states", type=_numbers, default=(64, 512, 4096, 32768))
    result.add_argument("--length", type=int, default=256)
    result.add_argument("--device", choices=["cpu"], default="cpu")
    result.add_argument("--rounds", type=int, default=3)
    result.add_argument("--seed", type=int, default=0)
    result.add_argument("--scale", type=float, default=8.0, help="standard deviation of logits")
    result.add_argument("--whitespace", default="flexible", help="layout policy of the language")
    vocabularies.add_arguments(result)
    result.set_defaults(vocabulary_size=262_144)
    return result


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(int(part) for part in text.split(","))
    if min(numbers) < 1:
        raise ValueError(text)
    return numbers


def records(fields: int) -> str:
    """The schema of an array of records."""
    properties = {f"field_{i}": KINDS[i % len(KINDS)] for i in range(fields)}
    return json.dumps({"type": "array", "items": {"type": "object", "properties": properties}})


def of_size(states: int, vocabulary: Vocabulary, whitespace: Whitespace) -> Constraint:
    """The language of the fewest fields that has at least so many states.

    Args:
        states: Wanted.
        vocabulary: The tokens.
        whitespace: The layout policy.
    """

    def compiled(fields: int) -> Constraint:
        return constraints.compile(JsonSchema(records(fields), whitespace=whitespace), vocabulary)

    low, high = 0, 1
    while compiled(high).num_states < states:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if compiled(middle).num_states >= states else (middle, high)
    return compiled(high)


def measured(constraint: Constraint, logits: Tensor, arguments: argparse.Namespace) -> Measured:
    """The times of one automaton, the best of all rounds.

    Args:
        constraint: The language.
        logits: (L, V) float32.
        arguments: With `rounds` and `seed`.
    """
    block = constraint.block(len(logits))
    pieces: dict[str, float] = {}
    for _ in range(arguments.rounds):
        for name, spent in pieces_of(block, logits.numpy(), arguments.seed).items():
            pieces[name] = min(spent, pieces.get(name, spent))
    generator = torch.Generator().manual_seed(arguments.seed)
    tail_ms = min(_timed(lambda: tail(logits, generator))[0] for _ in range(arguments.rounds))
    dense_ms = gap = None
    if dense_posterior.fits(block):
        step = dense_posterior.step(block, logits)
        dense_ms, (log_z, _) = min(
            (_timed(step) for _ in range(arguments.rounds)), key=lambda timed: timed[0]
        )
        gap = abs(log_z - block.condition(logits.numpy()).log_z)
    return Measured(
        constraint=constraint,
        pieces_ms=pieces,
        tail_ms=tail_ms,
        dense_ms=dense_ms,
        dense_gb=dense_posterior.bytes_needed(block) / dense_posterior.GIGABYTE,
        log_z_gap=gap,
    )


def pieces_of(block: Block, logits: np.ndarray, seed: int) -> dict[str, float]:
    """Milliseconds of each piece of one constrained step, as the engine takes it on a CPU."""
    automaton, rng = block.constraint.automaton, np.random.default_rng(seed)
    statistics, _ = _timed(lambda: atom_statistics(logits, automaton.atom_of, automaton.num_atoms))
    conditioned, posterior = _timed(lambda: block.condition(logits))
    return {
        "atom statistics": statistics,
        "forward-backward": max(conditioned - statistics, 0.0),
        "weights": _timed(lambda: posterior.weights)[0],
        "entropy": _timed(lambda: (posterior.entropy, posterior.ended))[0],
        "sample": _timed(lambda: posterior.sample(rng))[0],
        "best": _timed(posterior.best)[0],
        "self-conditioning": _timed(lambda: posterior.finite_log_marginals(FLOOR))[0],
    }


def tail(logits: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """What Transformers' sampler does with a step's logits."""
    probabilities = torch.softmax(logits, dim=-1, dtype=torch.float32)
    drawn = torch.multinomial(probabilities, num_samples=1, generator=generator)
    entropy = torch.distributions.Categorical(logits=logits, validate_args=False).entropy()
    return drawn, entropy, logits.argmax(dim=-1)


def _timed(call: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    result = call()
    return (time.perf_counter() - started) * 1e3, result


def _report(results: list[Measured], arguments: argparse.Namespace) -> int:
    columns = ["states", "edges", "atoms", *results[0].pieces_ms, "step", "tail", "ratio", "dense"]
    rows = [
        [
            each.constraint.num_states,
            each.constraint.num_edges,
            each.constraint.num_atoms,
            *(round(spent, 1) for spent in each.pieces_ms.values()),
            round(each.step_ms, 1),
            round(each.tail_ms, 1),
            round(each.ratio, 2),
            f"needs {each.dense_gb:.0f} GB" if each.dense_ms is None else round(each.dense_ms, 1),
        ]
        for each in results
    ]
    report.table(f"milliseconds a step, {arguments.whitespace}", columns, rows)
    missed = [
        f"{each.constraint.num_states} states: {each.ratio:.2f} tails, aim {aim}"
        for each in results
        for aim in [_aim(each.constraint.num_states)]
        if aim is not None and each.ratio > aim
    ]
    missed += [
        f"{each.constraint.num_states} states: log Z differs by {each.log_z_gap:.4f} nats"
        for each in results
        if each.log_z_gap is not None and each.log_z_gap > AGREEMENT
    ]
    for line in missed:
        print(f"MISSED {line}")
    figures = {
        "device": arguments.device,
        "length": arguments.length,
        "vocabulary_size": arguments.vocabulary_size,
        "whitespace": arguments.whitespace,
        "automata": [dict(zip(columns, row, strict=True)) for row in rows],
        "missed": missed,
    }
    return report.finish("block", passed=bool(results) and not missed, figures=figures)


def _aim(states: int) -> float | None:
    return next((aim for most, aim in RATIO_AIMS if states <= most), None)


if __name__ == "__main__":
    sys.exit(main())
