"""The attention kernel against its definition in float64, and against Transformers' modules."""

from dataclasses import replace
from functools import partial

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.attention import Prefix, attend
from engine.kernels.canvas_attention import canvas_attention
from tests.engine.kernels.device import DEVICE

assert_exact = partial(torch.testing.assert_close, rtol=2e-5, atol=2e-6)
"""float32 sums of at most a few hundred terms of size 1."""


def drawn(*shape, seed, dtype=torch.float32):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator).to(DEVICE, dtype)


def make(*, batch, heads, group, length, ring, size, lengths, seed, dtype=torch.float32):
    """Query, key, value and prefix; what the prefix does not hold is not a number."""
    query = drawn(batch, heads * group, length, size, seed=seed, dtype=dtype)
    key, value = (drawn(batch, heads, length, size, seed=seed + i, dtype=dtype) for i in (1, 2))
    before = [drawn(batch, heads, ring, size, seed=seed + i, dtype=dtype) for i in (3, 4)]
    for row, written in enumerate(lengths):
        for each in before:
            each[row, :, written:] = torch.nan
    written = torch.tensor(lengths, dtype=torch.int32, device=DEVICE)
    return query, key, value, Prefix(key=before[0], value=before[1], lengths=written)


def in_float64(query, key, value, prefix, **rules):
    wide = replace(prefix, key=prefix.key.double(), value=prefix.value.double())
    return attend(query.double(), key.double(), value.double(), wide, **rules)


def check(query, key, value, prefix, *, splits=None, close=assert_exact, **rules):
    expected = in_float64(query, key, value, prefix, **rules)
    given_ = canvas_attention(query, key, value, prefix, splits=splits, **rules)
    assert given_.shape == expected.shape
    assert given_.dtype == query.dtype
    close(given_.double(), expected)


@st.composite
def cases(draw):
    batch = draw(st.integers(1, 2))
    ring = draw(st.sampled_from([0, 1, 7, 64, 130]))
    written = st.integers(0, 2 * ring) if ring else st.just(0)
    length = draw(st.integers(1, 40))
    case = {
        "batch": batch,
        "heads": draw(st.integers(1, 2)),
        "group": draw(st.sampled_from([1, 2, 4])),
        "length": length,
        "ring": ring,
        "size": draw(st.sampled_from([16, 24])),
        "lengths": draw(st.lists(written, min_size=batch, max_size=batch)),
        "seed": draw(st.integers(0, 99)),
    }
    alive = st.lists(st.booleans(), min_size=length, max_size=length)
    live = draw(st.none() | st.lists(alive, min_size=batch, max_size=batch))
    rules = {
        "live": None if live is None else torch.tensor(live, device=DEVICE),
        "window": draw(st.none() | st.integers(1, max(1, ring))),
        "causal": draw(st.booleans()),
        "splits": draw(st.sampled_from([None, 1, 2, 5])),
    }
    return case, rules


@given(cases())
@settings(max_examples=25, deadline=None)
def test_it_computes_its_definition(drawn_case):
    case, rules = drawn_case
    check(*make(**case), **rules)
