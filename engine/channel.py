"""How a model marks what it thinks before it answers."""

from __future__ import annotations

from dataclasses import dataclass

OPENS, CLOSES = "<|channel>", "<channel|>"
TITLE = "thought\n"
"""How Gemma names the channel it thinks in (chat template of the checkpoint)."""


@dataclass(frozen=True, slots=True)
class Channel:
    """How a model marks what it thinks.

    Attributes:
        opening: Tokens before the thoughts.
        closing: The token after them.
    """

    opening: tuple[int, ...]
    closing: int
