"""Turns what a launcher launches, on tensors without storage, into jobs for the compiler.

So a compile test covers the launcher's own tiles, strides and alignments at real shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest
import torch

from tests.engine.kernels.compiling import Job

TYPES = {
    torch.bfloat16: "*bf16",
    torch.float32: "*fp32",
    torch.float8_e4m3fn: "*fp8e4nv",
    torch.int64: "*i64",
    torch.int32: "*i32",
    torch.uint8: "*u8",
}
OPTIONS = {"num_warps": 4, "num_stages": 3}


def meta(*shape: int, dtype: torch.dtype = torch.bfloat16) -> Any:
    """Returns a tensor that has a shape and nothing else."""
    return torch.empty(*shape, dtype=dtype, device="meta")


def launched(
    modules: Sequence[ModuleType], launch: Callable[[], object], arch: int
) -> dict[str, Job]:
    """Returns the jobs of all kernels of some modules that a call launches, by name."""
    jobs: dict[str, Job] = {}
    with pytest.MonkeyPatch.context() as patch:
        for module in modules:
            patch.setattr(module, "INTERPRETED", False, raising=False)
            for name, kernel in list(vars(module).items()):
                if name.endswith("_kernel"):
                    patch.setattr(module, name, _Recorder(jobs, name, kernel, arch))
        launch()
    return jobs


class _Recorder:
    def __init__(self, jobs: dict[str, Job], name: str, kernel: Any, arch: int) -> None:
        self._jobs, self._name, self._kernel, self._arch = jobs, name, kernel, arch

    def __getitem__(self, grid: tuple[int, ...]) -> Callable[..., None]:
        assert all(0 < size < (2**31 if axis == 0 else 2**16) for axis, size in enumerate(grid))
        return self._record

    def _record(self, *positional: Any, **named: Any) -> None:
        options = {name: named.pop(name, default) for name, default in OPTIONS.items()}
        names = list(self._kernel.arg_names)
        given = dict(zip(names, positional, strict=False)) | named
        assert list(given) == names, (list(given), names)
        self._jobs[self._name] = Job(
            kernel=f"{self._kernel.fn.__module__}:{self._name}",
            signature={
                name: "constexpr" if name.isupper() else _type(value)
                for name, value in given.items()
            },
            constexprs={name: value for name, value in given.items() if name.isupper()},
            aligned=[name for name, value in given.items() if _is_aligned(name, value)],
            arch=self._arch,
            **options,
        )


def _type(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return TYPES[value.dtype]
    if isinstance(value, float):
        return "fp32"
    return "i32" if abs(value) < 2**31 else "i64"


def _is_aligned(name: str, value: Any) -> bool:
    if name.isupper() or isinstance(value, float):
        return False
    return isinstance(value, torch.Tensor) or value % 16 == 0
