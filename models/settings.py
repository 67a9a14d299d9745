"""How long and how to train: the settings of one phase."""

from __future__ import annotations

from dataclasses import dataclass

from models.corpus import JOB_WEIGHTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one phase; each is an option of `models.train`.

    Attributes:
        minutes: Time spent in steps; what a resumed run has spent counts.
        lr: Learning rate of AdamW; Muon takes three times as much.
        warmup: Steps until the full rate.
        steady: Share of the minutes after which the rate starts to fall.
        cuts: Canvases cut from each answer.
        aligned: Share of the cuts, the first aside, at multiples of the canvas length.
        causal_share: Share of the steps that train the causal encoder alone.
        causal_weight: Weight of the causal loss beside the denoising loss.
        pad_weight: Weight of a position after the end of the answer.
        full_noise: Share of the canvases that are nothing but noise.
        settled: Share of the canvases with a nearly clean beginning.
        foresight: Weight of a canvas position for every replaced one before it; below 1 the
            first open position, which is what generation settles next, counts most.
        self_condition: Share of the steps with self-conditioning.
        size: Scale of the records at the start and at the end; no more than 1 is used.
        job_weights: How often records, choices and SQL queries are drawn.
        tokens: Tokens of a batch, padding included.
        every_minutes: Time between checkpoints.
        seed: Of weights, draws and the stream of cases.
    """

    minutes: float = 30.0
    lr: float = 2e-3
    warmup: int = 20
    steady: float = 0.55
    cuts: int = 3
    aligned: float = 0.6
    causal_share: float = 0.0
    causal_weight: float = 0.5
    pad_weight: float = 0.1
    full_noise: float = 0.2
    settled: float = 0.6
    foresight: float = 1.0
    self_condition: float = 0.4
    size: tuple[float, float] = (0.3, 1.2)
    job_weights: tuple[int, int, int] = JOB_WEIGHTS
    tokens: int = 3500
    every_minutes: float = 7.0
    seed: int = 1

    def __post_init__(self) -> None:
        if self.cuts < 1 and self.causal_share < 1:
            raise ValueError("without cuts only the causal encoder can be trained")
        if not 0 < self.steady < 1 or self.minutes <= 0:
            raise ValueError("minutes must be positive and steady between 0 and 1")
