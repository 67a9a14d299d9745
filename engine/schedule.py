"""How long a canvas is denoised, how warm, and how sure a position must be."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Literal, get_args

import torch
from torch import Tensor

Told = Literal["marginals", "logits"]
TOLD: tuple[Told, ...] = get_args(Told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The settings of the denoise loop; the defaults are those of Transformers.

    Attributes:
        max_steps: Denoising steps of a canvas at most.
        t_min: Temperature that the last step approaches.
        t_max: Temperature of the first step.
        entropy_bound: Nats; see `engine.sampler.within_entropy_bound`.
        stability_threshold: Steps for which the best canvas must stay the same.
        confidence_threshold: Nats; mean entropy below which a canvas counts as certain.
        self_conditioning: What a step within a language tells the next one: the constrained
            marginals, or the model's own logits, as it was trained with
            (`docs/design/012-known-failures.md`).
    """

    max_steps: int = 48
    t_min: float = 0.4
    t_max: float = 0.8
    entropy_bound: float = 0.1
    stability_threshold: int = 1
    confidence_threshold: float = 0.005
    self_conditioning: Told = "marginals"

    def __post_init__(self) -> None:
        if self.max_steps < 1:
            raise ValueError(f"max_steps is {self.max_steps}; it must be at least 1")
        if not 0 < self.t_min <= self.t_max:
            raise ValueError(f"temperatures must be 0 < t_min <= t_max: {self.t_min}, {self.t_max}")

    @classmethod
    def from_generation_config(cls, config: object) -> Schedule:
        """Reads the settings that a checkpoint's generation config names.

        Args:
            config: A `DiffusionGemmaGenerationConfig`; what it leaves None takes the default.
        """
        sampler = getattr(config, "sampler_config", None)
        named = {field.name: getattr(config, field.name, None) for field in fields(cls)}
        named["max_steps"] = getattr(config, "max_denoising_steps", None)
        named["entropy_bound"] = getattr(sampler, "entropy_bound", None)
        return cls(**{name: value for name, value in named.items() if value is not None})

    def with_max_steps(self, max_steps: int | None) -> Schedule:
        """Returns the same schedule with another step cap; None keeps this one."""
        return self if max_steps is None else replace(self, max_steps=max_steps)

    def temperature(self, step: int) -> Tensor:
        """Returns the temperature of a step, falling linearly from `t_max`.

        Args:
            step: From 1 to `max_steps`.

        Returns:
            () float32. A tensor, because Transformers computes it in float32 and our logits are
            to be equal to the last bit.

        Source: `LinearTemperatureScheduleLogitsProcessor`, which counts the steps that remain.
        """
        remaining = torch.tensor(self.max_steps - step + 1, dtype=torch.int32)
        return self.t_min + (self.t_max - self.t_min) * (remaining / self.max_steps)
