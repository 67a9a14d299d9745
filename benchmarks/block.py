"""What constraining a denoising step costs, beside the sampler that it stands beside anyway.

    python -m benchmarks.block [--states 64,512,4096,32768] [--length 256]
        [--vocabulary-size 262144] [--device cpu|cuda] [--rounds 3]

The languages are records with as few fields as make the automaton as large as asked; past 500
states, arrays of records, all of whose states are alive at nearly all positions.
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
from engine.algebra import Program
from engine.algebra.pieces import pieces
from engine.within import LOG_ZERO

KINDS: tuple[dict[str, Any], ...] = (
    {"type": "boolean"},
    {"enum": ["low", "normal", "high", "urgent"]},
    {"type": "integer", "minimum": 0, "maximum": 99999},
    {"type": "string", "format": "date"},
    {"type": "string", "maxLength": 24},
    {"type": "number"},
)
T = TypeVar("T")
Clock = Callable[[Callable[[], Any]], tuple[float, Any]]
"""Calls something; milliseconds, and what it returned."""

Pieces = Callable[[Clock], dict[str, float]]
"""One step, piece by piece, each timed by a clock."""

REPEATS = 20
SINGLE = 500
"""States up to which the language is one record."""

Aims = tuple[tuple[int, float], ...]
RATIO_AIMS: Aims = ((1_100, 1.5), (11_000, 2.5))
"""States up to which a whole step may take so many times the unconstrained tail, on a CPU."""

DEVICE_AIMS: Aims = ((4_500, 0.6), (34_000, 1.0))
"""States up to which a whole step may take so many milliseconds on an H200-class device."""

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
    if arguments.device == "cuda" and not torch.cuda.is_available():
        print("there is no CUDA device here; on a machine with one this same command measures it")
        return report.WRONG_CALL
    print(report.machine())
    vocabulary = vocabularies.chosen(arguments)
    generator = torch.Generator().manual_seed(arguments.seed)
    logits = torch.randn(arguments.length, vocabulary.size, generator=generator) * arguments.scale
    logits = logits.to(arguments.device)
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
    result.add_argument("--device", choices=list(CLOCKS), default="cpu")
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


def records(fields: int, *, repeated: bool) -> str:
    """The schema of a record, or of an array of them."""
    properties = {f"field_{i}": KINDS[i % len(KINDS)] for i in range(fields)}
    record = {"type": "object", "properties": properties}
    return json.dumps({"type": "array", "items": record} if repeated else record)


def of_size(states: int, vocabulary: Vocabulary, whitespace: Whitespace) -> Constraint:
    """The language of the fewest fields that has at least so many states.

    Args:
        states: Wanted.
        vocabulary: The tokens.
        whitespace: The layout policy.
    """

    def compiled(fields: int) -> Constraint:
        schema = records(fields, repeated=states > SINGLE)
        return constraints.compile(JsonSchema(schema, whitespace=whitespace), vocabulary)

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
    block, clock = constraint.block(len(logits)), CLOCKS[arguments.device]
    calls = PIECES[arguments.device](block, logits, arguments.seed)
    calls(clock)  # compiles the loops and the kernels
    best: dict[str, float] = {}
    for _ in range(arguments.rounds):
        for name, spent in calls(clock).items():
            best[name] = min(spent, best.get(name, spent))
    generator = torch.Generator(logits.device).manual_seed(arguments.seed)
    tail_ms = min(clock(lambda: tail(logits, generator))[0] for _ in range(arguments.rounds))
    dense_ms = gap = None
    if arguments.device == "cpu" and dense_posterior.fits(block):
        step = dense_posterior.step(block, logits)
        dense_ms, (log_z, _) = min(
            (clock(step) for _ in range(arguments.rounds)), key=lambda timed: timed[0]
        )
        gap = abs(log_z - block.condition(logits.numpy()).log_z)
    return Measured(
        constraint=constraint,
        pieces_ms=best,
        tail_ms=tail_ms,
        dense_ms=dense_ms,
        dense_gb=dense_posterior.bytes_needed(block) / dense_posterior.GIGABYTE,
        log_z_gap=gap,
    )


def host_pieces(block: Block, logits: Tensor, seed: int) -> Pieces:
    """Milliseconds of each piece of one constrained step, as the engine takes it on a CPU.

    `pass`: over the vocabulary; `chain`: set scores, forward and backward; `weights`: of atoms;
    `entropy`: of every marginal, and where the text ends; `sample` and `best`: one canvas each;
    `told`: log marginals for self-conditioning, the second pass over the vocabulary.
    """
    automaton, rows = block.constraint.automaton, logits.numpy()

    def run(clock: Clock) -> dict[str, float]:
        rng = np.random.default_rng(seed)
        passed, _ = clock(lambda: atom_statistics(rows, automaton.atom_of, automaton.num_atoms))
        conditioned, posterior = clock(lambda: block.condition(rows))
        return {
            "pass": passed,
            "chain": max(conditioned - passed, 0.0),
            "weights": clock(lambda: posterior.weights)[0],
            "entropy": clock(lambda: (posterior.entropy, posterior.ended))[0],
            "sample": clock(lambda: posterior.sample(rng))[0],
            "best": clock(posterior.best)[0],
            "told": clock(lambda: posterior.finite_log_marginals(LOG_ZERO))[0],
        }

    return run


def device_pieces(block: Block, logits: Tensor, seed: int) -> Pieces:
    """The same of the device's operations, by the names of `engine.algebra.pieces`."""
    del seed
    program = Program.of([block], device=logits.device)
    calls = pieces(program, logits.unsqueeze(0), floor=LOG_ZERO)
    whole = calls.pop("step")
    whole()

    def run(clock: Clock) -> dict[str, float]:
        return {name: clock(call)[0] for name, call in calls.items()}

    return run


