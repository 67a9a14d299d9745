from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockform.compact import compact

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=50)
@given(VALUES, st.sampled_from([None, 2, "\t"]), st.booleans())
def test_any_layout_becomes_the_compact_one(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert compact(text) == json.dumps(value, separators=(",", ":"), ensure_ascii=ascii_only)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{ "a" : 1.50e+07 }', '{"a":1.50e+07}'),
        ('["\\u00e9 \\" x", "é"]', '["\\u00e9 \\" x","é"]'),
        ('{"b":1,\n "b":2}\n', '{"b":1,"b":2}'),
        ("100000000000000000000000000000.10", "100000000000000000000000000000.10"),
    ],
)
def test_nothing_is_written_anew(text, expected):
    assert compact(text) == expected
