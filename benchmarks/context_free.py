"""Figures of context-free languages: tables, configurations, growth, and how tight the bound is.

python -m benchmarks.context_free [--vocabulary FILE] [--length 128]

Logits are made around a text of each grammar, in three regimes: late (nearly settled), middle and
early; each position shares its probability with its neighbours (blur) and with noise from tokens of
all texts, as in the study that `docs/design/010` names.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import constraints
from benchmarks import report, vocabularies
from constraints import Lark, Vocabulary
from constraints.lark import compile_lark
from constraints.pushdown.machine import Machine
from constraints.segmentation import shortest_segmentation

SUBJECTS = {
    "json": (
        Lark("json"),
        '{"id": 17, "name": "Ortiz Ltd", "items": [{"sku": "A-1", "qty": 2}, {"sku": "B-7", '
        '"qty": 10}], "paid": true, "note": null}',
    ),
    "arithmetic": (Lark("arithmetic"), "(a + 2.5) * f(b, -c ^ 2) / (1 - d % 7) + g(h(1), x)"),
    "python": (
        Lark("python_expression"),
        "[f(x, key=y.z[1:2]) for x in items if x.price > 10 and not x.sold] + [None, {'a': 1}]",
    ),
    "xml": (Lark("xml"), '<a id="1"><b>some text</b><c lang="de"/><b>more &amp; more</b></a>'),
}


@dataclass(frozen=True, slots=True)
class Regime:
    """How sure a model is.

    Attributes:
        name: Its name.
        blur: Standard deviation of the shift of a position.
        noise: Share of probability on tokens of other texts.
    """

    name: str
    blur: float
    noise: float


REGIMES = (Regime("late", 0.3, 0.02), Regime("middle", 0.7, 0.2), Regime("early", 1.5, 0.5))
FLOOR = 1e-4
WALKED = 300
STEPS = 4


def main() -> int:
    """Runs the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.context_free", description=__doc__)
    parser.add_argument("--length", type=int, default=128, help="positions of the canvas")
    vocabularies.add_arguments(parser)
    arguments = parser.parse_args()
    vocabulary = vocabularies.chosen(arguments)
    _ = vocabulary.trie
    print(report.machine())
    for spec, _ in SUBJECTS.values():  # compiled code is loaded before anything is timed
        warm = constraints.compile(spec, vocabularies.synthetic(600))
        warm.block(length=8).condition(np.zeros((8, 600), dtype=np.float32))
    sizes: dict[str, dict[str, Any]] = {}
    grown: dict[str, dict[str, Any]] = {}
    for name, (spec, text) in SUBJECTS.items():
        sizes[name] = _sizes(spec, vocabulary)
        for regime in REGIMES:
            figures = _growth(spec, text, vocabulary, regime, arguments.length)
            grown[f"{name} {regime.name}"] = figures
    columns = list(next(iter(sizes.values())))
    report.table("languages", ["grammar", *columns], [[n, *s.values()] for n, s in sizes.items()])
    columns = list(next(iter(grown.values())))
    report.table("growth", ["grammar", *columns], [[n, *g.values()] for n, g in grown.items()])
    passed = all(figures["members"] for figures in grown.values())
    return report.finish("context_free", passed=passed, figures={"sizes": sizes, "growth": grown})


