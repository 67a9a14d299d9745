"""What a client gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class FinishReason(StrEnum):
    """Why a generation ended."""

    COMPLETE = "complete"
    """The text is a whole member of the language, or ended by itself."""
    LENGTH = "length"
    """Free generation only: the token budget ended before the text did."""
    STOPPED = "stopped"
    """The deadline came near; the text is the best whole member found so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Where the time went, in milliseconds; `total_ms` does not have the queue in it."""

    queue_ms: float = 0.0
    compile_ms: float = 0.0
    encode_ms: float = 0.0
    denoise_ms: float = 0.0
    constraint_ms: float = 0.0
    validate_ms: float = 0.0
    total_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """How one keyword of a constraint was taken.

    Attributes:
        pointer: JSON pointer of the keyword; empty where the constraint is not JSON.
        keyword: The keyword.
        enforcement: `exact`, `narrowed` (a sound subset is generated) or `annotation`.
        message: For `narrowed`, what is left out.
    """

    pointer: str
    keyword: str
    enforcement: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """Everything a compile reported.

    Attributes:
        keywords: One entry for each keyword met, in document order.
        num_states: Token automaton states.
        num_edges: Token automaton edges.
        num_atoms: Classes of tokens that no edge tells apart.
        stage_ms: Milliseconds by stage, in order.
    """

    keywords: tuple[Diagnostic, ...] = ()
    num_states: int = 0
    num_edges: int = 0
    num_atoms: int = 0
    stage_ms: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A finished generation.

    Attributes:
        text: The answer.
        value: It parsed: JSON under a schema, an instance under a model class, else the text.
        tokens: How many tokens it has.
        steps: Denoising steps over all canvases.
        finish_reason: Why it ended.
        timings: Where the time went.
        diagnostics: What the compile reported; None without a constraint.
        token_ids: Its tokens.
        num_blocks: Canvases used.
        log_z: Log P(member) at the last step, in nats; 0 without a constraint.
        certificate: How far (in total variation) from the exact posterior at most; 0 is exact.
        seed: The seed used.
        request_id: The request's name in the server's log.
        model: The model that answered.
        thinking: What it thought before; no part of the text.
    """

    text: str
    value: Any
    tokens: int
    steps: int
    finish_reason: FinishReason
    timings: Timings
    diagnostics: Diagnostics | None
    token_ids: tuple[int, ...]
    num_blocks: int
    log_z: float
    certificate: float = 0.0
    seed: int
    request_id: str
    model: str
    thinking: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a compile without a generation came to.

    Attributes:
        diagnostics: What the compile reported.
        fewest_tokens: Tokens of the language's shortest text.
        compile_ms: How long it took; near zero where it was cached.
        request_id: The request's name in the server's log.
        accepted: Whether the text that was asked about is a member; None where none was.
    """

    diagnostics: Diagnostics
    fewest_tokens: int
    compile_ms: float
    request_id: str
    accepted: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a server takes at most."""

    constraint_bytes: int
    text_bytes: int
    batch_items: int
    queue_length: int
    max_tokens: int
    max_steps: int
    message_bytes: int
    batch_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInfo:
    """A server's model and limits.

    Attributes:
        model: The model's name.
        canvas_length: Positions denoised together.
        max_input_tokens: Tokens of a prompt at most.
        vocabulary_size: Tokens of its vocabulary.
        num_parameters: Its weights.
        max_steps: Denoising steps for each canvas where a request names none.
        device: Where it runs.
        dtype: Number format of its weights.
        limits: What the server takes at most.
        constraint_kinds: The kinds of constraint it answers.
        version: The server's version.
    """

    model: str
    canvas_length: int
    max_input_tokens: int
    vocabulary_size: int
    num_parameters: int
    max_steps: int
    device: str
    dtype: str
    limits: Limits
    constraint_kinds: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The request left the queue."""

    request_id: str
    canvas_length: int
    queue_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CanvasFrame:
    """The canvas after one denoising step; every tuple has one entry for each position.

    Attributes:
        block: Index of the canvas, from 0.
        step: Denoising step within the canvas, from 1.
        pieces: Text of each position of the best canvas so far; empty after the end.
        entropy: In nats, of the distribution the step drew from.
        accepted: Whether the position was accepted in this step.
        overridden: Whether the constraint chose another token than the model would have.
    """

    block: int
    step: int
    pieces: tuple[str, ...]
    entropy: tuple[float, ...]
    accepted: tuple[bool, ...]
    overridden: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CommittedText:
    """Text that will not change any more."""

    block: int
    text: str


StreamEvent = Started | CanvasFrame | CommittedText | Result
