"""The languages of a batch on a device, ready to condition logits on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import torch

from engine.algebra.buffers import Buffers
from engine.algebra.capacity import Capacity
from engine.algebra.filling import filled
from engine.algebra.tables import Tables, tables_of
from engine.errors import EngineError

if TYPE_CHECKING:
    from constraints import Block


@dataclass(frozen=True, eq=False, kw_only=True)
class Program:
    """The languages of a batch, each on its canvas, ready for a device.

    Attributes:
        blocks: The requests' blocks.
        tables: What each was reduced to; on the host.
        capacity: What the buffers hold at most.
        buffers: The same on the device. No shape in it depends on the blocks, and how much of it
            is in use stands on the device too, so that a step can be captured in a CUDA graph.
    """

    blocks: tuple[Block, ...]
    tables: tuple[Tables, ...]
    capacity: Capacity
    buffers: Buffers

    @classmethod
    def of(
        cls,
        blocks: Sequence[Block],
        *,
        device: torch.device | str = "cpu",
        capacity: Capacity | None = None,
    ) -> Program:
        """Lays out blocks for a device.

        Args:
            blocks: One for each request; their automata may differ, and how many columns they use.
            device: Where to.
            capacity: What to make room for; by default the least that holds the blocks.

        Raises:
            EngineError: The blocks do not fit the capacity.
        """
        tables = tuple(tables_of(block) for block in blocks)
        needed = Capacity.for_tables(tables)
        capacity = needed.rounded() if capacity is None else capacity
        capacity.check(needed)
        buffers = filled(tables, capacity, torch.device(device))
        return cls(blocks=tuple(blocks), tables=tables, capacity=capacity, buffers=buffers)

    @property
    def device(self) -> torch.device:
        """Where the buffers are."""
        return self.buffers.length.device

    def refilled(self, other: Program) -> Program:
        """Returns another batch in this program's buffers, which it overwrites.

        Raises:
            EngineError: The capacities differ.
        """
        if self.capacity != other.capacity:
            raise EngineError("the programs differ in capacity", hint="give both the same")
        for mine, its in zip(self.buffers.tensors(), other.buffers.tensors(), strict=True):
            mine.copy_(its, non_blocking=True)
        return replace(other, buffers=self.buffers)
