import itertools
import json
import operator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import constraints
from constraints import (
    JsonSchema,
    LimitError,
    MalformedError,
    UnsatisfiableError,
    UnsupportedError,
)
from constraints.compile import language
from constraints.json_schema.whitespace import LAYOUTS
from tests.membership import accepts, membership, schema_spec, written


def members(keywords):
    """What each keyword admits and refuses."""
    return [
        ({"type": "integer"}, [0, -5, 123], ["1", None, 1.5]),
        ({"type": ["string", "null"]}, ["x", None], [1, True]),
        ({"enum": ["a", 1, None, {"b": [True]}]}, ["a", 1, None, {"b": [True]}], ["b", 2, True]),
        ({"type": "string", "enum": ["a", 1]}, ["a"], [1]),
        ({"const": "é"}, ["é"], ["e"]),
        ({"minimum": 3, "type": "integer"}, [3, 40], [2, -3]),
        ({"type": "number", "exclusiveMinimum": -1.5, "maximum": 2}, [-1.4, 0, 2], [-1.5, 2.01]),
        ({"type": "string", "minLength": 1, "maxLength": 2}, ["a", "é😀"], ["", "abc"]),
        ({"type": "string", "pattern": "b+"}, ["xbbx", "b"], ["x", ""]),
        ({"type": "string", "pattern": "^[^a]$"}, ['"', "\\", "\n"], ["a", "bb"]),
        ({"type": "string", "pattern": "^[ab]+$", "maxLength": 2}, ["ab"], ["abab", "c"]),
        ({"type": "string", "format": "date", "pattern": "^2024"}, ["2024-02-29"], ["2023-02-28"]),
        (
            {"type": "array", "items": {"type": "boolean"}, "maxItems": 2},
            [[], [True]],
            [[1], [True] * 3],
        ),
        ({"type": "array", "items": {"const": 1}, "minItems": 2}, [[1, 1], [1] * 5], [[1], []]),
        (
            {"type": "array", "prefixItems": [{"const": 1}], "items": False},
            [[1], []],
            [[1, 1], [2]],
        ),
        ({"$defs": {"n": {"type": "integer"}}, "$ref": "#/$defs/n", "maximum": 3}, [3], [5, "x"]),
        ({"type": "integer", "anyOf": [{"minimum": 5}, {"maximum": 1}]}, [0, 7], [3, "x"]),
        ({"allOf": [{"minimum": 3}, {"maximum": 5}], "type": "integer"}, [4], [2, 6]),
        (
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {}},
                "required": ["a"],
            },
            [{"a": 1}, {"a": 1, "b": "x"}],
            [{}, {"b": 1}, {"a": "x"}, {"a": 1, "c": 2}],
        ),
        (
            {"properties": {"~/é": {"const": 1}}, "type": "object"},
            [{}, {"~/é": 1}],
            [{"~/é": 2}],
        ),
        ({"type": "object", "additionalProperties": {"const": 1}}, [{}, {"k": 1}], [{"k": 2}]),
    ][keywords]


