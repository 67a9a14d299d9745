"""Emission-only collapse: a trajectory that never sees a member has nothing to commit."""

from __future__ import annotations

import json

import numpy as np

import constraints
from benchmarks.failures.arms import (
    Arm,
    choose_within,
    draw_only,
    drawn_apart,
    emission_only,
    told_only,
)
from benchmarks.failures.lab import Figures, Lab
from benchmarks.failures.planner import Planner, filled, settled
from constraints import JsonSchema

STEPS = {
    "engine": choose_within,
    "emission_only": emission_only,
    "draw_only": draw_only,
    "told_only": told_only,
    "drawn_apart": drawn_apart,
}
ARMS = tuple(Arm(name=name, step=step) for name, step in STEPS.items())
LENGTH = 32
VALUE_PRIOR = (0.7, 0.1, 0.1, 0.1)
SCHEMA = """{"type": "object", "required": ["user_id"], "additionalProperties": false,
    "properties": {"user_id": {"type": "integer", "minimum": 0}}}"""


def planned(lab: Lab) -> Figures:
    """A model that would rather write a sentence than the record that the language asks for.

    It knows four values, one far likelier; `right` is the share of trials that commit that one.
    """
    constraint = constraints.compile(JsonSchema(SCHEMA), lab.vocabulary)
    block, figures = constraint.block(length=LENGTH), {}
    for prose in (0.5, 0.9, 0.99):
        for name, step in STEPS.items():
            right, log_z, steps = 0, [], 0
            for seed in range(lab.trials):
                values = np.random.default_rng(seed).choice(9000, len(VALUE_PRIOR), replace=False)
                planner = _planner(lab, values + 1000, prose)
                end = settled(planner, block, lab.schedule, seed=seed, step=step)
                text = constraint.text(end.draft.best[0].tolist())
                right += json.loads(text)["user_id"] == values[0] + 1000
                log_z.append(end.draft.log_z)
                steps += end.steps
            figures[f"prose {prose}, {name}"] = {
                "right": right / lab.trials,
                "log_z": round(float(np.median(log_z)), 2),
                "steps": steps / lab.trials,
            }
    return figures


def on_model(lab: Lab) -> Figures:
    """The same on the loaded model, whose own plan is JSON already."""
    return lab.compared(ARMS)


def _planner(lab: Lab, values: np.ndarray, prose: float) -> Planner:
    plans, log_prior = [], []
    for value, prior in zip(values.tolist(), VALUE_PRIOR, strict=True):
        said = f"The user has the id {value}, as far as I can see."
        for text, share in ((said, prose), (f'{{"user_id":{value}}}', 1 - prose)):
            plans.append(filled(lab.token_ids(text), LENGTH, lab.ends))
            log_prior.append(np.log(prior * share))
    return Planner(plans=np.array(plans), log_prior=np.array(log_prior), width=lab.vocabulary.size)
