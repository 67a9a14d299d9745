"""Random schemas: what we accept and draw, against jsonschema."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.json_schema_fuzz.case import Case, case_of
from benchmarks.json_schema_fuzz.examination import examined
from benchmarks.json_schema_fuzz.maker import Maker
from benchmarks.json_schema_fuzz.oracle import Oracle
from constraints import JsonSchema
from constraints.json_schema import recogniser
from tests.membership import generation

MACHINE_DEPENDENT = ("slow", "memory")


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(st.randoms(use_true_random=False))
def test_random_schemas_mean_what_jsonschema_says(rng):
    outcome = examined(case_of(rng))
    assert [each for each in outcome.findings if each.kind not in MACHINE_DEPENDENT] == []


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_every_spelling_of_a_value_is_that_value(rng):
    maker = Maker(rng)
    value = maker.value(2)
    schema = json.dumps({"const": json.loads(Maker(rng).spelled(value))})
    case = Case(schema=schema, texts=tuple(maker.spelled(value) for _ in range(3)), seed=0)
    assert examined(case).findings == ()


REGRESSIONS = [
    ({"type": "integer", "allOf": [{"enum": [2]}, {"const": 2}]}, "2", True),
    (
        {
            "not": {
                "type": ["integer"],
                "enum": [2],
                "if": {"type": "string"},
                "else": {"enum": [2]},
            }
        },
        "2",
        False,
    ),
    (
        {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "type": "array",
            "prefixItems": [False],
        },
        "[1]",
        True,
    ),
    ({"uniqueItems": True}, "[[true],[1],[true]]", False),
    ({"uniqueItems": True}, "[[true],[1],[1.0e1]]", True),
    ({"patternProperties": {"b$": False}}, '{"b\\n":1}', True),
    ({"patternProperties": {".": False}}, '{"\\r":1}', True),
    ({"oneOf": [{}, {}]}, "1.00", False),
    ({"contains": {}, "unevaluatedItems": {"const": 2}}, "[6.0]", True),
    ({"contains": {}, "maxContains": 1}, '["",""]', False),
    ({}, '{"a":1,"\\u0061":1}', False),
    (
        {"unevaluatedProperties": {}, "oneOf": [{}, {"dependentRequired": {"b": [""], "é": []}}]},
        "{}",
        False,
    ),
    (
        {
            "unevaluatedProperties": {},
            "if": {"minProperties": 2, "propertyNames": {"enum": ["aa"]}},
        },
        '{"a":1,"a":1}',
        False,
    ),
    ({}, "NaN", False),
]


@pytest.mark.parametrize(("schema", "text", "valid"), REGRESSIONS)
def test_what_was_once_found(schema, text, valid):
    case = Case(schema=json.dumps(schema), texts=(text,), seed=0)
    spec = JsonSchema(case.schema, open_objects=True, whitespace="any")
    assert Oracle(case)(text.encode()) is valid
    assert recogniser(spec).accepts(text.encode()) is valid
    assert examined(case).findings == ()


def test_what_generation_leaves_out_is_not_taken_as_missed():
    """A closed object may be left out of a goal that another goal must miss."""
    dependent = {"dependentRequired": {"é": ["a"], "b": ["b"]}}
    schema = {"type": "array", "contains": {"items": dependent}, "maxContains": 2}
    for open_objects in (False, True):
        spec = JsonSchema(json.dumps(schema), open_objects=open_objects, whitespace="compact")
        assert not generation(spec)(b'[[1],[{"x":"y"}],[1]]')


@pytest.mark.parametrize(("kind", "admitted"), [("number", True), ("integer", False)])
def test_an_exponent_too_long_for_arithmetic(kind, admitted):
    spec = JsonSchema(json.dumps({"oneOf": [{"type": kind}]}), open_objects=True)
    assert recogniser(spec).accepts(b"1e" + b"9" * 30) is admitted
