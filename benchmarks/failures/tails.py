"""Length bias of what follows the end: scored by nothing, by the pad token, or with a floor."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import numpy as np
import torch

import constraints
from benchmarks.failures.arms import Arm, Step, choose_within, conditioned_anew
from benchmarks.failures.lab import Figures, Lab
from benchmarks.failures.planner import NOTHING, Planner, filled, settled
from constraints import Block, Regex
from engine.sampler import Draft
from engine.step import Seen

LENGTH = 24
SHORT, LONG = 2, 8
FLOORS = (0.1, 0.5, 0.9)


def with_pad_floor(floor: float) -> Callable[..., Draft]:
    """A step that takes the pad token for no less probable than a floor, at every position."""
    return partial(_floored, floor=floor)


def _floored(seen: Seen, *, block: Block, floor: float, **given: Any) -> Draft:
    pad = block.constraint.vocabulary.pad_id
    assert pad is not None
    log_p = seen.logits.log_softmax(dim=-1)
    raised = log_p.clone()
    raised[..., pad] = torch.maximum(log_p[..., pad], torch.tensor(floor).log())
    logits = raised.log_softmax(dim=-1)
    return choose_within(conditioned_anew(seen, block, logits), block=block, **given)


WAYS: dict[str, tuple[Literal["any", "pad"], Step]] = {
    "any": ("any", choose_within),
    "pad": ("pad", choose_within),
    **{f"pad, floor {floor}": ("pad", with_pad_floor(floor)) for floor in FLOORS},
}


def planned(lab: Lab) -> Figures:
    """A model that knows a short and a long list, trained with pad after the end or with nothing.

    `short` is the share of trials that commit the short list; `odds` is the model's own.
    """
    constraint = constraints.compile(Regex(r"\[\d(,\d)*\]"), lab.vocabulary)
    figures: Figures = {}
    for trained in ("pad", "nothing"):
        for odds in (0.2, 0.5, 0.8):
            for name, (tail, step) in WAYS.items():
                block = constraint.block(length=LENGTH, tail=tail)
                lengths = []
                for seed in range(lab.trials):
                    planner = _planner(lab, seed, odds, trained)
                    end = settled(planner, block, lab.schedule, seed=seed, step=step)
                    lengths.append(len(constraint.text(end.draft.best[0].tolist()).split(b",")))
                found = np.array(lengths)
                figures[f"{trained} after the end, odds {odds}, {name}"] = {
                    "short": float((found == SHORT).mean()),
                    "long": float((found == LONG).mean()),
                    "neither": float(((found != SHORT) & (found != LONG)).mean()),
                }
    return figures


def on_model(lab: Lab) -> Figures:
    """The loaded model was trained with pad after the end."""
    return lab.compared(
        [
            Arm(name="any", tail="any"),
            Arm(name="pad, floor 0.5", step=with_pad_floor(0.5)),
        ]
    )


def _planner(lab: Lab, seed: int, odds: float, trained: str) -> Planner:
    digits = np.random.default_rng(seed).integers(0, 10, LONG).tolist()
    plans = []
    for size in (SHORT, LONG):
        token_ids = lab.token_ids("[" + ",".join(map(str, digits[:size])) + "]")
        plan = np.array(filled(token_ids, LENGTH, lab.ends))
        if trained == "nothing":
            plan[len(token_ids) + 1 :] = NOTHING
        plans.append(plan)
    return Planner(
        plans=np.array(plans),
        log_prior=np.log([odds, 1 - odds]),
        width=lab.vocabulary.size,
    )
