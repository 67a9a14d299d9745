"""Stands for the recording of a CUDA graph, and refuses what a recording refuses.

A recorded call may not wait for the device, may not read memory of the host, and must launch the
same things on the same shapes whatever the numbers are. Kernels run in the interpreter, whose own
work is not looked at; that they were launched, and on which grid, is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from triton.runtime import interpreter

WAITS = {
    "item", "tolist", "numpy", "cpu", "cuda", "__bool__", "__int__", "__float__", "__index__",
    "__contains__", "__array__", "nonzero", "argwhere", "masked_select", "unique",
    "unique_consecutive", "is_nonzero", "equal", "allclose", "bincount",
}  # fmt: skip
"""Methods and functions that need a number on the host, or make a shape of one."""

REFUSED = {
    "_local_scalar_dense", "nonzero", "masked_select", "_unique2", "unique_dim", "bincount",
    "unique_consecutive", "is_nonzero", "equal", "lift_fresh", "repeat_interleave",
}  # fmt: skip
"""The same below Python, and what copies memory of the host."""

Trace = list[tuple[Any, ...]]
"""Operations and launches, in order, with the shapes that they are for."""


class NotRecordableError(AssertionError):
    """What no recording of a CUDA graph would take."""


class _Functions(TorchFunctionMode):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._watch = watch

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(func, "__name__", "")
        if not self._watch.paused and name in WAITS:
            raise NotRecordableError(f"{name} waits for the device")
        return func(*args, **(kwargs or {}))


class _Operations(TorchDispatchMode):
    def __init__(self, watch: _Watch) -> None:
        super().__init__()
        self._watch = watch

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if not self._watch.paused:
            self._watch.see(func, args)
        return func(*args, **(kwargs or {}))


class _Watch:
    def __init__(self) -> None:
        self.trace: Trace = []
        self.paused = False

    def see(self, func: Any, args: Any) -> None:
        name = func._schema.name.removeprefix("aten::")
        flat = [each for arg in args for each in (arg if isinstance(arg, list | tuple) else [arg])]
        by_mask = name.startswith("index") and any(
            isinstance(each, torch.Tensor) and each.dtype is torch.bool for each in flat[1:]
        )
        if name in REFUSED or (by_mask and name in ("index", "index_put_", "index_put")):
            raise NotRecordableError(f"{name} depends on numbers")
        shapes = [tuple(each.shape) for each in flat if isinstance(each, torch.Tensor)]
        self.trace.append((str(func), *shapes))

    def launched(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def launch(executor: Any, *args: Any, **kwargs: Any) -> Any:
            self.trace.append((executor.fn.__name__, executor.grid))
            self.paused = True
            try:
                return run(executor, *args, **kwargs)
            finally:
                self.paused = False

        return launch


@contextmanager
def recorded() -> Iterator[Trace]:
    """Refuses what a recording refuses, with `NotRecordableError`; yields the trace as it grows."""
    watch, executor = _Watch(), interpreter.GridExecutor
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(executor, "__call__", watch.launched(executor.__call__))
        with _Functions(watch), _Operations(watch):
            yield watch.trace