@pytest.mark.parametrize("case", range(21))
def test_a_keyword_admits_what_it_should(case):
    schema, valid, invalid = members(case)
    for value in valid:
        assert accepts(schema, written(value)), value
        assert accepts(schema, json.dumps(value, ensure_ascii=False, separators=(",", ":"))), value
    for value in invalid:
        assert not accepts(schema, written(value)), value


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-12, 12), st.sampled_from(["", "a", "ab", "b"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=6,
)


def schemas():
    scalar = st.one_of(
        st.fixed_dictionaries({"type": st.sampled_from(["integer", "string", "boolean", "null"])}),
        st.fixed_dictionaries({"enum": st.lists(SCALARS, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"type": st.just("integer"), "minimum": st.integers(-9, 9)}),
        st.fixed_dictionaries({"type": st.just("integer"), "exclusiveMaximum": st.integers(-9, 9)}),
        st.fixed_dictionaries({"type": st.just("string"), "maxLength": st.integers(0, 2)}),
        st.fixed_dictionaries(
            {"type": st.just("string"), "pattern": st.sampled_from(["a", "^b?$"])}
        ),
    )
    return st.recursive(scalar, nested, max_leaves=5)


def nested(inner):
    array = st.fixed_dictionaries(
        {"type": st.just("array"), "items": inner},
        optional={"minItems": st.integers(0, 2), "maxItems": st.integers(0, 3)},
    )
    obj = st.fixed_dictionaries(
        {
            "type": st.just("object"),
            "properties": st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
            "additionalProperties": st.just(False),
        },
        optional={"required": st.lists(st.sampled_from("abc"), max_size=2, unique=True)},
    )
    return st.one_of(
        array,
        obj,
        st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2)}),
    )


@settings(max_examples=300, deadline=None)
@given(schemas(), st.lists(VALUES, min_size=5, max_size=12))
def test_accepts_agrees_with_a_validator_on_what_is_exact(schema, values):
    try:
        reads = membership(schema_spec(schema))
    except UnsatisfiableError:
        reads = None
    validator = Draft202012Validator(schema)
    for value in values:
        texts = [written(order).encode() for order in orders(value)]
        accepted = reads is not None and any(map(reads, texts))
        assert accepted == validator.is_valid(value), value


def orders(value):
    """The same value with the keys of every object in every order."""
    if isinstance(value, list):
        return [list(items) for items in itertools.product(*map(orders, value))]
    if isinstance(value, dict):
        return [
            dict(zip(keys, inner, strict=True))
            for keys in itertools.permutations(value)
            for inner in itertools.product(*(orders(value[key]) for key in keys))
        ]
    return [value]


FORMAT_CASES = {
    "date": ["2024-02-29", "2000-02-29", "1999-12-31"],
    "time": ["23:59:59Z", "08:30:06.283185+01:00", "12:00:00-23:59"],
    "date-time": ["1963-06-19T08:30:06.283185Z", "1990-12-31t15:59:50.123-08:00"],
    "email": ["joe.bloggs@example.com", "te~st@example.com"],
    "uuid": ["2EB8AA08-aa98-11ea-b4aa-73b441d16380"],
    "uri": ["http://foo.bar/?baz=qux#quux", "urn:oasis:names", "mailto:a@b.c", "a:"],
    "ipv4": ["192.168.0.1", "0.0.0.0", "255.255.255.255"],
}
FORMAT_REFUSED = {
    "date": ["2023-02-29", "1900-02-29", "2024-13-01", "2024-04-31", "20240101", "2024-1-1"],
    "time": ["24:00:00Z", "12:60:00Z", "12:00:00", "12:00:00+24:00"],
    "date-time": ["1990-02-31T15:59:59Z", "2024-01-01 10:00:00Z", "2024-01-01T10:00:00"],
    "email": ["2962", "joe@", "@x.y", "a..b@c.d", ".a@b.c"],
    "uuid": ["2eb8aa08aa9811eab4aa73b441d16380", "2eb8-aa08-aa98-11ea-b4aa73b44-1d16380"],
    "uri": ["//foo.bar", "\\\\WINDOWS", "abc", "http:// x", ":a", "http://a b/"],
    "ipv4": ["256.0.0.1", "127.0.0", "1.2.3.4.5", "087.10.0.1", "0x7f.0.0.1"],
}


@pytest.mark.parametrize("name", FORMAT_CASES)
def test_a_format_accepts_and_refuses(name):
    schema = {"type": "string", "format": name}
    checker = Draft202012Validator.FORMAT_CHECKER
    for text in FORMAT_CASES[name]:
        assert checker.conforms(text, name), text
        assert accepts(schema, written(text)), text
    for text in FORMAT_REFUSED[name]:
        assert not accepts(schema, written(text)), text
        assert accepts(schema, written(text), assert_formats=False)


