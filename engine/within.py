"""One step within a language: logits conditioned on membership, and the choice from that."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
from torch import Tensor

from engine.canvas import Ends
from engine.clock import Stopwatch
from engine.sampler import Draft
from engine.step import Seen

if TYPE_CHECKING:
    from constraints import Block
    from engine.conditioned import RowPosterior

CERTAINLY_ENDED = 1 - 1e-6
"""Probability of lying after the end from which on a position is not live any more."""

LOG_ZERO = -1e4
"""What the model is told of a token that cannot be: finite, since 0 times infinity is no number."""


def choose_within(
    seen: Seen,
    *,
    block: Block,
    ends: Ends,
    stopwatch: Stopwatch,
    self_conditioning: Literal["marginals", "logits"] = "marginals",
) -> Draft:
    """Chooses from the model's distribution, conditioned on membership.

    The proposal is one canvas that is a member as a whole, not a draw for each position: fed back,
    it keeps the trajectory inside the language. Positions that are certainly after the end have no
    say in acceptance: their entropy counts as 0.

    Args:
        seen: What the model said, with the posterior under the block.
        block: The language on this canvas.
        ends: How the text ends.
        stopwatch: Where the time goes.
        self_conditioning: What the next step is told.
    """
    posterior, logits = seen.posterior, seen.logits
    if posterior is None:
        raise ValueError("a step within a language needs the posterior")
    with stopwatch.measure("constraint_ms"):
        proposal, best = posterior.sample(), ends.close(posterior.best())
        live = posterior.ended < CERTAINLY_ENDED
        deciding = posterior.entropy[live & block.free]
    return Draft(
        logits=logits,
        proposal=_row(proposal, logits.device),
        best=_row(best, logits.device),
        entropy=_row(np.where(live, posterior.entropy, 0.0), logits.device),
        uncertainty=float(deciding.mean()) if len(deciding) else 0.0,
        decided=not len(deciding),
        log_z=posterior.log_z,
        self_conditioning=(
            partial(_told, posterior, stopwatch)
            if self_conditioning == "marginals"
            else lambda: logits
        ),
        certificate=posterior.certificate,
    )


def _told(posterior: RowPosterior, stopwatch: Stopwatch) -> Tensor:
    with stopwatch.measure("constraint_ms"):
        return posterior.log_marginals(LOG_ZERO).unsqueeze(0)


def forced_canvas(block: Block, ends: Ends) -> np.ndarray | None:
    """Returns the only canvas a block can hold, or None where there is a choice.

    What follows a forced end is no choice, however many tokens may stand there.

    Returns:
        (L,) int64 token ids, filled after the end.
    """
    length, free = len(block.free), np.flatnonzero(block.free)
    num_forced = int(free[0]) if len(free) else length
    only = _only_tokens(block.mask()[:num_forced])
    if num_forced < length and not (num_forced and ends.has_end(only)):
        return None
    return ends.close(np.concatenate([only, np.full(length - num_forced, ends.fill_id)]))


def _only_tokens(mask: np.ndarray) -> np.ndarray:
    """From (n, W) int32 rows with one bit set each to (n,) int64 token ids."""
    bits = np.unpackbits(np.ascontiguousarray(mask).view(np.uint8), axis=1, bitorder="little")
    return bits.argmax(axis=1)


def _row(values: np.ndarray, device: torch.device) -> Tensor:
    values = values.astype(np.int64) if np.issubdtype(values.dtype, np.integer) else values
    return torch.from_numpy(np.ascontiguousarray(values)).to(device).unsqueeze(0)
