"""What one constrained step passes on from operation to operation."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

FORBIDDEN = 1e5
"""Nats below its row's largest from which a logit forbids, as in `constraints.posterior`."""

PATH, ATOM, TOKEN = 0, 1, 2
"""Streams of noise, the third counter: edges of a path, atoms of a set, tokens of an atom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A model's logits, and what is still to be done to them: z = cap·tanh(x / cap) / T.

    Attributes:
        logits: (B, L, V) float32, bfloat16 or float16 (the reference takes float64 too), the last
            axis contiguous; -inf forbids, before and after the cap. Where a request has fewer
            columns than others of its batch, -inf fills its rows up.
        temperature: (B,) float32, T.
        softcap: The cap, or None for none.
    """

    logits: Tensor
    temperature: Tensor
    softcap: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AtomStats:
    """Each row by atoms, pins applied; p is the softmax of z over all V columns.

    Kernels give float32, the reference float64. Rows past a canvas are undefined.

    Attributes:
        peak: (B, L), the largest z of a row; +inf where a logit is NaN or +inf.
        spread: (B, L), log Σ exp(z - peak).
        lse: (B, L, A), log of an atom's probability; -inf where it has none.
        mean: (B, L, A), mean of log p under p within the atom; 0 where it has no probability.
        top: (B, L, A), the atom's largest z, less the row's.
        best: (B, L, A) int32, its lowest token id.
    """

    peak: Tensor
    spread: Tensor
    lse: Tensor
    mean: Tensor
    top: Tensor
    best: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Chains:
    """Forward and backward sums of every span, each relative to an offset of its row.

    Attributes:
        states: (2, B, L, N), log alpha before a position's token, and log beta after it.
        offset: (2, B, L) float64, what to add to them.
    """

    states: Tensor
    offset: Tensor


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """The posterior.

    Attributes:
        log_z: (B,) float64, log P(the canvas is a member).
        through: (B, L) float64, log of the sum over all paths of the position's span, summed at
            that position: the same all along a span.
        ended: (B, L), probability that a position lies after the end; 1 past the canvas.
        weights: (B, L, A), log w: the marginal of token t is p(t)·w(atom of t).
        entropy: (B, L), nats, of the marginal; 0 past the canvas.
    """

    log_z: Tensor
    through: Tensor
    ended: Tensor
    weights: Tensor
    entropy: Tensor