@pytest.mark.parametrize("name", FORMAT_CASES)
def test_what_a_format_accepts_the_validator_does(name):
    checker = Draft202012Validator.FORMAT_CHECKER
    for text in itertools.chain(*FORMAT_CASES.values(), *FORMAT_REFUSED.values()):
        if accepts({"type": "string", "format": name}, written(text)):
            assert checker.conforms(text, name), text


BOUNDS = st.none() | st.decimals(-120, 120, places=2)


@settings(max_examples=200, deadline=None)
@given(
    BOUNDS,
    BOUNDS,
    st.sampled_from(["minimum", "exclusiveMinimum"]),
    st.sampled_from(["maximum", "exclusiveMaximum"]),
    st.sampled_from(["integer", "number"]),
    st.lists(st.decimals(-130, 130, places=3), min_size=30, max_size=30),
)
def test_a_bounded_number_is_exact(low, high, lower, upper, kind, values):
    bounds = {name: value for name, value in ((lower, low), (upper, high)) if value is not None}
    keywords = "".join(f', "{name}": {value:f}' for name, value in bounds.items())
    try:
        reads = membership(schema_spec(f'{{"type": "{kind}"{keywords}}}'))
    except UnsatisfiableError:
        reads = None
    for value in [*values, *map(Decimal.to_integral_value, values), *bounds.values()]:
        inside = all(COMPARISONS[name](value, bound) for name, bound in bounds.items())
        inside = inside and (kind == "number" or value == value.to_integral_value())
        text = format(value.normalize() + 0, "f")
        assert (reads is not None and reads(text.encode())) == inside, text


COMPARISONS = {
    "minimum": operator.ge,
    "exclusiveMinimum": operator.gt,
    "maximum": operator.le,
    "exclusiveMaximum": operator.lt,
}


def test_a_bound_never_admits_what_rounds_onto_it():
    schema = {"type": "number", "exclusiveMaximum": 0.1, "minimum": 0}
    assert accepts(schema, "0.099999")
    assert not accepts(schema, "0." + "0" + "9" * 30)


DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    ("schema", "text", "accepted"),
    [
        ('{"type": "number", "maximum": -0.0}', "5", False),
        ('{"type": "number", "exclusiveMinimum": -0.0}', "0.5", True),
        (
            '{"type": "integer", "exclusiveMinimum": 1000000000000000000000000000000}',
            "1" + "0" * 30,
            False,
        ),
        (
            '{"type": "integer", "minimum": -19999999999999999999999999999999}',
            "-2" + "0" * 31,
            False,
        ),
        (
            '{"type": "integer", "minimum": -10000000000000000000000000000001}',
            "-1" + "0" * 30 + "1",
            True,
        ),
        ('{"type": "number", "exclusiveMinimum": 1e10}', "12345678901", True),
        ('{"type": "number", "exclusiveMaximum": 0.1000000000000000001}', "0.1", False),
    ],
)
def test_a_bound_of_any_size_is_exact(schema, text, accepted):
    assert accepts(schema, text) == accepted


@pytest.mark.parametrize(
    ("schema", "text", "accepted"),
    [
        ({"$schema": DRAFT_7, "prefixItems": [{"const": 1}], "items": {"const": 2}}, "[2,2]", True),
        ({"$schema": DRAFT_7, "items": [{"const": 1}], "additionalItems": False}, "[1]", True),
        ({"$schema": DRAFT_7, "items": [{"const": 1}], "additionalItems": False}, "[1,1]", False),
        (
            {
                "$schema": DRAFT_7,
                "definitions": {"n": {"const": 1}},
                "$ref": "#/definitions/n",
                "maximum": 0,
            },
            "1",
            True,
        ),
        ({"$schema": DRAFT_4, "const": 1, "type": "integer"}, "2", True),
        ({"$schema": DRAFT_4, "type": "integer", "enum": [1.0, 2]}, "1.0", False),
        (
            {"$schema": DRAFT_4, "type": "integer", "minimum": 3, "exclusiveMinimum": True},
            "3",
            False,
        ),
        ({"type": "array", "prefixItems": [{"const": 1}], "additionalItems": False}, "[1]", True),
    ],
)
def test_a_keyword_means_what_its_draft_says(schema, text, accepted):
    assert accepts({"type": "array"} | schema if text[0] == "[" else schema, text) == accepted


