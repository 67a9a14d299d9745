"""The layer's kernels as the compiler makes them at the real model's shapes, for GPUs not here.

26B-A4B: hidden 2816; 16 heads over 8 of 256 (window 1024) or over 2 of 512; 128 experts of 704,
top 8; canvas 256.
"""

import pytest
import torch

from engine.attention import Cached
from engine.expert_weights import ExpertMatrix
from engine.kernels import (
    canvas_attention,
    constrained_head,
    expert_routing,
    masked_experts,
    quantised_linear,
    rotary,
    router,
    rows,
    shares,
)
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
    prefix = Cached(key=next(before), value=next(before), lengths=lengths)
    live = meta(batch, CANVAS, dtype=torch.bool)
    return launched(
        (canvas_attention,),
        lambda: canvas_attention.canvas_attention(
            query, key, value, prefix, live=live, splits=splits, **rules
        ),
        arch,
    )


SLIDING = {"size": 256, "heads": 8, "capacity": 1024, "window": 1024}
FULL = {"size": 512, "heads": 2, "capacity": 8192}
CANVASES = {"sliding": SLIDING, "full": FULL}
OTHERS = {
    "sliding commit": {**SLIDING, "causal": True},
    "full commit": {**FULL, "causal": True},
    "keys in shares": {**FULL, "splits": 4},
}


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_attention_keeps_everything_in_registers_on_tensor_cores(arch):
    cases = CANVASES | (OTHERS if arch == 90 else {})
    jobs = [attention(arch, **case)["attention_kernel"] for case in cases.values()]
    for case, report in zip(cases, compiled(jobs), strict=True):
        assert report.spill_bytes == 0, (case, report.spill_bytes)
        assert report.shared_bytes <= SHARED[arch], (case, report.shared_bytes)
        assert TENSOR_CORES[arch] in report.ptx, case
        assert "cp.async" in report.ptx, case


