"""A query that does not resolve is asked for again, behind the prompt and nothing else."""

import itertools

import pytest

import constraints
from constraints import Catalog, Sql, validate
from engine import CommittedText, Request
from engine.batch import Batch
from engine.context import Context
from tests.engine.tiny import CANVAS

SPEC = Sql("sqlite", catalog=Catalog.from_ddl("CREATE TABLE t (abc INT, de TEXT)", "sqlite"))
REQUEST = Request(text="what is there?", spec=SPEC, max_tokens=3 * CANVAS, max_steps=2)


@pytest.fixture
def refuse(monkeypatch):
    """Has the guard refuse the next few queries; the narrower language is the same one."""

    def next_few(number):
        left = iter(range(number))

        def guard(spec, text):
            return "it does not resolve" if next(left, None) is not None else validate(spec, text)

        monkeypatch.setattr(constraints, "validate", guard)

    monkeypatch.setattr("engine.query.narrowed", lambda constraint, *_: constraint)
    return next_few


@pytest.fixture
def encoded(engine):
    """What the encoder reads, call by call."""
    calls = []
    handle = engine.model.network.model.encoder.register_forward_pre_hook(
        lambda _module, _args, kwargs: calls.append(kwargs["input_ids"][0].tolist()),
        with_kwargs=True,
    )
    yield calls
    handle.remove()


def test_the_second_query_stands_behind_the_prompt_and_its_own_canvases(engine, encoded, refuse):
    refuse(1)
    events = []
    result = engine.generate(REQUEST, on_event=events.append)
    assert validate(SPEC, result.text.encode()) is None
    starts = [i for i, read in enumerate(encoded) if read == encoded[0]]
    assert len(starts) == 2
    again = list(itertools.chain.from_iterable(encoded[starts[1] + 1 :]))
    assert len(again) > 0
    assert again == list(result.token_ids[: len(again)])
    committed = [event.text for event in events if isinstance(event, CommittedText)]
    assert "".join(committed) == result.text


def test_so_it_does_beside_another_request(engine, refuse):
    refuse(1)
    alone = engine.generate(REQUEST)
    refuse(2)
    batch, sessions = Batch(engine.model), [engine.session(REQUEST) for _ in range(2)]
    for session in sessions:
        batch.add(session)
    while len(batch):
        batch.step()
    for result in (session.result() for session in sessions):
        assert (result.text, result.num_blocks) == (alone.text, alone.num_blocks)


def test_a_context_forgets_what_it_is_rewound_past(engine):
    context = Context(engine.model, engine.session(REQUEST).run.stopwatch)
    context.append([5, 6, 7])
    first = context.cache()
    context.append([8])
    context.rewind(3)
    assert len(context) == 3
    assert context.cache() is not first
    assert context.cache().get_seq_length() == 3
