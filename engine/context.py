"""What stands before the canvas, and what the model remembers of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

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
        self.stopwatch = stopwatch
        self._model = model
        self._cache = model.new_cache()
        self._token_ids: list[int] = []
        self._pending: list[int] = []

    def append(self, token_ids: Sequence[int]) -> None:
        """Puts tokens behind what stands there already."""
        self._token_ids.extend(token_ids)
        self._pending.extend(token_ids)

    def __len__(self) -> int:
        return len(self._token_ids)

    def rewind(self, length: int) -> None:
        """Forgets all but the first tokens; those are encoded anew when they are needed.

        Args:
            length: How many to keep.
        """
        self._cache = self._model.new_cache()
        self._token_ids = self._token_ids[:length]
        self._pending = list(self._token_ids)

    def cache(self) -> Any:
        """The keys and values of all tokens, those not yet encoded included.

        A `DynamicCache`; where the model runs on our kernels, a `Place` in their buffers.

        Raises:
            EngineError: The device failed.
        """
        if self._pending:
            with self.stopwatch.measure("encode_ms"), device_failures():
                self._model.encode(self._pending, self._cache)
            self._pending = []
        return self._cache


@contextmanager
def device_failures() -> Iterator[None]:
    """Turns what torch raises, out of memory included, into an `EngineError`."""
    try:
        yield
    except RuntimeError as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise EngineError(f"the model failed: {reason}", code="MODEL_FAILED") from error
