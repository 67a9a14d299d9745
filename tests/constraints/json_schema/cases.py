"""Schemas, each with texts that it admits and texts that it does not, by keyword.

`BOTH` holds texts of the plainest spelling, with declared properties in declared order: they are
judged alike in both modes. `OPEN` holds what only the whole specification admits: any order, any
spelling, properties that no keyword speaks of.
"""

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
