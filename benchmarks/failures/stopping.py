"""The stop rule: over which positions its mean is taken, and what it takes for certain."""

from __future__ import annotations

from benchmarks.failures.arms import Arm, stops_by_all
from benchmarks.failures.lab import Figures, Lab

THRESHOLDS = (0.02, 0.1, 0.5)


def on_model(lab: Lab) -> Figures:
    """The mean over live, free positions, against the mean over all, at several thresholds."""
    return lab.compared(
        [
            Arm(name="mean over all", step=stops_by_all),
            *(
                Arm(name=f"threshold {nats}", schedule={"confidence_threshold": nats})
                for nats in THRESHOLDS
            ),
            *(
                Arm(name=f"stable for {steps}", schedule={"stability_threshold": steps})
                for steps in (0, 2)
            ),
        ]
    )
