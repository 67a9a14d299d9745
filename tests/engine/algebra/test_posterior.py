"""What a batch promises: requests apart, errors apart, shapes checked, draws exact."""

from collections import Counter
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from scipy.stats import chisquare

from constraints import EmptyError
from engine.algebra import Capacity, Posterior, Program
from engine.algebra.operations import operations
from engine.algebra.tables import tables_of
from engine.errors import EngineError
from tests.engine.algebra.languages import VOCABULARIES, batches, compiled

VOCABULARY = VOCABULARIES["pad"]
WORDS = compiled([[1, 0, -1], [1, 2, 0], [-1, 0, 2]], [False, True, True], VOCABULARY)
LETTERS = compiled([[0, -1, -1]], [True], VOCABULARY)


def logits_of(*shape, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape)).float()


def conditioned(blocks, logits, **options):
    return Posterior.of(Program.of(blocks), logits, through=operations("cpu"), **options)


@settings(deadline=None, max_examples=60)
@given(batches())
def test_log_z_is_the_same_from_every_position(batch):
    posterior = conditioned(batch.blocks, torch.from_numpy(batch.logits))
    for b, tables in enumerate(posterior.program.tables):
        for first, last, _, _ in tables.spans.tolist():
            through = posterior.weights.through[b, first:last].numpy()
            np.testing.assert_allclose(through, through[:1].repeat(len(through)), atol=1e-9)


def test_draws_follow_the_posterior():
    block, copies, rounds = WORDS.block(2, tokens_after=1, tail="any"), 100, 8
    logits = logits_of(1, 2, VOCABULARY.size)
    posterior = conditioned([block] * copies, logits.expand(copies, -1, -1))
    generator = torch.Generator().manual_seed(0)
    drawn = Counter(
        tuple(canvas) for _ in range(rounds) for canvas in posterior.sample(generator).tolist()
    )
    log_p = torch.log_softmax(logits[0].double(), dim=1)
    members = {}
    for canvas in product(range(VOCABULARY.size), repeat=2):
        try:
            block.advance(canvas)
        except ValueError:
            continue
        members[canvas] = float(log_p[torch.arange(2), list(canvas)].sum().exp())
    assert sum(members.values()) == pytest.approx(float(posterior.log_z[0].exp()))
    assert drawn.keys() <= members.keys()
    total = sum(members.values())
    expected = {canvas: copies * rounds * p / total for canvas, p in members.items()}
    common = [canvas for canvas, count in expected.items() if count >= 5]
    rest = [canvas for canvas in members if expected[canvas] < 5]
    observed = [drawn[canvas] for canvas in common] + [sum(drawn[canvas] for canvas in rest)]
    wanted = [expected[canvas] for canvas in common] + [sum(expected[each] for each in rest)]
    assert chisquare(observed, wanted).pvalue > 1e-3


def test_a_seed_gives_the_same_canvas_wherever_its_request_is():
    blocks = [WORDS.block(4), LETTERS.block(5, tail="any"), WORDS.block(3)]
    logits = logits_of(3, 5, VOCABULARY.size)
    seeds = torch.tensor([5, -6, 7])
    together = conditioned(blocks, logits).drawn(seeds)
    for b, block in enumerate(blocks):
        alone = conditioned([block], logits[b : b + 1, : block.length]).drawn(seeds[b : b + 1])
        assert together[b, : block.length].tolist() == alone[0].tolist()
        assert (together[b, block.length :] == -1).all()


def test_only_the_request_at_fault_fails():
    blocks = [WORDS.block(3), WORDS.block(3), WORDS.block(3), WORDS.block(3)]
    logits = logits_of(4, 3, VOCABULARY.size)
    sound = conditioned(blocks, logits)
    logits[1, 2, 4] = torch.nan
    logits[2, 0, 4] = torch.inf
    logits[3, 1, :10] = -torch.inf
    posterior = conditioned(blocks, logits)
    fine, unsound, infinite, empty = posterior.errors
    assert fine is None
    assert isinstance(unsound, EngineError)
    assert "position 2" in str(unsound)
    assert isinstance(infinite, EngineError)
    assert "position 0" in str(infinite)
    assert isinstance(empty, EmptyError)
    assert empty.position == 1
    seeds = torch.arange(4)
    assert posterior.log_z[0] == sound.log_z[0]
    assert (posterior.drawn(seeds)[0] == sound.drawn(seeds)[0]).all()
    with pytest.raises(EngineError, match="position 2"):
        posterior.check()


@pytest.mark.parametrize("width", [VOCABULARY.size - 1, VOCABULARY.size + 1])
def test_logits_of_another_width_are_refused(width):
    with pytest.raises(EngineError, match="shape"):
        conditioned([WORDS.block(3)], logits_of(1, 3, width))


def test_logits_that_are_no_numbers_are_refused():
    with pytest.raises(EngineError, match="floating"):
        conditioned([WORDS.block(3)], torch.zeros((1, 3, VOCABULARY.size), dtype=torch.int64))


def test_room_that_is_not_used_changes_nothing():
    blocks = [WORDS.block(3), LETTERS.block(2)]
    needed = Capacity.for_tables([tables_of(block) for block in blocks])
    roomy = replace(needed, requests=4, length=6, states=40_000, edges=70, sets=30, atoms=50)
    logits = torch.full((4, 6, VOCABULARY.size), torch.nan)
    logits[:2, :3] = logits_of(2, 3, VOCABULARY.size)
    plain = conditioned(blocks, logits[:2, :3])
    large = Posterior.of(Program.of(blocks, capacity=roomy), logits, through=operations("cpu"))
    assert large.program.buffers.target.dtype == torch.int32
    assert plain.program.buffers.target.dtype == torch.int16
    assert (large.log_z[:2] == plain.log_z).all()
    assert (large.log_z[2:] == 0).all()
    assert (large.best()[:2, :3] == plain.best()).all()
    assert (large.best()[2:] == -1).all()
    assert large.errors == (None, None)


def test_a_program_takes_another_batch_of_the_same_capacity():
    one, two = (Program.of([each.block(3)]) for each in (WORDS, LETTERS))
    capacity = Capacity(
        **{
            name: max(getattr(one.capacity, name), getattr(two.capacity, name))
            for name in one.capacity.__dataclass_fields__
        }
    )
    one, two = (Program.of([each.block(3)], capacity=capacity) for each in (WORDS, LETTERS))
    addresses = [each.data_ptr() for each in one.buffers.tensors()]
    three = one.refilled(two)
    assert [each.data_ptr() for each in three.buffers.tensors()] == addresses
    for mine, its in zip(three.buffers.tensors(), two.buffers.tensors(), strict=True):
        assert torch.equal(mine, its)
    assert three.blocks == two.blocks
    with pytest.raises(EngineError, match="capacity"):
        one.refilled(Program.of([WORDS.block(4)]))


@pytest.mark.parametrize("name", ["length", "states", "edges", "sets", "entries", "atoms"])
def test_blocks_that_do_not_fit_are_refused_by_name(name):
    block = WORDS.block(3)
    needed = Capacity.for_tables([tables_of(block)])
    with pytest.raises(EngineError, match=name):
        Program.of([block], capacity=replace(needed, **{name: getattr(needed, name) - 1}))


def test_forced_text_falls_apart_into_spans():
    block = LETTERS.block(6, pinned={3: 0}, tail="pad")
    spans = tables_of(block).spans[:, :2].tolist()
    assert spans == [[0, 1], [1, 2], [2, 3], [3, 4], [4, 6]]
