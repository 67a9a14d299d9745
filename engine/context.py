"""What stands before the canvas, and what the model makes of a canvas after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from transformers import DynamicCache

from engine.clock import Stopwatch
from engine.errors import EngineError

if TYPE_CHECKING:
    from engine.model import LoadedModel


class Context:
    """The prompt and the canvases committed so far, as the decoder reads them.

    Tokens are encoded only when a prediction needs them: the last canvas costs no commit pass, and
    a language with one member costs no pass at all.
    """

    def __init__(self, model: LoadedModel, stopwatch: Stopwatch) -> None:
        self._model = model
        self._stopwatch = stopwatch
        # Never a static cache: it is wrong once the context reaches the sliding window
        # (Transformers 5.23, reference/diffusiongemma.md section 2).
        self._cache = DynamicCache(config=model.text_config)
        self._pending: list[int] = []

    def append(self, token_ids: Sequence[int]) -> None:
        """Puts tokens behind what stands there already."""
        self._pending.extend(token_ids)

    def predict(self, canvas: Tensor, self_conditioning: Tensor | None) -> Tensor:
        """Runs the decoder once.

        Args:
            canvas: (1, L) int64.
            self_conditioning: (1, L, V) finite logits of the step before; None at the first step.

        Returns:
            (1, L, V) float32, soft-capped, not divided by a temperature.

        Raises:
            EngineError: The device failed, a logit is not finite, or there are not V of them.
        """
        if self._pending:
            self._encode()
        with self._stopwatch.measure("denoise_ms"), _device_failures():
            logits = self._model.network(
                decoder_input_ids=canvas,
                past_key_values=self._cache,
                self_conditioning_logits=self_conditioning,
            ).logits
            return self._checked(logits)

    def _encode(self) -> None:
        with self._stopwatch.measure("encode_ms"), _device_failures():
            token_ids = torch.tensor([self._pending], device=self._model.device)
            self._model.network.model.encoder(input_ids=token_ids, past_key_values=self._cache)
            self._pending = []

    def _checked(self, logits: Tensor) -> Tensor:
        if logits.shape[-1] != self._model.width:
            raise EngineError(
                f"the model gave {logits.shape[-1]} logits a position, not {self._model.width}",
                code="LOGITS_WIDTH",
            )
        if not bool(torch.isfinite(logits).all()):
            raise EngineError("the model gave logits that are not finite", code="LOGITS_NOT_FINITE")
        return logits


@contextmanager
def _device_failures() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:  # torch's own, out of memory included
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise EngineError(f"the model failed: {reason}", code="MODEL_FAILED") from error
