"""The block algebra against enumeration of every canvas, in float64."""

import itertools
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from constraints import (
    Choice,
    Constraint,
    Diagnostics,
    EmptyError,
    State,
    UnsatisfiableError,
    Vocabulary,
)
from constraints.automata import BYTES, Dfa
from constraints.parser_graph import single_lexer
from constraints.token_automaton import build_token_automaton
from tests.laws import unpacked

TEXT = [b"a", b"b", b"ab", b"ba", b"a"]
EOS, PAD, SPECIAL = 5, 6, 7
VOCABULARIES = {
    "pad": Vocabulary.from_bytes([*TEXT, None, None], [EOS], PAD),
    "no pad": Vocabulary.from_bytes([*TEXT, None], [EOS]),
    "special": Vocabulary.from_bytes([*TEXT[:3], None, None, None], [4], 3),
    "no end": Vocabulary.from_bytes(TEXT[:4], []),
}


@dataclass(frozen=True)
class Case:
    """A language, its automaton as plain tables, and a block of it."""

    constraint: Constraint
    rows: tuple[tuple[int, ...], ...]
    accepting: tuple[bool, ...]
    length: int
    tokens_after: int
    pinned: dict[int, int]
    tail: str
    logits: np.ndarray


@st.composite
def cases(draw):
    size = draw(st.integers(1, 5))
    target = st.integers(-1, size - 1)
    rows = tuple(tuple(draw(target) for _ in "ab") for _ in range(size))
    accepting = tuple(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    vocabulary = VOCABULARIES[draw(st.sampled_from(sorted(VOCABULARIES)))]
    try:
        constraint = compiled(rows, accepting, vocabulary)
    except UnsatisfiableError:
        reject()
    length = draw(st.integers(1, 4))
    pins = st.dictionaries(
        st.integers(0, length - 1), st.integers(0, vocabulary.size - 1), max_size=1
    )
    tail = draw(st.sampled_from(["any"] if vocabulary.pad_id is None else ["any", "pad"]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scale = draw(st.sampled_from([0.5, 3.0, 40.0]))
    logits = (rng.standard_normal((length, vocabulary.size)) * scale).astype(np.float32)
    if draw(st.booleans()):
        logits[rng.random(logits.shape) < 0.2] = -np.inf
        logits[:, 0] = np.where(np.isfinite(logits[:, 0]), logits[:, 0], 0.0)
    return Case(
        constraint, rows, accepting, length, draw(st.integers(0, 2)), draw(pins), tail, logits
    )


def compiled(rows, accepting, vocabulary):
    edges = [
        [
            (ord(byte), ord(byte), target)
            for byte, target in zip("ab", row, strict=True)
            if target >= 0
        ]
        for row in rows
    ]
    dfa = Dfa.from_rows(edges, accepting, BYTES)
    if dfa.is_empty:
        raise UnsatisfiableError("no text")
    graph = single_lexer(dfa)
    automaton = build_token_automaton(graph, vocabulary)
    return Constraint(Choice([]), vocabulary, graph, automaton, Diagnostics())


def read(case, text, state=0):
    for byte in text:
        if state >= 0:
            state = case.rows[state][byte - ord("a")]
    return state


def fewest(case, state):
    """Fewest tokens that finish from a byte state, by plain breadth-first search."""
    layer = {state}
    for count in range(12):
        if any(case.accepting[each] for each in layer):
            return count
        tokens = [data for data in case.constraint.vocabulary.tokens if data]
        layer = {read(case, data, each) for each in layer for data in tokens} - {-1}
    return 10**9


def is_member(case, canvas):
    vocabulary = case.constraint.vocabulary
    ends = [i for i, token in enumerate(canvas) if token in vocabulary.eos_ids]
    body = canvas[: ends[0]] if ends else canvas
    after = canvas[ends[0] + 1 :] if ends else ()
    if any(vocabulary.tokens[token] is None for token in body):
        return False
    if case.tail == "pad" and any(token != vocabulary.pad_id for token in after):
        return False
    if any(canvas[i] != token for i, token in case.pinned.items()):
        return False
    state = read(case, b"".join(vocabulary.tokens[token] for token in body))
    if state < 0:
        return False
    return case.accepting[state] if ends else fewest(case, state) <= case.tokens_after


def enumerate_members(case):
    log_p = case.logits.astype(np.float64)
    log_p -= np.logaddexp.reduce(log_p, axis=1, keepdims=True)
    size = case.constraint.vocabulary.size
    rows = np.arange(case.length)
    members = [c for c in itertools.product(range(size), repeat=case.length) if is_member(case, c)]
    return members, np.array([log_p[rows, list(canvas)].sum() for canvas in members]), log_p


def block_of(case):
    return case.constraint.block(
        case.length, pinned=case.pinned, tokens_after=case.tokens_after, tail=case.tail
    )


@settings(max_examples=250, deadline=None)
@given(cases())
def test_posterior_equals_enumeration(case):
    members, weights, log_p = enumerate_members(case)
    if not members:
        with pytest.raises(EmptyError):
            block_of(case)
        return
    block = block_of(case)
    allowed = np.zeros(log_p.shape, dtype=bool)
    for canvas in members:
        allowed[np.arange(case.length), list(canvas)] = True
    assert (unpacked(block.mask(), log_p.shape[1]) == allowed).all()
    assert (block.free == (allowed.sum(axis=1) > 1)).all()
    if weights.max() == -np.inf:
        with pytest.raises(EmptyError):
            block.condition(case.logits)
        return
    posterior = block.condition(case.logits)
    log_z = np.logaddexp.reduce(weights)
    assert posterior.log_z == pytest.approx(log_z, abs=1e-6)
    expected = marginals_of(case, members, np.exp(weights - log_z))
    np.testing.assert_allclose(posterior.marginals(), expected, atol=1e-6)
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.where(expected > 0, expected * np.log(expected), 0.0).sum(axis=1)
    np.testing.assert_allclose(posterior.entropy, entropy, atol=1e-5)
    best = tuple(posterior.best())
    assert best in members
    assert weights[members.index(best)] == pytest.approx(weights.max(), abs=1e-5)
    drawn = tuple(posterior.sample(np.random.default_rng(0)))
    assert drawn in members
    assert weights[members.index(drawn)] > -np.inf


def marginals_of(case, members, probabilities):
    expected = np.zeros((case.length, case.constraint.vocabulary.size))
    for canvas, probability in zip(members, probabilities, strict=True):
        expected[np.arange(case.length), list(canvas)] += probability
    return expected


@settings(max_examples=100, deadline=None)
@given(cases())
def test_probability_of_having_ended_equals_enumeration(case):
    members, weights, _ = enumerate_members(case)
    assume(members and weights.max() > -np.inf)
    posterior = block_of(case).condition(case.logits)
    probabilities = np.exp(weights - np.logaddexp.reduce(weights))
    expected = np.zeros(case.length)
    ends = case.constraint.vocabulary.eos_ids
    for canvas, probability in zip(members, probabilities, strict=True):
        first = next((i for i, token in enumerate(canvas) if token in ends), case.length)
        expected[first + 1 :] += probability
    np.testing.assert_allclose(posterior.ended, expected, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(cases(), st.integers(1, 3))
def test_two_blocks_spell_what_one_does(case, second):
    """Carrying the state over a boundary reaches the same texts as one longer canvas."""
    whole = case.length + second
    constraint = case.constraint
    assume(constraint.start.fewest_tokens <= whole and constraint.vocabulary.eos_ids)
    first = constraint.block(case.length, tokens_after=second, tail="any")
    rng = np.random.default_rng(0)
    for _ in range(5):
        canvas = first.condition(np.zeros_like(case.logits)).sample(rng)
        state = first.advance(canvas)
        text = constraint.text(canvas)
        if not state.done:
            assert state.fewest_tokens == fewest(case, read(case, text)) <= second
            block = constraint.block(second, start=state, tail="any")
            logits = np.zeros((second, constraint.vocabulary.size), dtype=np.float32)
            text += constraint.text(block.condition(logits).sample(rng))
        assert case.accepting[read(case, text)]


def sampled_p_value(draw_weights):
    """p of 4,000 draws against the exact posterior of a fixed language."""
    rows, accepting = ((1, 0), (0, 2), (2, 1)), (False, True, True)
    constraint = compiled(rows, accepting, VOCABULARIES["pad"])
    logits = np.random.default_rng(3).standard_normal((3, 7)).astype(np.float32)
    case = Case(constraint, rows, accepting, 3, 0, {}, "any", logits)
    members, weights, _ = enumerate_members(case)
    exact = draw_weights(np.exp(weights - np.logaddexp.reduce(weights)))
    posterior = block_of(case).condition(logits)
    rng = np.random.default_rng(11)
    index = {canvas: i for i, canvas in enumerate(members)}
    counts = np.zeros(len(members))
    for _ in range(4000):
        counts[index[tuple(posterior.sample(rng))]] += 1
    frequent = exact * 4000 >= 5
    observed = np.append(counts[frequent], counts[~frequent].sum())
    expected = np.append(exact[frequent], exact[~frequent].sum()) * 4000
    return chisquare(observed, expected).pvalue


def test_draws_have_the_exact_frequencies():
    assert sampled_p_value(lambda weights: weights) > 1e-3


def test_the_frequency_test_can_fail():
    assert sampled_p_value(lambda weights: weights**1.15 / (weights**1.15).sum()) < 1e-3


def test_a_row_of_nan_is_refused():
    constraint = compiled(((0, -1),), (True,), VOCABULARIES["pad"])
    logits = np.zeros((2, 7), dtype=np.float32)
    logits[1, 2] = np.nan
    with pytest.raises(ValueError, match="position 1"):
        constraint.block(2).condition(logits)


@pytest.mark.parametrize("shift", [3e4, 3e38, -1e30])
def test_logits_far_from_zero_mean_the_same(shift):
    constraint = compiled(((0, 1), (1, 0)), (False, True), VOCABULARIES["pad"])
    base = np.random.default_rng(2).standard_normal((3, 7))
    near = constraint.block(3).condition(base)
    far = constraint.block(3).condition(base.astype(np.float32).astype(np.float64) * 0 + shift)
    even = constraint.block(3).condition(np.zeros((3, 7)))
    assert far.log_z == pytest.approx(even.log_z)
    np.testing.assert_allclose(far.marginals(), even.marginals())
    assert near.log_z != even.log_z


def test_the_least_finite_number_forbids_like_minus_infinity():
    constraint = compiled(((0, 1), (1, 0)), (False, True), VOCABULARIES["pad"])
    logits = np.zeros((3, 7), dtype=np.float32)
    logits[:, 1] = np.finfo(np.float32).min
    finite = constraint.block(3).condition(logits)
    logits[:, 1] = -np.inf
    infinite = constraint.block(3).condition(logits)
    assert finite.log_z == pytest.approx(infinite.log_z)
    np.testing.assert_allclose(finite.marginals(), infinite.marginals())


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64])
def test_any_number_format_will_do(dtype):
    constraint = compiled(((0, 1), (1, 0)), (False, True), VOCABULARIES["pad"])
    logits = np.arange(21).reshape(3, 7)
    expected = constraint.block(3).condition(logits.astype(np.float64)).log_z
    assert constraint.block(3).condition(logits.astype(dtype)).log_z == pytest.approx(expected)


def test_logits_that_are_no_numbers_are_refused():
    constraint = compiled(((0, 1), (1, 0)), (False, True), VOCABULARIES["pad"])
    with pytest.raises(ValueError, match="not floating"):
        constraint.block(3).condition(np.full((3, 7), "x"))


def test_a_state_of_another_constraint_is_refused():
    constraint = compiled(((0, 1), (1, 0)), (False, True), VOCABULARIES["pad"])
    for state in (
        State(400, False, False, 0),
        State(-1, False, False, 0),
        State(0, True, False, 0),
    ):
        with pytest.raises(ValueError, match="another constraint"):
            constraint.block(3, start=state)


@pytest.mark.parametrize(
    ("tokens", "match"),
    [
        ([0, EOS], "may not end"),
        ([PAD], "no text"),
        ([-1], "outside"),
        ([99], "outside"),
        ([1] * 4, "4 tokens"),
        ([0, 0], "more tokens"),
    ],
)
def test_advance_refuses_what_is_no_member(tokens, match):
    constraint = compiled(((0, 1), (-1, -1)), (False, True), VOCABULARIES["pad"])
    with pytest.raises(ValueError, match=match):
        constraint.block(3).advance(tokens)


def test_advance_refuses_another_token_than_the_pinned_one():
    constraint = compiled(((0, 1), (-1, -1)), (False, True), VOCABULARIES["pad"])
    block = constraint.block(3, pinned={0: 0})
    assert block.advance([0, 1]).accepting
    with pytest.raises(ValueError, match="pinned"):
        block.advance([1])


def test_an_impossible_row_is_named():
    constraint = compiled(((0, -1),), (True,), VOCABULARIES["no end"])
    logits = np.zeros((3, 4), dtype=np.float32)
    logits[1, 0] = -np.inf
    with pytest.raises(EmptyError) as caught:
        constraint.block(3).condition(logits)
    assert caught.value.position == 1


def test_a_contradicting_pin_is_named():
    constraint = compiled(((0, -1),), (True,), VOCABULARIES["pad"])
    with pytest.raises(EmptyError) as caught:
        constraint.block(3, pinned={1: 1})
    assert caught.value.position == 1
