"""All small values, judged as a validator judges them."""

import pytest

from tests.constraints.json_schema.cases import BOTH, COMBINED, DRAFT_2019, OPEN
from tests.constraints.json_schema.small_values import SMALL_TEXTS, judgement
from tests.membership import accepts, membership, schema_spec


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


@pytest.mark.parametrize("name", sorted({*JUDGED} - UNKNOWN_TO_PYTHON))
def test_small_values_are_judged_as_a_validator_judges_them(name):
    schema = JUDGED[name][0]
    reads = membership(schema_spec(schema, open_objects=True))
    admits = judgement(schema)
    assert [text for text in SMALL_TEXTS if reads(text.encode()) != admits(text)] == []
