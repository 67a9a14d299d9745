"""Plain facts about a canvas: how long it must be, where it ends, how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from constraints import Vocabulary
from engine.result import CanvasFrame
from engine.sampler import Draft


def canvas_length(longest: int, budget: int, longest_left: int | None) -> int:
    """Returns the length of the next canvas: no longer than the answer can make use of.

    A member that cannot pass the budget gets a position for its end. Where the budget is what
    binds it gets none: a text may end with the canvas, and one more position could hold one more
    token than was asked for.

    Args:
        longest: Positions of the model's own canvas.
        budget: Tokens that the answer may still take, at least 1.
        longest_left: Tokens that any member can still take, or None where nothing bounds them.
    """
    if longest_left is None or longest_left > budget:
        return min(longest, budget)
    return min(longest, longest_left + 1)


def ending_budget(length: int, fewest: int, longest: int, budget: int) -> int:
    """Returns the smallest budget that ends the text on the fewest canvases from here.

    Used when there is no time left: a text that can end on this canvas does; one that cannot gets
    whole canvases, not the bare minimum of tokens, since it is canvases that cost time.

    Args:
        length: Positions of this canvas.
        fewest: Tokens of the shortest ending.
        longest: Positions of the model's own canvas.
        budget: Tokens that the answer may still take, at least `fewest`.
    """
    further_canvases = -(-max(0, fewest - length) // longest)
    return min(budget, length + further_canvases * longest)


def text_length(token_ids: Sequence[int], end_ids: Sequence[int]) -> int:
    """Returns the number of tokens before the first end-of-text."""
    ends = set(end_ids)
    return next((i for i, token in enumerate(token_ids) if token in ends), len(token_ids))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """How a text ends on a canvas.

    Attributes:
        end_ids: Tokens that end it.
        fill_id: What to put after the end, where the model's own choice means nothing.
    """

    end_ids: tuple[int, ...]
    fill_id: int

    @classmethod
    def of(cls, vocabulary: Vocabulary) -> Ends:
        """Reads them from a vocabulary, which names at least one end."""
        fill_id = vocabulary.eos_ids[0] if vocabulary.pad_id is None else vocabulary.pad_id
        return cls(end_ids=vocabulary.eos_ids, fill_id=fill_id)

    def has_end(self, token_ids: np.ndarray) -> bool:
        """Returns whether a text ends on this canvas."""
        return bool(np.isin(token_ids, self.end_ids).any())

    def text_ids(self, token_ids: np.ndarray) -> list[int]:
        """Returns the tokens before the end."""
        listed = token_ids.tolist()
        return listed[: text_length(listed, self.end_ids)]

    def close(self, token_ids: np.ndarray) -> np.ndarray:
        """Returns (L,) the same canvas with all after its end filled."""
        end = text_length(token_ids.tolist(), self.end_ids)
        return np.where(np.arange(len(token_ids)) > end, self.fill_id, token_ids)


def frame(
    block: int, step: int, draft: Draft, accepted: Tensor, vocabulary: Vocabulary
) -> CanvasFrame:
    """Returns what a step looks like from outside.

    Args:
        block: Index of the canvas, from 0.
        step: Denoising step, from 1.
        draft: What the step chose.
        accepted: (1, L) bool.
        vocabulary: Spells the tokens.
    """
    best = draft.best[0].tolist()
    end = text_length(best, vocabulary.eos_ids)
    live = torch.arange(len(best), device=draft.logits.device) <= end
    differs = draft.best[0].to(draft.logits.device) != draft.logits[0].argmax(dim=-1)
    return CanvasFrame(
        block=block,
        step=step,
        pieces=tuple(_piece(vocabulary, token) for token in best[:end]) + ("",) * (len(best) - end),
        entropy=tuple(draft.entropy[0].tolist()),
        accepted=tuple(accepted[0].tolist()),
        overridden=tuple((differs & live).tolist()),
    )


def _piece(vocabulary: Vocabulary, token: int) -> str:
    return (vocabulary.tokens[token] or b"").decode(errors="replace")
