"""The whole way with nothing faked: a real server, the built-in model, a real text, valid JSON."""

import asyncio
import json
from pathlib import Path

import jsonschema
import pytest

from blockform.client import AsyncClient, Client
from blockform.errors import BudgetError, RequestError, UnsatisfiableError, UnsupportedError
from blockform.launch import launched
from blockform.result import CanvasFrame, CommittedText, FinishReason, Result

DATA = Path(__file__).parent.parent / "examples" / "data"
NAMES = ("support", "shipment", "order")


@pytest.fixture(scope="module")
def address():
    with launched([]) as target:
        yield target


@pytest.fixture
def client(address):
    with Client(address) as connected:
        yield connected


def case(name):
    schema = json.loads((DATA / f"{name}.schema.json").read_text())
    return (DATA / f"{name}.txt").read_text(), schema


@pytest.mark.parametrize("name", NAMES)
def test_a_real_text_becomes_a_valid_record(client, name):
    text, schema = case(name)
    result = client.generate(text, schema=schema, seed=3)
    jsonschema.validate(result.value, schema, format_checker=jsonschema.FormatChecker())
    assert result.finish_reason is FinishReason.COMPLETE
    assert 0 < result.tokens <= 256
    assert result.steps > 0


def test_the_same_seed_gives_the_same_text(client):
    text, schema = case("shipment")
    first, second = (client.generate(text, schema=schema, seed=9).text for _ in range(2))
    assert first == second


def test_one_step_a_canvas_still_gives_a_whole_record(client):
    text, schema = case("order")
    result = client.generate(text, schema=schema, max_steps=1)
    jsonschema.validate(result.value, schema, format_checker=jsonschema.FormatChecker())


def test_the_canvas_can_be_watched_and_text_joins_to_the_result(client):
    text, schema = case("support")
    events = list(client.stream(text, schema=schema))
    frames = [event for event in events if isinstance(event, CanvasFrame)]
    committed = [event.text for event in events if isinstance(event, CommittedText)]
    assert isinstance(events[-1], Result)
    assert frames
    assert "".join(committed) == events[-1].text


def test_refusals_come_from_the_real_compiler(client):
    with pytest.raises(UnsupportedError) as caught:
        client.generate("x", schema={"type": "string", "pattern": r"(a)\1"})
    assert caught.value.details.pointer == "/pattern"
    with pytest.raises(BudgetError):
        client.generate("x", choice=["a long answer that takes many tokens"], max_tokens=2)
    assert client.check(regex="(ab)+", text="abab").accepted is True


def test_what_is_given_stands_in_a_valid_record(client):
    text, schema = case("support")
    first = next(iter(schema["properties"]))
    result = client.generate(text, schema=schema, template=[f'{{"{first}":', "}"])
    jsonschema.validate(result.value, schema, format_checker=jsonschema.FormatChecker())
    assert result.text.startswith(f'{{"{first}":')
    with pytest.raises(UnsatisfiableError) as caught:
        client.generate(text, schema=schema, prefix="[")
    assert caught.value.details.field == "prefix"


def test_the_built_in_model_does_not_think_and_says_so(client):
    with pytest.raises(RequestError) as caught:
        client.generate("x", choice=["yes"], max_thinking_tokens=8)
    assert caught.value.details.field == "max_thinking_tokens"


def test_many_clients_are_served_together(address):
    async def scenario():
        async with AsyncClient(address) as client:
            calls = [client.generate("all good", choice=["yes", "no"], seed=i) for i in range(8)]
            return await asyncio.gather(*calls)

    assert {result.text for result in asyncio.run(scenario())} <= {"yes", "no"}
