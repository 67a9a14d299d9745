"""Best of several by evidence: log Z as a weight over answers to the same request."""

from __future__ import annotations

import numpy as np

from benchmarks.failures.lab import ENGINE, Figures, Lab
from benchmarks.failures.on_model import Answers, answered

NUM_DRAWS = 4


def on_model(lab: Lab) -> Figures:
    """Four seeds a request; which of them is right, and which of them log Z would choose.

    `log Z` takes the answer of greatest log Z, `log Z a token` divides it by the tokens, `majority`
    takes the text given most often, `oracle` the best of the four, `mean` is one draw.
    """
    draws = [
        lab.reference if seed == 0 else answered(lab.engine, lab.cases, ENGINE, seed=seed)
        for seed in range(NUM_DRAWS)
    ]
    shares = np.stack([draw.shares for draw in draws])
    chosen = {
        "log Z": _log_z(draws, per_token=False).argmax(axis=0),
        "log Z a token": _log_z(draws, per_token=True).argmax(axis=0),
        "majority": _majority(draws),
        "oracle": shares.argmax(axis=0),
    }
    figures = {"mean": {"share": float(shares.mean()), "better": 0, "worse": 0}}
    for name, index in chosen.items():
        picked = shares[index, np.arange(shares.shape[1])]
        figures[name] = {
            "share": float(picked.mean()),
            "better": int((picked > shares[0]).sum()),
            "worse": int((picked < shares[0]).sum()),
        }
    return {name: {key: round(v, 4) for key, v in row.items()} for name, row in figures.items()}


def _log_z(draws: list[Answers], *, per_token: bool) -> np.ndarray:
    """(K, N) float64."""
    return np.array(
        [
            [each.log_z / (len(each.token_ids) + 1 if per_token else 1) for each in draw.results]
            for draw in draws
        ]
    )


def _majority(draws: list[Answers]) -> np.ndarray:
    """(N,) index of a draw whose text most draws agree on."""
    texts = np.array([[each.text for each in draw.results] for draw in draws], dtype=object)
    agree = (texts[:, None, :] == texts[None, :, :]).sum(axis=0)
    return agree.argmax(axis=0)
