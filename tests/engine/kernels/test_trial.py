"""The trial before a model is loaded onto our kernels."""

import pytest

from engine.kernels import trial as module
from engine.kernels.trial import trial
from tests.engine.kernels.device import DEVICE


def test_it_passes():
    trial(DEVICE)


@pytest.mark.parametrize("kernel", ["canvas_attention", "masked_experts"])
def test_a_kernel_that_computes_something_else_is_found(monkeypatch, kernel):
    right = getattr(module, kernel)
    monkeypatch.setattr(module, kernel, lambda *arguments: right(*arguments) * 1.1 + 0.1)
    with pytest.raises(RuntimeError, match="off by"):
        trial(DEVICE)
