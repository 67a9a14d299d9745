"""What the benchmark of steps counts, and when it says that its aims are reached."""

import json

import pytest

from benchmarks.steps import DEFAULT_POLICY, FREE, Tally, aims, parser, request
from constraints import JsonSchema
from engine import FinishReason, Result, Timings
from models.example import Example

SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}}
CASE = Example("record", "", "a is 1, b is 2", '{"a":1,"b":2}', SCHEMA)


def result(text, steps):
    return Result(
        text=text,
        token_ids=tuple(range(len(text))),
        finish_reason=FinishReason.COMPLETE,
        steps=steps,
        num_blocks=1,
        log_z=0.0,
        seed=0,
        timings=Timings(),
        diagnostics=None,
    )


def test_a_tally_adds_up():
    tally, spec = Tally(), JsonSchema(json.dumps(SCHEMA))
    tally.add(CASE, spec, result('{"a":1,"b":2}', 3))
    tally.add(CASE, spec, result('{"a":1,"b":', 5))
    tally.seconds = 2.0
    figures = tally.figures()
    assert figures["cases"] == 2
    assert (figures["fields"], figures["exact"], figures["valid"]) == (0.5, 0.5, 0.5)
    assert figures["steps"] == 4.0
    assert figures["per_hit"] == 4.0
    assert figures["per_token"] == pytest.approx(8 / 24, abs=1e-4)
    assert figures["tokens_per_s"] == 12.0


def test_the_mode_is_the_whitespace_policy_or_none_at_all():
    arguments = parser().parse_args([])
    free, compact = (request(CASE, mode, arguments) for mode in (FREE, "compact"))
    assert not free.constrained
    assert compact.constrained
    assert isinstance(compact.spec, JsonSchema)
    assert compact.spec.whitespace == "compact"


def test_aims_hold_the_default_policy_against_no_constraint():
    free = {"valid": 0.5, "per_token": 1.0, "per_hit": 9.0, "tokens_per_s": 10.0, "fields": 0.4}
    bound = {"valid": 1.0, "per_token": 0.9, "per_hit": 8.0, "tokens_per_s": 10.0, "fields": 0.4}
    assert all(aims({FREE: free, DEFAULT_POLICY: bound}).values())
    slower = aims({FREE: free, DEFAULT_POLICY: bound | {"tokens_per_s": 9.9}})
    assert not slower["tokens_per_s"]
    assert slower["fields"]


def test_without_the_default_policy_nothing_is_reached():
    assert aims({FREE: {}, "compact": {}}) == {"measured": False}
