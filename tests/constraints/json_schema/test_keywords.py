"""What each keyword admits and refuses, in every draft, with objects open and closed.

`BOTH` holds texts of the plainest spelling, with declared properties in declared order: they are
judged alike in both modes. `OPEN` holds what only the whole specification admits: any order, any
spelling, properties that no keyword speaks of. The independent validator must agree with each row.
"""

import itertools
import json

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import validator_for

from constraints import validate
from constraints.compile import language
from constraints.errors import MalformedError, UnsatisfiableError, UnsupportedError
from tests.membership import accepts, generation, membership, schema_spec, written

DRAFT_4 = "http://json-schema.org/draft-04/schema#"
DRAFT_6 = "http://json-schema.org/draft-06/schema#"
DRAFT_7 = "http://json-schema.org/draft-07/schema#"
DRAFT_2019 = "https://json-schema.org/draft/2019-09/schema"
DRAFT_2020 = "https://json-schema.org/draft/2020-12/schema"

AB = {"a": {"type": "integer"}, "b": {"type": "string"}}
TREE = {
    "$defs": {
        "tree": {
            "type": "object",
            "properties": {
                "v": {"type": "integer"},
                "kids": {"type": "array", "items": {"$ref": "#/$defs/tree"}},
            },
            "required": ["v"],
        }
    },
    "$ref": "#/$defs/tree",
}
LIST = {
    "type": "object",
    "properties": {"next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
    "required": ["next"],
    "additionalProperties": False,
}
STRICT_TREE = {
    "$id": "http://x/strict",
    "$dynamicAnchor": "node",
    "$ref": "tree",
    "unevaluatedProperties": False,
    "$defs": {
        "tree": {
            "$id": "http://x/tree",
            "$dynamicAnchor": "node",
            "type": "object",
            "properties": {"kids": {"type": "array", "items": {"$dynamicRef": "#node"}}},
        }
    },
}
RECURSIVE_STRICT_TREE = {
    "$schema": DRAFT_2019,
    "$id": "http://x/strict",
    "$recursiveAnchor": True,
    "$ref": "tree",
    "unevaluatedProperties": False,
    "$defs": {
        "tree": {
            "$id": "http://x/tree",
            "$recursiveAnchor": True,
            "type": "object",
            "properties": {"kids": {"type": "array", "items": {"$recursiveRef": "#"}}},
        }
    },
}

BOTH = {
    "no keyword": ({}, ["null", "true", "-1", '"x"', "[]", "{}"], ["", "nul", "[", "+1", "01"]),
    "true": (True, ["null", "[]", "{}"], ["x"]),
    "type": (
        {"type": "integer"},
        ["0", "-5", "123"],
        ['"1"', "null", "1.5", "true", "[]", "{}", "-", "00"],
    ),
    "type number": ({"type": "number"}, ["0", "-5.25", "1.5"], ['"1"', "null", "1.", ".5"]),
    "type list": ({"type": ["string", "null"]}, ['"x"', "null"], ["1", "true", "[]", "{}"]),
    "integer beside number": ({"type": ["integer", "number"]}, ["1", "1.5"], ["null"]),
    "boolean": ({"type": "boolean"}, ["true", "false"], ["0", "null", '"true"']),
    "enum": (
        {"enum": ["a", 1, None, {"b": [True]}]},
        ['"a"', "1", "null", '{"b":[true]}'],
        ['"b"', "2", "true", "{}", '{"b":[1]}', '{"b":[true],"c":1}'],
    ),
    "enum with a type": ({"type": "string", "enum": ["a", 1]}, ['"a"'], ["1", '"b"']),
    "enum of booleans and numbers": ({"enum": [True, 0]}, ["true", "0"], ["1", "false"]),
    "const": ({"const": "é"}, ['"é"', '"\\u00e9"'], ['"e"']),
    "const of an array": ({"const": [1, {"a": None}]}, ['[1,{"a":null}]'], ["[1]", "[1,{}]"]),
    "const of an object": (
        {"const": {"a": 1, "b": [2]}},
        ['{"a":1,"b":[2]}'],
        ['{"a":1}', '{"a":1,"b":[]}', '{"a":1,"b":[2],"c":0}'],
    ),
    "const false": ({"const": False}, ["false"], ["0", "null"]),
    "minimum": ({"type": "integer", "minimum": 3}, ["3", "40"], ["2", "-3"]),
    "untyped minimum": ({"minimum": 3}, ["3", '"a"', "null"], ["2", "2.99"]),
    "exclusive bounds": (
        {"type": "number", "exclusiveMinimum": -1.5, "maximum": 2},
        ["-1.4", "0", "2", "1.999"],
        ["-1.5", "2.01", "-2"],
    ),
    "exclusiveMaximum": ({"exclusiveMaximum": 1, "type": "number"}, ["0.9", "-7"], ["1", "1.1"]),
    "multipleOf": ({"type": "integer", "multipleOf": 7}, ["0", "-14", "21"], ["1", "20"]),
    "multipleOf of a decimal": (
        {"type": "number", "multipleOf": 0.01},
        ["0", "1.25", "-3.5"],
        ["1.255", "0.001"],
    ),
    "multipleOf and bounds": (
        {"type": "integer", "multipleOf": 5, "minimum": 7, "maximum": 21},
        ["10", "20"],
        ["5", "25", "11"],
    ),
    "two multipleOf": (
        {"allOf": [{"multipleOf": 4}, {"multipleOf": 6}], "type": "integer"},
        ["12", "0", "-24"],
        ["4", "6", "8"],
    ),
    "length": (
        {"type": "string", "minLength": 1, "maxLength": 2},
        ['"a"', '"é😀"', '"\\n\\""', '"\\\\"'],
        ['""', '"abc"', '"\\n\\"a"'],
    ),
    "untyped length": ({"maxLength": 1}, ['"a"', "12345"], ['"ab"']),
    "pattern searches": ({"type": "string", "pattern": "b+"}, ['"xbbx"', '"b"'], ['"x"', '""']),
    "pattern reads values": (
        {"type": "string", "pattern": "^[^a]$"},
        ['"\\""', '"\\\\"', '"\\n"', '"b"'],
        ['"a"', '"bb"', '"""'],
    ),
    "pattern with a length": (
        {"type": "string", "pattern": "^[ab]+$", "maxLength": 2},
        ['"ab"', '"b"'],
        ['"abab"', '"c"', '""'],
    ),
    "pattern of a property": (
        {"type": "string", "pattern": r"^\p{Lu}\d+$"},
        ['"É1"', '"A99"'],
        ['"a1"', '"A"'],
    ),
    "lookahead": (
        {"type": "string", "pattern": "^(?!x)[a-z]+$"},
        ['"a"', '"ax"'],
        ['"x"', '"xa"'],
    ),
    "two patterns": (
        {"type": "string", "allOf": [{"pattern": "a"}, {"pattern": "b"}]},
        ['"ab"', '"b-a"'],
        ['"a"', '"b"'],
    ),
    "format": ({"type": "string", "format": "date"}, ['"2024-02-29"'], ['"2023-02-29"', '"x"']),
    "format with a pattern": (
        {"type": "string", "format": "date", "pattern": "^2024"},
        ['"2024-02-29"'],
        ['"2023-02-28"', '"2024"'],
    ),
    "format of no string": ({"format": "date"}, ["1", "null"], ['"x"']),
    "format unknown to the draft": ({"type": "string", "format": "int32"}, ['"x"'], ["1"]),
    "items": (
        {"type": "array", "items": {"type": "boolean"}},
        ["[]", "[true]", "[true,false]"],
        ["[1]", "[true,null]", "{}"],
    ),
    "items false": ({"type": "array", "items": False}, ["[]"], ["[1]", "[null]"]),
    "minItems": ({"type": "array", "items": {"const": 1}, "minItems": 2}, ["[1,1]"], ["[1]", "[]"]),
    "maxItems": (
        {"type": "array", "items": {"const": 1}, "maxItems": 2},
        ["[]", "[1]", "[1,1]"],
        ["[1,1,1]"],
    ),
    "prefixItems": (
        {"type": "array", "prefixItems": [{"const": 1}, {"type": "string"}], "items": False},
        ["[]", "[1]", '[1,"x"]'],
        ["[2]", "[1,1]", '[1,"x",1]'],
    ),
    "prefixItems and items": (
        {"type": "array", "prefixItems": [{"const": 1}], "items": {"const": 2}},
        ["[]", "[1]", "[1,2,2]"],
        ["[2]", "[1,1]"],
    ),
    "contains": (
        {"type": "array", "items": {"type": "integer"}, "contains": {"minimum": 5}},
        ["[5]", "[1,9,2]"],
        ["[]", "[1,2]"],
    ),
    "contains with counts": (
        {
            "type": "array",
            "items": {"enum": [1, 2]},
            "contains": {"const": 1},
            "minContains": 2,
            "maxContains": 3,
        },
        ["[1,1]", "[1,2,1]", "[1,1,1,2]"],
        ["[1]", "[2,2]", "[1,1,1,1]"],
    ),
    "minContains 0": (
        {"type": "array", "items": {"enum": [1, 2]}, "contains": {"const": 1}, "minContains": 0},
        ["[]", "[2]", "[1]"],
        ["[3]"],
    ),
    "maxContains alone": (
        {"type": "array", "items": {"enum": [1, 2]}, "contains": {"const": 1}, "maxContains": 1},
        ["[1]", "[2,1]"],
        ["[]", "[2]", "[1,1]"],
    ),
    "uniqueItems of few": (
        {"type": "array", "items": {"enum": ["a", "b", None]}, "uniqueItems": True},
        ["[]", '["a"]', '["b","a",null]'],
        ['["a","a"]', '["a",null,"a"]'],
    ),
    "uniqueItems of booleans": (
        {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True},
        ["[true,false]"],
        ["[true,true]"],
    ),
    "uniqueItems false": (
        {"type": "array", "items": {"const": 1}, "uniqueItems": False},
        ["[1,1]"],
        ["[2]"],
    ),
    "uniqueItems of integers": (
        {"type": "array", "items": {"type": "integer"}, "uniqueItems": True},
        ["[]", "[1]"],
        ["[1,1]", "[1,2,1]"],
    ),
    "uniqueItems with minItems": (
        {"type": "array", "items": {"enum": ["a", "b"]}, "uniqueItems": True, "minItems": 2},
        ['["a","b"]', '["b","a"]'],
        ['["a"]', '["a","a"]'],
    ),
    "unevaluatedItems": (
        {"type": "array", "prefixItems": [{"const": 1}], "unevaluatedItems": {"const": 2}},
        ["[]", "[1]", "[1,2]"],
        ["[2]", "[1,1]"],
    ),
    "unevaluatedItems beside applicators": (
        {
            "type": "array",
            "prefixItems": [{"const": 1}],
            "anyOf": [{"prefixItems": [True, {"const": 2}]}, {"prefixItems": [True, {"const": 3}]}],
            "unevaluatedItems": False,
        },
        ["[1]", "[1,2]", "[1,3]"],
        ["[1,4]", "[1,2,3]"],
    ),
    "unevaluatedItems after contains": (
        {"type": "array", "contains": {"const": 1}, "unevaluatedItems": False},
        ["[1]", "[1,1]"],
        ["[]", "[1,2]"],
    ),
    "properties": (
        {"type": "object", "properties": AB, "required": ["a"]},
        ['{"a":1}', '{"a":1,"b":"x"}'],
        ["{}", '{"b":"x"}', '{"a":"x"}', '{"a":1,"b":2}'],
    ),
    "required without properties": (
        {"type": "object", "required": ["a"]},
        ['{"a":1}', '{"a":null}'],
        ["{}"],
    ),
    "untyped required": ({"required": ["a"]}, ["1", '{"a":1}'], ["{}"]),
    "property false": (
        {"type": "object", "properties": {"a": False, "b": {"const": 1}}},
        ["{}", '{"b":1}'],
        ['{"a":1}', '{"a":1,"b":1}'],
    ),
    "names with escapes": (
        {"type": "object", "properties": {"~/é\n": {"const": 1}}},
        ["{}", '{"~/é\\n":1}'],
        ['{"~/é\\n":2}', '{"~/\\u00e9\\n":2}'],
    ),
    "duplicate keys": (
        {"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "integer"}},
        ['{"a":1}', '{"a":1,"q":1}'],
        ['{"a":1,"a":2}', '{"q":1,"q":2}', '{"q":1,"\\u0071":2}', '{"a":1,"\\u0061":2}'],
    ),
    "additionalProperties": (
        {"type": "object", "properties": {"a": {"const": 1}}, "additionalProperties": {"const": 2}},
        ["{}", '{"a":1}', '{"a":1,"b":2}', '{"b":2}'],
        ['{"a":2}', '{"b":1}'],
    ),
    "additionalProperties false": (
        {"type": "object", "properties": AB, "additionalProperties": False},
        ["{}", '{"a":1}'],
        ['{"c":1}', '{"a":1,"c":1}'],
    ),
    "patternProperties": (
        {
            "type": "object",
            "patternProperties": {"^x": {"type": "integer"}},
            "additionalProperties": False,
        },
        ["{}", '{"xa":1}'],
        ['{"xa":"s"}', '{"a":1}', '{"ax":1}'],
    ),
    "patternProperties search": (
        {
            "type": "object",
            "patternProperties": {"b": {"const": 1}},
            "additionalProperties": False,
        },
        ['{"abc":1}', '{"b":1}'],
        ['{"abc":2}', '{"ac":1}'],
    ),
    "overlapping patternProperties": (
        {
            "type": "object",
            "patternProperties": {"a": {"minimum": 3}, "b": {"maximum": 5}},
            "additionalProperties": False,
        },
        ['{"ab":4}', '{"a":9}', '{"b":1}'],
        ['{"ab":2}', '{"ab":6}', '{"c":4}'],
    ),
    "patternProperties over properties": (
        {
            "type": "object",
            "properties": {"xa": {"minimum": 3}},
            "patternProperties": {"^x": {"maximum": 5}},
            "additionalProperties": False,
        },
        ['{"xa":4}', '{"xb":1}'],
        ['{"xa":6}', '{"xa":2}', '{"xb":6}'],
    ),
    "propertyNames": (
        {
            "type": "object",
            "propertyNames": {"pattern": "^[a-c]+$", "maxLength": 2},
            "additionalProperties": {"const": 1},
        },
        ["{}", '{"ab":1}'],
        ['{"d":1}', '{"abc":1}', '{"":1}'],
    ),
    "propertyNames enum": (
        {"propertyNames": {"enum": ["a", "b"]}, "additionalProperties": {"const": 1}},
        ["{}", '{"a":1}', '{"b":1}', "3"],
        ['{"c":1}'],
    ),
    "propertyNames false": ({"type": "object", "propertyNames": False}, ["{}"], ['{"a":1}']),
    "minProperties": (
        {
            "type": "object",
            "properties": {name: {"const": 1} for name in "abc"},
            "additionalProperties": False,
            "minProperties": 2,
        },
        ['{"a":1,"b":1}', '{"a":1,"c":1}', '{"b":1,"c":1}', '{"a":1,"b":1,"c":1}'],
        ["{}", '{"a":1}', '{"c":1}'],
    ),
    "maxProperties": (
        {
            "type": "object",
            "properties": {name: {"const": 1} for name in "abc"},
            "additionalProperties": False,
            "maxProperties": 1,
        },
        ["{}", '{"a":1}', '{"c":1}'],
        ['{"a":1,"b":1}'],
    ),
    "dependentRequired": (
        {"type": "object", "properties": AB, "dependentRequired": {"a": ["b"]}},
        ["{}", '{"b":"x"}', '{"a":1,"b":"x"}'],
        ['{"a":1}'],
    ),
    "dependentSchemas": (
        {
            "type": "object",
            "properties": AB,
            "dependentSchemas": {"b": {"properties": {"a": {"minimum": 5}}}},
        },
        ["{}", '{"a":1}', '{"a":5,"b":"x"}', '{"b":"x"}'],
        ['{"a":4,"b":"x"}'],
    ),
    "dependencies": (
        {
            "$schema": DRAFT_7,
            "type": "object",
            "properties": AB,
            "dependencies": {"a": ["b"], "b": {"properties": {"b": {"minLength": 2}}}},
        },
        ["{}", '{"b":"xx"}', '{"a":1,"b":"xx"}'],
        ['{"a":1}', '{"b":"x"}', '{"a":1,"b":"x"}'],
    ),
    "unevaluatedProperties false": (
        {
            "type": "object",
            "properties": {"a": {"const": 1}},
            "allOf": [{"properties": {"b": {"const": 2}}}],
            "unevaluatedProperties": False,
        },
        ["{}", '{"a":1}', '{"b":2}', '{"a":1,"b":2}'],
        ['{"c":1}', '{"a":1,"c":1}', '{"b":1}'],
    ),
    "unevaluatedProperties beside anyOf": (
        {
            "type": "object",
            "anyOf": [
                {"properties": {"a": {"const": 1}}, "required": ["a"]},
                {"properties": {"b": {"const": 2}}, "required": ["b"]},
            ],
            "unevaluatedProperties": False,
        },
        ['{"a":1}', '{"b":2}', '{"a":1,"b":2}'],
        ["{}", '{"a":1,"b":3}', '{"a":1,"c":1}'],
    ),
    "unevaluatedProperties beside if": (
        {
            "type": "object",
            "properties": {"k": {"enum": ["x", "y"]}},
            "required": ["k"],
            "if": {"properties": {"k": {"const": "x"}}},
            "then": {"properties": {"p": {"const": 1}}},
            "else": {"properties": {"q": {"const": 1}}},
            "unevaluatedProperties": False,
        },
        ['{"k":"x"}', '{"k":"x","p":1}', '{"k":"y","q":1}'],
        ['{"k":"x","q":1}', '{"k":"y","p":1}', '{"k":"x","p":2}'],
    ),
    "unevaluatedProperties as a schema": (
        {
            "type": "object",
            "properties": {"a": {"const": 1}},
            "unevaluatedProperties": {"type": "string"},
        },
        ['{"a":1}', '{"z":"s"}', '{"a":1,"z":"s"}'],
        ['{"z":1}', '{"a":"s"}'],
    ),
    "unevaluatedProperties through $ref": (
        {
            "type": "object",
            "$ref": "#/$defs/base",
            "properties": {"b": {"const": 2}},
            "unevaluatedProperties": False,
            "$defs": {"base": {"properties": {"a": {"const": 1}}}},
        },
        ["{}", '{"b":2}', '{"a":1}'],
        ['{"c":1}', '{"a":2}'],
    ),
    "allOf of numbers": (
        {"allOf": [{"minimum": 3}, {"maximum": 5}], "type": "integer"},
        ["3", "5"],
        ["2", "6"],
    ),
    "allOf of objects": (
        {
            "allOf": [
                {"type": "object", "properties": {"a": {"minimum": 1}}, "required": ["a"]},
                {"properties": {"a": {"type": "integer"}, "b": {"const": 2}}},
            ]
        },
        ['{"a":1}', '{"a":1,"b":2}'],
        ["{}", '{"a":0}', '{"a":1.5}', '{"a":1,"b":1}'],
    ),
    "anyOf": (
        {"type": "integer", "anyOf": [{"minimum": 5}, {"maximum": 1}]},
        ["0", "7"],
        ["3", '"x"'],
    ),
    "anyOf beside properties": (
        {
            "type": "object",
            "properties": {"a": {"const": 1}, "b": {"const": 1}, "c": {"const": 1}},
            "required": ["a"],
            "anyOf": [{"required": ["b"]}, {"required": ["c"]}],
        },
        ['{"a":1,"b":1}', '{"a":1,"c":1}', '{"a":1,"b":1,"c":1}'],
        ['{"a":1}', '{"b":1}'],
    ),
    "oneOf": (
        {"type": "integer", "oneOf": [{"minimum": 3}, {"maximum": 5}]},
        ["1", "2", "6", "9"],
        ["3", "4", "5"],
    ),
    "oneOf of objects": (
        {
            "type": "object",
            "properties": {"a": {"const": 1}, "b": {"const": 1}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        ['{"a":1}', '{"b":1}'],
        ["{}", '{"a":1,"b":1}'],
    ),
    "oneOf of types": (
        {"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "number"}]},
        ['"x"', "1.5"],
        ["1", "null"],
    ),
    "not of a type": ({"not": {"type": ["object", "array"]}}, ["1", '"x"'], ["{}", "[]"]),
    "not of a value": ({"type": "string", "not": {"const": "a"}}, ['"b"', '""', '"aa"'], ['"a"']),
    "not of a pattern": (
        {"type": "string", "not": {"pattern": "^a"}},
        ['"b"', '""', '"ba"'],
        ['"a"', '"ab"'],
    ),
    "not of a bound": ({"type": "integer", "not": {"minimum": 3}}, ["2", "-9"], ["3", "4"]),
    "not of a property": (
        {
            "type": "object",
            "properties": {"a": {"enum": [1, 2]}, "b": {"const": 1}},
            "not": {"properties": {"a": {"const": 1}}, "required": ["a"]},
        },
        ["{}", '{"a":2}', '{"b":1}'],
        ['{"a":1}', '{"a":1,"b":1}'],
    ),
    "not required": (
        {
            "type": "object",
            "properties": {"a": {"const": 1}, "b": {"const": 1}},
            "not": {"required": ["a", "b"]},
        },
        ["{}", '{"a":1}', '{"b":1}'],
        ['{"a":1,"b":1}'],
    ),
    "not of items": (
        {"type": "array", "items": {"enum": [1, 2]}, "not": {"items": {"const": 1}}},
        ["[2]", "[1,2]"],
        ["[]", "[1]", "[1,1]"],
    ),
    "double not": ({"not": {"not": {"type": "string"}}}, ['"x"'], ["1", "null"]),
    "if then else": (
        {"type": "integer", "if": {"minimum": 10}, "then": {"multipleOf": 5}, "else": {"const": 1}},
        ["10", "15", "1"],
        ["11", "5", "2"],
    ),
    "if then": (
        {
            "type": "object",
            "properties": {"k": {"enum": ["x", "y"]}, "v": {"type": "integer"}},
            "required": ["k"],
            "if": {"properties": {"k": {"const": "x"}}},
            "then": {"required": ["v"]},
        },
        ['{"k":"x","v":1}', '{"k":"y"}', '{"k":"y","v":1}'],
        ['{"k":"x"}', "{}"],
    ),
    "else alone": (
        {"type": "integer", "if": {"minimum": 10}, "else": {"const": 1}},
        ["10", "1"],
        ["5"],
    ),
    "$ref with siblings": (
        {"$defs": {"n": {"type": "integer"}}, "$ref": "#/$defs/n", "maximum": 3},
        ["3", "-1"],
        ["5", '"x"'],
    ),
    "$ref with an escaped pointer": (
        {"$defs": {"a/b~c %": {"const": 1}}, "$ref": "#/$defs/a~1b~0c%20%25"},
        ["1"],
        ["2"],
    ),
    "definitions": (
        {"$schema": DRAFT_7, "definitions": {"n": {"const": 1}}, "$ref": "#/definitions/n"},
        ["1"],
        ["2"],
    ),
    "$anchor": ({"$defs": {"n": {"$anchor": "here", "const": 1}}, "$ref": "#here"}, ["1"], ["2"]),
    "$id bases": (
        {
            "$id": "http://x/root/",
            "$ref": "inner#/$defs/n",
            "$defs": {
                "i": {"$id": "inner", "$defs": {"n": {"$ref": "#/$defs/m"}, "m": {"const": 1}}},
                "m": {"const": 2},
            },
        },
        ["1"],
        ["2"],
    ),
    "anchor as $id": (
        {
            "$schema": DRAFT_7,
            "definitions": {"n": {"$id": "#here", "const": 1}},
            "allOf": [{"$ref": "#here"}],
        },
        ["1"],
        ["2"],
    ),
    "recursive objects": (
        TREE,
        ['{"v":1}', '{"v":1,"kids":[]}', '{"v":1,"kids":[{"v":2,"kids":[{"v":3}]}]}'],
        ["{}", '{"v":1,"kids":[{}]}', '{"v":1,"kids":[{"v":"x"}]}'],
    ),
    "recursive list": (
        LIST,
        ['{"next":null}', '{"next":{"next":{"next":null}}}'],
        ["{}", '{"next":{}}', '{"next":{"next":1}}', "null"],
    ),
    "$dynamicRef": (
        STRICT_TREE,
        ["{}", '{"kids":[]}', '{"kids":[{"kids":[]}]}'],
        ['{"x":1}', '{"kids":[{"x":1}]}', '{"kids":[1]}'],
    ),
    "$recursiveRef": (
        RECURSIVE_STRICT_TREE,
        ["{}", '{"kids":[]}', '{"kids":[{"kids":[]}]}'],
        ['{"x":1}', '{"kids":[{"x":1}]}', '{"kids":[1]}'],
    ),
    "annotations": (
        {"title": "t", "default": 1, "examples": [2], "x-own": {"a": 1}, "type": "null"},
        ["null"],
        ["1", "2"],
    ),
    "keywords that stand alone": (
        {"then": False, "else": False, "minContains": 3, "type": ["null", "array"]},
        ["null", "[]"],
        ["1"],
    ),
    "draft 7 items and additionalItems": (
        {
            "$schema": DRAFT_7,
            "type": "array",
            "items": [{"const": 1}],
            "additionalItems": {"const": 2},
        },
        ["[]", "[1]", "[1,2]"],
        ["[2]", "[1,1]"],
    ),
    "draft 2019-09 items and unevaluatedItems": (
        {
            "$schema": DRAFT_2019,
            "type": "array",
            "items": [{"const": 1}],
            "unevaluatedItems": False,
        },
        ["[]", "[1]"],
        ["[2]", "[1,1]"],
    ),
    "draft 7 $ref hides its siblings": (
        {
            "$schema": DRAFT_7,
            "definitions": {"n": {"const": 1}},
            "properties": {"a": {"$ref": "#/definitions/n", "maximum": 0}},
            "type": "object",
        },
        ['{"a":1}'],
        ['{"a":0}'],
    ),
    "draft 6 knows no if": (
        {"$schema": DRAFT_6, "type": "integer", "if": {"const": 1}, "then": False},
        ["1", "2"],
        ["null"],
    ),
    "draft 4 knows no const": (
        {"$schema": DRAFT_4, "const": 1, "type": "integer"},
        ["2"],
        ["null"],
    ),
    "draft 4 exclusive bounds": (
        {
            "$schema": DRAFT_4,
            "type": "integer",
            "minimum": 3,
            "exclusiveMinimum": True,
            "maximum": 6,
            "exclusiveMaximum": False,
        },
        ["4", "6"],
        ["3", "7"],
    ),
    "draft 4 id": (
        {
            "$schema": DRAFT_4,
            "id": "http://x/root",
            "definitions": {"n": {"id": "http://x/n", "enum": [1]}},
            "allOf": [{"$ref": "n"}],
        },
        ["1"],
        ["2"],
    ),
    "prefixItems of another draft": (
        {"$schema": DRAFT_7, "type": "array", "prefixItems": [False], "items": {"const": 2}},
        ["[2,2]"],
        ["[1]"],
    ),
    "raw control characters": (
        {"type": "string", "maxLength": 3},
        ['"\\t"', '"\\u0001"'],
        ['"\t"', '"\x01"', '"\n"'],
    ),
}

OPEN = {
    "any order": (
        {"type": "object", "properties": AB, "required": ["a"]},
        ['{"b":"x","a":1}', '{"c":null,"a":1}', '{"b":"x","z":[1],"a":1}'],
        ['{"b":1,"a":1}', '{"b":"x"}'],
    ),
    "undeclared properties": (
        {"type": "object", "properties": AB},
        ['{"c":1}', '{"c":1,"d":{"e":[2]}}', '{"":0}'],
        ['{"a":"x","c":1}'],
    ),
    "keys spelled with escapes": (
        {"type": "object", "properties": {"a": {"type": "integer"}}},
        ['{"\\u0061":1}', '{"\\u0062":"x"}'],
        ['{"\\u0061":"x"}', '{"a":1,"\\u0061":1}'],
    ),
    "duplicate undeclared keys": (
        {"type": "object"},
        ['{"q":1,"r":2}'],
        ['{"q":1,"q":2}', '{"q":1,"\\u0071":1}', '{"q":{"r":1,"r":2}}'],
    ),
    "integers by value": (
        {"type": "integer"},
        ["1.0", "1e2", "-0", "0.0", "10e-1", "1E+2", "2.50e1"],
        ["1.5", "1e-1", "2.55e1"],
    ),
    "integers of draft 4": (
        {"$schema": DRAFT_4, "type": "integer"},
        ["1", "-12"],
        ["1.0", "1.5"],
    ),
    "bounds on exponents": (
        {"type": "number", "minimum": 3, "exclusiveMaximum": 100},
        ["3.0", "3e0", "0.3e1", "9.99e1", "300e-2"],
        ["1e2", "2.99e0", "1e5", "100.0"],
    ),
    "multipleOf by value": (
        {"multipleOf": 0.1},
        ["1e1", "0.30", "1.1e0", "3"],
        ["0.35", "1e-2"],
    ),
    "const by value": ({"const": 1}, ["1", "1.0", "1e0", "10e-1"], ["1.5", "true", '"1"']),
    "enum by value": (
        {"enum": [1.0, {"a": 2, "b": 3}, [0]]},
        ["1", '{"b":3.0,"a":2}', "[-0]", "[0.0]"],
        ["2", "true", '{"a":2}', '{"a":2,"b":3,"c":4}', "[false]"],
    ),
    "const tells booleans apart": ({"const": [True, 0]}, ["[true,0]"], ["[1,0]", "[true,false]"]),
    "strings in any spelling": (
        {"const": "é/"},
        ['"\\u00e9/"', '"\\u00E9\\/"', '"é\\u002f"'],
        ['"e/"', '"\\u00e8/"'],
    ),
    "length of escapes": (
        {"type": "string", "maxLength": 2},
        ['"\\u0041b"', '"\\ud83d\\ude00x"', '"\\/\\/"', '"😀😀"'],
        ['"\\u0041bc"', '"\\ud83d\\ude00xy"'],
    ),
    "uniqueItems": (
        {"uniqueItems": True},
        ["[]", '[1,"1",true,null,[1],[2]]', '[{"a":1},{"a":2}]', "[0,false]", "[[1,2],[2,1]]"],
        [
            "[1,1.0]",
            '[{"a":1,"b":2},{"b":2,"a":1}]',
            "[[1],[1e0]]",
            '["a","\\u0061"]',
            "[null,null]",
        ],
    ),
    "uniqueItems with minItems of anything": (
        {"uniqueItems": True, "minItems": 2, "items": {"maxItems": 1}},
        ["[1,2]", "[[],[1],{}]"],
        ["[1]", "[1,1]", "[[],[]]", "[[1],[1.0]]"],
    ),
    "not uniqueItems": (
        {"type": "array", "not": {"uniqueItems": True}},
        ["[1,1]", "[1,2,1.0]"],
        ["[]", "[1]", "[1,2]"],
    ),
    "untyped applicators": (
        {"properties": {"a": {"const": 1}}, "items": {"const": 2}},
        ["1", '{"a":1}', "[2]", '{"z":9}'],
        ['{"a":2}', "[1]"],
    ),
    "prefixItems are open": (
        {"prefixItems": [{"const": 1}]},
        ["[]", "[1]", '[1,"x",null]'],
        ["[2]", "[2,1]"],
    ),
    "contains among anything": (
        {"contains": {"type": "string"}},
        ['[1,"x"]', '["x"]', "{}"],
        ["[]", "[1]"],
    ),
    "contains with counts among anything": (
        {"contains": {"minimum": 5}, "minContains": 2, "maxContains": 3},
        ["[5,6]", '[5,"x",7,1,8]'.replace("8", "2")],
        ["[5]", "[5,6,7,8]", "[1,2]"],
    ),
    "unevaluatedItems after contains of other values": (
        {
            "prefixItems": [{"type": "string"}],
            "contains": {"type": "integer"},
            "unevaluatedItems": {"type": "null"},
        },
        ['["x",1,null,2]', '["x",1]'],
        ['["x",null]', '["x",1,"y"]'],
    ),
    "minProperties of anything": (
        {"minProperties": 1, "maxProperties": 2},
        ['{"a":1}', '{"b":{},"c":[]}', "[]"],
        ["{}", '{"a":1,"b":2,"c":3}'],
    ),
    "patternProperties among anything": (
        {"properties": {"a": {"type": "string"}}, "patternProperties": {"^x": {"type": "integer"}}},
        ['{"a":"s","xa":1}', '{"q":null,"xb":2,"xc":3}'],
        ['{"a":"s","xa":"s"}', '{"\\u0078":"s"}'],
    ),
    "propertyNames of anything": (
        {"propertyNames": {"maxLength": 2}},
        ['{"ab":1,"é😀":2}', "[]"],
        ['{"abc":1}', '{"ab":1,"\\u0061bc":2}'],
    ),
    "dependentRequired in any order": (
        {"dependentRequired": {"a": ["b"]}},
        ['{"a":1,"b":2}', '{"b":2,"a":1}', '{"c":1}'],
        ['{"a":1}', '{"c":1,"a":1}'],
    ),
    "dependentSchemas in any order": (
        {"dependentSchemas": {"a": {"maxProperties": 2, "properties": {"b": {"const": 1}}}}},
        ['{"b":1,"a":0}', '{"b":2,"c":0,"d":0}'],
        ['{"b":2,"a":0}', '{"b":1,"c":2,"a":0}'],
    ),
    "dependencies with a boolean": (
        {"$schema": DRAFT_6, "dependencies": {"a": False, "b": True}},
        ['{"b":1}', "{}"],
        ['{"a":1}', '{"b":1,"a":1}'],
    ),
    "not over open objects": (
        {"type": "object", "not": {"required": ["a"]}},
        ["{}", '{"b":1}'],
        ['{"a":1}', '{"b":1,"a":1}'],
    ),
    "not of additionalProperties": (
        {"type": "object", "not": {"additionalProperties": {"type": "integer"}}},
        ['{"a":"x"}', '{"a":1,"b":null}'],
        ["{}", '{"a":1}'],
    ),
    "not of a recursive schema": (
        {"not": LIST | {"properties": {"next": {"type": "null"}}}},
        ["1", "{}", '{"next":1}', '{"next":null,"a":1}'],
        ['{"next":null}'],
    ),
    "oneOf over open objects": (
        {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
        ['{"a":1}', '{"c":1,"b":1}'],
        ["{}", '{"b":1,"c":1,"a":1}', "1"],
    ),
    "if over open objects": (
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}},
        ['{"b":1,"a":1}', '{"c":1}'],
        ['{"a":1,"c":1}', '{"b":1}'],
    ),
    "unevaluatedProperties after a later sibling": (
        {
            "anyOf": [
                {"properties": {"a": True}, "required": ["k"]},
                {"properties": {"b": True}},
            ],
            "properties": {"k": True},
            "unevaluatedProperties": False,
        },
        ['{"b":1}', '{"a":1,"k":1}', '{"b":1,"a":1,"k":1}'],
        ['{"a":1}', '{"a":1,"k":1,"z":1}'],
    ),
    "unevaluatedProperties behind not": (
        {"not": {"not": {"properties": {"a": True}}}, "unevaluatedProperties": False},
        ["{}", "1"],
        ['{"a":1}'],
    ),
    "nested unevaluatedProperties": (
        {
            "properties": {"o": {"properties": {"a": True}, "unevaluatedProperties": False}},
            "unevaluatedProperties": {"const": 1},
        },
        ['{"o":{"a":5},"z":1}', "{}"],
        ['{"o":{"b":5}}', '{"z":2}'],
    ),
    "deep recursion": (
        LIST,
        ['{"next":' * 60 + "null" + "}" * 60],
        ['{"next":' * 60 + "1" + "}" * 60, '{"next":' * 60 + "null" + "}" * 59],
    ),
    "wide recursion": (
        TREE,
        ['{"kids":[' * 50 + "]" + ',"v":1}]' * 49 + ',"v":1}'],
        ['{"kids":[' * 50 + "]" + ',"v":1}]' * 49 + ',"v":"1"}', '{"kids":[{}],"v":1}'],
    ),
}


def judged(schema, open_objects):
    spec = schema_spec(schema, open_objects=open_objects)
    return spec, membership(spec)


@pytest.mark.parametrize("open_objects", [False, True], ids=["closed", "open"])
@pytest.mark.parametrize("name", BOTH)
def test_a_keyword_holds_whether_objects_are_open_or_closed(name, open_objects):
    schema, accepted, rejected = BOTH[name]
    spec, reads = judged(schema, open_objects)
    assert [text for text in accepted if not reads(text.encode())] == []
    assert [text for text in rejected if reads(text.encode())] == []
    assert {text: validate(spec, text.encode()) for text in accepted} == dict.fromkeys(accepted)
    assert [text for text in rejected if validate(spec, text.encode()) is None] == []


@pytest.mark.parametrize("name", OPEN)
def test_a_keyword_holds_in_the_whole_specification(name):
    schema, accepted, rejected = OPEN[name]
    spec, reads = judged(schema, open_objects=True)
    assert [text for text in accepted if not reads(text.encode())] == []
    assert [text for text in rejected if reads(text.encode())] == []
    assert {text: validate(spec, text.encode()) for text in accepted} == dict.fromkeys(accepted)
    assert [text for text in rejected if validate(spec, text.encode()) is None] == []


UNGENERATED = {
    "not uniqueItems": "equal elements would have to be remembered",
}


@pytest.mark.parametrize("open_objects", [False, True], ids=["closed", "open"])
@pytest.mark.parametrize("name", sorted({*BOTH, *OPEN} - {*UNGENERATED}))
def test_what_is_generated_is_a_part_of_what_is_admitted(name, open_objects):
    schema, accepted, rejected = (BOTH | OPEN)[name]
    generates = generation(schema_spec(schema, open_objects=open_objects))
    admits = membership(schema_spec(schema, open_objects=True))
    texts = [*accepted, *rejected]
    assert [t for t in texts if generates(t.encode()) and not admits(t.encode())] == []


@pytest.mark.parametrize("name", UNGENERATED)
def test_what_cannot_be_generated_is_refused_before_it_is_tried(name):
    with pytest.raises(UnsupportedError, match="no value can be generated") as caught:
        language(schema_spec(OPEN[name][0], open_objects=True))
    assert caught.value.hint


@pytest.mark.parametrize("open_objects", [False, True])
def test_half_of_a_surrogate_pair_is_no_character(open_objects):
    for schema in ({"type": "string"}, {"maxLength": 9}, {"pattern": ""}, {}):
        reads = membership(schema_spec(schema, open_objects=open_objects))
        assert reads('"😀"'.encode())
        assert not any(map(reads, [b'"\\ud800"', b'"\\ude00"', b'"\\ud800x"', b'"\\ude00\\ud83d"']))


@pytest.mark.parametrize("open_objects", [False, True])
def test_white_space_is_the_policy_s(open_objects):
    schema = {"type": "object", "properties": {"a": {"type": "array", "items": {"const": 1}}}}
    inside = '{"a" :\t[ 1 ,\r\n1 ] }'
    around = f" \n{inside}\t"
    endless = inside.replace(" ", " " * 1_000)
    judged = {
        policy: [
            accepts(schema, text, whitespace=policy, open_objects=open_objects)
            for text in ('{"a":[1,1]}', inside, around, endless)
        ]
        for policy in ("compact", "flexible", "any")
    }
    assert judged == {
        "compact": [True, False, False, False],
        "flexible": [True, True, False, False],
        "any": [True, True, True, True],
    }


POSITIVE = json.dumps(
    {"$id": "http://x/n", "$defs": {"p": {"$anchor": "p", "minimum": 1}}, "type": "integer"}
)


@pytest.mark.parametrize("open_objects", [False, True])
@pytest.mark.parametrize(
    ("schema", "accepted", "rejected"),
    [
        ({"$ref": "http://x/n"}, ["1", "0"], ['"a"']),
        ({"$ref": "http://x/n#/$defs/p", "type": "integer"}, ["1"], ["0"]),
        ({"$ref": "http://x/n#p", "type": "integer"}, ["1"], ["0"]),
        (
            {"$id": "http://x/root", "type": "array", "items": {"$ref": "n"}},
            ["[1]"],
            ["[null]"],
        ),
        (
            {"$schema": DRAFT_7, "allOf": [{"$ref": "http://x/old"}], "type": "array"},
            ["[1]", "[]"],
            ["[2]"],
        ),
    ],
)
def test_documents_are_what_references_lead_to(schema, accepted, rejected, open_objects):
    old = json.dumps({"$schema": DRAFT_7, "items": [{"const": 1}], "additionalItems": False})
    documents = {"http://x/n": POSITIVE, "http://x/old": old}
    reads = membership(schema_spec(schema, documents=documents, open_objects=open_objects))
    assert [reads(text.encode()) for text in accepted] == [True] * len(accepted)
    assert [reads(text.encode()) for text in rejected] == [False] * len(rejected)


@pytest.mark.parametrize(
    ("document", "error", "location"),
    [
        ("{", MalformedError, "1:2"),
        ('{"type": 5}', MalformedError, "http://x/n/type"),
        ('{"pattern": "("}', MalformedError, "http://x/n/pattern"),
        ('{"pattern": "(a)\\\\1"}', UnsupportedError, "http://x/n/pattern"),
        ('{"$ref": "m"}', UnsupportedError, "http://x/n/$ref"),
    ],
)
def test_what_is_wrong_in_a_document_is_found_there(document, error, location):
    with pytest.raises(error) as caught:
        language(schema_spec({"$ref": "http://x/n"}, documents={"http://x/n": document}))
    assert caught.value.location == location


def test_a_meta_schema_is_known_without_being_supplied():
    reads = membership(schema_spec({"$ref": DRAFT_2020}, open_objects=True))
    assert reads(b'{"properties":{"a":{"type":"string"}},"$defs":{"b":true}}')
    assert not reads(b'{"properties":{"a":{"type":"strin"}}}')


UNSATISFIABLE = {
    "false": False,
    "not anything": {"not": {}},
    "no option": {"enum": []},
    "bounds": {"type": "integer", "minimum": 5, "maximum": 3},
    "no integer between": {"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 2},
    "no multiple between": {"type": "integer", "minimum": 1, "maximum": 9, "multipleOf": 10},
    "lengths": {"type": "string", "minLength": 3, "maxLength": 2},
    "no string so short": {"type": "string", "pattern": "^abc$", "maxLength": 2},
    "no such identifier": {"type": "string", "format": "uuid", "pattern": "^x"},
    "counts of items": {"type": "array", "minItems": 2, "maxItems": 1},
    "no first item": {"type": "array", "prefixItems": [False], "minItems": 1},
    "too few values": {
        "type": "array",
        "items": {"enum": ["a", "b"]},
        "uniqueItems": True,
        "minItems": 3,
    },
    "nothing to contain": {"type": "array", "items": {"const": "a"}, "contains": {"const": "b"}},
    "required and false": {"type": "object", "properties": {"a": False}, "required": ["a"]},
    "required and closed": {
        "type": "object",
        "required": ["a"],
        "additionalProperties": False,
    },
    "required and misnamed": {
        "type": "object",
        "required": ["ab"],
        "propertyNames": {"maxLength": 1},
    },
    "required and too many": {"type": "object", "required": ["a", "b"], "maxProperties": 1},
    "required by a dependency": {
        "type": "object",
        "properties": {"b": False},
        "required": ["a"],
        "dependentRequired": {"a": ["b"]},
    },
    "both branches false": {"if": {"type": "integer"}, "then": False, "else": False},
    "no branch alone": {"oneOf": [{}, {}]},
    "without an end": {"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]},
}


@pytest.mark.parametrize("name", UNSATISFIABLE)
def test_what_nothing_satisfies_is_refused_as_such(name):
    for open_objects in (False, True):
        with pytest.raises(UnsatisfiableError) as caught:
            language(schema_spec(UNSATISFIABLE[name], open_objects=open_objects))
        assert caught.value.hint


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}},
        {"$defs": {"a": {"not": {"$ref": "#/$defs/a"}}}, "$ref": "#/$defs/a"},
        {"anyOf": [{"$ref": "#"}, {"type": "null"}]},
    ],
)
def test_references_in_a_circle_are_malformed(schema):
    with pytest.raises(MalformedError, match="circle") as caught:
        language(schema_spec(schema))
    assert caught.value.keyword == "$ref"
    assert caught.value.pointer is not None


REFUSED = [
    ({"items": {"pattern": r"(a)\1"}}, "/items/pattern", "pattern"),
    (
        {"type": "object", "patternProperties": {r"(a)\1": {}}},
        r"/patternProperties/(a)\1",
        "patternProperties",
    ),
    (
        {"type": "object", "propertyNames": {"pattern": r"(a)\1"}},
        "/propertyNames/pattern",
        "pattern",
    ),
    ({"properties": {"a/b": {"$ref": "http://x/other"}}}, "/properties/a~1b/$ref", "$ref"),
    ({"$schema": "http://json-schema.org/draft-03/schema#"}, "/$schema", "$schema"),
]


@pytest.mark.parametrize(("schema", "pointer", "keyword"), REFUSED)
def test_a_refusal_names_the_place_the_keyword_and_the_way_out(schema, pointer, keyword):
    with pytest.raises(UnsupportedError) as caught:
        language(schema_spec(schema))
    error = caught.value
    assert (error.code, error.pointer, error.keyword) == ("UNSUPPORTED_KEYWORD", pointer, keyword)
    assert error.hint


DIAGNOSED = {
    "exact": (
        {"type": "object", "properties": {"a": {"enum": ["x"]}}, "required": ["a"]},
        {"/type": "exact", "/properties": "exact", "/required": "exact"}
        | {"/properties/a/enum": "exact"},
    ),
    "annotations": (
        {"title": "t", "then": False, "type": "string", "format": "int32", "minContains": 2},
        {"/title": "annotation", "/then": "annotation", "/minContains": "annotation"}
        | {"/type": "exact", "/format": "annotation"},
    ),
    "another draft's": (
        {"$schema": DRAFT_7, "dependentRequired": {"a": ["b"]}, "type": "null"},
        {"/$schema": "annotation", "/dependentRequired": "annotation", "/type": "exact"},
    ),
    "a long string": (
        {"type": "string", "maxLength": 100_000},
        {"/type": "exact", "/maxLength": "narrowed"},
    ),
    "a format in part": (
        {"type": "string", "format": "date"},
        {"/type": "exact", "/format": "narrowed"},
    ),
    "unique elements": (
        {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
        {"/type": "exact", "/items": "exact", "/items/type": "exact", "/uniqueItems": "narrowed"},
    ),
}


@pytest.mark.parametrize("name", DIAGNOSED)
def test_diagnostics_say_how_each_keyword_was_taken(name):
    schema, expected = DIAGNOSED[name]
    _, found = language(schema_spec(schema))
    assert {entry.pointer: entry.enforcement for entry in found} == expected
    assert all(bool(entry.message) == (entry.enforcement == "narrowed") for entry in found)
    assert all(entry.pointer.endswith(entry.keyword) for entry in found)


def test_formats_that_do_not_assert_annotate():
    _, found = language(schema_spec({"type": "string", "format": "date"}, assert_formats=False))
    assert {e.pointer: e.enforcement for e in found} == {"/type": "exact", "/format": "annotation"}
    assert accepts({"type": "string", "format": "date"}, '"x"', assert_formats=False)


A1, B1, X = {"const": 1}, {"properties": {"b": {"const": 1}}}, {"type": "string"}
COMBINED = {
    "additionalProperties sees its siblings alone": {
        "properties": {"a": A1},
        "allOf": [B1],
        "additionalProperties": X,
    },
    "additionalProperties in each branch": {
        "anyOf": [
            {"properties": {"a": True}, "additionalProperties": False},
            {"properties": {"b": True, "q": A1}, "additionalProperties": X},
        ]
    },
    "patterns of some names are required": {
        "patternProperties": {"^x": {"maximum": 5}},
        "required": ["xa", "q"],
        "additionalProperties": A1,
    },
    "counts of patterns": {
        "patternProperties": {"[aq]": A1},
        "minProperties": 2,
        "additionalProperties": False,
    },
    "not of counts": {"not": {"minProperties": 2}},
    "not of patternProperties": {"type": "object", "not": {"patternProperties": {"a": A1}}},
    "not of propertyNames": {"type": "object", "not": {"propertyNames": {"enum": ["a", "b"]}}},
    "not of dependentRequired": {"not": {"dependentRequired": {"a": ["b"]}}},
    "not of dependentSchemas": {"not": {"dependentSchemas": {"a": B1}}},
    "not of contains": {"type": "array", "not": {"contains": A1}},
    "not of contains with counts": {
        "type": "array",
        "not": {"contains": A1, "minContains": 1, "maxContains": 2},
    },
    "not of prefixItems": {"type": "array", "not": {"prefixItems": [A1, X]}},
    "not of counts of items": {"type": "array", "not": {"minItems": 1, "maxItems": 2}},
    "not of unevaluatedProperties": {
        "type": "object",
        "not": {"properties": {"a": True}, "unevaluatedProperties": False},
    },
    "not of unevaluatedItems": {
        "type": "array",
        "not": {"prefixItems": [True], "unevaluatedItems": False},
    },
    "not of enum": {"not": {"enum": [1, {"a": 1}, [1], "a", None]}},
    "not of anyOf": {"not": {"anyOf": [{"required": ["a"]}, {"type": "array"}, B1]}},
    "not of anyOf of scalars": {
        "not": {"anyOf": [{"type": "array"}, {"const": "a"}, {"minimum": 2}]}
    },
    "not of allOf": {"not": {"allOf": [{"required": ["a"]}, B1]}},
    "not of oneOf": {"not": {"oneOf": [{"required": ["a"]}, {"required": ["b"]}]}},
    "not of if": {"not": {"if": {"required": ["a"]}, "then": B1, "else": {"required": ["q"]}}},
    "not of uniqueItems and length": {"not": {"uniqueItems": True, "minItems": 2}},
    "oneOf of three": {
        "oneOf": [{"required": ["a"]}, {"required": ["b"]}, {"minProperties": 2}],
    },
    "oneOf of nested oneOf": {
        "oneOf": [
            {"oneOf": [{"minimum": 2}, {"multipleOf": 3}]},
            {"maximum": 0},
            {"type": "string"},
        ]
    },
    "oneOf of arrays": {"oneOf": [{"items": A1}, {"contains": X}, {"maxItems": 1}]},
    "oneOf of unique": {
        "type": "array",
        "items": {"enum": ["a", "x"]},
        "oneOf": [{"uniqueItems": True}, {"maxItems": 1}],
    },
    "not of array values": {"type": "array", "not": {"enum": [[1], [], [1, "x"]]}},
    "not of object values": {
        "type": "object",
        "properties": {"a": True, "b": True},
        "not": {"enum": [{"a": 1}, {}, {"a": 1, "b": 1}]},
    },
    "if of contains": {
        "if": {"contains": A1},
        "then": {"minItems": 2},
        "else": {"maxItems": 1},
    },
    "if of items": {"if": {"items": X}, "then": {"maxItems": 2}, "else": {"prefixItems": [A1]}},
    "if alone": {"if": {"required": ["a"]}, "unevaluatedProperties": False},
    "two ifs": {
        "allOf": [
            {"if": {"required": ["a"]}, "then": {"required": ["b"]}},
            {"if": {"required": ["b"]}, "then": {"required": ["q"]}},
        ]
    },
    "two contains": {"allOf": [{"contains": A1}, {"contains": X, "maxContains": 1}]},
    "contains true": {"contains": True, "minContains": 2},
    "contains false": {"contains": False, "minContains": 0},
    "contains of arrays": {"contains": {"contains": A1}},
    "contains of objects": {"contains": {"required": ["a"], "properties": {"a": A1}}},
    "unevaluatedItems beside two contains": {
        "allOf": [{"contains": A1}, {"contains": X}],
        "unevaluatedItems": {"type": "null"},
    },
    "unevaluatedItems beside oneOf": {
        "oneOf": [{"prefixItems": [A1]}, {"prefixItems": [X, A1]}],
        "unevaluatedItems": False,
    },
    "unevaluatedItems beside if": {
        "if": {"prefixItems": [A1]},
        "then": {"prefixItems": [True, X]},
        "else": {"items": X},
        "unevaluatedItems": False,
    },
    "unevaluatedProperties beside oneOf": {
        "oneOf": [B1 | {"required": ["b"]}, {"properties": {"q": True}, "required": ["q"]}],
        "unevaluatedProperties": False,
    },
    "unevaluatedProperties beside dependentSchemas": {
        "properties": {"a": True},
        "dependentSchemas": {"a": {"properties": {"q": True}}, "b": {"properties": {"b": X}}},
        "unevaluatedProperties": False,
    },
    "unevaluatedProperties beside patterns": {
        "allOf": [{"patternProperties": {"^x": True}}, {"properties": {"a": True}}],
        "unevaluatedProperties": A1,
    },
    "unevaluatedProperties within allOf": {
        "properties": {"a": True},
        "allOf": [{"unevaluatedProperties": A1}],
    },
    "unevaluatedProperties twice": {
        "allOf": [{"properties": {"a": True}, "unevaluatedProperties": A1}],
        "unevaluatedProperties": False,
    },
    "unevaluatedProperties after failed branches": {
        "anyOf": [
            {"properties": {"a": X, "q": True}},
            {"properties": {"a": A1, "b": True}},
        ],
        "unevaluatedProperties": False,
    },
    "propertyNames and patterns": {
        "propertyNames": {"minLength": 2},
        "patternProperties": {"a": {"minimum": 4}},
    },
    "propertyNames of another type": {"propertyNames": {"type": "integer"}},
    "propertyNames by not": {"propertyNames": {"not": {"pattern": "^x"}}},
    "propertyNames const": {"propertyNames": {"const": "a"}, "required": ["a"]},
    "required by additionalProperties false": {
        "properties": {"a": True},
        "additionalProperties": False,
        "dependentRequired": {"a": ["b"]},
    },
    "numbers in many branches": {
        "anyOf": [
            {"multipleOf": 3, "exclusiveMinimum": 0},
            {"type": "integer", "maximum": -1},
            {"const": 0.25},
        ]
    },
    "numbers without some": {
        "type": "number",
        "not": {"anyOf": [{"multipleOf": 2}, {"minimum": 5, "maximum": 9}]},
    },
    "strings without some": {
        "type": "string",
        "allOf": [{"not": {"maxLength": 0}}, {"not": {"const": "ab"}}, {"not": {"pattern": "^x."}}],
    },
    "enum of an open object": {"enum": [{"a": 1, "b": 1}, {"b": "xx"}], "required": ["b"]},
    "enum with properties": {"enum": [{"a": 1}, {"a": "x"}, [1, 1]], "properties": {"a": X}},
    "const within items": {"items": {"const": {"a": 1}}},
    "items of items": {"items": {"type": ["array", "object"], "items": A1, "maxProperties": 0}},
    "types of parts": {"type": ["object", "integer"], "minimum": 2, "required": ["a"]},
    "a reference with unevaluated siblings": {
        "$defs": {"a": {"properties": {"a": A1}, "required": ["a"]}},
        "$ref": "#/$defs/a",
        "unevaluatedProperties": X,
    },
    "references in branches": {
        "$defs": {"n": {"anyOf": [{"type": "array", "items": {"$ref": "#/$defs/n"}}, A1]}},
        "not": {"$ref": "#/$defs/n"},
    },
}


@pytest.mark.parametrize("open_objects", [False, True], ids=["closed", "open"])
@pytest.mark.parametrize("name", COMBINED)
def test_combined_keywords_generate_members_alone(name, open_objects):
    spec = schema_spec(COMBINED[name], open_objects=open_objects)
    generates = generation(spec)
    admits = judgement(COMBINED[name])
    assert [text for text in SMALL_TEXTS if generates(text.encode()) and not admits(text)] == []


SCALARS = [
    None,
    True,
    False,
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    9,
    12,
    -1,
    1.0,
    1.5,
    0.25,
    "",
    "a",
    "x",
    "ab",
    "xa",
]
ELEMENTS = [None, True, 0, 1, 2, 5, 1.0, "a", "x", [], [1], {}, {"a": 1}, {"a": 1.0}]
MEMBERS = [("a", 1), ("a", "x"), ("b", 1), ("b", 2), ("b", "xx"), ("k", "x"), ("q", 1), ("xa", 4)]
SMALL = [
    *SCALARS,
    *(list(items) for size in range(3) for items in itertools.product(ELEMENTS, repeat=size)),
    *(list(items) for items in itertools.product([0, 1, 1.0, "x"], repeat=3)),
    *(dict(some) for size in range(4) for some in itertools.permutations(MEMBERS, size)),
]
SMALL_TEXTS = sorted({written(value) for value in SMALL})


@pytest.mark.parametrize("open_objects", [False, True], ids=["closed", "open"])
def test_contains_evaluates_nothing_in_draft_2019(open_objects):
    """Draft 2019-09 §9.3.1.3: unevaluatedItems sees items and additionalItems alone."""
    schema = {"type": "array", "contains": {"const": 1}, "unevaluatedItems": {"minimum": 1}}
    spec = schema_spec({"$schema": DRAFT_2019} | schema, open_objects=open_objects)
    reads = membership(spec)
    assert reads(b"[1,2]")
    assert not reads(b"[0,1]")
    schema["unevaluatedItems"] = {"minimum": 2}
    assert not accepts({"$schema": DRAFT_2019} | schema, "[1]", open_objects=True)


UNKNOWN_TO_PYTHON = {"pattern of a property"}
JUDGED = BOTH | OPEN | {name: (schema, (), ()) for name, schema in COMBINED.items()}


def judgement(schema):
    """Whether a JSON text is valid, by jsonschema alone."""
    kind = validator_for(schema, default=Draft202012Validator)
    validator = kind(schema, format_checker=kind.FORMAT_CHECKER)
    return lambda text: validator.is_valid(json.loads(text))


@pytest.mark.parametrize("name", sorted({*JUDGED} - UNKNOWN_TO_PYTHON))
def test_small_values_are_judged_as_a_validator_judges_them(name):
    schema = JUDGED[name][0]
    reads = membership(schema_spec(schema, open_objects=True))
    admits = judgement(schema)
    assert [text for text in SMALL_TEXTS if reads(text.encode()) != admits(text)] == []


def test_a_document_of_an_unknown_dialect_does_not_disturb_an_older_schema() -> None:
    schema = {
        "$schema": "http://json-schema.org/draft-04/schema#",
        "allOf": [{"$ref": "#foo"}],
        "definitions": {"A": {"id": "#foo", "type": "integer"}},
    }
    other = {"$schema": "https://example.com/unknown", "properties": {"a": True}}
    documents = {"http://localhost:1234/other.json": json.dumps(other)}
    assert accepts(schema, "1", documents=documents)
    assert not accepts(schema, '"a"', documents=documents)
