"""Whatever the weights, the budget or the moment of a stop: the result is a whole member."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

import constraints
from constraints import Choice, JsonSchema, Regex
from engine import (
    BudgetError,
    CanvasFrame,
    CommittedText,
    Engine,
    EngineError,
    FinishReason,
    LoadedModel,
    Request,
)
from engine.batch import Batch
from engine.canvas import Ends
from engine.within import LOG_ZERO, forced_canvas
from tests.engine.tiny import CANVAS, counted_calls, make_network, make_tokenizer

RECORD = JsonSchema(
    """{"type": "object", "required": ["id", "paid"], "additionalProperties": false, "properties":
    {"id": {"type": "string", "minLength": 2, "maxLength": 12}, "paid": {"type": "boolean"},
     "lines": {"type": "array", "maxItems": 3, "items": {"type": "integer"}}}}"""
)
SPECS = {
    "choice": Choice(["yes", "no", "perhaps true"]),
    "accents": Choice(["é" * 20, "ü" * 20]),
    "unbounded": Regex("[ab]*c"),
    "long": Regex("[ab]{20,}c"),
    "unicode": Regex("[à-ÿ]{3,9}"),
    "record": RECORD,
    "scalar": JsonSchema('{"enum": [1, "b", null, true]}'),
}
MAX_TOKENS = 48


@pytest.fixture(params=SPECS.values(), ids=list(SPECS))
def spec(request):
    return request.param


@pytest.fixture(scope="module", params=[True, False], ids=["pad", "no-pad"])
def tiny(request):
    network = make_network(seed=5, peaked=20.0)
    return Engine(LoadedModel.assemble("tiny", network, make_tokenizer(pad=request.param)))


class StopAfter:
    """Says stop from the k-th question on."""

    def __init__(self, k):
        self.left = k

    def __call__(self):
        self.left -= 1
        return self.left <= 0


def assert_whole(result, spec, max_tokens=MAX_TOKENS):
    assert constraints.validate(spec, result.text.encode()) is None
    assert len(result.token_ids) <= max_tokens
    assert np.isfinite(result.log_z)
    assert result.log_z <= 1e-6


@pytest.mark.parametrize("seed", [0, 1])
def test_the_result_is_a_member(tiny, spec, seed):
    result = tiny.generate(Request(text="abc", spec=spec, max_tokens=MAX_TOKENS, seed=seed))
    assert_whole(result, spec)
    assert result.finish_reason is FinishReason.COMPLETE
    assert result.diagnostics is not None


def test_the_result_is_a_member_whatever_the_next_step_is_told(tiny, spec):
    schedule = replace(tiny.model.schedule, self_conditioning="logits")
    told_logits = Engine(replace(tiny.model, schedule=schedule))
    request = Request(text="abc", spec=spec, max_tokens=MAX_TOKENS, seed=2)
    assert_whole(told_logits.generate(request), spec)


@pytest.mark.parametrize(("told", "floored"), [("marginals", True), ("logits", False)])
def test_the_schedule_says_what_the_next_step_is_told(engine, told, floored):
    schedule = replace(engine.model.schedule, self_conditioning=told)
    telling = Engine(replace(engine.model, schedule=schedule))
    session = telling.session(Request(text="x", spec=Regex("[a-z]{12,}")))
    batch = Batch(telling.model)
    batch.add(session)
    batch.step()
    assert session.ask is not None
    assert session.ask.told is not None
    assert bool((session.ask.told.logits == LOG_ZERO).any()) is floored


def test_the_same_seed_gives_the_same_tokens(engine, spec):
    request = Request(text="abc", spec=spec, max_tokens=MAX_TOKENS, seed=3)
    assert engine.generate(request).token_ids == engine.generate(request).token_ids


def test_another_seed_gives_other_tokens(engine):
    texts = {
        engine.generate(Request(text="abc", spec=Regex("[a-z]{12,}"), max_tokens=20, seed=s)).text
        for s in range(4)
    }
    assert len(texts) > 1


@pytest.mark.parametrize("max_tokens", range(11, 40, 4))
def test_many_canvases_stay_within_the_budget(engine, max_tokens):
    spec = Regex("[ab]{20,}c")
    result = engine.generate(Request(text="x", spec=spec, max_tokens=max_tokens, max_steps=2))
    assert_whole(result, spec, max_tokens)
    assert result.num_blocks <= -(-max_tokens // CANVAS)


def test_the_shortest_budget_is_enough(engine, spec):
    fewest = engine.compile(spec).start.fewest_tokens
    result = engine.generate(Request(text="x", spec=spec, max_tokens=fewest, max_steps=2))
    assert_whole(result, spec, fewest)


def test_a_budget_below_the_shortest_member_is_refused_before_the_model_runs(engine, calls):
    spec = Regex("[ab]{20,}c")
    fewest = engine.compile(spec).start.fewest_tokens
    with pytest.raises(BudgetError, match=str(fewest)) as caught:
        engine.generate(Request(text="x", spec=spec, max_tokens=fewest - 1))
    assert caught.value.field == "max_tokens"
    assert calls == {"encoder": 0, "decoder": 0}


@pytest.mark.parametrize("max_tokens", [CANVAS, 33, MAX_TOKENS])
def test_a_stop_at_any_step_returns_a_whole_member(engine, spec, max_tokens):
    max_tokens = max(max_tokens, engine.compile(spec).start.fewest_tokens)
    for k in itertools.count(1):
        stop = StopAfter(k)
        request = Request(text="x", spec=spec, max_tokens=max_tokens, max_steps=3, seed=k)
        result = engine.generate(request, should_stop=stop)
        assert_whole(result, spec, max_tokens)
        if stop.left > 0:
            assert result.finish_reason is FinishReason.COMPLETE
            return
        assert result.finish_reason is FinishReason.STOPPED


def test_a_stop_ends_the_text_on_the_canvas_at_hand_where_it_can(engine):
    request = Request(text="x", spec=Regex("[ab]*c"), max_tokens=MAX_TOKENS)
    result = engine.generate(request, should_stop=lambda: True)
    assert (result.steps, result.num_blocks) == (1, 1)


def test_a_stop_costs_one_step_for_each_canvas_the_ending_needs(engine):
    spec = Regex("[ab]{40,}c")
    fewest = engine.compile(spec).start.fewest_tokens
    request = Request(text="x", spec=spec, max_tokens=MAX_TOKENS)
    result = engine.generate(request, should_stop=lambda: True)
    assert_whole(result, spec)
    assert result.finish_reason is FinishReason.STOPPED
    assert result.steps <= result.num_blocks == -(-fewest // CANVAS)


def test_a_stop_said_once_is_a_stop_for_good(engine):
    said = iter([True])
    spec = Regex("[xyz]{30,}w")
    request = Request(text="x", spec=spec, max_tokens=MAX_TOKENS)
    result = engine.generate(request, should_stop=lambda: next(said, False))
    assert_whole(result, spec)
    assert result.finish_reason is FinishReason.STOPPED
    assert result.steps == result.num_blocks == 3


def test_the_step_cap_still_gives_a_member(engine, spec):
    request = Request(text="x", spec=spec, max_tokens=MAX_TOKENS, max_steps=1)
    result = engine.generate(request)
    assert_whole(result, spec)
    assert result.steps <= result.num_blocks


def test_a_forced_language_never_asks_the_model(tiny):
    with counted_calls(tiny.model.network) as calls:
        result = tiny.generate(Request(text="x", spec=Choice(["x"])))
    assert result.text == "x"
    assert result.steps == 0
    assert calls == {"encoder": 0, "decoder": 0}


def test_what_follows_a_forced_end_is_no_choice(tiny):
    constraint, ends = tiny.compile(Choice(["x"])), Ends.of(tiny.model.vocabulary)
    only = forced_canvas(constraint.block(length=5), ends)
    assert only is not None
    assert constraint.text(only.tolist()) == b"x"
    assert only.tolist()[2:] == [ends.fill_id] * 3
    assert forced_canvas(tiny.compile(Choice(["x", "y"])).block(length=5), ends) is None


def test_one_canvas_is_encoded_once_and_never_committed(engine, calls):
    result = engine.generate(Request(text="x", spec=SPECS["choice"]))
    assert calls == {"encoder": 1, "decoder": result.steps}


def test_every_canvas_but_the_last_is_committed(engine, calls):
    spec = Regex("[xyz]{30,}w")
    result = engine.generate(Request(text="x", spec=spec, max_tokens=31))
    assert result.num_blocks == 3
    assert calls == {"encoder": 3, "decoder": result.steps}


def test_a_text_that_no_token_can_follow_needs_no_canvas_for_its_end(engine):
    result = engine.generate(Request(text="x", spec=Regex("[xyz]{24}"), max_tokens=MAX_TOKENS))
    assert len(result.token_ids) == 2 * CANVAS
    assert result.num_blocks == 2


def test_frames_are_well_formed_and_the_last_one_is_committed(engine, spec):
    events = []
    request = Request(text="x", spec=spec, max_tokens=MAX_TOKENS, max_steps=3)
    result = engine.generate(request, on_event=events.append)
    frames = [event for event in events if isinstance(event, CanvasFrame)]
    assert len(frames) == result.steps
    for frame in frames:
        length = len(frame.pieces)
        assert length <= CANVAS
        assert len(frame.entropy) == len(frame.accepted) == len(frame.overridden) == length
        assert min(frame.entropy) >= 0
        assert any(frame.accepted)
    assert [frame.block for frame in frames] == sorted(frame.block for frame in frames)
    last = {frame.block: "".join(frame.pieces) for frame in frames}
    if result.text.isascii():
        assert "".join(last.values()) == result.text


def test_committed_texts_join_to_the_result(engine, spec):
    events = []
    request = Request(text="x", spec=spec, max_tokens=MAX_TOKENS, max_steps=2)
    result = engine.generate(request, on_event=events.append)
    committed = [event for event in events if isinstance(event, CommittedText)]
    assert "".join(event.text for event in committed) == result.text
    assert not any("\ufffd" in event.text for event in committed)


def test_overridden_positions_are_those_where_the_model_wanted_another_token(engine):
    network = engine.model.network
    wanted = engine.model.tokenizer("b")["input_ids"][0]

    def prefer(_module, _inputs, logits):
        logits = torch.zeros_like(logits)
        logits[..., wanted] = 20.0
        return logits

    handle = network.lm_head.register_forward_hook(prefer)
    frames = []
    try:
        engine.generate(Request(text="x", spec=Regex("a[ab]b")), on_event=frames.append)
    finally:
        handle.remove()
    assert frames[0].pieces[:3] == ("a", "b", "b")
    assert frames[0].overridden == (True, False, False, True)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("spec", [None, Regex("[ab]*c")], ids=["free", "constrained"])
def test_logits_that_are_not_finite_fail_the_request(engine, monkeypatch, spec, bad):
    logits = engine.model.head.logits

    def broken(*given):
        made = logits(*given)
        made[0, 0] = bad
        return made

    monkeypatch.setattr(engine.model.head, "logits", broken)
    with pytest.raises(EngineError) as caught:
        engine.generate(Request(text="x", spec=spec))
    assert caught.value.code == "LOGITS_NOT_FINITE"


def test_a_failing_device_fails_the_request(engine, monkeypatch):
    def broken(*_args, **_kwargs):
        raise torch.OutOfMemoryError("CUDA out of memory\nwith a long explanation")

    monkeypatch.setattr(engine.model.network.model, "forward", broken)
    with pytest.raises(EngineError, match=r"out of memory$") as caught:
        engine.generate(Request(text="x", spec=Regex("[ab]*c"), max_tokens=20))
    assert caught.value.code == "MODEL_FAILED"


def test_logits_of_another_width_fail_the_request(engine, monkeypatch):
    logits = engine.model.head.logits
    monkeypatch.setattr(engine.model.head, "logits", lambda *given: logits(*given)[..., :-1])
    with pytest.raises(EngineError) as caught:
        engine.generate(Request(text="x", spec=Regex("[ab]*c"), max_tokens=20))
    assert caught.value.code == "LOGITS_WIDTH"


def test_a_result_that_fails_its_validator_is_never_returned(engine, monkeypatch):
    monkeypatch.setattr(constraints, "validate", lambda _spec, _text: "not one of ours")
    with pytest.raises(EngineError, match="not one of ours") as caught:
        engine.generate(Request(text="x", spec=SPECS["choice"]))
    assert caught.value.code == "INTERNAL_VALIDATION"
