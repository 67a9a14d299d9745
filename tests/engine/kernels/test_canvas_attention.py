"""The attention kernel against its definition in float64, and against Transformers' modules."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.attention import Cached, attend
from engine.kernels.canvas_attention import canvas_attention
from tests.engine.kernels.device import DEVICE

assert_exact = partial(torch.testing.assert_close, rtol=1e-4, atol=1e-5)
"""Scores of up to 30, in float32: a weight is off by some 30 * 2^-23 of itself."""


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
    return query, key, value, Cached(key=before[0], value=before[1], lengths=written)


def scattered(cached, places, num_places):
    """The same prefix with its rows elsewhere, among rows that are not a number."""
    key, value = (
        torch.full((num_places, *each.shape[1:]), torch.nan, device=DEVICE)
        for each in (cached.key, cached.value)
    )
    at = torch.tensor(places, dtype=torch.int32, device=DEVICE)
    key[at.long()], value[at.long()] = cached.key, cached.value
    return replace(cached, key=key, value=value, places=at)


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


@pytest.mark.parametrize("places", [[0, 1], [3, 0]])
def test_rows_read_the_prefix_of_their_place(places):
    query, key, value, cached = make(
        batch=2, heads=2, group=2, length=5, ring=9, size=16, lengths=[4, 20], seed=0
    )
    check(query, key, value, scattered(cached, places, 4), window=8)
    expected = canvas_attention(query, key, value, cached)
    assert torch.equal(canvas_attention(query, key, value, scattered(cached, places, 4)), expected)


def test_bfloat16_is_as_near_as_its_rounding():
    case = make(
        batch=1,
        heads=1,
        group=4,
        length=20,
        ring=70,
        size=64,
        lengths=[70],
        seed=1,
        dtype=torch.bfloat16,
    )
    query, key, value, cached = case
    # the result is rounded to 8 bits, the weights are in the interpreter not
    close = partial(torch.testing.assert_close, rtol=2e-2, atol=1e-2)
    check(query / 8, key, value, cached, close=close)


@pytest.mark.parametrize("size", [256, 512])
def test_the_real_heads_are_computed_by_their_own_tiles(size):
    case = make(batch=1, heads=1, group=2, length=36, ring=40, size=size, lengths=[33], seed=2)
    query, key, value, cached = case
    check(query * size**-0.5, key, value, cached, splits=2)


def test_a_program_of_dead_rows_reads_nothing():
    query, key, value, cached = make(
        batch=1, heads=1, group=1, length=70, ring=8, size=16, lengths=[8], seed=3
    )
    live = torch.arange(70, device=DEVICE)[None] < 3
    for each in (key, value, query):
        each[:, :, 3:] = torch.nan
    made = canvas_attention(query, key, value, cached, live=live)
    assert torch.isfinite(made).all()
    assert not made[:, 3:].any()


def test_the_same_input_gives_the_same_bits():
    case = make(batch=1, heads=2, group=2, length=9, ring=64, size=16, lengths=[64], seed=4)
    assert torch.equal(canvas_attention(*case, splits=3), canvas_attention(*case, splits=3))
