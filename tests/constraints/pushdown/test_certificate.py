"""Posteriors of languages without end beside enumeration of every canvas."""

import itertools

import numpy as np
import pytest

import constraints
from constraints import EmptyError, Lark, Vocabulary
from constraints.pushdown import PushdownConstraint
from constraints.pushdown import block as growing
from constraints.pushdown.sweep import Effort

TEXT = [b"(", b")", b"x", b"()", b"((", b"))", b"x)"]
VOCABULARY = Vocabulary.from_bytes([*TEXT, None, None], [len(TEXT)], len(TEXT) + 1)
GRAMMARS = {
    "nested": 'start: "(" start* ")" | "x"',
    "ambiguous": 'start: "x" | "(" start ")" | "(" ")"',
    "right": 'start: "x" start | "(" start ")" | "x"',
}
LENGTH = 5


def probabilities(constraint, logits):
    """Log-probability of every canvas that is a member; pad after the end, scored."""
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    end, pad = len(TEXT), len(TEXT) + 1
    members = {}
    for length in range(1, LENGTH + 1):
        for body in itertools.product(range(len(TEXT)), repeat=length):
            canvas = (*body, end, *[pad] * LENGTH)[:LENGTH]
            if constraint.accepts(b"".join(TEXT[token] for token in body)):
                members[canvas] = sum(log_p[i, token] for i, token in enumerate(canvas))
    return members


def in_known(block, canvas):
    """Whether the edges of a block's automaton spell a canvas."""
    automaton = block.constraint.automaton
    state = block.start.index
    for token in canvas:
        atom = automaton.atom_of[token]
        for edge in range(automaton.out_ptr[state], automaton.out_ptr[state + 1]):
            token_set = block.edge_set[edge]
            first, last = automaton.set_ptr[token_set : token_set + 2]
            if atom in automaton.set_atoms[first:last]:
                state = automaton.target[edge]
                break
        else:
            return False
    return bool(automaton.accepting[state])


@pytest.mark.parametrize("name", sorted(GRAMMARS))
@pytest.mark.parametrize("width", [1, 3, 64])
@pytest.mark.parametrize("scale", [0.5, 4.0])
@pytest.mark.parametrize("wanted", [0, 4])
def test_the_distance_to_the_true_posterior_is_within_the_certificate(
    name, width, scale, wanted, monkeypatch
):
    effort = Effort(width=width, budget=2 * width, burst=width)
    monkeypatch.setattr(growing, "USUAL", effort)
    monkeypatch.setattr(growing, "_WITHOUT_LOGITS", effort)
    monkeypatch.setattr(growing, "WANTED", wanted)
    constraint = constraints.compile(Lark(GRAMMARS[name]), VOCABULARY)
    rng = np.random.default_rng(width)
    for _ in range(4):
        logits = rng.normal(scale=scale, size=(LENGTH, VOCABULARY.size))
        true = probabilities(constraint, logits)
        posterior = constraint.block(length=LENGTH).condition(logits)
        assert isinstance(posterior, growing.CertifiedPosterior)
        known = {c: p for c, p in true.items() if in_known(posterior.block, c)}
        total, kept = np.logaddexp.reduce([*true.values()]), np.logaddexp.reduce([*known.values()])
        assert posterior.log_z == pytest.approx(kept, abs=1e-6)
        distance = 1.0 - np.exp(kept - total)
        assert distance <= posterior.certificate + 1e-9
        assert np.exp(total) - np.exp(kept) <= posterior.missing + 1e-9
        best = tuple(posterior.best().tolist())
        assert known[best] == pytest.approx(max(known.values()), abs=1e-6)


def test_with_enough_effort_everything_is_known():
    constraint = constraints.compile(Lark(GRAMMARS["nested"]), VOCABULARY)
    logits = np.random.default_rng(0).normal(size=(LENGTH, VOCABULARY.size))
    true = probabilities(constraint, logits)
    block = constraint.block(length=LENGTH)
    posterior = block.condition(logits)
    assert posterior.log_z == pytest.approx(np.logaddexp.reduce([*true.values()]), abs=1e-6)
    marginals = np.zeros((LENGTH, VOCABULARY.size))
    for canvas, log_p in true.items():
        marginals[np.arange(LENGTH), canvas] += np.exp(log_p - posterior.log_z)
    np.testing.assert_allclose(posterior.marginals(), marginals, atol=1e-6)


def test_the_mask_admits_only_what_can_stand():
    constraint = constraints.compile(Lark(GRAMMARS["nested"]), VOCABULARY)
    true = probabilities(constraint, np.zeros((LENGTH, VOCABULARY.size)))
    mask = constraint.block(length=LENGTH).mask()
    for row in range(LENGTH):
        stands = {canvas[row] for canvas in true}
        admitted = {t for t in range(VOCABULARY.size) if mask[row, t // 32] >> t % 32 & 1}
        assert admitted <= stands
        assert admitted


def test_what_does_not_fit_is_said():
    constraint = constraints.compile(Lark('start: "(" start ")" | "(x)"'), VOCABULARY)
    with pytest.raises(EmptyError):
        constraint.block(length=1)
    with pytest.raises(EmptyError):
        constraint.block(length=4, pinned={0: 1})


def test_a_language_without_recursion_is_known_as_a_whole():
    constraint = constraints.compile(Lark('start: "(" ("x" | "()")* ")"'), VOCABULARY)
    assert isinstance(constraint, PushdownConstraint)
    assert constraint.is_whole
    logits = np.random.default_rng(0).normal(size=(LENGTH, VOCABULARY.size))
    posterior = constraint.block(length=LENGTH).condition(logits)
    true = probabilities(constraint, logits)
    assert posterior.certificate == 0.0
    assert posterior.log_z == pytest.approx(np.logaddexp.reduce([*true.values()]), abs=1e-6)