def tail(logits: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """What Transformers' sampler does with a step's logits."""
    probabilities = torch.softmax(logits, dim=-1, dtype=torch.float32)
    drawn = torch.multinomial(probabilities, num_samples=1, generator=generator)
    entropy = torch.distributions.Categorical(logits=logits, validate_args=False).entropy()
    return drawn, entropy, logits.argmax(dim=-1)


def _wall(call: Callable[[], T]) -> tuple[float, T]:
    started = time.perf_counter()
    result = call()
    return (time.perf_counter() - started) * 1e3, result


def _events(call: Callable[[], T]) -> tuple[float, T]:
    """Milliseconds on the device, the mean of several calls in a row after a first."""
    result = call()
    before, after = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    before.record()
    for _ in range(REPEATS):
        call()
    after.record()
    torch.cuda.synchronize()
    return before.elapsed_time(after) / REPEATS, result


CLOCKS: dict[str, Clock] = {"cpu": _wall, "cuda": _events}
PIECES: dict[str, Callable[[Block, Tensor, int], Pieces]] = {
    "cpu": host_pieces,
    "cuda": device_pieces,
}


def _report(results: list[Measured], arguments: argparse.Namespace) -> int:
    columns = [
        "states",
        "edges",
        "atoms",
        *results[0].pieces_ms,
        "step",
        "tail",
        "ratio",
        "dense",
        "of it",
    ]
    rows = [
        [
            each.constraint.num_states,
            each.constraint.num_edges,
            each.constraint.num_atoms,
            *(round(spent, 1) for spent in each.pieces_ms.values()),
            round(each.step_ms, 1),
            round(each.tail_ms, 1),
            round(each.ratio, 2),
            f"{each.dense_gb:.0f} GB" if each.dense_ms is None else round(each.dense_ms, 1),
            None if each.dense_ms is None else round(each.step_ms / each.dense_ms, 3),
        ]
        for each in results
    ]
    report.table(f"milliseconds a step, {arguments.whitespace}", columns, rows)
    unit, aims, figure = AIMS[arguments.device]
    missed = [
        f"{each.constraint.num_states} states: {figure(each):.2f} {unit}, aim {aim}"
        for each in results
        for aim in [_aim(each.constraint.num_states, aims)]
        if aim is not None and figure(each) > aim
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


AIMS: dict[str, tuple[str, Aims, Callable[[Measured], float]]] = {
    "cpu": ("tails", RATIO_AIMS, lambda each: each.ratio),
    "cuda": ("ms", DEVICE_AIMS, lambda each: each.step_ms),
}


def _aim(states: int, aims: Aims) -> float | None:
    return next((aim for most, aim in aims if states <= most), None)


if __name__ == "__main__":
    sys.exit(main())
