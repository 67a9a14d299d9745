from __future__ import annotations

import asyncio
import json
import re
import time

import pytest
from pydantic import BaseModel, field_validator

from blockform.client import AsyncClient, Client
from blockform.errors import (
    BudgetError,
    ContextError,
    DeadlineError,
    MalformedError,
    ModelError,
    OverloadedError,
    RequestError,
    ResultError,
    ServerError,
    UnavailableError,
    UnsatisfiableError,
    UnsupportedError,
)
from blockform.options import Sql
from blockform.result import CanvasFrame, CommittedText, FinishReason, Result, Started


class Person(BaseModel):
    name: str
    age: int


class Picky(BaseModel):
    name: str

    @field_validator("name")
    @classmethod
    def never(cls, name: str) -> str:
        raise ValueError("not this one")


SCHEMA = {"type": "object", "properties": {"z": {"type": "integer"}, "a": {"type": "string"}}}


@pytest.fixture(scope="module")
def client(address):
    with Client(address) as client:
        yield client


def test_a_schema_gives_a_value_in_the_schemas_order(client):
    result = client.generate("hello", schema=SCHEMA, seed=5, max_tokens=64)
    assert result.value == {"z": 1, "a": "a b"}
    assert list(result.value) == ["z", "a"]
    assert (result.finish_reason, result.seed, result.steps) == (FinishReason.COMPLETE, 5, 3)
    assert result.finish_reason == "complete"
    assert result.tokens == len(result.token_ids) == len(result.text)
    assert result.diagnostics.num_states == len(result.text) + 1
    assert result.timings.total_ms >= 2.0


def test_a_schema_may_be_text(client):
    assert client.generate("hello", json.dumps(SCHEMA)).value == {"z": 1, "a": "a b"}


def test_a_model_class_gives_an_instance(client):
    assert client.generate("hello", schema=Person).value == Person(name="a b", age=1)


def test_a_model_class_that_refuses_the_text_is_an_error_with_the_text(client):
    with pytest.raises(ResultError) as caught:
        client.generate("hello", schema=Picky)
    assert caught.value.text == '{"name": "a b"}'


def test_other_kinds_give_their_text(client):
    assert client.generate("hello", regex="[0-9]{4}").value == "1234"
    assert client.generate("hello", choice=["yes", "no"]).value == "yes"
    free = client.generate("hello")
    assert (free.value, free.diagnostics) == ("free: hello", None)


def test_a_schema_that_is_only_told_gives_the_text_as_it_is(client):
    result = client.generate("hello", SCHEMA, constrained=False)
    assert (result.value, result.diagnostics) == ("free: hello", None)
    *_, last = client.stream("hello", SCHEMA, constrained=False)
    assert last.value == "free: hello"


def test_what_is_given_stands_in_the_answer(client):
    assert client.generate("hello", choice=["yes"], prefix="<", suffix=">").text == "<yes>"
    assert client.generate("hello", choice=["yes"], template=["", "-", ""]).text == "yes-yes"
    assert client.generate("hello", template=["a", "b"]).text == "ab"
    *_, last = client.stream("hello", choice=["yes"], prefix="<")
    assert last.text == "<yes"
    assert client.batch(["hello"], choice=["yes"], suffix=">")[0].text == "yes>"
    assert client.check(choice=["yes"], prefix="<", text="<yes").accepted is True
    assert client.check(template=["a", "b"]).fewest_tokens == 2


def test_thoughts_are_beside_the_answer(client):
    result = client.generate("think=hmm", choice=["yes"], max_thinking_tokens=9)
    assert (result.value, result.thinking) == ("yes", "hmm")
    assert client.generate("think=hmm", choice=["yes"]).thinking == ""


def test_a_stream_ends_with_the_result(client):
    events = list(client.stream("hello", choice=["yes", "no"]))
    assert [type(event) for event in events] == [
        Started,
        *[CanvasFrame] * 3,
        CommittedText,
        Result,
    ]
    assert events[-1].value == "yes"
    quiet = list(client.stream("hello", choice=["yes"], canvas=False))
    assert [type(event) for event in quiet] == [Started, CommittedText, Result]


