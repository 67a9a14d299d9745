"""Acceptance by conditional entropies along the drawn path, against marginal ones."""

from __future__ import annotations

import numpy as np

import constraints
from benchmarks.failures.arms import Arm, accepts_by_path, choose_within, goes_by_path
from benchmarks.failures.lab import Figures, Lab
from benchmarks.failures.planner import Planner, filled, settled
from constraints import Choice

WAYS = {"marginal": choose_within, "path": accepts_by_path, "path, stop too": goes_by_path}
LENGTH = 24
OPTIONS = (
    "approved after the second review",
    "rejected for want of a signature",
    "postponed until the next meeting",
    "withdrawn by those who asked for it",
)


def planned(lab: Lab) -> Figures:
    """Options of many tokens: one choice that every position of the canvas hangs on.

    `first` is the share of trials that commit the likeliest option, which has 0.4 to 0.2 each.
    """
    constraint = constraints.compile(Choice(OPTIONS), lab.vocabulary)
    block, figures = constraint.block(length=LENGTH), {}
    plans = np.array([filled(lab.token_ids(text), LENGTH, lab.ends) for text in OPTIONS])
    for bound in (0.1, 0.01):
        planner = Planner(
            plans=plans, log_prior=np.log([0.4, 0.2, 0.2, 0.2]), width=lab.vocabulary.size
        )
        for name, step in WAYS.items():
            ends = [
                settled(planner, block, lab.schedule, seed=seed, step=step)
                for seed in range(lab.trials)
            ]
            texts = [constraint.text(end.draft.best[0].tolist()).decode() for end in ends]
            figures[f"bound {bound}, {name}"] = {
                "first": texts.count(OPTIONS[0]) / lab.trials,
                "steps": sum(end.steps for end in ends) / lab.trials,
            }
    return figures


def on_model(lab: Lab) -> Figures:
    """The same on the loaded model, and other bounds for comparison."""
    return lab.compared(
        [
            Arm(name="path", step=accepts_by_path),
            *(Arm(name=f"bound {nats}", schedule={"entropy_bound": nats}) for nats in (0.02, 0.5)),
        ]
    )
