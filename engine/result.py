"""What the engine answers, and what it reports on the way."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from constraints.diagnostics import Diagnostics


class FinishReason(Enum):
    """Why a generation ended."""

    COMPLETE = "complete"
    """The text is a whole member of the constraint's language, or ended by itself."""
    LENGTH = "length"
    """Unconstrained only: the token budget ended before the text did."""
    STOPPED = "stopped"
    """Cancelled or out of time; the text is the best whole member found so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Where the time went, in milliseconds."""

    compile_ms: float = 0.0
    encode_ms: float = 0.0
    denoise_ms: float = 0.0
    constraint_ms: float = 0.0
    validate_ms: float = 0.0
    total_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A finished generation.

    Attributes:
        text: The answer.
        token_ids: Its tokens, end-of-text and padding removed.
        finish_reason: Why it ended.
        steps: Denoising steps over all canvases.
        num_blocks: Canvases used.
        log_z: Sum over canvases of log P(the canvas is a member) at the last step, in nats;
            0 without a constraint.
        seed: The seed used.
        timings: Where the time went.
        diagnostics: What the compile reported; None without a constraint.
        thinking: What the model thought before it answered; no part of the text.
        certificate: Bound on the total variation between the posteriors that were conditioned on
            and the true ones, summed over canvases, at most 1; 0 is exact.
    """

    text: str
    token_ids: tuple[int, ...]
    finish_reason: FinishReason
    steps: int
    num_blocks: int
    log_z: float
    seed: int
    timings: Timings
    diagnostics: Diagnostics | None
    thinking: str = ""
    certificate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CanvasFrame:
    """The canvas after one denoising step.

    Attributes:
        block: Index of the canvas, from 0.
        step: Denoising step within the canvas, from 1.
        pieces: (L,) text of each position of the best canvas so far, replacement characters
            where a token is part of a character; empty after the end.
        entropy: (L,) nats, of the distribution the step drew from.
        accepted: (L,) true where the position was accepted this step.
        overridden: (L,) true where the constraint chose another token than the model would have.
    """

    block: int
    step: int
    pieces: tuple[str, ...]
    entropy: tuple[float, ...]
    accepted: tuple[bool, ...]
    overridden: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedText:
    """Text that will not change any more.

    Attributes:
        block: Index of the canvas it came from.
        text: The text it adds.
    """

    block: int
    text: str


Event = CanvasFrame | CommittedText
