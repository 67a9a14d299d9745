"""Requests denoised together: each gets what it would have got alone, whatever befalls the rest."""

from typing import Any

import pytest
import torch

from constraints import Choice, EmptyError, JsonSchema, Regex, validate
from engine import BudgetError, Engine, EngineError, LoadedModel, Request
from engine.batch import Batch
from engine.conditioned import Canvas, Conditioner
from engine.sampler import Noise
from tests.engine.tiny import CANVAS, counted_calls, make_network, make_tokenizer

RECORD = JsonSchema(
    """{"type": "object", "required": ["id"], "additionalProperties": false, "properties":
    {"id": {"type": "string", "minLength": 2, "maxLength": 12}, "paid": {"type": "boolean"}}}"""
)
CPU = torch.device("cpu")
REQUESTS = [
    Request(text="a", spec=Choice(["yes", "no", "perhaps true"]), seed=1),
    Request(text="a much longer text, past the sliding window", spec=RECORD, seed=2, max_tokens=48),
    Request(text="b" * 30, spec=Regex("[ab]{20,}c"), seed=3, max_tokens=40),
    Request(text="free", seed=4, max_tokens=30),
    Request(text="told only", spec=RECORD, constrained=False, seed=5, max_tokens=CANVAS),
    Request(text="one member", spec=Choice(["forced"]), seed=6),
]


def together(engine, requests, *, at_once):
    """Results in order; a new session is let in whenever one ends."""
    batch, sessions = Batch(engine.model), [engine.session(request) for request in requests]
    waiting = list(sessions)
    while waiting or len(batch):
        while waiting and len(batch) < at_once:
            batch.add(waiting.pop(0))
        if len(batch):
            batch.step()
    return [session.result() for session in sessions]


@pytest.mark.parametrize("at_once", [2, 3, len(REQUESTS)])
def test_each_gets_what_it_gets_alone(engine, at_once):
    alone = [engine.generate(request) for request in REQUESTS]
    for one, other in zip(alone, together(engine, REQUESTS, at_once=at_once), strict=True):
        assert (one.text, one.steps, one.finish_reason) == (
            other.text,
            other.steps,
            other.finish_reason,
        )
        assert one.log_z == pytest.approx(other.log_z, abs=1e-3)


def test_eager_attention_has_its_own_masks(network, tokenizer):
    network.set_attn_implementation("eager")
    try:
        eager = Engine(LoadedModel.assemble("eager", network, tokenizer))
        alone = [eager.generate(request).text for request in REQUESTS]
        assert [result.text for result in together(eager, REQUESTS, at_once=4)] == alone
    finally:
        network.set_attn_implementation("sdpa")


def test_one_call_serves_all(engine):
    requests = [Request(text="a", spec=Regex("[ab]{4}"), seed=seed) for seed in range(4)]
    with counted_calls(engine.model.network) as alone:
        steps = max(engine.generate(request).steps for request in requests)
    with counted_calls(engine.model.network) as calls:
        together(engine, requests, at_once=4)
    assert calls["decoder"] == steps < alone["decoder"]


def test_what_fails_in_one_request_ends_that_one_alone(engine):
    def refuse(_event):
        raise KeyError("the listener")

    batch = Batch(engine.model)
    good = engine.session(REQUESTS[0])
    bad = engine.session(REQUESTS[1], on_event=refuse)
    for session in (good, bad):
        batch.add(session)
    while len(batch):
        batch.step()
    assert good.result().text == engine.generate(REQUESTS[0]).text
    with pytest.raises(KeyError, match="the listener"):
        bad.result()


def test_logits_that_are_not_finite_end_their_own_request_alone():
    network = make_network(seed=3)
    engine = Engine(LoadedModel.assemble("tiny", network, make_tokenizer()))
    poisoned = engine.session(REQUESTS[2])
    healthy = engine.session(REQUESTS[0])
    expected = engine.generate(REQUESTS[0]).text
    logits: Any = engine.model.head.logits

    def poisoning(hidden, temperature, columns):
        made = logits(hidden, temperature, columns)
        made[: CANVAS if len(hidden) > CANVAS else 0] = torch.nan  # the first of two rows
        return made

    engine.model.head.logits = poisoning
    batch = Batch(engine.model)
    for session in (poisoned, healthy):
        batch.add(session)
    while len(batch):
        batch.step()
    assert healthy.result().text == expected
    with pytest.raises(EngineError, match="not finite"):
        poisoned.result()


def test_a_session_that_was_ended_from_outside_leaves_with_the_next_step(engine, calls):
    batch = Batch(engine.model)
    kept, left = (engine.session(request) for request in REQUESTS[1:3])
    for session in (kept, left):
        batch.add(session)
    batch.step()
    left.fail(KeyError("nobody listens"))
    assert left in batch.step()
    with pytest.raises(KeyError, match="nobody"):
        left.result()
    kept.fail(KeyError("nobody either"))
    before = calls["decoder"]
    assert batch.step() == [kept]
    assert (len(batch), calls["decoder"]) == (0, before)


def test_what_is_refused_never_joins(engine):
    with pytest.raises(BudgetError):
        engine.session(Request(text="a", spec=Regex("[ab]{20}"), max_tokens=3))


def test_conditioning_on_the_device_keeps_the_language_too(engine, monkeypatch):
    monkeypatch.setattr(Conditioner, "posteriors", Conditioner.on_device)
    for request, result in zip(REQUESTS, together(engine, REQUESTS, at_once=3), strict=True):
        if request.spec is not None and request.constrained:
            assert validate(request.spec, result.text.encode()) is None


def test_a_language_left_empty_on_the_device_ends_its_own_request_alone(engine):
    likely, impossible = Regex("[ab]{3}"), Regex("c{3}")
    logits = torch.zeros(1, 4, engine.model.width)
    forbidden = logits.clone()
    forbidden[:, :, engine.model.tokenizer.backend_tokenizer.token_to_id("c")] = -torch.inf
    canvases = [
        Canvas(engine.compile(spec).block(length=4), rows, Noise(0, engine.model.width, CPU))
        for spec, rows in ((likely, logits), (impossible, forbidden))
    ]
    first, second = Conditioner().on_device(canvases)
    assert not isinstance(first, Exception)
    assert engine.compile(likely).accepts(engine.compile(likely).text(first.best()))
    assert isinstance(second, EmptyError)
    assert second.position == 0
