"""The layer's kernels as the compiler makes them at the real model's shapes, for GPUs not here.

26B-A4B: hidden 2816; 16 heads over 8 of 256 (window 1024) or over 2 of 512; 128 experts of 704,
top 8; canvas 256.
"""

import pytest
import torch

from engine.attention import Prefix
from engine.expert_weights import ExpertMatrix
from engine.kernels import canvas_attention, expert_routing, masked_experts
from tests.engine.kernels.compiling import SHARED_BYTES, compiled
from tests.engine.kernels.recording import launched, meta

pytestmark = pytest.mark.slow
ARCHITECTURES = (80, 90, 100)
SHARED = {80: 163 * 1024, 90: SHARED_BYTES, 100: SHARED_BYTES}
TENSOR_CORES = {80: "mma.sync", 90: "wgmma", 100: "tcgen05.mma"}
CANVAS = 256


def attention(arch, *, size, heads, capacity, batch=4, splits=1, **rules):
    """Jobs of one layer's attention, with the strides of a (B, L, H, D) projection."""
    query = meta(batch, CANVAS, 16, size).transpose(1, 2)
    key, value = (meta(batch, CANVAS, heads, size).transpose(1, 2) for _ in range(2))
    before = (meta(batch, heads, capacity, size) for _ in range(2))
    lengths = meta(batch, dtype=torch.int32)
    prefix = Prefix(key=next(before), value=next(before), lengths=lengths)
    live = meta(batch, CANVAS, dtype=torch.bool)
    return launched(
        canvas_attention,
        lambda: canvas_attention.canvas_attention(
            query, key, value, prefix, live=live, splits=splits, **rules
        ),
        arch,
    )


SLIDING = {"size": 256, "heads": 8, "capacity": 1024, "window": 1024}
FULL = {"size": 512, "heads": 2, "capacity": 8192}
ATTENTION = {
    "sliding canvas": SLIDING,
    "full canvas": FULL,
    "sliding commit": {**SLIDING, "causal": True},
    "full commit": {**FULL, "causal": True},
    "full canvas, keys in shares": {**FULL, "splits": 4},
}


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_attention_keeps_everything_in_registers_on_tensor_cores(arch):
    jobs = [attention(arch, **case)["attention_kernel"] for case in ATTENTION.values()]
    for case, report in zip(ATTENTION, compiled(jobs), strict=True):
        assert report.spill_bytes == 0, (case, report.spill_bytes)
        assert report.shared_bytes <= SHARED[arch], (case, report.shared_bytes)
        assert TENSOR_CORES[arch] in report.ptx, case
