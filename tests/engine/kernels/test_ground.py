"""The test ground itself: a kernel runs here, compiles for GPUs elsewhere, and can be refused."""

from typing import Any

import pytest
import torch

from tests.engine.kernels.compiling import Job, compiled
from tests.engine.kernels.device import DEVICE
from tests.engine.kernels.sample_kernel import scaled_kernel

SCALED = {"x": "*bf16", "y": "*fp32", "size": "i32", "FACTOR": "constexpr", "BLOCK": "constexpr"}


def job(**changes):
    settings = {
        "kernel": "tests.engine.kernels.sample_kernel:scaled_kernel",
        "signature": SCALED,
        "constexprs": {"FACTOR": 3.0, "BLOCK": 256},
        "aligned": ("x", "y"),
    }
    return Job(**(settings | changes))


def test_a_kernel_runs_with_or_without_a_gpu():
    x = torch.randn(300, device=DEVICE).bfloat16()
    y = torch.full((300,), torch.nan, device=DEVICE)
    kernel: Any = scaled_kernel
    kernel[(2,)](x, y, 300, FACTOR=3.0, BLOCK=256)
    torch.testing.assert_close(y, x.float() * 3, rtol=0, atol=0)


@pytest.mark.slow
def test_a_kernel_compiles_for_every_generation():
    reports = compiled([job(arch=arch) for arch in (80, 90, 100)])
    for arch, report in zip((80, 90, 100), reports, strict=True):
        assert f".target sm_{arch}" in report.ptx
        assert 0 < report.registers <= 255
        assert report.spill_bytes == report.stack_bytes == report.shared_bytes == 0


@pytest.mark.slow
def test_a_kernel_that_does_not_compile_is_an_error_with_the_compilers_words():
    with pytest.raises(RuntimeError, match="FACTOR"):
        compiled([job(constexprs={"BLOCK": 256, "FACTOR": "three"})])
