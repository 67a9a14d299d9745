"""Objects and arrays that no keyword describes: what may be in them, and how deep it nests."""

import pytest

from tests.membership import accepts, written

NESTED = {"a": {"b": 1, "c": None}, "d": [True, "e"]}
FREE = (
    {},
    {"type": "object"},
    {"type": "object", "maxProperties": 2},
    {"type": ["object", "null"], "title": "anything"},
    {"minProperties": 1},
    {"propertyNames": {"maxLength": 1}},
    {"type": "object", "additionalProperties": True},
    {"additionalProperties": {}, "maxProperties": 2},
    {"anyOf": [{"type": "object"}, {"type": "string"}]},
    {"allOf": [{"type": "object"}, {"minProperties": 2}]},
)
DESCRIBED = (
    {"properties": {"a": {}}},
    {"type": "object", "properties": {"a": {}}},
    {"type": "object", "required": ["a"]},
    {"allOf": [{"type": "object"}, {"properties": {"a": {}}}]},
)


@pytest.mark.parametrize("open_objects", [False, True])
@pytest.mark.parametrize("schema", FREE, ids=written)
def test_what_nothing_describes_holds_members_of_any_name(schema, open_objects):
    assert accepts(schema, written(NESTED), open_objects=open_objects)
    assert not accepts(schema, '{"a":1,"a":1}', open_objects=open_objects)


@pytest.mark.parametrize("schema", DESCRIBED, ids=written)
def test_described_objects_hold_what_is_described(schema):
    assert accepts(schema, written({"a": NESTED}))
    assert not accepts(schema, written({"a": 1, "d": 1}))
    assert accepts(schema, written({"a": 1, "d": 1}), open_objects=True)


def test_the_bounds_on_what_is_free_still_hold():
    assert not accepts({"type": "object", "maxProperties": 1}, written(NESTED))
    assert not accepts({"type": "object", "minProperties": 3}, written(NESTED))
    assert not accepts({"propertyNames": {"pattern": "^a"}}, written(NESTED))
    assert accepts({"propertyNames": {"pattern": "^a"}}, written({"ab": {"b": 1}}))


def test_a_member_that_nothing_describes_may_be_an_object():
    schema = {
        "properties": {"name": {"type": "string"}, "arguments": {"type": "object"}},
        "required": ["name", "arguments"],
    }
    assert accepts(schema, written({"name": "f", "arguments": NESTED}))
    assert not accepts(schema, written({"name": "f", "arguments": {}, "more": 1}))


def test_undeclared_names_beside_declared_ones_have_scalars():
    schema = {"properties": {"q": {"type": "integer"}}, "additionalProperties": True}
    assert accepts(schema, written({"q": 1, "z": 2}))
    assert not accepts(schema, written({"q": 1, "z": {"a": 1}}))


@pytest.mark.parametrize("kind", ["additionalProperties", "patternProperties"])
def test_a_map_of_objects_or_arrays_has_them(kind):
    def mapping(values):
        return {kind: {"": values} if kind == "patternProperties" else values}

    assert accepts(mapping({"type": "object"}), written({"a": {"b": 1}}))
    assert accepts(mapping({"type": "array"}), written({"a": [1], "b": ["x"]}))
    assert not accepts(mapping({"type": "array"}), written({"a": {}}))
