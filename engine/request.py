"""What the engine is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from constraints import Choice, JsonSchema, Lark, Regex, Sql

Spec = JsonSchema | Regex | Choice | Lark | Sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One generation.

    Attributes:
        text: The caller's text: the document to extract from, or the question to answer.
        spec: The language of the answer, told to the model; None asks for free text.
        constrained: Whether the answer must lie in the language; False only tells the model, to
            see what it does by itself.
        max_tokens: Budget of the answer in tokens, end-of-text not counted; at least 1.
        max_steps: Denoising steps for each canvas at most; None takes the model's own.
        seed: Seed of every random draw; the same seed gives the same tokens.
    """

    text: str
    spec: Spec | None = None
    constrained: bool = True
    max_tokens: int = 256
    max_steps: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise ValueError(f"max_tokens is {self.max_tokens}; it must be at least 1")
        if self.max_steps is not None and self.max_steps < 1:
            raise ValueError(f"max_steps is {self.max_steps}; it must be at least 1")
