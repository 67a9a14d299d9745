"""Fewer columns, the same answers: what a block's own leave unchanged, and when they pay."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints import Choice, EmptyError, JsonSchema, Lark, Regex, validate
from engine import Engine, LoadedModel, Request
from engine.batch import Batch
from engine.conditioned import Conditioner
from engine.head import Columns, Head, Width
from engine.head.crossover import LEAST, pays, step_bytes
from tests.engine.algebra.languages import batches
from tests.engine.tiny import WIDTH, make_network, make_tokenizer

RECORD = JsonSchema(
    """{"type": "object", "required": ["ok", "n"], "additionalProperties": false, "properties":
    {"ok": {"type": "boolean"}, "n": {"type": "integer", "minimum": 0, "maximum": 99}}}"""
)
NESTED = Lark('start: ("(" start ")" | "[" start "]")*')
WIDTHS: tuple[Width, ...] = ("narrow", "full")
SPECS = {
    "choice": Choice(["yes", "no", "perhaps true", "12"]),
    "regex": Regex("[ab]{5,30}"),
    "record": RECORD,
}


def conditioned(block, logits):
    try:
        return block.condition(logits)
    except EmptyError:
        return None


@settings(deadline=None, max_examples=100)
@given(batches())
def test_the_posterior_over_a_blocks_own_columns_is_the_posterior(batch):
    for block, logits in zip(batch.blocks, batch.logits, strict=True):
        rows = logits[: block.length].astype(np.float64)
        columns = Columns.of(block)
        ids, narrow = columns.token_ids, columns.narrowed(block)
        whole, part = (
            conditioned(each, given_) for each, given_ in ((block, rows), (narrow, rows[:, ids]))
        )
        assert (whole is None) == (part is None)
        if whole is None or part is None:
            continue
        told = np.full(rows.shape, -np.inf)
        told[:, ids] = part.log_marginals()
        np.testing.assert_allclose(told, whole.log_marginals(), atol=1e-9)
        np.testing.assert_allclose(part.entropy, whole.entropy, atol=1e-9)
        np.testing.assert_allclose(part.ended, whole.ended, atol=1e-9)
        share = np.logaddexp.reduce(rows[:, ids], axis=1) - np.logaddexp.reduce(rows, axis=1)
        assert part.log_z + share.sum() == pytest.approx(whole.log_z, abs=1e-9)
        value = [
            rows[np.arange(len(rows)), each].sum() for each in (ids[part.best()], whole.best())
        ]
        assert value[0] == pytest.approx(value[1], abs=1e-9)
        same = [each.sample(np.random.default_rng(3)).tolist() for each in (part, whole)]
        assert ids[same[0]].tolist() == same[1]


@settings(deadline=None, max_examples=60)
@given(batches())
def test_no_member_is_lost_with_the_columns_that_are_left_out(batch):
    for block in batch.blocks:
        bits = np.unpackbits(block.mask().view(np.uint8), axis=1, bitorder="little")
        used = np.flatnonzero(bits.any(axis=0))
        assert np.isin(used, Columns.of(block).token_ids).all()


def test_columns_are_equal_where_their_tokens_are(engine):
    one, two, other = (
        Columns.of(engine.compile(Regex(pattern)).block(length=length))
        for pattern, length in (("[ab]{9}", 9), ("[ab]{9}", 9), ("[ac]{9}", 9))
    )
    assert one == two
    assert hash(one) == hash(two)
    assert one != other
    assert len(one) < WIDTH


@pytest.fixture(scope="module")
def engines():
    """Over the columns that a language uses wherever it can, and always over all."""
    network, tokenizer = make_network(peaked=6.0), make_tokenizer()
    return [
        Engine(LoadedModel.assemble("tiny", own, tokenizer, width=width))
        for width, own in zip(WIDTHS, (network, copy.deepcopy(network)), strict=True)
    ]


@pytest.fixture
def widths(engines, monkeypatch):
    """Number of columns of each product with the head of the first engine."""
    seen, logits = [], engines[0].model.head.logits

    def counting(hidden, temperature, columns):
        made = logits(hidden, temperature, columns)
        seen.append((len(hidden), made.shape[1]))
        return made

    monkeypatch.setattr(engines[0].model.head, "logits", counting)
    return seen


@pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_an_answer_is_that_of_the_full_head(engines, widths, spec, seed):
    request = Request(text="abc", spec=spec, max_tokens=40, seed=seed)
    narrow, full = (engine.generate(request) for engine in engines)
    assert (narrow.token_ids, narrow.steps, narrow.finish_reason) == (
        full.token_ids,
        full.steps,
        full.finish_reason,
    )
    assert narrow.log_z == pytest.approx(full.log_z, abs=1e-3)
    assert narrow.certificate == 0
    assert widths
    assert max(width for _, width in widths) < WIDTH


@pytest.mark.parametrize("spec", SPECS.values(), ids=list(SPECS))
def test_an_answer_that_is_stopped_is_a_member_too(engines, spec):
    narrow, full = (
        engine.generate(
            Request(text="abc", spec=spec, max_tokens=40, seed=1), should_stop=lambda: True
        )
        for engine in engines
    )
    assert narrow.token_ids == full.token_ids
    assert narrow.log_z == pytest.approx(full.log_z, abs=1e-3)
    assert validate(spec, narrow.text.encode()) is None


def test_requests_of_different_widths_share_a_step_and_a_head(engines, widths):
    engine = engines[0]
    requests = [
        Request(text="a", spec=SPECS["regex"], seed=1, max_tokens=12),
        Request(text="b", spec=SPECS["regex"], seed=2, max_tokens=12),
        Request(text="c", spec=RECORD, seed=3, max_tokens=40),
        Request(text="free", seed=4, max_tokens=12),
    ]
    alone = [engine.generate(request).token_ids for request in requests]
    del widths[:]
    batch, sessions = Batch(engine.model), [engine.session(request) for request in requests]
    for session in sessions:
        batch.add(session)
    batch.step()
    assert len(widths) == 3
    assert len({width for _, width in widths}) == 3
    while len(batch):
        batch.step()
    assert [session.result().token_ids for session in sessions] == alone


def test_conditioning_on_the_device_takes_columns_too(engines, monkeypatch):
    monkeypatch.setattr(Conditioner, "posteriors", Conditioner.on_device)
    requests = [Request(text="a", spec=spec, seed=5, max_tokens=40) for spec in SPECS.values()]
    answers = []
    for engine in engines:
        batch, sessions = Batch(engine.model), [engine.session(each) for each in requests]
        for session in sessions:
            batch.add(session)
        while len(batch):
            batch.step()
        for spec, session in zip(SPECS.values(), sessions, strict=True):
            result = session.result()
            assert validate(spec, result.text.encode()) is None
            assert np.isfinite(result.log_z)
        answers.append([session.result().token_ids for session in sessions])
    assert all(each == answers[0] for each in answers)


@pytest.mark.parametrize(
    "request_",
    [
        Request(
            text="a",
            spec=Lark('start: ("(" start ")" | "[" start "]")*'),
            max_tokens=12,
            max_steps=2,
        ),
        Request(text="a", max_tokens=12, max_steps=2),
        Request(text="a", spec=RECORD, constrained=False, max_tokens=12, max_steps=2),
    ],
    ids=["a language that grows", "free text", "only told"],
)
def test_what_needs_every_column_gets_it(engines, widths, request_):
    engines[0].generate(request_)
    assert {width for _, width in widths} == {WIDTH}


def test_who_watches_sees_what_the_model_itself_would_have_chosen(engines, widths):
    engines[0].generate(Request(text="a", spec=RECORD, max_tokens=40), on_event=lambda _event: None)
    assert {width for _, width in widths} == {WIDTH}


def test_a_tail_of_any_tokens_needs_every_column():
    tokenizer = make_tokenizer(pad=False)
    engine = Engine(LoadedModel.assemble("tiny", make_network(), tokenizer, width="narrow"))
    constraint = engine.compile(Choice(["a", "bb"]))
    assert engine.model.head.columns(constraint.block(length=4, tail="any")) is None


RELEASED = {"hidden": 2816, "element": 2}


def test_few_columns_of_a_large_vocabulary_pay_and_many_do_not():
    wide = 262_144
    assert pays(4096, wide, rows=256, **RELEASED)
    assert pays(wide // 4, wide, rows=256, **RELEASED)
    assert not pays(wide - 1, wide, rows=256, **RELEASED)
    assert not pays(100, 2048, rows=8, hidden=192, element=4)  # the built-in model


@given(st.integers(1, 300_000), st.integers(1, 300_000), st.integers(1, 256))
def test_what_pays_moves_less_and_fewer_pay_where_more_do(columns, vocabulary, rows):
    if pays(columns, vocabulary, rows=rows, **RELEASED):
        assert columns < vocabulary
        assert step_bytes(columns, rows=rows, **RELEASED) < step_bytes(
            vocabulary, rows=rows, **RELEASED
        )
        assert 2 * step_bytes(vocabulary, rows=rows, **RELEASED) >= LEAST
        assert pays(max(1, columns // 2), vocabulary, rows=rows, **RELEASED)


def test_by_default_a_small_vocabulary_is_taken_whole(engine):
    assert engine.model.head.width == "auto"
    assert engine.model.head.columns(engine.compile(RECORD).block(length=12)) is None


def test_the_mass_of_all_columns_is_summed_in_parts(monkeypatch):
    from engine.head import head as module

    head = Head(make_network(peaked=6.0))
    hidden, temperature = torch.randn(5, 32), torch.full((5,), 0.5)
    expected = head.logits(hidden, temperature, None).double().logsumexp(dim=1)
    monkeypatch.setattr(module, "CHUNK", 50)
    with torch.inference_mode():
        torch.testing.assert_close(head.log_masses(hidden, temperature), expected)
