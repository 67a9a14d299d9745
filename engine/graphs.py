"""Calls of the decoder recorded once as CUDA graphs and replayed, each launch of them at once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from engine.stack import Canvases, Stack

MOST_GRAPHS = 16
WARM_UPS = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """What a recording is good for.

    Attributes:
        batch: B.
        length: L.
        told: Whether the step before is told.
        generation: Of the cache's buffers, whose addresses are recorded.
    """

    batch: int
    length: int
    told: bool
    generation: int


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded call.

    Attributes:
        inputs: Where it reads.
        logits: Where it writes; the next replay overwrites it.
        replay: Runs it.
    """

    inputs: Canvases
    logits: Tensor
    replay: Callable[[], None]


Record = Callable[[Stack, Canvases], Recording]


def record(stack: Stack, canvases: Canvases) -> Recording:
    """Records a call on CUDA; compiles what it needs first, on a stream of its own."""
    inputs = canvases.cloned()
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UPS):
            stack.predict(inputs)
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        logits = stack.predict(inputs)
    return Recording(inputs, logits, graph.replay)


class Graphs:
    """The recordings of one stack, the least lately used given up first."""

    def __init__(self, stack: Stack, record: Record = record) -> None:
        """Has recorded nothing yet.

        Args:
            stack: Whose decoder.
            record: Records a call.
        """
        self._stack = stack
        self._record = record
        self._recordings: OrderedDict[Shape, Recording] = OrderedDict()

    def predict(self, canvases: Canvases) -> Tensor:
        """As `Stack.predict`; the result is overwritten by the next call.

        Returns:
            (B, L, V) float32.
        """
        recording = self._recording(canvases)
        for into, value in zip(recording.inputs.tensors(), canvases.tensors(), strict=True):
            into.copy_(value)
        recording.replay()
        return recording.logits

    def _recording(self, canvases: Canvases) -> Recording:
        batch, length = canvases.token_ids.shape
        told = canvases.told is not None
        shape = Shape(batch, length, told, self._stack.cache.generation)
        for old in [each for each in self._recordings if each.generation != shape.generation]:
            del self._recordings[old]
        if shape not in self._recordings:
            self._recordings[shape] = self._record(self._stack, canvases)
            if len(self._recordings) > MOST_GRAPHS:
                self._recordings.popitem(last=False)
        self._recordings.move_to_end(shape)
        return self._recordings[shape]
