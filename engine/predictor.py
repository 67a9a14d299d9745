"""One call of the decoder for the canvases of several requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from engine.clock import all_of
from engine.context import Context, device_failures
from engine.errors import EngineError
from engine.prefix import Prefix

if TYPE_CHECKING:
    from engine.model import LoadedModel


@dataclass(frozen=True, slots=True)
class Row:
    """A canvas to predict.

    Attributes:
        context: What stands before it.
        canvas: (1, L) int64; rows of one call may differ in L.
        told: (1, L, V) finite logits of the step before, or None.
    """

    context: Context
    canvas: Tensor
    told: Tensor | None


class Predictor:
    """Asks the model; keeps the joined prefix of a batch for as long as nobody commits."""

    def __init__(self, model: LoadedModel) -> None:
        self._model = model
        self._prefix: Prefix | None = None

    def predict(self, rows: Sequence[Row]) -> list[Tensor | EngineError]:
        """Runs the decoder once.

        Args:
            rows: At least one.

        Returns:
            For each row (1, L, V) float32, soft-capped, not divided by a temperature; or what is
            wrong with it: the device failed, a logit is not finite, or there are not V of them.
        """
        stopwatches = [row.context.stopwatch for row in rows]
        try:
            for row in rows:
                row.context.cache()
            with all_of(stopwatches, "denoise_ms"), device_failures():
                logits = self._logits(rows)
        except EngineError as error:
            return [error] * len(rows)
        return [
            self._checked(logits[i : i + 1, : row.canvas.shape[1]]) for i, row in enumerate(rows)
        ]

    def _logits(self, rows: Sequence[Row]) -> Tensor:
        if self._model.stacked is not None:
            return self._model.stacked.predict(rows)
        return self._alone(rows[0]) if len(rows) == 1 else self._together(rows)

    def _alone(self, row: Row) -> Tensor:
        return self._model.network(
            decoder_input_ids=row.canvas,
            past_key_values=row.context.cache(),
            self_conditioning_logits=row.told,
        ).logits

    def _together(self, rows: Sequence[Row]) -> Tensor:
        contexts = [row.context for row in rows]
        if self._prefix is None or not self._prefix.is_of(contexts):
            self._prefix = Prefix.joined(contexts, self._model.text_config.layer_types)
        lengths = [row.canvas.shape[1] for row in rows]
        return self._model.network(
            decoder_input_ids=_padded([row.canvas for row in rows]),
            past_key_values=self._prefix,
            decoder_position_ids=self._prefix.positions(max(lengths)),
            decoder_attention_mask=self._prefix.masks(lengths, added=self._model.attends_eagerly),
            **_self_conditioning(rows, self._model.width),
        ).logits

    def _checked(self, logits: Tensor) -> Tensor | EngineError:
        if logits.shape[-1] != self._model.width:
            return EngineError(
                f"the model gave {logits.shape[-1]} logits a position, not {self._model.width}",
                code="LOGITS_WIDTH",
            )
        if not bool(torch.isfinite(logits).all()):
            return EngineError(
                "the model gave logits that are not finite", code="LOGITS_NOT_FINITE"
            )
        return logits


def _padded(canvases: Sequence[Tensor]) -> Tensor:
    """(B, L) int64, every canvas filled up to the longest with token 0, which no mask lets in."""
    longest = max(canvas.shape[1] for canvas in canvases)
    pads = [(0, longest - canvas.shape[1]) for canvas in canvases]
    return torch.cat(
        [torch.nn.functional.pad(canvas, pad) for canvas, pad in zip(canvases, pads, strict=True)]
    )


def _self_conditioning(rows: Sequence[Row], width: int) -> dict[str, Tensor]:
    """What each row is told of its step before; rows at their first step are told nothing."""
    first = next((row.told for row in rows if row.told is not None), None)
    if first is None:
        return {}
    longest = max(row.canvas.shape[1] for row in rows)
    told = first.new_zeros(len(rows), longest, width)
    for i, row in enumerate(rows):
        if row.told is not None:
            told[i, : row.told.shape[1]] = row.told[0]
    knows = torch.tensor([row.told is not None for row in rows], device=told.device)
    return {"self_conditioning_logits": told, "self_conditioning_mask": knows}
