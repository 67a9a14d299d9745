"""The model on our kernels, as the engine calls it: texts in places, canvases of few lengths."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers import DiffusionGemmaForBlockDiffusion

from engine.graphs import Graphs
from engine.kv_cache import Place
from engine.stack import Canvases, Stack

if TYPE_CHECKING:
    from engine.predictor import Row

SHORTEST = 16


class Stacked:
    """A network's layers on our kernels.

    Attributes:
        positions: Tokens of a text at most, prompt and answer.
    """

    def __init__(self, network: DiffusionGemmaForBlockDiffusion, positions: int) -> None:
        """Reserves the buffers of one text.

        Args:
            network: In evaluation mode, on its device.
            positions: Tokens of a text at most.
        """
        self.positions = positions
        self._stack = Stack(network, positions)
        decoder: Any = network.model.decoder
        recorded = decoder.device.type == "cuda"
        self._predict = Graphs(self._stack).predict if recorded else self._stack.predict

    @torch.inference_mode()
    def warm_up(self, length: int) -> None:
        """Compiles and records what one canvas needs.

        Args:
            length: L.
        """
        place, size = self.open(), bucket(length)
        device = self._stack.cache.lengths.device
        self._predict(
            Canvases(
                token_ids=torch.zeros(1, size, dtype=torch.long, device=device),
                live=torch.ones(1, size, dtype=torch.bool, device=device),
                places=torch.tensor([place.index], dtype=torch.int32, device=device),
                soft=torch.zeros(
                    1, size, self._stack.width, dtype=self._stack.dtype, device=device
                ),
            )
        )

    def open(self) -> Place:
        """Returns an empty place for a text."""
        return self._stack.cache.open()

    def encode(self, place: Place, token_ids: Sequence[int]) -> None:
        """Writes tokens behind those of a place.

        Raises:
            EngineError: There is no room for them, which a request's admission rules out.
        """
        self._stack.encode(place, token_ids)

    def predict(self, rows: Sequence[Row], soft: Tensor) -> Tensor:
        """Runs the decoder once.

        Args:
            rows: At least one; their contexts' caches are places of this stack.
            soft: (B, L, H) for the longest canvas, what the step before said; 0 where nothing.

        Returns:
            (B, L, H), L at least the longest canvas.
        """
        return self._predict(canvases_of(rows, soft))


def bucket(length: int) -> int:
    """Returns the length that a canvas is filled up to, so that few shapes are ever recorded.

    A power of two from 16, or three quarters of one.
    """
    size = SHORTEST
    while size < length:
        size *= 2
    three_quarters = size // 4 * 3
    return three_quarters if three_quarters >= max(length, SHORTEST) else size


def canvases_of(rows: Sequence[Row], soft: Tensor) -> Canvases:
    """Puts the rows of one call together; what fills them up is not live.

    Args:
        rows: At least one; their contexts' caches are places of the stack.
        soft: (B, L, H) for the longest canvas.
    """
    length = bucket(max(row.canvas.shape[1] for row in rows))
    device = rows[0].canvas.device
    own = torch.tensor([row.canvas.shape[1] for row in rows], device=device)
    places: list[Any] = [row.context.cache() for row in rows]
    return Canvases(
        token_ids=torch.cat([pad(row.canvas, (0, length - row.canvas.shape[1])) for row in rows]),
        live=torch.arange(length, device=device) < own[:, None],
        places=torch.tensor([each.index for each in places], dtype=torch.int32, device=device),
        soft=pad(soft, (0, 0, 0, length - soft.shape[1])),
    )