def test_leaving_a_stream_frees_the_server(client, tmp_path):
    trace = tmp_path / "trace"
    stream = client.stream(f"steps=1000 step_ms=10 trace={trace}", choice=["yes"])
    assert isinstance(next(stream), Started)
    assert isinstance(next(stream), CanvasFrame)
    stream.close()
    assert client.generate("hello", choice=["yes"]).value == "yes"
    deadline = time.monotonic() + 30
    while "stop " not in trace.read_text() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert int(trace.read_text().split("stop ")[1]) < 500


def test_a_batch_has_a_result_or_an_error_for_each_text(client):
    good, bad = client.batch(["hello", ""], choice=["yes"])
    assert isinstance(good, Result)
    assert good.value == "yes"
    assert isinstance(bad, RequestError)
    assert bad.details.field == "text"


def test_check_and_info(client):
    report = client.check(choice=["yes", "no"])
    assert (report.fewest_tokens, report.diagnostics.num_atoms) == (3, 3)
    assert list(report.diagnostics.stage_ms) == ["parse", "lower"]
    assert report.accepted is None
    assert client.check(choice=["yes", "no"], text="yes").accepted is True
    assert client.check(choice=["yes", "no"], text="").accepted is False
    info = client.info()
    assert (info.model, info.canvas_length) == ("default", 16)
    assert (info.limits.queue_length, info.limits.batch_size) == (8, 2)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (MalformedError, {"schema": "{"}),
        (UnsupportedError, {"schema": {"impossible": 1}}),
        (UnsatisfiableError, {"schema": False}),
        (MalformedError, {"lark": "start: A"}),
        (MalformedError, {"sql": Sql("sqlite", "CREATE TABLE (")}),
        (BudgetError, {"schema": SCHEMA, "max_tokens": 1}),
        (RequestError, {"max_tokens": 0}),
        (RequestError, {"template": ["a"]}),
        (RequestError, {"template": []}),
        (RequestError, {"prefix": "a", "template": ["a", "b"]}),
        (RequestError, {"prefix": "a", "constrained": False}),
        (RequestError, {"max_thinking_tokens": 5}),
        (UnsatisfiableError, {"prefix": "impossible"}),
        (ContextError, {"text": "a " * 600}),
        (ModelError, {"model": "gpt"}),
        (ServerError, {"text": "fail=engine"}),
        (ServerError, {"text": "fail=bug"}),
        (DeadlineError, {"text": "steps=2 step_ms=300", "timeout": 0.1}),
    ],
)
def test_each_failure_has_its_exception(kind, arguments, client):
    with pytest.raises(kind) as caught:
        client.generate(**({"text": "hello"} | arguments))
    assert type(caught.value) is kind


def test_an_error_says_where(client):
    schema = {"type": "object", "properties": {"a": {"impossible": 1}}}
    with pytest.raises(UnsupportedError) as caught:
        client.generate("hello", schema=schema, request_id="mine")
    details = caught.value.details
    assert caught.value.code == "UNSUPPORTED_KEYWORD"
    assert details.status == "INVALID_ARGUMENT"
    assert details.pointer == "/properties/a/impossible"
    assert details.keyword == "impossible"
    assert details.field == "constraint.json_schema.text"
    assert details.request_id == "mine"


def test_a_wrong_call_is_a_value_error(client):
    with pytest.raises(ValueError, match="at most one"):
        client.generate("hello", regex="a", choice=["b"])
    with pytest.raises(ValueError, match="need a schema"):
        client.generate("hello", regex="a", whitespace="compact")
    with pytest.raises(ValueError, match="is needed"):
        client.check()
    with pytest.raises(TypeError, match="a list of texts"):
        client.generate("hello", template="abc")
    with pytest.raises(ValueError, match="it must be from 0"):
        client.generate("hello", max_thinking_tokens=-1)
    with pytest.raises(TypeError, match="sede"):
        client.generate("hello", sede=1)


def test_no_server_is_unavailable():
    with Client("127.0.0.1:1") as nobody, pytest.raises(UnavailableError):
        nobody.generate("hello", timeout=10)


