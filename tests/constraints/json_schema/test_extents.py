"""How much of a schema is generated: the widest extent that its budget allows."""

import gc
import json
from dataclasses import replace
from unittest.mock import patch

import numpy as np
import pytest

import constraints
from constraints import JsonSchema, SpecError
from constraints.json_schema.closure import closed
from constraints.json_schema.compile import Extent, Tried, compile_json_schema

COMPILE = "constraints.json_schema.compile"


def tree(width, **more):
    """Objects of many optional properties, half of which are such objects again."""
    properties = {f"p{i}": {"$ref": "#"} if i % 2 else {"type": "string"} for i in range(width)}
    return json.dumps({"type": "object", "properties": properties, **more})


SCHEMAS = [
    tree(6),
    tree(12),
    tree(30),
    tree(4, patternProperties={"^x": {"maxLength": 500}}),
    json.dumps(
        {
            "$ref": "#/$defs/any",
            "$defs": {
                "any": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/any"}}, {}]},
            },
        }
    ),
]


def graph_and_budgets(text, *, open_objects):
    """The graph, and the budget of each extent that was tried."""
    budgets = []

    def recorded(lexicon, budget):
        budgets.append(budget)
        return closed(lexicon, budget)

    with patch(f"{COMPILE}.closed", recorded):
        graph, _ = compile_json_schema(JsonSchema(text, open_objects=open_objects))
    return graph, budgets


@pytest.mark.parametrize("open_objects", [False, True])
@pytest.mark.parametrize("text", SCHEMAS)
def test_the_extents_that_are_passed_over_would_have_failed(text, open_objects):
    graph, budgets = graph_and_budgets(text, open_objects=open_objects)
    with patch.object(Extent, "fails_like", lambda *_: False):
        slow, all_budgets = graph_and_budgets(text, open_objects=open_objects)
    assert len(budgets) <= len(all_budgets)
    for name in ("lexer", "start", "goto_ptr", "goto", "home"):
        np.testing.assert_array_equal(getattr(graph, name), getattr(slow, name))
    assert [each.key for each in graph.lexers] == [each.key for each in slow.lexers]


def test_some_extents_are_passed_over():
    _, budgets = graph_and_budgets(SCHEMAS[2], open_objects=True)
    with patch.object(Extent, "fails_like", lambda *_: False):
        _, all_budgets = graph_and_budgets(SCHEMAS[2], open_objects=True)
    assert len(budgets) < len(all_budgets)


def test_an_extent_fails_like_one_that_differs_in_what_did_not_matter():
    extent = Extent(depth=6)
    assert extent.fails_like([Tried(Extent(depth=24), depth=5, free=1)])
    assert not extent.fails_like([Tried(Extent(depth=24), depth=6, free=1)])
    assert not extent.fails_like([Tried(replace(extent, items=1, depth=24), depth=2, free=1)])
    assert not extent.fails_like([Tried(replace(extent, budget=1, depth=24), depth=2, free=1)])
    assert Extent(free=1).fails_like([Tried(Extent(free=2), depth=3, free=1)])
    assert not Extent(free=1).fails_like([Tried(Extent(free=2), depth=3, free=2)])
    assert not extent.fails_like([])


@pytest.mark.parametrize("text", [SCHEMAS[0], '{"type": "no type"}'])
def test_the_collector_is_as_it_was_after_a_compile(text, small_vocabulary):
    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        try:
            constraints.compile(JsonSchema(text), small_vocabulary)
        except SpecError:
            pass
        finally:
            after = gc.isenabled()
            gc.enable()
        assert after is enabled
