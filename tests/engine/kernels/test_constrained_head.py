"""The head over some columns: its kernels against float64, and the engine against the full one."""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints import Choice, Regex
from engine import Engine, LoadedModel, Request
from engine.head import Width
from engine.kernels import constrained_head
from engine.kernels.constrained_head import (
    FEW,
    MANY,
    capped,
    log_masses,
    narrow_logits,
    narrow_soft,
)
from engine.stacked import Stacked
from tests.engine.kernels.device import DEVICE
from tests.engine.tiny import make_network, make_tokenizer

CAP = 30.0
LOG_ZERO = -1e4
WIDTHS: tuple[Width, ...] = ("narrow", "full")


def drawn(*shape, seed=0, dtype=torch.float32, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return (scale * torch.randn(*shape, generator=generator)).to(DEVICE, dtype)


def some(columns, vocabulary, seed=0):
    """(C,) int32 token ids, ascending."""
    rng = np.random.default_rng(seed)
    ids = np.sort(rng.choice(vocabulary, columns, replace=False))
    return torch.from_numpy(ids.astype(np.int32)).to(DEVICE)


def defined(hidden, table, temperature):
    """(T, V) float64, z."""
    x = hidden.double() @ table.double().T
    return CAP * torch.tanh(x / CAP) / temperature.double()[:, None]


SHAPES = st.tuples(st.integers(1, 70), st.integers(1, 150), st.integers(1, 70))


@settings(deadline=None, max_examples=12)
@given(SHAPES, st.sampled_from([1.0, 0.4]), st.sampled_from([1.0, 12.0]))
def test_logits_are_those_of_the_whole_product(shape, temperature, scale):
    rows, width, columns = shape
    hidden, table = drawn(rows, width, scale=scale), drawn(80, width, seed=1)
    each, ids = torch.linspace(temperature, 1.0, rows, device=DEVICE), some(columns, 80)
    made = narrow_logits(hidden, table, ids, each, CAP)
    expected = defined(hidden, table, each)[:, ids.long()]
    torch.testing.assert_close(made.double(), expected, rtol=1e-4, atol=1e-4 * scale)


def test_many_columns_take_large_tiles_of_the_same_product(monkeypatch):
    hidden, table, ids = drawn(5, 90), drawn(300, 90, seed=1), some(200, 300)
    temperature = torch.ones(5, device=DEVICE)
    few = narrow_logits(hidden, table, ids, temperature, CAP)
    monkeypatch.setattr(constrained_head, "MOST_OF_FEW", 0)
    many = narrow_logits(hidden, table, ids, temperature, CAP)
    assert FEW.columns < MANY.columns
    torch.testing.assert_close(many, few, rtol=1e-5, atol=1e-5)


def test_products_are_rounded_to_the_weights_format_as_full_ones_are():
    hidden, table = drawn(4, 64, dtype=torch.bfloat16), drawn(50, 64, seed=1, dtype=torch.bfloat16)
    ids, one = some(30, 50), torch.ones(4, device=DEVICE)
    made = narrow_logits(hidden, table, ids, one, CAP)
    full = capped((hidden @ table.T)[:, ids.long()].contiguous(), one, CAP)
    # one step of 8 bits, where the sums round to different sides (the interpreter cuts off)
    assert ((made - full).abs() <= full.abs() * 2**-7 + 1e-6).all()
    back = CAP * torch.atanh(made / CAP)
    torch.testing.assert_close(back.bfloat16().float(), back, rtol=2e-4, atol=1e-5)


@settings(deadline=None, max_examples=8)
@given(st.integers(1, 40), st.integers(1, 400), st.sampled_from([1.0, 8.0]))
def test_masses_are_those_of_all_columns(rows, vocabulary, scale):
    hidden, table = drawn(rows, 40, scale=scale), drawn(vocabulary, 40, seed=1)
    temperature = torch.full((rows,), 0.5, device=DEVICE)
    made = log_masses(hidden, table, temperature, CAP)
    expected = defined(hidden, table, temperature).logsumexp(dim=1)
    torch.testing.assert_close(made, expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("shares", [1, 3, 64])
def test_masses_do_not_depend_on_how_the_columns_are_shared(monkeypatch, shares):
    monkeypatch.setattr(constrained_head, "programs_wanted", lambda _: shares)
    hidden, table = drawn(9, 32), drawn(700, 32, seed=1)
    temperature = torch.ones(9, device=DEVICE)
    expected = defined(hidden, table, temperature).logsumexp(dim=1)
    torch.testing.assert_close(
        log_masses(hidden, table, temperature, CAP), expected, rtol=1e-5, atol=1e-5
    )


@settings(deadline=None, max_examples=10)
@given(SHAPES, st.booleans())
def test_soft_embeddings_are_means_under_what_was_told(shape, certain):
    rows, width, columns = shape
    told = drawn(rows, columns, scale=3.0).log_softmax(dim=1)
    if certain:
        told[:, 1:], told[:, 0] = LOG_ZERO, 0.0
    table, ids = drawn(80, width, seed=1), some(columns, 80)
    scale = torch.tensor(5.5, device=DEVICE)
    made = narrow_soft(told, table, ids, scale)
    expected = told.double().softmax(dim=1) @ table.double()[ids.long()] * 5.5
    torch.testing.assert_close(made.double(), expected, rtol=1e-4, atol=1e-4)


def test_the_cap_is_tanh_over_the_temperature():
    x, temperature = drawn(3, 999, scale=40.0), torch.tensor([1.0, 0.4, 0.8], device=DEVICE)
    expected = CAP * torch.tanh(x / CAP) / temperature[:, None]
    torch.testing.assert_close(capped(x, temperature, CAP), expected, rtol=1e-5, atol=1e-5)


@pytest.fixture(scope="module")
def engines():
    """On our kernels: over the columns that a language uses, and over all."""
    made: Any = make_network(peaked=6.0)
    network, tokenizer = made.to(DEVICE), make_tokenizer()
    return [
        Engine(LoadedModel.assemble("tiny", own, tokenizer, stacked=Stacked(own, 192), width=width))
        for width, own in zip(WIDTHS, (network, copy.deepcopy(network)), strict=True)
    ]


@pytest.mark.parametrize(
    "request_",
    [
        Request(text="x", max_tokens=20, max_steps=3, seed=1, spec=Regex("[ab]{3,12}")),
        Request(text="y", max_tokens=20, max_steps=3, seed=2, spec=Choice(["true", "12", "abba"])),
    ],
    ids=["regex", "choice"],
)
def test_an_answer_over_fewer_columns_is_that_over_all(engines, request_):
    narrow, full = (engine.generate(request_) for engine in engines)
    assert (narrow.token_ids, narrow.steps) == (full.token_ids, full.steps)
    assert narrow.log_z == pytest.approx(full.log_z, abs=1e-3)
