"""What every experiment works with: a model, its evaluation texts, and how many trials to make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from benchmarks.failures.arms import Arm
from benchmarks.failures.on_model import Answers, answered
from constraints import Vocabulary
from engine import Engine
from engine.canvas import Ends
from engine.schedule import Schedule
from models.example import Example

Figures = dict[str, dict[str, float]]
"""Rows by name, columns by name."""

ENGINE = Arm(name="engine")


@dataclass(frozen=True, kw_only=True)
class Lab:
    """Where experiments are made.

    Attributes:
        engine: The model under test; synthetic ones use its tokenizer and its vocabulary.
        cases: Evaluation texts.
        trials: Of each synthetic setting.
        schedule: Of synthetic canvases.
    """

    engine: Engine
    cases: Sequence[Example]
    trials: int
    schedule: Schedule

    @property
    def vocabulary(self) -> Vocabulary:
        """Of the model."""
        return self.engine.model.vocabulary

    @property
    def ends(self) -> Ends:
        """Of the vocabulary."""
        return Ends.of(self.vocabulary)

    def token_ids(self, text: str) -> list[int]:
        """The tokenizer's own segmentation."""
        encoded: Any = self.engine.model.tokenizer(text, add_special_tokens=False)
        return encoded["input_ids"]

    @cached_property
    def reference(self) -> Answers:
        """What the engine as it is answers; every other arm is held against it."""
        return answered(self.engine, self.cases, ENGINE)

    def compared(self, arms: Sequence[Arm]) -> Figures:
        """Figures of the engine and of every other arm, with the cases it wins and loses."""
        figures: Figures = {ENGINE.name: self.reference.figures()}
        for arm in arms:
            if arm.name != ENGINE.name:
                answers = answered(self.engine, self.cases, arm)
                figures[arm.name] = {**answers.figures(), **answers.against(self.reference)}
        return figures
