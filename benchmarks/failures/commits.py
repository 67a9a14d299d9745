"""What is committed when the loop ends: the canvas, a sample, or the most probable member."""

from __future__ import annotations

from benchmarks.failures.arms import Arm, Endings, commits_the_sample
from benchmarks.failures.lab import ENGINE, Figures, Lab
from benchmarks.failures.on_model import answered

CAPS = (1, 2, 4)
STOPS = (1, 8)


def on_model(lab: Lab) -> Figures:
    """How often the canvas itself would have been wrong, and what early ends cost."""
    endings = Endings(lab.engine.model.schedule.entropy_bound)
    answered(lab.engine, lab.cases, Arm(name="watched", step=endings.step))
    figures = lab.compared(
        [
            Arm(name="commits the sample", step=commits_the_sample),
            *(Arm(name=f"at most {cap} steps", schedule={"max_steps": cap}) for cap in CAPS),
            *(Arm(name=f"told to stop after {stop}", stop_after=stop) for stop in STOPS),
        ]
    )
    figures[ENGINE.name] |= endings.shares()
    return figures