def _sizes(spec: Lark, vocabulary: Vocabulary) -> dict[str, Any]:
    """What a walk through a language by chance meets."""
    compile_ms, _ = _timed(lambda: constraints.compile(spec, vocabulary))
    language, _ = compile_lark(spec)
    machine = Machine(language, vocabulary.trie)
    rng = np.random.default_rng(0)
    walked = [machine.start()]
    for _ in range(WALKED):
        machine.expand([walked[-1]])
        targets = machine.edges(walked[-1])[1]
        stuck = not len(targets) or len(walked) % 20 == 0
        walked.append(machine.start() if stuck else int(rng.choice(targets)))
    fresh = [n for n in range(machine.size) if machine.found.first[n] < 0][:WALKED]
    first_ms = [_timed(lambda n=n: machine.expand([n]))[0] for n in fresh]
    again = Machine(language, vocabulary.trie)
    again.store = machine.store
    start = again.start()
    times, queue = [], [start]
    for number in queue:
        times.append(_timed(lambda n=number: again.expand([n]))[0])
        known = set(queue)
        queue += [t for t in again.edges(number)[1].tolist() if t not in known][:3]
        if len(times) == WALKED:
            break
    return {
        "compile ms": round(compile_ms, 1),
        "scanner states": len(language.bounded.lexer.label),
        "tables": machine.store.num_tables,
        "token sets": machine.store.sets.num_sequences,
        "met": machine.size,
        "edges p50": float(np.median([len(machine.edges(n)[1]) for n in set(walked[:-1])])),
        "expand ms p50": _percentile(times, 50),
        "p99": _percentile(times, 99),
        "with tables p99": _percentile(first_ms, 99),
    }


def _growth(
    spec: Lark, text: str, vocabulary: Vocabulary, regime: Regime, length: int
) -> dict[str, Any]:
    constraint = constraints.compile(spec, vocabulary)
    tokens = constraint.encode(text.encode())
    if tokens is None:
        raise ValueError(f"{text!r} is no member")
    length = max(length, len(tokens) + 1)
    logits = _logits(tokens, vocabulary, regime, length)
    block_ms, block = _timed(lambda: constraint.block(length=length))
    first_ms, posterior = _timed(lambda: block.condition(logits))
    later_ms = min(_timed(lambda: block.condition(logits))[0] for _ in range(STEPS - 1))
    settled = block.condition(logits)
    rng = np.random.default_rng(1)
    canvases = [posterior.best(), *(posterior.sample(rng) for _ in range(4))]
    members = all(constraints.validate(spec, constraint.text(c)) is None for c in canvases)
    return {
        "log Z": round(posterior.log_z, 2),
        "certificate": float(posterior.certificate),
        "after steps": float(settled.certificate),
        "known": posterior.block.constraint.num_states,
        "edges": posterior.block.constraint.num_edges,
        "atoms": posterior.block.constraint.num_atoms,
        "block ms": round(block_ms, 1),
        "first ms": round(first_ms, 1),
        "later ms": round(later_ms, 1),
        "again ms": round(_timed(lambda: posterior.block.condition(logits))[0], 1),
        "members": members,
    }


def _logits(
    tokens: list[int], vocabulary: Vocabulary, regime: Regime, length: int
) -> NDArray[np.float32]:
    """Marginals around a text, ended and padded."""
    end = vocabulary.eos_ids[0]
    gold = np.array([*tokens, *[end] * (length - len(tokens))])
    noise = np.unique([*gold, *_tokens_of_all(vocabulary)])
    at = np.arange(length)
    weight = np.exp(-0.5 * ((at[:, None] - at[None, :]) / regime.blur) ** 2)
    weight /= weight.sum(axis=1, keepdims=True)
    p = np.full((length, vocabulary.size), FLOOR / vocabulary.size)
    p[:, noise] += regime.noise / len(noise)
    for position in range(length):
        np.add.at(p[position], gold, (1 - regime.noise) * weight[position])
    return np.log(p / p.sum(axis=1, keepdims=True)).astype(np.float32)


def _tokens_of_all(vocabulary: Vocabulary) -> list[int]:
    texts = [text.encode() for _, text in SUBJECTS.values()]
    return [t for text in texts for t in shortest_segmentation(vocabulary, text) or ()]


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    result = call()
    return (time.perf_counter() - began) * 1e3, result


def _percentile(values: list[float], q: float) -> float:
    return round(float(np.percentile(values, q)), 3) if values else 0.0


if __name__ == "__main__":
    sys.exit(main())
