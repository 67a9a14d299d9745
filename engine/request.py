"""What the engine is asked to do."""

from __future__ import annotations

from dataclasses import dataclass

from constraints import Choice, JsonSchema, Lark, Regex, Sql, Template

Spec = JsonSchema | Regex | Choice | Lark | Sql

DEFAULT_MAX_TOKENS = 256
ANY_TEXT = Regex(r"[\s\S]*")
"""What is filled in where a template comes without a spec."""


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
        prefix: How the answer begins; it is put before the first canvas and is part of the answer.
        suffix: How the answer ends.
        template: Instead of both: texts with a hole between each and the next; the first begins
            the answer and the last ends it.
        max_thinking_tokens: Tokens that the model may think, freely, before it answers; 0 for none.
        seed: Seed of every random draw; the same seed gives the same tokens.
    """

    text: str
    spec: Spec | None = None
    constrained: bool = True
    max_tokens: int = DEFAULT_MAX_TOKENS
    max_steps: int | None = None
    prefix: str = ""
    suffix: str = ""
    template: tuple[str, ...] = ()
    max_thinking_tokens: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise ValueError(f"max_tokens is {self.max_tokens}; it must be at least 1")
        if self.max_steps is not None and self.max_steps < 1:
            raise ValueError(f"max_steps is {self.max_steps}; it must be at least 1")
        if self.max_thinking_tokens < 0:
            raise ValueError(f"max_thinking_tokens is {self.max_thinking_tokens}; it must be >= 0")
        if self.template and (self.prefix or self.suffix):
            raise ValueError("a template holds prefix and suffix already; give one or the others")
        if self.template and len(self.template) < 2:
            raise ValueError("a template has at least two texts, with a hole between them")
        if self.literals and not self.constrained:
            raise ValueError("prefix, suffix and template are enforced; the request is not")

    @property
    def literals(self) -> tuple[str, ...]:
        """The texts around the holes; none where the whole answer is open."""
        if self.template or not (self.prefix or self.suffix):
            return self.template
        return (self.prefix, self.suffix)

    @property
    def language(self) -> Spec | Template | None:
        """What the answer must be in; None where nothing is enforced."""
        if self.literals:
            return Template(self.spec or ANY_TEXT, self.literals)
        return self.spec if self.constrained else None
