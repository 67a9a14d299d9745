"""Keys and values of several texts in buffers of fixed size, which kernels read where they lie."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from engine.attention import Cached


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerShape:
    """What one layer keeps of a text.

    Attributes:
        heads: H_kv.
        size: D.
        slots: R; a sliding layer keeps its window's tokens, a full layer all.
    """

    heads: int
    size: int
    slots: int

    @property
    def values(self) -> int:
        """Numbers for one text, of keys and values together."""
        return 2 * self.heads * self.slots * self.size


def layer_shapes(text_config: Any, positions: int) -> list[LayerShape]:
    """Returns what each layer of a model keeps.

    Args:
        text_config: A `DiffusionGemmaTextConfig`.
        positions: Tokens of a text at most.
    """
    return [
        LayerShape(
            heads=text_config.per_layer_config[index].num_key_value_heads,
            size=text_config.per_layer_config[index].head_dim,
            slots=min(positions, text_config.sliding_window)
            if kind == "sliding_attention"
            else positions,
        )
        for index, kind in enumerate(text_config.layer_types)
    ]


class Place:
    """Where one text is kept; given back when nobody holds it any more.

    Attributes:
        index: Its row in the buffers.
        length: Tokens written.
    """

    def __init__(self, index: int) -> None:
        self.index = index
        self.length = 0


class KVCache:
    """Buffers for several texts; grows by whole copies where more are under way than ever before.

    Attributes:
        lengths: (S,) int32, tokens written at each place.
        generation: Counts the growths; what was recorded on older buffers is void.
    """

    def __init__(self, shapes: Sequence[LayerShape], like: Tensor) -> None:
        """Has room for one text.

        Args:
            shapes: One for each layer.
            like: Gives device and number format.
        """
        self._buffers = [
            like.new_zeros(2, 1, shape.heads, shape.slots, shape.size) for shape in shapes
        ]
        self.lengths = torch.zeros(1, dtype=torch.int32, device=like.device)
        self.generation = 0
        self._free = [0]

    @torch.inference_mode()
    def open(self) -> Place:
        """Returns an empty place."""
        if not self._free:
            self._grow()
        place = Place(self._free.pop())
        self.lengths[place.index] = 0
        weakref.finalize(place, self._free.append, place.index)
        return place

    def read(self, layer: int, places: Tensor, lengths: Tensor) -> Cached:
        """Returns what a layer keeps of some texts, without copying it.

        Args:
            layer: Its index.
            places: (B,) int32.
            lengths: (B,) int32, tokens written at each of them.
        """
        key, value = self._buffers[layer]
        return Cached(key=key, value=value, lengths=lengths, places=places)

    @torch.inference_mode()
    def write(self, layer: int, place: Place, key: Tensor, value: Tensor) -> None:
        """Writes tokens behind those of a place; `advance` then counts them, for all layers.

        Args:
            layer: Its index.
            place: Where.
            key: (H_kv, T, D).
            value: (H_kv, T, D).
        """
        buffer = self._buffers[layer]
        slots = buffer.shape[3]
        first = max(0, key.shape[1] - slots)
        number = torch.arange(first, key.shape[1], device=key.device) + place.length
        at = number % slots
        buffer[0, place.index].index_copy_(1, at, key[:, first:].to(buffer.dtype))
        buffer[1, place.index].index_copy_(1, at, value[:, first:].to(buffer.dtype))

    @torch.inference_mode()
    def advance(self, place: Place, count: int) -> None:
        """Counts tokens that all layers have written."""
        place.length += count
        self.lengths[place.index] = place.length

    def _grow(self) -> None:
        places = len(self.lengths)
        self._buffers = [torch.cat([each, torch.zeros_like(each)], dim=1) for each in self._buffers]
        self.lengths = torch.cat([self.lengths, torch.zeros_like(self.lengths)])
        self._free += range(places, 2 * places)
        self.generation += 1