def matrices(format_):
    """The two matrices of 128 experts, without storage."""
    if format_ == "plain":
        return [ExpertMatrix(format="plain", values=meta(128, *s)) for s in SHAPES]
    if format_ == "fp8":
        return [
            ExpertMatrix(
                format="fp8",
                values=meta(128, rows, columns, dtype=torch.float8_e4m3fn),
                scale=meta(128, rows, 1),
            )
            for rows, columns in SHAPES
        ]
    return [
        ExpertMatrix(
            format="int4",
            values=meta(128, rows, columns // 2, dtype=torch.uint8),
            scale=meta(128, rows, columns // 64),
        )
        for rows, columns in SHAPES
    ]


SHAPES = ((1408, 2816), (2816, 704))


def experts(arch, format_, rows):
    """Jobs of one layer's experts over so many rows."""
    arguments = (meta(rows, 2816), meta(rows, 8, dtype=torch.int32))
    weights, live = meta(rows, 8, dtype=torch.float32), meta(rows, dtype=torch.bool)

    def launch():
        gate_up, down = matrices(format_)
        masked_experts.masked_experts(*arguments, weights, gate_up, down, live)

    return launched((masked_experts, expert_routing), launch, arch)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_experts_keep_everything_in_registers_on_tensor_cores(arch):
    formats = {80: ["plain", "int4"], 90: ["plain", "fp8", "int4"], 100: ["plain"]}[arch]
    jobs = {
        (name, format_): job
        for format_ in formats
        for name, job in experts(arch, format_, CANVAS).items()
    }
    for case, report in zip(jobs, compiled(list(jobs.values())), strict=True):
        assert report.spill_bytes == 0, (case, report.spill_bytes)
        assert report.shared_bytes <= SHARED[arch], (case, report.shared_bytes)
        if case[0] in ("gate_up_kernel", "down_kernel"):
            assert "mma" in report.ptx, case
            assert "cp.async" in report.ptx, case


@pytest.mark.parametrize("rows", [64, 1024, 8192])
def test_few_rows_and_many_keep_their_experts_in_registers(rows):
    jobs = experts(90, "plain", rows)
    for case, report in zip(jobs, compiled(list(jobs.values())), strict=True):
        assert report.spill_bytes == 0, (case, report.spill_bytes)
        assert report.shared_bytes <= SHARED[90], (case, report.shared_bytes)


@pytest.mark.parametrize(
    ("arch", "format_"), [(80, "int4"), (90, "fp8"), (90, "int4"), (100, "fp8")]
)
def test_quantised_products_keep_everything_in_registers(arch, format_):
    values, scale = {
        "fp8": (meta(1, 4096, 2816, dtype=torch.float8_e4m3fn), meta(1, 4096, 1)),
        "int4": (meta(1, 4096, 1408, dtype=torch.uint8), meta(1, 4096, 44)),
    }[format_]
    matrix = ExpertMatrix(format=format_, values=values, scale=scale)
    jobs = launched(
        (quantised_linear,),
        lambda: quantised_linear.quantised_linear(meta(CANVAS, 2816), matrix),
        arch,
    )
    [report] = compiled(list(jobs.values()))
    assert report.spill_bytes == 0
    assert report.shared_bytes <= SHARED[arch]
    assert "mma" in report.ptx
    assert "cp.async" in report.ptx


WIDE = 262_144


def heads(columns, rows=CANVAS):
    """Launches the vocabulary's products over some columns, and the mass of all."""
    hidden, table = meta(rows, 2816), meta(WIDE, 2816)
    ids, temperature = meta(columns, dtype=torch.int32), meta(rows, dtype=torch.float32)
    constrained_head.narrow_logits(hidden, table, ids, temperature, 30.0)
    told = meta(rows, columns, dtype=torch.float32)
    constrained_head.narrow_soft(told, table, ids, meta(1, dtype=torch.float32))
    constrained_head.log_masses(hidden, table, temperature, 30.0)
    constrained_head.capped(meta(rows, WIDE), temperature, 30.0)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("columns", [1000, 20_000])
def test_the_head_keeps_everything_in_registers_on_tensor_cores(arch, columns):
    jobs = launched((constrained_head,), lambda: heads(columns), arch)
    assert len(jobs) == 4
    for case, report in zip(jobs, compiled(list(jobs.values())), strict=True):
        assert report.spill_bytes == 0, (case, report.spill_bytes)
        assert report.shared_bytes <= SHARED[arch], (case, report.shared_bytes)
        if case != "cap_kernel":
            assert "cp.async" in report.ptx, case
            assert TENSOR_CORES[arch] in report.ptx, case


def between():
    """Launches everything between the products, for one canvas of a sliding layer."""
    hidden, vector = meta(CANVAS, 2816), meta(2816)
    norms = {"post_weight": vector, "dense_weight": vector, "expert_weight": vector, "eps": 1e-6}
    rows.norm(hidden, vector, 1e-6)
    rows.after_attention(hidden, hidden, router_scale=vector, **norms)
    rows.after_experts(hidden, hidden, hidden, layer_scalar=meta(1), next_weight=vector, **norms)
    rows.gated(meta(CANVAS, 2112), meta(CANVAS, 2112))
    shares.shares_(meta(CANVAS, 262_144), meta(CANVAS, 262_144, dtype=torch.float32))
    router.chosen_experts(meta(CANVAS, 128), meta(128), 8)
    rotary.heads(
        meta(CANVAS, 16 * 256),
        meta(CANVAS, 8 * 256),
        meta(CANVAS, 8 * 256),
        query_weight=meta(256),
        key_weight=meta(256),
        cos=meta(CANVAS, 256),
        sin=meta(CANVAS, 256),
        eps=1e-6,
    )


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_what_is_between_the_products_stays_in_registers(arch):
    jobs = launched((rows, rotary, router, shares), between, arch)
    assert len(jobs) == 7
    for case, report in zip(jobs, compiled(list(jobs.values())), strict=True):
        assert report.spill_bytes == report.stack_bytes == 0, (case, report.stack_bytes)
