"""Acceptance beside Lark's own parser, on texts, on texts near them, and on what blocks write."""

import numpy as np
import pytest
from lark.exceptions import LarkError

import constraints
from constraints import Lark, Vocabulary, validate
from constraints.lark import compile_lark, larks_own
from tests.constraints.lark.texts import SAMPLES, mutated

MUTANTS = 150


def takes(spec, text):
    try:
        larks_own(spec).parse(text)
    except LarkError:
        return False
    return True


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_accepts_what_lark_accepts(sample):
    language, _ = compile_lark(sample.spec)
    rng = np.random.default_rng(5)
    texts = list(sample.texts)
    texts += [mutated(texts[i % len(sample.texts)], sample.texts, rng) for i in range(MUTANTS)]
    verdicts = {text: takes(sample.spec, text) for text in texts}
    assert all(verdicts[text] for text in sample.texts)
    assert not all(verdicts.values())
    ours = {text: language.accepts(text.encode()) for text in texts}
    assert ours == verdicts


@pytest.fixture(scope="module")
def vocabulary():
    pairs = [bytes([a, b]) for a in b'{}[]()<>,:;"=' for b in b' {}[]()<>,:;"=a1/']
    words = [b"if", b"then", b"else", b"true", b"and", b"abc", "é".encode(), b"  ", b'":', b"</a>"]
    singles = [bytes([byte]) for byte in range(256)]
    tokens = [*singles, *dict.fromkeys(pairs + words)]
    return Vocabulary.from_bytes([*tokens, None, None], [len(tokens)], len(tokens) + 1)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_writes_only_what_lark_accepts(sample, vocabulary):
    constraint = constraints.compile(sample.spec, vocabulary)
    rng = np.random.default_rng(1)
    for length in (6, 17, 33):
        logits = rng.normal(scale=4.0, size=(length, vocabulary.size)).astype(np.float32)
        posterior = constraint.block(length=length).condition(logits)
        for canvas in (posterior.best(), posterior.sample(rng), posterior.sample(rng)):
            text = constraint.text(canvas)
            assert validate(sample.spec, text) is None, text
            assert constraint.accepts(text)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_a_member_fits_where_its_tokens_are_pinned(sample, vocabulary):
    constraint = constraints.compile(sample.spec, vocabulary)
    for text in sample.texts:
        tokens = constraint.encode(text.encode())
        assert tokens is not None
        assert constraint.text(tokens) == text.encode()
        block = constraint.block(length=len(tokens) + 1, pinned=dict(enumerate(tokens)))
        logits = np.zeros((len(tokens) + 1, vocabulary.size), dtype=np.float32)
        assert np.isfinite(block.condition(logits).log_z)


def test_a_text_goes_on_from_canvas_to_canvas(vocabulary):
    constraint = constraints.compile(Lark("json"), vocabulary)
    rng = np.random.default_rng(3)
    state, tokens, budget = constraint.start, [], 40
    while not state.done and budget:
        block = constraint.block(length=8, start=state, tokens_after=budget - 8)
        logits = rng.normal(scale=3.0, size=(8, vocabulary.size)).astype(np.float32)
        canvas = block.condition(logits).sample(rng).tolist()
        state = block.advance(canvas)
        tokens += canvas
        budget -= 8
    assert state.done or state.accepting
    assert validate(constraint.spec, constraint.text(tokens)) is None


def test_the_same_logits_give_the_same_canvas_whatever_was_asked_before(vocabulary):
    spec = Lark("arithmetic")
    rng = np.random.default_rng(2)
    first = rng.normal(size=(20, vocabulary.size)).astype(np.float32)
    other = rng.normal(scale=5.0, size=(20, vocabulary.size)).astype(np.float32)
    fresh, used = (constraints.compile(spec, vocabulary) for _ in range(2))
    used.block(length=20).condition(other)
    canvases = [c.block(length=20).condition(first) for c in (fresh, used)]
    assert canvases[0].best().tolist() == canvases[1].best().tolist()
    draws = [p.sample(np.random.default_rng(7)).tolist() for p in canvases]
    assert draws[0] == draws[1]