@pytest.mark.parametrize("policy", LAYOUTS)
def test_a_whitespace_policy_reads_its_own_layout(policy):
    schema = {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"type": "integer"}}, "b": {"type": "null"}},
        "required": ["a"],
    }
    layouts = {
        "compact": written,
        "spaced": json.dumps,
        "indented": lambda value: json.dumps(value, indent=2),
    }
    values = ({"a": [1, 2], "b": None}, {"a": []})
    for (name, write), value in itertools.product(layouts.items(), values):
        expected = policy in (name, "flexible", "any") or write(value) == layouts.get(
            policy, write
        )(value)
        assert accepts(schema, write(value), whitespace=policy) == expected


def test_flexible_whitespace_is_bounded_and_any_is_not():
    schema = {"type": "object", "properties": {"a": {"const": 1}}}
    for gap, bounded in ((" " * 64, True), ("\n" * 65, False)):
        text = f'{{{gap}"a"{gap}:\t1{gap}}}'
        assert accepts(schema, text, whitespace="flexible") == bounded
        assert accepts(schema, text, whitespace="any")


def test_a_repeated_key_is_never_accepted():
    schema = {
        "type": "object",
        "properties": {"a": {}},
        "additionalProperties": {"type": "integer"},
    }
    assert not accepts(schema, '{"a":1,"a":2}')
    assert not accepts(schema, '{"q":1,"q":2}', open_objects=True)


def test_a_key_spelt_with_escapes_is_that_key():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert accepts(schema, r'{"\u0061":1}', open_objects=True)
    assert not accepts(schema, r'{"\u0061":"x"}', open_objects=True)


def test_open_objects_admit_a_property_that_nothing_names():
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}}
    assert accepts(schema, '{"a":1,"b":"x"}', open_objects=True)
    assert not accepts(schema, '{"a":1,"b":"x"}')


REFUSALS = [
    ({"type": "string", "pattern": r"^(a)\1$"}, "/pattern", "pattern"),
    (
        {"type": "object", "patternProperties": {r"(a)\1": {}}},
        r"/patternProperties/(a)\1",
        "patternProperties",
    ),
    ({"properties": {"x": {"$ref": "other.json"}}}, "/properties/x/$ref", "$ref"),
    ({"$schema": "http://json-schema.org/draft-03/schema#"}, "/$schema", "$schema"),
]


@pytest.mark.parametrize(("schema", "pointer", "keyword"), REFUSALS)
def test_what_cannot_be_enforced_is_refused_with_its_place(schema, pointer, keyword):
    with pytest.raises(UnsupportedError) as caught:
        language(JsonSchema(json.dumps(schema)))
    assert caught.value.keyword == keyword
    assert caught.value.pointer == pointer
    assert caught.value.hint


@pytest.mark.parametrize(
    "schema",
    [
        {"uniqueItems": False, "type": "null"},
        {"if": {"type": "string"}, "type": "null"},
        {"minProperties": 0, "type": "null"},
        {"title": "x", "x-own": [1], "type": "null"},
    ],
)
def test_keywords_that_assert_nothing_are_no_obstacle(schema):
    assert accepts(schema, "null")


