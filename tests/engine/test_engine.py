"""Admission, the constraint cache, and what a result says about itself."""

import pytest

from constraints import Choice, Regex
from constraints.errors import SpecError
from engine import BudgetError, ContextError, Request, RequestError
from engine.engine import CACHED_CONSTRAINTS
from tests.engine.tiny import CANVAS, WIDTH


def test_a_constraint_is_compiled_once(engine):
    assert engine.compile(Choice(["p", "q"])) is engine.compile(Choice(["p", "q"]))


def test_the_constraint_asked_for_longest_ago_is_forgotten_first(engine):
    kept = engine.compile(Choice(["kept"]))
    lost = engine.compile(Choice(["lost"]))
    for index in range(CACHED_CONSTRAINTS - 1):
        engine.compile(Choice([str(index)]))
        assert engine.compile(Choice(["kept"])) is kept
    assert engine.compile(Choice(["lost"])) is not lost


def test_a_refused_spec_raises_its_own_error(engine):
    with pytest.raises(SpecError):
        engine.generate(Request(text="x", spec=Regex("(")))


@pytest.mark.parametrize("spec", [None, Regex("[ab]*c")], ids=["free", "constrained"])
def test_a_text_that_does_not_fit_the_context_is_refused(engine, spec, calls):
    most = engine.info.max_input_tokens
    with pytest.raises(ContextError) as caught:
        engine.generate(Request(text="x" * most * 2, spec=spec, max_tokens=CANVAS))
    assert caught.value.field == "text"
    assert calls == {"encoder": 0, "decoder": 0}


def test_what_does_not_fit_is_blamed_on_what_is_too_long(engine):
    asked = {"text": "x", "spec": Regex("[ab]*c")}
    with pytest.raises(BudgetError, match="at most") as caught:
        engine.generate(Request(**asked, max_tokens=10_000))
    assert (caught.value.field, caught.value.code) == ("max_tokens", "BUDGET_TOO_LARGE")
    long = Choice(["y" * 1000, "n"])
    with pytest.raises(ContextError) as refused:
        engine.generate(Request(text="x", spec=long, max_tokens=CANVAS))
    assert refused.value.field == "constraint"


def test_a_constraint_that_was_compiled_elsewhere_is_taken_as_it_is(engine):
    spec = Regex("[ab]{3}")
    data = engine.compiler.packed(engine.compiler.compile(spec))
    constraint = engine.compiler.unpacked(data)
    assert constraint.vocabulary is engine.model.vocabulary
    session = engine.session(Request(text="x", spec=spec, seed=3), constraint=constraint)
    batch = engine.batch()
    batch.add(session)
    while session.ask is not None:
        batch.step()
    assert session.result().text == engine.generate(Request(text="x", spec=spec, seed=3)).text
    assert session.result().timings.compile_ms == 0


def test_the_longest_text_that_the_info_promises_fits(engine):
    most = engine.info.max_input_tokens
    request = Request(text="x" * most, max_tokens=CANVAS, max_steps=1)
    assert engine.generate(request).steps == 1


def test_an_empty_text_is_refused_where_the_prompt_adds_nothing(engine):
    with pytest.raises(RequestError, match="empty"):
        engine.generate(Request(text=""))


def test_the_info_describes_the_model(engine, network):
    info = engine.info
    assert (info.name, info.canvas_length, info.vocabulary_size) == ("tiny", CANVAS, WIDTH)
    assert (info.max_steps, info.device, info.dtype) == (6, "cpu", "float32")
    assert info.num_parameters == network.num_parameters()
    assert info.max_input_tokens == 512 - CANVAS


def test_timings_name_every_stage_that_ran(engine):
    timings = engine.generate(
        Request(text="x", spec=Regex("[ab]*c"), max_tokens=20, seed=9)
    ).timings
    assert timings.encode_ms > 0
    assert timings.denoise_ms > 0
    assert timings.constraint_ms > 0
    assert timings.validate_ms > 0
    stages = timings.compile_ms + timings.encode_ms + timings.denoise_ms
    assert timings.total_ms >= stages + timings.constraint_ms + timings.validate_ms


def test_what_a_callback_raises_ends_the_generation(engine):
    def listener(_event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.generate(Request(text="x", spec=Regex("[ab]*c"), max_tokens=20), on_event=listener)


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_text_is_refused_before_the_model_runs(engine, calls, text):
    with pytest.raises(RequestError) as caught:
        engine.generate(Request(text=text, spec=Choice(["a"])))
    assert caught.value.field == "text"
    assert calls == {"encoder": 0, "decoder": 0}


def test_a_spec_that_is_only_told_does_not_bind(engine):
    told = Request(text="x", spec=Choice(["a"]), constrained=False, max_tokens=CANVAS)
    bound = Request(text="x", spec=Choice(["a"]), max_tokens=CANVAS)
    assert engine.generate(bound).text == "a"
    free = engine.generate(told)
    assert free.diagnostics is None
    assert free.text != "a"
