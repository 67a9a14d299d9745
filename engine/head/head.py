"""The vocabulary's two products in torch, over all columns or some."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal
from weakref import WeakKeyDictionary

import torch
from torch import Tensor
from torch.nn.functional import linear

from engine.head.columns import Columns
from engine.head.crossover import pays

if TYPE_CHECKING:
    from transformers import DiffusionGemmaForBlockDiffusion

    from constraints import Block

Width = Literal["auto", "full", "narrow"]
WIDTHS: tuple[Width, ...] = ("auto", "full", "narrow")

CHUNK = 16_384
"""Columns of which the logits are kept at a time while a row's mass is summed."""


class Head:
    """The table of the vocabulary, as it ends a decoder's pass and begins the next.

    Attributes:
        width: `auto` takes a block's own columns where that moves less, `narrow` wherever they are
            fewer than all, `full` never.
    """

    def __init__(self, network: DiffusionGemmaForBlockDiffusion, width: Width = "auto") -> None:
        """Copies nothing.

        Args:
            network: On its device.
            width: See above.
        """
        parts: Any = network
        self.width: Width = width
        self._lm_head = parts.lm_head
        self._embedding = parts.model.decoder.embed_tokens
        self._cap: float = parts.final_logit_softcapping
        self._gathered: WeakKeyDictionary[Columns, list[Tensor]] = WeakKeyDictionary()

    @property
    def num_columns(self) -> int:
        """V."""
        return self._lm_head.weight.shape[0]

    def columns(self, block: Block) -> Columns | None:
        """Returns the columns to compute for a canvas; None is all.

        A language that grows with what it is told needs the probability of every token.

        Args:
            block: The language on the canvas.
        """
        weight = self._lm_head.weight
        if self.width == "full" or block.grows:
            return None
        shape = {"rows": block.length, "hidden": weight.shape[1], "element": weight.element_size()}
        always = self.width == "narrow"
        if not always and not pays(1, len(weight), **shape):
            return None
        columns = Columns.of(block)
        fewer = len(columns) < len(weight)
        if fewer and (always or pays(len(columns), len(weight), **shape)):
            return columns
        return None

    def logits(self, hidden: Tensor, temperature: Tensor, columns: Columns | None) -> Tensor:
        """Returns what the model says of each token, z = cap·tanh(x / cap) / T.

        Operation by operation as in Transformers, so that its bits are the same at full width.

        Args:
            hidden: (T, H), what the decoder made, normed.
            temperature: (T,) float32.
            columns: Of which tokens; None is all.

        Returns:
            (T, C) float32.
        """
        x = self._lm_head(hidden) if columns is None else linear(hidden, self._rows(columns)[0])
        return self._capped(x, temperature)

    def soft(self, told: Sequence[Tensor], columns: Columns | None) -> Tensor:
        """Returns the mean embedding of each position under what the step before said.

        Args:
            told: (T, C) floating and finite, log-probabilities up to a constant of each row, in
                parts; with columns their own logarithms, none above 0.
            columns: Of which tokens; None is all.

        Returns:
            (T, H) in the weights' number format.

        Source: `DiffusionGemmaDecoderModel.forward` in Transformers.
        """
        table = self._embedding.weight if columns is None else self._rows(columns)[1]
        return self._scaled(self._shares(told, table.dtype) @ table)

    def log_masses(self, hidden: Tensor, temperature: Tensor) -> Tensor:
        """Returns (T,) float64, log Σ exp z over all V columns.

        Args:
            hidden: (T, H).
            temperature: (T,) float32.
        """
        parts = [
            self._capped(linear(hidden, rows), temperature).double().logsumexp(dim=-1)
            for rows in self._lm_head.weight.split(CHUNK)
        ]
        return torch.stack(parts).logsumexp(dim=0)

    def log_share(self, hidden: Tensor, temperature: Tensor, logits: Tensor) -> float:
        """Returns the log-probability that every position takes one of some columns, in nats.

        log P(member) is this and log P(member | only these columns); it takes one pass over the
        weights of all columns, so it is asked for once a canvas.

        Args:
            hidden: (T, H).
            temperature: (T,) float32.
            logits: (T, C) of those columns, as `logits` gives them.
        """
        among = logits.double().logsumexp(dim=-1)
        return float((among - self.log_masses(hidden, temperature)).sum())

    def _capped(self, x: Tensor, temperature: Tensor) -> Tensor:
        z = x.to(torch.float32).div_(self._cap).tanh_().mul_(self._cap)
        return z.div_(temperature[:, None])

    def _shares(self, told: Sequence[Tensor], dtype: torch.dtype) -> Tensor:
        """(T, C) softmax of each row, rounded to a number format."""
        parts = [part.softmax(dim=-1, dtype=torch.float32).to(dtype) for part in told]
        return parts[0] if len(parts) == 1 else torch.cat(parts)

    def _scaled(self, soft: Tensor) -> Tensor:
        return soft * self._embedding.embed_scale.to(soft.dtype)

    def _rows(self, columns: Columns) -> list[Tensor]:
        """The columns' weights, of the head and of the embedding, copied once for each canvas."""
        if columns not in self._gathered:
            head, embedding = self._lm_head.weight, self._embedding.weight
            at = torch.from_numpy(columns.token_ids).to(head.device)
            rows = head[at]
            tied = head.data_ptr() == embedding.data_ptr()
            self._gathered[columns] = [rows, rows if tied else embedding[at]]
        return self._gathered[columns]
