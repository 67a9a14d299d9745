"""A synthetic denoiser whose posterior is known: Bayes' rule over a few planned canvases.

A trained denoiser answers "which text is under this noise?". Here the texts are listed, so the
answer can be computed: the noise replaces each position by a uniform token with probability t, and
t is uniform over a grid, since the model is not told it. That is the corruption DiffusionGemma is
trained on (reference/diffusiongemma.md, section 6). Nothing is fitted, and every failure that shows
here is one of the loop, not of weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import log_softmax, logsumexp

from benchmarks.failures.arms import Step
from constraints import Block
from engine.canvas import Ends
from engine.clock import Stopwatch
from engine.conditioned import HostRow
from engine.denoise import Denoised, denoise
from engine.sampler import Noise
from engine.schedule import Schedule
from engine.step import Ask, Seen
from engine.within import choose_within

NOTHING = -1
NOISE_LEVELS = np.linspace(0.02, 0.98, 25)
LEAST_TOLD = -8.0
"""Nats below which what the model told itself about a token is not believed more strongly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """A mixture of planned canvases.

    Attributes:
        plans: (K, L) int64 token ids; `NOTHING` where the model was not trained to say anything.
        log_prior: (K,) float64, nats.
        width: V.
        blur: Probability that the model gives, at each position, to a token of no plan.
        trust: Weight of what it told itself at the step before, against the canvas.
    """

    plans: NDArray[np.int64]
    log_prior: NDArray[np.float64]
    width: int
    blur: float = 1e-3
    trust: float = 0.25

    def logits(
        self, canvas: NDArray[np.int64], told: NDArray[np.floating] | None
    ) -> NDArray[np.float32]:
        """(L, V) log-probabilities of each position, given a noisy canvas (L,)."""
        weights = np.exp(self.log_weights(canvas, told))
        length = self.plans.shape[1]
        result = np.full((length, self.width), self.blur / self.width)
        for plan, weight in zip(self.plans, (1 - self.blur) * weights, strict=True):
            said = np.flatnonzero(plan != NOTHING)
            result[said, plan[said]] += weight
            result[plan == NOTHING] += weight / self.width
        return np.log(result).astype(np.float32)

    def log_weights(
        self, canvas: NDArray[np.int64], told: NDArray[np.floating] | None
    ) -> NDArray[np.float64]:
        """(K,) log posterior of the plans."""
        said = self.plans != NOTHING
        matches = (self.plans == canvas).sum(axis=1)[:, None]
        others = said.sum(axis=1)[:, None] - matches
        kept = np.log(1 - NOISE_LEVELS + NOISE_LEVELS / self.width)
        lost = np.log(NOISE_LEVELS / self.width)
        evidence = logsumexp(matches * kept + others * lost, axis=1)
        evidence -= (~said).sum(axis=1) * np.log(self.width)
        if told is not None:
            believed = np.maximum(log_softmax(told, axis=1), LEAST_TOLD)
            of_plans = believed[np.arange(self.plans.shape[1]), self.plans]
            evidence += self.trust * np.where(said, of_plans, LEAST_TOLD).sum(axis=1)
        weights = self.log_prior + evidence
        return weights - logsumexp(weights)


def settled(
    planner: Planner,
    block: Block,
    schedule: Schedule,
    *,
    seed: int,
    step: Step = choose_within,
) -> Denoised:
    """Denoises one canvas with a planner in the model's place."""
    noise = Noise(seed, planner.width, torch.device("cpu"))
    choose = partial(
        step,
        block=block,
        ends=Ends.of(block.constraint.vocabulary),
        stopwatch=Stopwatch(),
    )
    steps = denoise(
        choose,
        schedule,
        noise,
        block=block,
        length=block.length,
        watch=lambda *_: None,
        should_stop=lambda: False,
    )
    try:
        ask = next(steps)
        while True:
            ask = steps.send(_seen(planner, block, ask, noise))
    except StopIteration as ended:
        return ended.value


def _seen(planner: Planner, block: Block, ask: Ask, noise: Noise) -> Seen:
    told = None if ask.told is None else ask.told.logits[0].numpy()
    logits = torch.from_numpy(planner.logits(ask.canvas[0].numpy(), told)).unsqueeze(0)
    logits = logits / ask.temperature
    posterior = HostRow(block.condition(logits[0].numpy()), noise, logits.device)
    return Seen(logits=logits, posterior=posterior)


def filled(token_ids: Sequence[int], length: int, ends: Ends) -> list[int]:
    """A canvas that holds a text, its end, and the filling after it; cut where it is too long."""
    return [*token_ids, ends.end_ids[0], *[ends.fill_id] * length][:length]
