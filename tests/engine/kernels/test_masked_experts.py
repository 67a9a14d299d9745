"""The experts' kernels against their definition in float64, and against Transformers' module."""

from functools import partial

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expert_weights import QUANTISERS, plain
from engine.experts import run_experts
from engine.kernels.masked_experts import masked_experts
from tests.engine.kernels.device import DEVICE

assert_exact = partial(torch.testing.assert_close, rtol=2e-5, atol=2e-5)
"""float32 sums of at most 128 terms of size 1."""


def drawn(*shape, seed, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator).to(DEVICE, dtype)


def make(*, rows, top, experts, width, inner, format_, seed, reach=None, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    reach = experts if reach is None else reach
    choices = torch.stack(
        [torch.randperm(max(reach, top), generator=generator)[:top] for _ in range(rows)]
    ).to(DEVICE)
    weights = torch.rand(rows, top, generator=generator).to(DEVICE)
    hidden = drawn(rows, width, seed=seed, dtype=dtype)
    first = drawn(experts, 2 * inner, width, seed=seed + 1, dtype=dtype) * width**-0.5
    second = drawn(experts, width, inner, seed=seed + 2, dtype=dtype) * inner**-0.5
    quantise = QUANTISERS[format_]
    return hidden, choices, weights, quantise(first), quantise(second)


def in_float64(hidden, choices, weights, gate_up, down, live=None):
    first, second = (plain(each.dequantised().double()) for each in (gate_up, down))
    return run_experts(hidden.double(), choices, weights.double(), first, second, live)


@st.composite
def cases(draw):
    format_ = draw(st.sampled_from(["plain", "plain", "fp8", "int4"]))
    rows = draw(st.integers(1, 40))
    experts, top = draw(st.sampled_from([(1, 1), (6, 2), (16, 8)]))
    sizes = [64, 128] if format_ == "int4" else [16, 72]
    case = {
        "rows": rows,
        "top": top,
        "experts": experts,
        "width": draw(st.sampled_from(sizes)),
        "inner": draw(st.sampled_from(sizes)),
        "format_": format_,
        "seed": draw(st.integers(0, 99)),
        "reach": draw(st.sampled_from([top, experts, experts + 3])),
    }
    live = draw(st.none() | st.lists(st.booleans(), min_size=rows, max_size=rows))
    return case, None if live is None else torch.tensor(live, device=DEVICE)


@given(cases())
@settings(max_examples=20, deadline=None)
def test_they_compute_their_definition(drawn_case):
    case, live = drawn_case
    arguments = make(**case)
    made = masked_experts(*arguments, live)
    assert_exact(made.double(), in_float64(*arguments, live))
