"""Executable laws: what holds for every kind of constraint, whatever its language.

Each law takes a compiled constraint and a source of randomness, and asserts. A new kind of
constraint is one more line in `tests/constraints/test_laws.py`.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable

import numpy as np
import pytest

from constraints import Constraint, EmptyError, validate
from constraints.constraint import Tail

Law = Callable[[Constraint, np.random.Generator], None]
LENGTH = 24
TEMPERATURES = (0.3, 1.0, 8.0)


def length_of(constraint: Constraint) -> int:
    """A canvas that holds the shortest member with some room."""
    return constraint.start.fewest_tokens + LENGTH


def random_logits(
    constraint: Constraint, length: int, rng: np.random.Generator, scale: float = 3.0
) -> np.ndarray:
    return (rng.standard_normal((length, constraint.vocabulary.size)) * scale).astype(np.float32)


def unpacked(mask: np.ndarray, num_tokens: int) -> np.ndarray:
    bits = np.unpackbits(mask.view(np.uint8), axis=1, bitorder="little")
    return bits[:, :num_tokens].astype(bool)


def every_draw_is_a_member(constraint: Constraint, rng: np.random.Generator) -> None:
    length = length_of(constraint)
    for tail in tails(constraint):
        block = constraint.block(length, tail=tail)
        for temperature in TEMPERATURES:
            posterior = block.condition(random_logits(constraint, length, rng) / temperature)
            for canvas in (posterior.sample(rng), posterior.best()):
                text = constraint.text(canvas)
                assert constraint.accepts(text), text
                assert validate(constraint.spec, text) is None, text


def marginals_are_a_distribution_inside_the_mask(
    constraint: Constraint, rng: np.random.Generator
) -> None:
    length = length_of(constraint)
    for tail in tails(constraint):
        block = constraint.block(length, tail=tail)
        posterior = block.condition(random_logits(constraint, length, rng))
        marginals = posterior.marginals()
        allowed = unpacked(block.mask(), constraint.vocabulary.size)
        np.testing.assert_allclose(marginals.sum(axis=1), 1.0, rtol=1e-9)
        assert not marginals[~allowed].any()
        assert posterior.log_z <= 1e-9
        sampled = posterior.sample(rng)
        assert allowed[np.arange(length), sampled].all()
        assert (block.free == (allowed.sum(axis=1) > 1)).all()


def log_z_is_the_same_at_every_position(constraint: Constraint, rng: np.random.Generator) -> None:
    length = length_of(constraint)
    posterior = constraint.block(length).condition(random_logits(constraint, length, rng))
    joint = posterior.alpha + posterior.beta
    for row in joint:
        assert np.logaddexp.reduce(row) == pytest.approx(posterior.log_z, abs=1e-8)


def best_is_at_least_as_probable_as_any_draw(
    constraint: Constraint, rng: np.random.Generator
) -> None:
    length = length_of(constraint)
    logits = random_logits(constraint, length, rng, scale=1.0)
    posterior = constraint.block(length).condition(logits)
    rows = np.arange(length)
    best = logits[rows, posterior.best()].sum(dtype=np.float64)
    for _ in range(20):
        assert logits[rows, posterior.sample(rng)].sum(dtype=np.float64) <= best + 1e-4


def a_member_is_encoded_and_pinned(constraint: Constraint, rng: np.random.Generator) -> None:
    length = length_of(constraint)
    block = constraint.block(length)
    canvas = block.condition(random_logits(constraint, length, rng)).sample(rng)
    text = constraint.text(canvas)
    tokens = constraint.encode(text)
    assert tokens is not None
    assert constraint.text(tokens) == text
    assert constraint.start.fewest_tokens <= len(tokens) <= length
    pinned = constraint.block(length, pinned=dict(enumerate(tokens)))
    posterior = pinned.condition(random_logits(constraint, length, rng))
    assert np.isfinite(posterior.log_z)
    assert constraint.text(posterior.best()).startswith(text)
    assert constraint.encode(text + b"\x00\xff") is None


def blocks_carry_the_text_on(constraint: Constraint, rng: np.random.Generator) -> None:
    budget = length_of(constraint)
    for step in (1, 3, 7):
        state, text, left = constraint.start, b"", budget
        while left > 0 and not state.done:
            length = min(step, left)
            block = constraint.block(length, start=state, tokens_after=left - length)
            canvas = block.condition(random_logits(constraint, length, rng)).sample(rng)
            state = block.advance(canvas)
            text += constraint.text(canvas)
            left -= length
            assert state.fewest_tokens <= left
        assert constraint.accepts(text), text


def the_shortest_member_just_fits(constraint: Constraint, rng: np.random.Generator) -> None:
    fewest = constraint.start.fewest_tokens
    if fewest == 0:
        assert constraint.accepts(b"")
        return
    posterior = constraint.block(fewest).condition(random_logits(constraint, fewest, rng))
    assert constraint.accepts(constraint.text(posterior.best()))
    if fewest > 1:
        with pytest.raises(EmptyError):
            constraint.block(fewest - 1)
        assert constraint.block(fewest - 1, tokens_after=1).mask().any()


def a_pickled_constraint_is_the_same(constraint: Constraint, rng: np.random.Generator) -> None:
    twin = pickle.loads(pickle.dumps(constraint))
    length = length_of(constraint)
    logits = random_logits(constraint, length, rng)
    ours, theirs = (each.block(length).condition(logits) for each in (constraint, twin))
    assert ours.log_z == theirs.log_z
    assert (ours.best() == theirs.best()).all()
    seeds = [np.random.default_rng(5) for _ in range(2)]
    assert (ours.sample(seeds[0]) == theirs.sample(seeds[1])).all()


def the_empty_mask_never_occurs(constraint: Constraint, rng: np.random.Generator) -> None:
    block = constraint.block(length_of(constraint))
    assert block.mask().any(axis=1).all()


def tails(constraint: Constraint) -> tuple[Tail, ...]:
    return ("any",) if constraint.vocabulary.pad_id is None else ("any", "pad")


LAWS: tuple[Law, ...] = (
    every_draw_is_a_member,
    marginals_are_a_distribution_inside_the_mask,
    log_z_is_the_same_at_every_position,
    best_is_at_least_as_probable_as_any_draw,
    a_member_is_encoded_and_pinned,
    blocks_carry_the_text_on,
    the_shortest_member_just_fits,
    a_pickled_constraint_is_the_same,
    the_empty_mask_never_occurs,
)
