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
    """

    batch: int
    length: int
    told: bool


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded call.

    Attributes:
        inputs: Where it reads.
        logits: Where it writes.
        replay: Runs it.
    """

    inputs: Canvases
    logits: Tensor
    replay: Callable[[], None]


Record = Callable[[Callable[[], object]], Callable[[], None]]
"""From a call to its replay."""


class CudaRecorder:
    """Records calls on CUDA; what they need in between they share, for they run one at a time."""

    def __init__(self) -> None:
        """Reserves nothing yet."""
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, call: Callable[[], object]) -> Callable[[], None]:
        """Runs a call on a stream of its own, which compiles its kernels, then records it."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UPS):
                call()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            call()
        return graph.replay


class Graphs:
    """The recordings of one stack, the least lately used given up first.

    All read what they are told from one buffer and write logits to another, as large as the largest
    call so far; where these or the stack's own buffers move, every recording is void.
    """

    def __init__(self, stack: Stack, record: Record | None = None) -> None:
        """Has recorded nothing yet.

        Args:
            stack: Whose decoder.
            record: Records a call; None records on CUDA.
        """
        self._stack = stack
        self._record = record or CudaRecorder()
        self._recordings: OrderedDict[Shape, Recording] = OrderedDict()
        self._generation = stack.cache.generation
        self._told = self._logits = torch.empty(0, device=stack.cache.lengths.device)

    @torch.inference_mode()
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
        shape = Shape(batch, length, canvases.told is not None)
        self._reserve(batch * length * self._stack.width)
        if shape not in self._recordings:
            self._recordings[shape] = self._recorded(canvases, shape)
            if len(self._recordings) > MOST_GRAPHS:
                self._recordings.popitem(last=False)
        self._recordings.move_to_end(shape)
        return self._recordings[shape]

    def _reserve(self, size: int) -> None:
        if size > self._logits.numel():
            self._recordings.clear()
            self._told, self._logits = (self._logits.new_zeros(size) for _ in range(2))
        if self._generation != self._stack.cache.generation:
            self._recordings.clear()
            self._generation = self._stack.cache.generation

    def _recorded(self, canvases: Canvases, shape: Shape) -> Recording:
        size = (shape.batch, shape.length, self._stack.width)
        count = shape.batch * shape.length * self._stack.width
        logits = self._logits[:count].view(size)
        inputs = canvases.recorded(self._told[:count].view(size) if shape.told else None)
        return Recording(
            inputs, logits, self._record(lambda: self._stack.predict(inputs, out=logits))
        )
