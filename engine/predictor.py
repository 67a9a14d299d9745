"""One call of the decoder for the canvases of several requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from engine.clock import all_of
from engine.context import Context, device_failures
from engine.errors import EngineError
from engine.prefix import Prefix
from engine.step import Told

if TYPE_CHECKING:
    from engine.head import Columns
    from engine.model import LoadedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A canvas to predict.

    Attributes:
        context: What stands before it.
        canvas: (1, L) int64; rows of one call may differ in L.
        told: What the step before said, or None.
        temperature: () float32, what the logits are divided by.
        columns: Which columns of the vocabulary are wanted; None is all.
    """

    context: Context
    canvas: Tensor
    told: Told | None
    temperature: Tensor
    columns: Columns | None = None

    @property
    def length(self) -> int:
        """L."""
        return self.canvas.shape[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What the model said of a row.

    Attributes:
        logits: (1, L, C) float32, soft-capped and divided by the temperature.
        log_share: See `engine.step.Seen`.
    """

    logits: Tensor
    log_share: Callable[[], float]


class Predictor:
    """Asks the model; keeps the joined prefix of a batch for as long as nobody commits."""

    def __init__(self, model: LoadedModel) -> None:
        self._model = model
        self._prefix: Prefix | None = None

    def predict(self, rows: Sequence[Row]) -> list[Said | EngineError]:
        """Runs the decoder once, and the head once for all rows that want the same columns.

        Args:
            rows: At least one.

        Returns:
            For each row what the model said; or what is wrong with it: the device failed, a logit
            is not finite, or there are not as many of them as there should be.
        """
        stopwatches = [row.context.stopwatch for row in rows]
        try:
            for row in rows:
                row.context.cache()
            with all_of(stopwatches, "denoise_ms"), device_failures():
                hidden = self._hidden(rows, self._soft(rows))
                return self._said(rows, hidden)
        except EngineError as error:
            return [error] * len(rows)

    def _hidden(self, rows: Sequence[Row], soft: Tensor | None) -> list[Tensor]:
        """(L, H) of each row, normed."""
        if self._model.stacked is not None:
            made = self._model.stacked.predict(rows, self._zeros(rows) if soft is None else soft)
        else:
            with _telling(self._model.network.model.decoder, soft):
                made = self._alone(rows[0]) if len(rows) == 1 else self._together(rows)
        return [made[i, : row.length] for i, row in enumerate(rows)]

    def _alone(self, row: Row) -> Tensor:
        return self._model.network.model(
            decoder_input_ids=row.canvas, past_key_values=row.context.cache()
        ).last_hidden_state

    def _together(self, rows: Sequence[Row]) -> Tensor:
        contexts = [row.context for row in rows]
        if self._prefix is None or not self._prefix.is_of(contexts):
            self._prefix = Prefix.joined(contexts, self._model.text_config.layer_types)
        lengths = [row.length for row in rows]
        return self._model.network.model(
            decoder_input_ids=_padded([row.canvas for row in rows]),
            past_key_values=self._prefix,
            decoder_position_ids=self._prefix.positions(max(lengths)),
            decoder_attention_mask=self._prefix.masks(lengths, added=self._model.attends_eagerly),
        ).last_hidden_state

    def _soft(self, rows: Sequence[Row]) -> Tensor | None:
        """(B, L, H), what each row is told of its step before; None where no row is told."""
        told = {i: row.told for i, row in enumerate(rows) if row.told is not None}
        if not told:
            return None
        result = self._zeros(rows)
        for columns, own in _by_columns((i, each.columns) for i, each in told.items()):
            made = self._model.head.soft([told[i].logits[0] for i in own], columns)
            for i, part in zip(own, made.split([rows[i].length for i in own]), strict=True):
                result[i, : rows[i].length] = part
        return result

    def _said(self, rows: Sequence[Row], hidden: Sequence[Tensor]) -> list[Said | EngineError]:
        head = self._model.head
        temperatures = [
            row.temperature.to(made.device).expand(row.length)
            for row, made in zip(rows, hidden, strict=True)
        ]
        logits = self._logits(rows, hidden, temperatures)
        finite = torch.stack([each.isfinite().all() for each in logits]).tolist()
        said: list[Said | EngineError] = []
        for row, made, temperature, each, sound in zip(
            rows, hidden, temperatures, logits, finite, strict=True
        ):
            width = head.num_columns if row.columns is None else len(row.columns)
            share = partial(head.log_share, made, temperature, each)
            said.append(
                _fault(each, width, sound=sound)
                or Said(
                    logits=each.unsqueeze(0),
                    log_share=_all_of_it if row.columns is None else share,
                )
            )
        return said

    def _logits(
        self, rows: Sequence[Row], hidden: Sequence[Tensor], temperatures: Sequence[Tensor]
    ) -> list[Tensor]:
        """(L, C) of each row."""
        found: dict[int, Tensor] = {}
        for columns, own in _by_columns(enumerate(row.columns for row in rows)):
            made = self._model.head.logits(
                _joined([hidden[i] for i in own]), _joined([temperatures[i] for i in own]), columns
            )
            found |= dict(zip(own, made.split([rows[i].length for i in own]), strict=True))
        return [found[i] for i in range(len(rows))]

    def _zeros(self, rows: Sequence[Row]) -> Tensor:
        """(B, L, H), what rows at their first step are told."""
        weight: Any = self._model.network.model.decoder.embed_tokens.weight
        return weight.new_zeros(len(rows), max(row.length for row in rows), weight.shape[1])


@contextmanager
def _telling(decoder: Any, soft: Tensor | None) -> Iterator[None]:
    """Has Transformers' decoder read a mean embedding of ours where it has zeros of its own."""
    if soft is None:
        yield
        return
    handle = decoder.self_conditioning.register_forward_pre_hook(lambda _, given: (given[0], soft))
    try:
        yield
    finally:
        handle.remove()


def _by_columns(
    wanted: Iterable[tuple[int, Columns | None]],
) -> Iterable[tuple[Columns | None, list[int]]]:
    """Rows by the columns that they want."""
    groups: dict[Columns | None, list[int]] = {}
    for row, columns in wanted:
        groups.setdefault(columns, []).append(row)
    return groups.items()


def _joined(parts: Sequence[Tensor]) -> Tensor:
    return parts[0] if len(parts) == 1 else torch.cat([*parts])


def _padded(canvases: Sequence[Tensor]) -> Tensor:
    """(B, L) int64, every canvas filled up to the longest with token 0, which no mask lets in."""
    longest = max(canvas.shape[1] for canvas in canvases)
    pads = [(0, longest - canvas.shape[1]) for canvas in canvases]
    return torch.cat(
        [torch.nn.functional.pad(canvas, pad) for canvas, pad in zip(canvases, pads, strict=True)]
    )


def _all_of_it() -> float:
    return 0.0


def _fault(logits: Tensor, width: int, *, sound: bool) -> EngineError | None:
    if logits.shape[-1] != width:
        return EngineError(
            f"the model gave {logits.shape[-1]} logits a position, not {width}",
            code="LOGITS_WIDTH",
        )
    if not sound:
        return EngineError("the model gave logits that are not finite", code="LOGITS_NOT_FINITE")
    return None
