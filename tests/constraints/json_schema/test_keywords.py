"""What each keyword admits and refuses, in every draft, with objects open and closed.

The independent validator must agree with each row of the cases.
"""

import pytest

from constraints import validate
from constraints.compile import language
from constraints.errors import UnsupportedError
from tests.constraints.json_schema.cases import BOTH, COMBINED, OPEN
from tests.constraints.json_schema.small_values import SMALL_TEXTS, judgement
from tests.membership import accepts, generation, membership, schema_spec


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


@pytest.mark.parametrize("open_objects", [False, True], ids=["closed", "open"])
@pytest.mark.parametrize("name", COMBINED)
def test_combined_keywords_generate_members_alone(name, open_objects):
    spec = schema_spec(COMBINED[name], open_objects=open_objects)
    generates = generation(spec)
    admits = judgement(COMBINED[name])
    assert [text for text in SMALL_TEXTS if generates(text.encode()) and not admits(text)] == []