UNSATISFIABLE = [
    {"type": "integer", "minimum": 5, "maximum": 3},
    {"type": "string", "minLength": 3, "maxLength": 2},
    {"type": "array", "minItems": 2, "maxItems": 1},
    {"type": "object", "properties": {"a": False}, "required": ["a"]},
    {"enum": ["a"], "type": "integer"},
    {"type": "object", "required": ["a"], "properties": {"a": {"const": 1, "type": "string"}}},
    False,
]


@pytest.mark.parametrize("schema", UNSATISFIABLE)
def test_an_unsatisfiable_schema_is_refused_as_such(schema):
    with pytest.raises(UnsatisfiableError):
        language(JsonSchema(json.dumps(schema)))


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("{", "1:2"),
        ('{"type": "strin"}', "/type"),
        ('{"minLength": -1}', "/minLength"),
        ('{"$ref": "#/$defs/none"}', "/$ref"),
        ("[1]", ""),
        ('{"a": NaN}', "1:1"),
        ('{"$ref": "#"}', ""),
        ('{"properties": {"a": {"pattern": "("}}, "type": "object"}', "/properties/a/pattern"),
        ('{"$ref": "#/x", "x": {"minLength": "a"}}', "/x/minLength"),
        ('{"$schema": "http://json-schema.org/draft-04/schema#", "$ref": 5}', "/$ref"),
        ('{"$schema": []}', "/$schema"),
        ('{"anyOf": [{}], "$ref": "#/anyOf/-1"}', "/$ref"),
        ('{"pattern": "^a{4294967296}$"}', "/pattern"),
    ],
)
def test_a_malformed_schema_names_the_place(text, place):
    with pytest.raises(MalformedError) as caught:
        language(JsonSchema(text))
    assert caught.value.location == place


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "allOf": [{"pattern": f"w{i}x"} for i in range(14)]},
        {
            "allOf": [
                {"anyOf": [{"required": [f"a{i}"]}, {"required": [f"b{i}"]}]} for i in range(18)
            ]
        },
    ],
)
def test_an_oversized_schema_ends_in_a_limit_error(schema):
    with pytest.raises(LimitError):
        language(JsonSchema(json.dumps(schema)))


@pytest.mark.slow
def test_a_value_of_more_states_than_the_limit_is_refused(small_vocabulary):
    with pytest.raises(LimitError, match="states"):
        constraints.compile(schema_spec({"const": "a" * 600_000}), small_vocabulary)


def test_a_long_value_of_many_characters_compiles():
    value = "".join(chr(0x4E00 + i) for i in range(20_000)) * 2
    reads = membership(schema_spec({"const": value}))
    assert reads(json.dumps(value, ensure_ascii=False).encode())
    assert not reads(json.dumps(value[1:], ensure_ascii=False).encode())


def test_a_long_length_is_narrowed_to_what_is_generated():
    spec = schema_spec({"type": "string", "maxLength": 1_000_000})
    reads = membership(spec)
    assert reads(b'"a"')
    _, found = language(spec)
    assert [(entry.pointer, entry.enforcement) for entry in found][-1] == ("/maxLength", "narrowed")


def test_many_counted_strings_are_narrowed():
    strings = {"type": "string", "maxLength": 500}
    reads = membership(schema_spec({"type": "array", "items": strings, "maxItems": 500}))
    assert reads(written(["a" * 40] * 3).encode())
    assert not reads(written(["a" * 501]).encode())


def test_definitions_that_multiply_are_shared():
    definitions = {"a0": {"type": "null"}} | {
        f"a{i}": {"type": "array", "prefixItems": [{"$ref": f"#/$defs/a{i - 1}"}] * 3}
        for i in range(1, 20)
    }
    reads = membership(schema_spec({"$defs": definitions, "$ref": "#/$defs/a19"}))
    assert reads(b"[[],[[]]]")
    assert not reads(b"[[],[null]]")


def test_a_long_enumeration_compiles():
    schema = {"enum": [f"value {i}" for i in range(20_000)]}
    assert accepts(schema, '"value 19999"')
    assert not accepts(schema, '"value 20000"')