def test_the_async_client_does_the_same(server):
    async def scenario() -> None:
        async with AsyncClient(server.address) as client:
            assert (await client.generate("hello", schema=Person)).value.age == 1
            events = [event async for event in client.stream("hello", choice=["yes"])]
            assert [type(event) for event in events] == [
                Started,
                *[CanvasFrame] * 3,
                CommittedText,
                Result,
            ]
            good, bad = await client.batch(["hello", ""], choice=["yes"])
            assert isinstance(good, Result)
            assert isinstance(bad, RequestError)
            assert (good.value, bad.details.field) == ("yes", "text")
            assert (await client.check(choice=["yes"])).fewest_tokens == 3
            given = await client.generate("hello", choice=["yes"], template=["<", ">"])
            assert given.text == "<yes>"
            assert (await client.info()).model == "default"
            with pytest.raises(MalformedError):
                await client.generate("hello", schema="{")

    asyncio.run(scenario())


def test_a_cancelled_task_frees_the_server(server, tmp_path):
    trace = tmp_path / "trace"

    async def scenario() -> None:
        async with AsyncClient(server.address) as client:
            text = f"steps=1000 step_ms=10 trace={trace}"
            task = asyncio.create_task(client.generate(text, choice=["yes"]))
            while not trace.exists():
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert (await client.generate("hello", choice=["yes"])).value == "yes"

    asyncio.run(scenario())
    assert int(trace.read_text().split("stop ")[1]) < 100


def test_a_full_queue_says_when_to_come_back(server):
    async def scenario() -> None:
        async with AsyncClient(server.address) as client:
            text = "steps=40 step_ms=10"
            calls = [client.generate(text, choice=["yes"]) for _ in range(13)]
            outcomes = await asyncio.gather(*calls, return_exceptions=True)
        refused = [each for each in outcomes if isinstance(each, OverloadedError)]
        # Two slots and a queue of eight; the second slot is given once the first job is admitted,
        # and a slot may be freed before the last call arrives.
        assert 1 <= len(refused) <= 4
        assert all(each.details.retry_after_s for each in refused)

    asyncio.run(scenario())


def test_a_lost_engine_is_unavailable_until_it_is_back(server):
    with Client(server.address) as client:
        with pytest.raises(UnavailableError):
            client.generate("fail=exit", choice=["yes"])
        end = time.monotonic() + 30
        while not answers(client):
            assert time.monotonic() < end, "the engine did not come back"
            time.sleep(0.1)


def answers(client: Client) -> bool:
    try:
        return client.generate("hello", choice=["yes"]).value == "yes"
    except UnavailableError:
        return False


WRONG_TYPES = {
    "choice[0]": {"choice": [1, 2]},
    "choice": {"choice": 3},
    "sql": {"sql": "sqlite"},
    "schema": {"schema": 3},
    "schema is not JSON": {"schema": {"enum": {1, 2}}},
    "regex": {"regex": 4},
    "lark": {"lark": 4},
    "prefix": {"prefix": None},
    "template": {"template": 5},
    "seed": {"seed": "1"},
    "max_tokens": {"max_tokens": 1.5},
    "constrained": {"constrained": "no"},
    "documents": {"schema": True, "documents": ["a"]},
    "open_objects": {"schema": True, "open_objects": 1},
    "timeout": {"timeout": "1"},
}


@pytest.mark.parametrize("named", WRONG_TYPES)
def test_a_value_of_another_type_is_named(named, client):
    with pytest.raises(TypeError, match=re.escape(named)):
        client.generate("hello", **WRONG_TYPES[named])


WRONG_VALUES = {
    "seed": {"seed": 2**63},
    "max_tokens": {"max_tokens": -1},
    "max_steps": {"max_steps": -1},
    "whitespace": {"schema": True, "whitespace": "loose"},
    "timeout": {"timeout": float("nan")},
    "regex": {"regex": "\ud800"},
    "schema": {"schema": {"const": float("inf")}},
}


@pytest.mark.parametrize("named", WRONG_VALUES)
def test_a_value_out_of_range_is_named(named, client):
    with pytest.raises(ValueError, match=named):
        client.generate("hello", **WRONG_VALUES[named])


@pytest.mark.parametrize("target", ["", " ", "a b"])
def test_a_server_has_an_address(target):
    with pytest.raises(ValueError, match="host:port"):
        Client(target)


def test_a_text_is_no_list_of_choices(client):
    with pytest.raises(TypeError, match="list of texts"):
        client.generate("hello", choice="abc")
