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
    """

    batch: int
    length: int


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded call.

    Attributes:
        inputs: Where it reads.
        hidden: Where it writes.
        replay: Runs it.
    """

    inputs: Canvases
    hidden: Tensor
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

    Where the stack's own buffers move, every recording is void.
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

    @torch.inference_mode()
    def predict(self, canvases: Canvases) -> Tensor:
        """As `Stack.predict`.

        Returns:
            (B, L, H), a copy that no later call overwrites.
        """
        recording = self._recording(canvases)
        for into, value in zip(recording.inputs.tensors(), canvases.tensors(), strict=True):
            into.copy_(value)
        recording.replay()
        return recording.hidden.clone()

    def _recording(self, canvases: Canvases) -> Recording:
        if self._generation != self._stack.cache.generation:
            self._recordings.clear()
            self._generation = self._stack.cache.generation
        shape = Shape(*canvases.token_ids.shape)
        if shape not in self._recordings:
            self._recordings[shape] = self._recorded(canvases)
            if len(self._recordings) > MOST_GRAPHS:
                self._recordings.popitem(last=False)
        self._recordings.move_to_end(shape)
        return self._recordings[shape]

    def _recorded(self, canvases: Canvases) -> Recording:
        inputs, hidden = canvases.copied(), torch.empty_like(canvases.soft)
        return Recording(
            inputs, hidden, self._record(lambda: self._stack.predict(inputs, out=hidden))
        )
