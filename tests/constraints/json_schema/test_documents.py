"""References into documents that were supplied."""

import json

import pytest

from constraints.compile import language
from constraints.errors import MalformedError, UnsupportedError
from tests.constraints.json_schema.cases import DRAFT_7, DRAFT_2020
from tests.membership import accepts, membership, schema_spec

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