def test_many_optional_properties_compile():
    properties = {f"p{i}": {"enum": [i]} for i in range(1_000)}
    reads = membership(schema_spec({"type": "object", "properties": properties}))
    assert reads(b'{"p0":0,"p7":7,"p999":999}')
    assert not reads(b'{"p7":7,"p0":0}')
    assert not reads(b'{"p7":8}')


def test_a_shared_definition_is_not_multiplied_by_the_ways_to_it():
    links = {f"a{i}": {"anyOf": [{"$ref": f"#/$defs/a{i + 1}"}] * 2} for i in range(22)}
    assert accepts({"$defs": links | {"a22": {"type": "null"}}, "$ref": "#/$defs/a0"}, "null")


def test_two_long_enumerations_intersect():
    schema = {"allOf": [{"enum": list(range(10_000))}, {"enum": list(range(9_000, 15_000))}]}
    assert accepts(schema, "9500")
    assert not accepts(schema, "8999")


@pytest.mark.parametrize("number", ["1e999999999999999999999", "1" + "0" * 500 + ".5", "1e-401"])
def test_a_number_past_the_limit_is_named(number):
    with pytest.raises(LimitError, match=number[:10]):
        language(JsonSchema(f'{{"const": {number}}}'))


def test_a_reference_is_resolved_in_the_resource_it_stands_in():
    inner = {"$id": "http://x/a", "$defs": {"B": {"$ref": "#/$defs/C"}, "C": {"type": "string"}}}
    schema = {"$defs": {"A": inner, "C": {"type": "integer"}}, "$ref": "#/$defs/A/$defs/B"}
    assert accepts(schema, '"x"')
    assert not accepts(schema, "1")


@pytest.mark.parametrize(
    "spec",
    [constraints.Regex(5), constraints.Choice([5]), JsonSchema(5), JsonSchema("{}", whitespace=[])],  # type: ignore
)
def test_a_spec_of_the_wrong_type_is_malformed(spec):
    with pytest.raises(MalformedError):
        language(spec)


def test_deep_nesting_ends_in_a_limit_error():
    with pytest.raises(LimitError):
        language(JsonSchema('{"items":' * 50_000 + "{}" + "}" * 50_000))


def test_diagnostics_tell_exact_narrowed_and_annotation_apart():
    schema = {
        "type": "object",
        "title": "t",
        "properties": {"n": {"type": "integer"}, "s": {"type": "string", "format": "int32"}},
    }
    _, found = language(JsonSchema(json.dumps(schema)))
    kinds = {entry.pointer: entry.enforcement for entry in found}
    assert kinds["/type"] == "exact"
    assert kinds["/title"] == "annotation"
    assert kinds["/properties/s/format"] == "annotation"
    assert kinds["/properties/n/type"] == "narrowed"


def test_compile_reports_sizes_and_stages(small_vocabulary):
    constraint = constraints.compile(JsonSchema('{"type": "boolean"}'), small_vocabulary)
    assert constraint.diagnostics.num_states == constraint.num_states > 0
    assert constraint.diagnostics.num_atoms == constraint.num_atoms
    assert set(constraint.diagnostics.stage_ms) == {"language", "tokens"}


def test_a_finite_language_knows_its_longest_member(small_vocabulary):
    assert (
        constraints.compile(JsonSchema('{"type": "boolean"}'), small_vocabulary).longest_tokens == 5
    )
    assert (
        constraints.compile(JsonSchema('{"type": "string"}'), small_vocabulary).longest_tokens
        is None
    )


def test_a_language_the_vocabulary_cannot_spell_is_refused():
    letters = constraints.Vocabulary.from_bytes([b"a", None], [1])
    with pytest.raises(UnsatisfiableError, match="vocabulary"):
        constraints.compile(JsonSchema('{"type": "null"}'), letters)
