"""Ways of making a step other than `engine.within.choose_within`: the failures, and candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import torch

from benchmarks.failures.path_entropy import path_entropy
from constraints import Block
from engine.conditioned import HostRow
from engine.sampler import Draft, Noise, within_entropy_bound
from engine.step import Seen
from engine.unconstrained import choose_freely
from engine.within import CERTAINLY_ENDED, choose_within

Step = Callable[..., Draft]
"""`choose_within` or something with its arguments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One way of generating, to be compared with others.

    Attributes:
        name: For the table.
        step: What makes a draft of what was seen.
        schedule: Fields of `Schedule` that differ from the model's.
        tail: What may follow the end; None is the engine's choice.
        stop_after: Steps of a request after which it is told to stop; None for never.
    """

    name: str
    step: Step = choose_within
    schedule: dict[str, Any] = field(default_factory=dict)
    tail: Literal["any", "pad"] | None = None
    stop_after: int | None = None


def emission_only(seen: Seen, **given: Any) -> Draft:
    """The trajectory is the model's own; only what is committed is a member."""
    member, free = choose_within(seen, **given), _free(seen)
    return replace(free, best=member.best, log_z=member.log_z)


def draw_only(seen: Seen, **given: Any) -> Draft:
    """Members are fed back, but the next step is told the model's own logits."""
    return choose_within(seen, **{**given, "self_conditioning": "logits"})


def told_only(seen: Seen, **given: Any) -> Draft:
    """The next step is told the constrained marginals, but the model's own draws are fed back."""
    member, free = choose_within(seen, **given), _free(seen)
    return replace(member, proposal=free.proposal, entropy=free.entropy)


def drawn_apart(seen: Seen, **given: Any) -> Draft:
    """Every position is drawn from its own constrained marginal, as `engine.hook` does."""
    member = choose_within(seen, **given)
    marginals = member.self_conditioning()[0].exp()
    drawn = torch.multinomial(marginals, num_samples=1, generator=_noise(seen).torch)
    return replace(member, proposal=drawn.view(1, -1))


def stops_by_all(seen: Seen, **given: Any) -> Draft:
    """The stop rule averages over the whole canvas, forced and ended positions included."""
    member = choose_within(seen, **given)
    return replace(member, uncertainty=float(member.entropy.mean()))


def commits_the_sample(seen: Seen, **given: Any) -> Draft:
    """What was drawn is committed, not the most probable member."""
    member = choose_within(seen, **given)
    return replace(member, best=member.proposal)


def accepts_by_path(seen: Seen, **given: Any) -> Draft:
    """Accepts by H(x_i | the state before it) along the drawn path."""
    member = choose_within(seen, **given)
    return replace(member, entropy=_path_entropy(seen, member))


def goes_by_path(seen: Seen, *, block: Block, **given: Any) -> Draft:
    """Accepts and stops by H(x_i | the state before it) along the drawn path."""
    member = choose_within(seen, block=block, **given)
    entropy = _path_entropy(seen, member)
    assert seen.posterior is not None
    live = torch.from_numpy((seen.posterior.ended < CERTAINLY_ENDED) & block.free)
    deciding = entropy[0, live]
    uncertainty = float(deciding.mean()) if len(deciding) else 0.0
    return replace(member, entropy=entropy, uncertainty=uncertainty)


def _path_entropy(seen: Seen, member: Draft) -> torch.Tensor:
    posterior: Any = seen.posterior
    entropy = path_entropy(posterior.posterior, member.proposal[0].numpy())
    live = posterior.ended < CERTAINLY_ENDED
    return torch.from_numpy(np.where(live, entropy, 0.0)).unsqueeze(0)


def _free(seen: Seen) -> Draft:
    return choose_freely(seen, generator=_noise(seen).torch, weights=torch.float32)


def _noise(seen: Seen) -> Noise:
    """The draws of the request that a step is of."""
    posterior: Any = seen.posterior
    return posterior.noise


def conditioned_anew(seen: Seen, block: Block, logits: torch.Tensor) -> Seen:
    """What a step would have seen, had the model said something else."""
    posterior = HostRow(block.condition(logits[0].numpy()), _noise(seen), logits.device)
    return Seen(logits=logits, posterior=posterior)


@dataclass(slots=True)
class Endings:
    """Looks at the last step of every canvas, as a step of its own.

    Attributes:
        entropy_bound: Nats, of the schedule that it is used with.
        last: What the last step of each block was like.
    """

    entropy_bound: float
    last: dict[Block, tuple[bool, bool, bool]] = field(default_factory=dict)

    def step(self, seen: Seen, *, block: Block, **given: Any) -> Draft:
        """Chooses as usual and remembers what the canvas would have been."""
        member = choose_within(seen, block=block, **given)
        assert seen.posterior is not None
        live = torch.from_numpy(seen.posterior.ended < CERTAINLY_ENDED)
        accepted = within_entropy_bound(member.entropy, self.entropy_bound)[0]
        apart = member.self_conditioning()[0].argmax(dim=1).numpy()
        self.last[block] = (
            bool((live & ~accepted).any()),
            not _is_member(block, apart),
            bool((member.proposal != member.best)[0, live].any()),
        )
        return member

    def shares(self) -> dict[str, float]:
        """Of all canvases, at their last step."""
        noisy, outside, differs = np.array(list(self.last.values()), dtype=float).mean(axis=0)
        return {
            "canvases": len(self.last),
            "canvas_holds_noise": round(float(noisy), 4),
            "argmax_leaves_language": round(float(outside), 4),
            "sample_is_not_best": round(float(differs), 4),
        }


def _is_member(block: Block, token_ids: np.ndarray) -> bool:
    try:
        block.advance(token_ids.tolist())
    except ValueError:
        return False
    return True
