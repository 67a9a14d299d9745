"""Templates against enumeration: the members that have the literals, and no others."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import constraints
from constraints import (
    Choice,
    JsonSchema,
    LimitError,
    MalformedError,
    Regex,
    Template,
    UnsatisfiableError,
    Vocabulary,
    validate,
)
from constraints.template import infill

TOKENS = [b"a", b"b", b"ab", b"ba", b"aab", b"c"]
EOS, PAD = 6, 7
VOCABULARY = Vocabulary.from_bytes([*TOKENS, None, None], [EOS], PAD)
BYTES = Vocabulary.from_bytes([*(bytes([byte]) for byte in range(256)), b'":', b'{"', None], [258])
LENGTH = 5
SPECS = [
    Regex("[abc]*"),
    Regex("(ab|b)*c?"),
    Regex("a{0,3}b{1,4}"),
    Choice(["ab", "abab", "cab", "", "bca"]),
    Regex("[ab]+c[ab]+"),
]
literal = st.text("abc", max_size=3)
literal_lists = st.lists(literal, min_size=2, max_size=4)


def canvases(constraint):
    """Every canvas that is a member: text tokens, the end, then padding."""
    texts = itertools.chain.from_iterable(
        itertools.product(range(len(TOKENS)), repeat=size) for size in range(LENGTH + 1)
    )
    for tokens in texts:
        if constraint.accepts(b"".join(TOKENS[token] for token in tokens)):
            yield tokens


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(SPECS), literal_lists)
def test_just_the_members_with_the_literals(spec, literals):
    whole = constraints.compile(spec, VOCABULARY)
    template = Template(spec, literals)
    expected = [
        tokens
        for tokens in canvases(whole)
        if template.has_literals(b"".join(TOKENS[token] for token in tokens).decode())
    ]
    try:
        constraint = constraints.compile(template, VOCABULARY)
    except UnsatisfiableError:
        assert not expected
        return
    shortest = constraint.start.fewest_tokens
    assert shortest == min(map(len, expected), default=shortest)
    if not expected:
        assert shortest > LENGTH
        return
    block = constraint.block(length=LENGTH)
    uniform = np.zeros((LENGTH, VOCABULARY.size), dtype=np.float32)
    count = math.exp(block.condition(uniform).log_z + LENGTH * math.log(VOCABULARY.size))
    assert count == pytest.approx(len(expected), rel=1e-9)
    for tokens in expected[:20]:
        text = b"".join(TOKENS[token] for token in tokens)
        assert constraint.accepts(text)
        assert validate(template, text) is None
        assert constraint.advance(constraint.start, tokens).accepting


@settings(deadline=None, max_examples=100)
@given(st.text("ab", max_size=8), literal_lists)
def test_literals_are_found_like_a_pattern(text, literals):
    at_places = any(
        all(
            text[begin : begin + len(part)] == part
            for begin, part in zip(begins, literals, strict=True)
        )
        and begins[0] == 0
        and begins[-1] + len(literals[-1]) == len(text)
        and all(
            begin + len(part) <= after
            for begin, part, after in zip(begins, literals, begins[1:], strict=False)
        )
        for begins in itertools.combinations_with_replacement(range(len(text) + 1), len(literals))
    )
    assert Template(Regex("[ab]*"), literals).has_literals(text) == at_places


def test_a_record_is_filled_in_around_what_is_given():
    schema = JsonSchema(
        '{"type": "object", "required": ["name", "age"], "additionalProperties": false,'
        '"properties": {"name": {"enum": ["Ada", "Bob"]}, "age": {"type": "integer"}}}',
        whitespace="compact",
    )
    template = Template(schema, ['{"name":"', '","age":4', "}"])
    constraint = constraints.compile(template, BYTES)
    rng = np.random.default_rng(0)
    block = constraint.block(length=40)
    noise = rng.standard_normal((40, BYTES.size)).astype(np.float32)
    texts = {constraint.text(block.condition(noise).sample(rng)).decode() for _ in range(20)}
    assert len(texts) > 3
    for text in texts:
        assert text.startswith('{"name":"')
        assert '","age":4' in text
        assert validate(template, text.encode()) is None


@pytest.mark.parametrize(
    ("literals", "error"),
    [
        (["a"], MalformedError),
        ([], MalformedError),
        (["\ud800", ""], MalformedError),
        (["x", ""], UnsatisfiableError),
        (["c", "a", "c"], UnsatisfiableError),
    ],
)
def test_what_cannot_be_a_template(literals, error):
    with pytest.raises(error):
        constraints.compile(Template(Regex("[ab]*c?"), literals), VOCABULARY)


def test_a_product_too_large_is_refused(monkeypatch):
    monkeypatch.setattr(infill, "MAX_PAIRS", 10)
    with pytest.raises(LimitError, match="passes the limit"):
        constraints.compile(Template(Regex("[ab]*c?"), ["", "ab" * 20, ""]), VOCABULARY)
