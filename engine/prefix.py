"""The prefixes of several requests side by side, as one call of the decoder reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from engine.context import Context


@dataclass(frozen=True, slots=True)
class Layer:
    """Keys and values of one layer.

    Attributes:
        keys: (B, heads, K, dim), shorter prefixes filled up on the left.
        values: (B, heads, K, dim).
        kept: How many of the K each row has; a sliding layer keeps its window only.
    """

    keys: Tensor
    values: Tensor
    kept: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Prefix:
    """What stands before each canvas; stands where Transformers' decoder expects a cache.

    Attributes:
        layers: One for each layer of the model.
        layer_types: Their types.
        caches: What was joined; a context that is rewound has another one.
        lengths: (B,) tokens of each.
        is_compileable: Read by the decoder: keys are joined, not copied into a static buffer.
    """

    layers: tuple[Layer, ...]
    layer_types: tuple[str, ...]
    caches: tuple[object, ...]
    lengths: tuple[int, ...]
    is_compileable: bool = False

    @classmethod
    def joined(cls, contexts: Sequence[Context], layer_types: Sequence[str]) -> Prefix:
        """Puts the caches of several contexts together.

        Args:
            contexts: At least one.
            layer_types: Of the model's layers, as its config names them.
        """
        caches = [context.cache() for context in contexts]
        layers = tuple(
            _joined([cache.layers[i] for cache in caches]) for i in range(len(layer_types))
        )
        lengths = tuple(len(context) for context in contexts)
        return cls(layers, tuple(layer_types), tuple(caches), lengths)

    def is_of(self, contexts: Sequence[Context]) -> bool:
        """Whether these are the prefixes of just these contexts as they are now."""
        return (
            len(contexts) == len(self.caches)
            and all(a.cache() is b for a, b in zip(contexts, self.caches, strict=True))
            and self.lengths == tuple(len(context) for context in contexts)
        )

    def positions(self, longest: int) -> Tensor:
        """(B, L) int64, the position of each canvas slot in its own text."""
        device = self.layers[0].keys.device
        starts = torch.tensor(self.lengths, device=device)
        return starts[:, None] + torch.arange(longest, device=device)

    def masks(self, lengths: Sequence[int], *, added: bool) -> dict[str, Tensor]:
        """(B, 1, L, K + L) masks by layer type: which slots of prefix and canvas are a row's own.

        Args:
            lengths: Positions of each row's canvas.
            added: Whether to return what eager attention adds to its scores, rather than booleans
                that are true where a query may look.
        """
        masks = {
            kind: self._mask(self.layers[self.layer_types.index(kind)], lengths)
            for kind in dict.fromkeys(self.layer_types)
        }
        if not added:
            return masks
        least = torch.finfo(self.layers[0].keys.dtype).min
        return {
            kind: torch.where(mask, 0.0, least).to(self.layers[0].keys.dtype)
            for kind, mask in masks.items()
        }

    def _mask(self, layer: Layer, lengths: Sequence[int]) -> Tensor:
        device, longest, slots = layer.keys.device, max(lengths), layer.keys.shape[2]
        kept = torch.tensor(layer.kept, device=device)
        own = torch.tensor(lengths, device=device)
        prefix = torch.arange(slots, device=device) >= slots - kept[:, None]
        canvas = torch.arange(longest, device=device) < own[:, None]
        seen = torch.cat([prefix, canvas], dim=1)
        return seen[:, None, None, :].expand(-1, 1, longest, -1)


def _joined(layers: Sequence) -> Layer:
    kept = tuple(layer.keys.shape[2] for layer in layers)
    return Layer(
        _left_padded([layer.keys for layer in layers]),
        _left_padded([layer.values for layer in layers]),
        kept,
    )


def _left_padded(parts: Sequence[Tensor]) -> Tensor:
    longest = max(part.shape[2] for part in parts)
    return torch.cat(
        [nn.functional.pad(part, (0, 0, longest - part.shape[2], 0)) for part in parts]
    )
