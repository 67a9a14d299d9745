"""An arm on a loaded model and the evaluation texts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partialmethod
from unittest.mock import patch

import numpy as np
from scipy.stats import binomtest

from benchmarks.batched import answered_together
from benchmarks.failures.arms import Arm
from constraints import Constraint, JsonSchema
from engine import Engine, Request, Result
from models.example import Example
from models.scoring import field_hits

AT_ONCE = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What an arm answered.

    Attributes:
        results: One for each case.
        shares: (N,) float64, share of each case's fields that are right.
        fields: Share of all fields that are right.
    """

    results: list[Result]
    shares: np.ndarray
    fields: float

    def figures(self) -> dict[str, float]:
        """What every table has."""
        count = len(self.results)
        return {
            "fields": round(self.fields, 4),
            "exact": round(float((self.shares == 1).mean()), 4),
            "steps": round(sum(each.steps for each in self.results) / count, 2),
            "tokens": round(sum(len(each.token_ids) for each in self.results) / count, 2),
        }

    def against(self, other: Answers) -> dict[str, float]:
        """Cases in which more fields are right, and fewer, than another arm has; sign test."""
        better, worse = (
            int((self.shares > other.shares).sum()),
            int((self.shares < other.shares).sum()),
        )
        p = binomtest(better, better + worse).pvalue if better + worse else 1.0
        return {"better": better, "worse": worse, "p": round(float(p), 4)}


def answered(
    engine: Engine,
    cases: Sequence[Example],
    arm: Arm,
    *,
    seed: int = 0,
) -> Answers:
    """Answers every case in an arm's way.

    The arm's step stands in for the engine's while this runs, in this thread.
    """
    model = replace(engine.model, schedule=replace(engine.model.schedule, **arm.schedule))
    armed = Engine(model)
    armed._compiled = engine._compiled  # the same vocabulary: languages are shared
    requests = [_request(case, seed) for case in cases]
    block = partialmethod(Constraint.block, tail=arm.tail)
    with (
        patch("engine.constrained.choose_within", arm.step),
        patch.object(Constraint, "block", block if arm.tail else Constraint.block),
    ):
        results = answered_together(armed, requests, AT_ONCE, arm.stop_after)
    return scored(cases, results, [each.text for each in results])


def scored(cases: Sequence[Example], results: list[Result], texts: Sequence[str]) -> Answers:
    """Counts the right fields of texts that were read out of results."""
    hits = [field_hits(case, text) for case, text in zip(cases, texts, strict=True)]
    right, total = (np.array(column) for column in zip(*hits, strict=True))
    return Answers(results=results, shares=right / total, fields=float(right.sum() / total.sum()))


def _request(case: Example, seed: int) -> Request:
    return Request(text=case.text, spec=JsonSchema(json.dumps(case.schema)), seed=seed)
