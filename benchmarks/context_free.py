"""Figures of context-free languages: tables, configurations, growth, and how tight the bound is.

python -m benchmarks.context_free [--vocabulary FILE] [--length 128]

Logits are made around a text of each grammar, in three regimes: late (nearly settled), middle and
early; each position shares its probability with its neighbours (blur) and with noise from tokens of
all texts, as in the study that `docs/design/010` names. Its figures stand beside ours; they are of
its own grammars (a SQL of 65 rules, all of Python's `eval_input`), so they compare in kind. Times
are CPU times of this process. A step is hard-limited to `MOST_TAILS` times what an unconstrained
sampler does with the same logits: softmax, a draw, entropy and argmax of every row.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import constraints
from benchmarks import report, vocabularies
from benchmarks.block import tail
from constraints import Lark, Sql, Vocabulary
from constraints.posterior import Posterior, statistics_of
from constraints.pushdown import PushdownConstraint
from constraints.pushdown.machine import Machine
from constraints.segmentation import shortest_segmentation

CATALOG = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, name TEXT, city TEXT, country TEXT);
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER, status TEXT, total REAL);
CREATE TABLE items (order_id INTEGER, product_id INTEGER, quantity INTEGER, price REAL);
CREATE TABLE products (id INTEGER PRIMARY KEY, title TEXT, category TEXT, stock INTEGER);
"""

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
    "sql": (
        Sql("sqlite", catalog=CATALOG),
        "SELECT c.name, SUM(i.quantity * i.price) AS spent FROM customers AS c JOIN orders AS o ON "
        "o.customer_id = c.id JOIN items AS i ON i.order_id = o.id WHERE o.status = 'paid' "
        "GROUP BY c.name ORDER BY spent DESC LIMIT 10",
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
MOST_TAILS = 2.5
"""Unconstrained tails that a whole step may take, growth and all."""

STUDY: dict[str, dict[str, float]] = {
    "json": {"tables": 139, "atoms": 309, "expand ms p50": 0.033, "p99": 0.16},
    "sql": {"tables": 1083, "atoms": 2275, "expand ms p50": 0.24, "p99": 1.7},
    "python": {"tables": 1772, "atoms": 2541, "expand ms p50": 0.57, "p99": 2.4},
}
"""What the study measured (SQL with the contextual lexer); p99 is of the parser's part alone."""


def main() -> int:
    """Runs the benchmark; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.context_free", description=__doc__)
    parser.add_argument("--length", type=int, default=128, help="positions of the canvas")
    parser.add_argument(
        "--only", choices=sorted(SUBJECTS), nargs="*", default=list(SUBJECTS), help="grammars"
    )
    vocabularies.add_arguments(parser)
    arguments = parser.parse_args()
    vocabulary = vocabularies.chosen(arguments)
    _ = vocabulary.trie
    print(report.machine())
    subjects = {name: SUBJECTS[name] for name in arguments.only}
    for spec, _ in subjects.values():  # compiled code is loaded before anything is timed
        _warm(spec)
    sizes: dict[str, dict[str, Any]] = {}
    grown: dict[str, dict[str, Any]] = {}
    for name, (spec, text) in subjects.items():
        sizes[name] = _sizes(spec, vocabulary)
        for regime in REGIMES:
            figures = _growth(spec, text, vocabulary, regime, arguments.length)
            grown[f"{name} {regime.name}"] = figures
    _print("languages", sizes)
    _print("growth", grown)
    _print("the study's", {name: STUDY[name] for name in subjects if name in STUDY})
    passed = bool(grown) and all(
        figures["members"] and figures["tails"] <= MOST_TAILS for figures in grown.values()
    )
    figures = {"sizes": sizes, "growth": grown, "study": STUDY}
    return report.finish("context_free", passed=passed, figures=figures)


def _print(title: str, rows: dict[str, dict[str, Any]]) -> None:
    if rows:
        columns = list(next(iter(rows.values())))
        report.table(title, ["", *columns], [[name, *row.values()] for name, row in rows.items()])


def _warm(spec: Lark | Sql) -> None:
    vocabulary = vocabularies.synthetic(600)
    block = _compiled(spec, vocabulary).block(length=64)
    rng = np.random.default_rng(0)
    for _ in range(STEPS):
        block.condition(3.0 * rng.normal(size=(64, vocabulary.size)).astype(np.float32))


def _compiled(spec: Lark | Sql, vocabulary: Vocabulary) -> PushdownConstraint:
    constraint = constraints.compile(spec, vocabulary)
    assert isinstance(constraint, PushdownConstraint)
    return constraint


def _sizes(spec: Lark | Sql, vocabulary: Vocabulary) -> dict[str, Any]:
    """What a walk through a language by chance meets."""
    compile_ms, constraint = _timed(lambda: _compiled(spec, vocabulary))
    language = constraint.language
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
    times, reached = [], list(dict.fromkeys(walked[:-1]))
    for number in reached:
        standing, state = machine.configuration(number)
        same = again.number((again.standing(machine.stacks(standing)), state))
        times.append(_timed(lambda n=same: again.expand([n]))[0])
    return {
        "compile ms": round(compile_ms, 1),
        "scanner states": len(language.bounded.lexer.label),
        "tables": machine.store.num_tables,
        "token sets": machine.store.sets.num_sequences,
        "met": machine.size,
        "edges p50": float(np.median([len(machine.edges(n)[1]) for n in reached])),
        "expand ms p50": _percentile(times, 50),
        "p99": _percentile(times, 99),
        "with tables p50": _percentile(first_ms, 50),
        "with tables p99": _percentile(first_ms, 99),
    }


def _growth(
    spec: Lark | Sql, text: str, vocabulary: Vocabulary, regime: Regime, length: int
) -> dict[str, Any]:
    constraint = _compiled(spec, vocabulary)
    tokens = constraint.encode(text.encode())
    if tokens is None:
        raise ValueError(f"{text!r} is no member")
    length = max(length, len(tokens) + 1)
    logits = _logits(tokens, vocabulary, regime, length)
    block_ms, block = _timed(lambda: constraint.block(length=length))
    cold = [_timed(lambda: block.condition(logits)) for _ in range(STEPS)]
    again = constraint.block(length=length)
    warm = [_timed(lambda: again.condition(logits))[0] for _ in range(STEPS)]
    posterior, settled = cold[0][1], cold[-1][1]
    known = settled.block
    pass_ms, statistics = _best(lambda: statistics_of(known, logits))
    algebra_ms, _ = _best(lambda: Posterior.given(known, logits, statistics))
    generator = torch.Generator().manual_seed(0)
    tail_ms, _ = _best(lambda: tail(torch.from_numpy(logits), generator))
    rng = np.random.default_rng(1)
    canvases = [posterior.best(), *(settled.sample(rng) for _ in range(4))]
    return {
        "log Z": round(settled.log_z, 2),
        "certificate": float(posterior.certificate),
        "after steps": float(settled.certificate),
        "known": known.constraint.num_states,
        "edges": known.constraint.num_edges,
        "atoms": known.constraint.num_atoms,
        "block ms": round(block_ms, 1),
        "first ms": round(cold[0][0], 1),
        "later ms": round(max(ms for ms, _ in cold[1:]), 1),
        "warm ms": round(max(warm), 1),
        "vocabulary ms": round(pass_ms, 1),
        "algebra ms": round(algebra_ms, 1),
        "growth ms": round(max(warm) - pass_ms - algebra_ms, 1),
        "tail ms": round(tail_ms, 1),
        "tails": round(max([*warm, *(ms for ms, _ in cold)]) / tail_ms, 2),
        "members": all(_is_member(constraint, constraint.text(each)) for each in canvases),
    }


def _is_member(constraint: PushdownConstraint, text: bytes) -> bool:
    """By Lark; of SQL, whose names the engine still has to see resolve, by reading it."""
    if isinstance(constraint.spec, Sql):
        return constraint.accepts(text)
    return constraints.validate(constraint.spec, text) is None


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
    """Milliseconds of this process's CPU time, all threads together, and what was returned."""
    began = time.process_time()
    result = call()
    return (time.process_time() - began) * 1e3, result


def _best(call: Callable[[], Any]) -> tuple[float, Any]:
    """The same, least of three."""
    return min((_timed(call) for _ in range(3)), key=lambda timed: timed[0])


def _percentile(values: list[float], q: float) -> float:
    return round(float(np.percentile(values, q)), 3) if values else 0.0


if __name__ == "__main__":
    sys.exit(main())
