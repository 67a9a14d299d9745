"""The vocabulary's two products on our kernels: no copy of weights, no logit written twice."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from engine.head.columns import Columns
from engine.head.head import Head, Width
from engine.kernels.constrained_head import capped, log_masses, narrow_logits, narrow_soft
from engine.kernels.shares import shares_

if TYPE_CHECKING:
    from transformers import DiffusionGemmaForBlockDiffusion


class FusedHead(Head):
    """The same on our kernels; the products over all columns stay torch's own."""

    def __init__(self, network: DiffusionGemmaForBlockDiffusion, width: Width = "auto") -> None:
        """See `Head`."""
        super().__init__(network, width)
        self._ids: WeakKeyDictionary[Columns, Tensor] = WeakKeyDictionary()

    def logits(self, hidden: Tensor, temperature: Tensor, columns: Columns | None) -> Tensor:
        """See `Head`."""
        if columns is None:
            return super().logits(hidden, temperature, None)
        weight, ids = self._lm_head.weight, self._on_device(columns)
        return narrow_logits(hidden, weight, ids, temperature.contiguous(), self._cap)

    def soft(self, told: Sequence[Tensor], columns: Columns | None) -> Tensor:
        """See `Head`."""
        if columns is None:
            return super().soft(told, None)
        joined = told[0] if len(told) == 1 else torch.cat([*told])
        table = self._embedding
        ids = self._on_device(columns)
        return narrow_soft(joined.contiguous(), table.weight, ids, table.embed_scale)

    def log_masses(self, hidden: Tensor, temperature: Tensor) -> Tensor:
        """See `Head`."""
        return log_masses(hidden, self._lm_head.weight, temperature.contiguous(), self._cap)

    def _capped(self, x: Tensor, temperature: Tensor) -> Tensor:
        return capped(x, temperature.contiguous(), self._cap)

    def _shares(self, told: Sequence[Tensor], dtype: torch.dtype) -> Tensor:
        lengths = [len(part) for part in told]
        result = told[0].new_empty(sum(lengths), told[0].shape[1], dtype=dtype)
        for into, part in zip(result.split(lengths), told, strict=True):
            shares_(into, part.contiguous())
        return result

    def _on_device(self, columns: Columns) -> Tensor:
        """(C,) int32, copied once for each canvas."""
        if columns not in self._ids:
            ids = torch.from_numpy(columns.token_ids.astype("int32"))
            self._ids[columns] = ids.to(self._lm_head.weight.device)
        return self._ids[columns]
