"""The loop of the engine's process, in this one, over the fake engine."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.spec import Choice, Regex
from engine import CanvasFrame, Engine, FinishReason, LoadedModel, Request, Result
from service.interface import EngineLike
from service.jobs import (
    Admitted,
    Done,
    Dropped,
    Emitted,
    Failed,
    FromEngine,
    GenerateJob,
    Stepped,
)
from service.loop import Loop
from tests.engine.tiny import make_network, make_tokenizer
from tests.fakes import FakeCompiler, FakeEngine

SPEC = Choice(["yes"])
LAST_WORDS = (Done, Failed, Dropped)
TEXTS = ("steps=1", "steps=3", "steps=9", "break=step", "break=batch", "fail=engine", "fail=bug")


def job(text: str, **options) -> GenerateJob:
    return GenerateJob(request=Request(text=text, spec=SPEC), **options)


@contextmanager
def running(engine: EngineLike | None = None) -> Iterator[tuple[Loop, list[FromEngine]]]:
    """A loop at work, and what it has said so far."""
    said: list[FromEngine] = []
    loop = Loop(engine or FakeEngine(), said.append)
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        yield loop, said
    finally:
        loop.quit()
        thread.join(20)
        assert not thread.is_alive(), "it did not end"


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.001)


def last_words(said: list[FromEngine]) -> dict[int, FromEngine]:
    return {message.id: message for message in said if isinstance(message, LAST_WORDS)}


def test_at_most_the_step_under_way_is_taken_after_a_cancellation():
    with running() as (loop, said):
        loop.start(0, job("steps=100000 step_ms=2"))
        until(lambda: Stepped() in said)
        loop.cancel(0)
        heard = len(said)
        until(lambda: Dropped(0) in said)
        assert said[heard:].index(Dropped(0)) <= 1


def test_a_cancellation_leaves_the_others_steps_alone():
    with running() as (loop, said):
        loop.start(0, job("steps=100000 step_ms=1"))
        loop.start(1, job("steps=40 step_ms=1", stream=True, include_canvas=True))
        until(lambda: any(isinstance(message, Emitted) for message in said))
        loop.cancel(0)
        until(lambda: 1 in last_words(said))
        events = [message.event for message in said if isinstance(message, Emitted)]
        steps = [event.step for event in events if isinstance(event, CanvasFrame)]
        assert steps == list(range(1, 41))
    assert said.index(Dropped(0)) < said.index(last_words(said)[1])


def test_a_cancelled_job_that_waits_for_admission_never_begins(tmp_path):
    trace = tmp_path / "trace"
    with running() as (loop, said):
        loop.start(0, job("admit_ms=200"))
        loop.start(1, job(f"trace={trace}"))
        loop.cancel(1)
        until(lambda: len(last_words(said)) == 2)
    assert isinstance(last_words(said)[1], Dropped)
    assert not trace.exists()


def test_quitting_answers_everything_with_what_there_is():
    with running() as (loop, said):
        for id in range(3):
            loop.start(id, job("steps=100000 step_ms=1"))
        until(lambda: Stepped() in said)
    answers = [message.answer for message in said if isinstance(message, Done)]
    assert len(answers) == 3
    for answer in answers:
        assert isinstance(answer, Result)
        assert (answer.finish_reason, answer.text) == (FinishReason.STOPPED, "yes")


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from((*TEXTS, "keep")), st.booleans()), max_size=12),
    st.randoms(use_true_random=False),
)
def test_every_job_has_one_last_word_whatever_befalls_it(asked, random):
    with running() as (loop, said):
        for id, (text, cancel) in enumerate(asked):
            if text == "keep":
                loop.keep(id, FakeCompiler().packed(FakeCompiler().compile(SPEC)))
            loop.start(
                id, job("steps=2" if text == "keep" else text), id if text == "keep" else None
            )
            if cancel:
                loop.cancel(random.randrange(id + 1))
        until(lambda: len(last_words(said)) == len(asked))
    words = Counter(message.id for message in said if isinstance(message, LAST_WORDS))
    admitted = [message.id for message in said if isinstance(message, Admitted)]
    assert words == Counter(range(len(asked)))
    assert admitted == list(range(len(asked)))
    for id, word in last_words(said).items():
        assert said.index(Admitted(id)) < said.index(word)


@pytest.mark.parametrize("text", ["break=step", "break=batch", "fail=bug"])
def test_the_loop_goes_on_after_a_failure(text):
    with running() as (loop, said):
        loop.start(0, job(text))
        until(lambda: 0 in last_words(said))
        loop.start(1, job("steps=2"))
        until(lambda: 1 in last_words(said))
    assert isinstance(last_words(said)[0], Failed)
    assert isinstance(last_words(said)[1], Done)


def test_a_real_engine_gives_each_what_it_gives_alone():
    engine = Engine(LoadedModel.assemble("tiny", make_network(), make_tokenizer()))
    requests = [
        Request(text="a", spec=Regex("[ab]{9,20}"), seed=1),
        Request(text="b", spec=Choice(["yes", "no"]), prefix="y", seed=2),
        Request(text="c", spec=Regex("[0-9]+"), template=("1", "2", "3"), max_tokens=20, seed=3),
        Request(text="d", max_tokens=20, seed=4),
    ]
    alone = [engine.generate(request).text for request in requests]
    with running(engine) as (loop, said):
        for id, request in enumerate(requests):
            loop.start(id, GenerateJob(request=request))
        loop.start(9, job("e", stream=True))
        loop.cancel(9)
        until(lambda: len(last_words(said)) == 5)
    answers = {message.id: message.answer for message in said if isinstance(message, Done)}
    texts = [answer.text for _, answer in sorted(answers.items()) if isinstance(answer, Result)]
    assert texts[:4] == alone
