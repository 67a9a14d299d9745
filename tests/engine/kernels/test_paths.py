"""Draws, launches, masks and long canvases: what the comparison of one step does not show."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from engine.algebra import Capacity, Posterior, Program, reference
from engine.algebra.noise import gumbel as defined_gumbel
from engine.algebra.operations import operations
from engine.algebra.parts import Chains
from engine.algebra.tables import tables_of
from engine.errors import EngineError
from engine.kernels import chain
from engine.kernels.block_mask import apply_block_mask
from tests.engine.algebra.languages import VOCABULARIES, compiled
from tests.engine.kernels.device import DEVICE
from tests.engine.kernels.sample_kernel import noise_kernel

MANY = VOCABULARIES["many"]
WORDS = compiled([[1, 0, -1], [1, 2, 0], [-1, 0, 2]], [False, True, True], MANY)
STARS = compiled([[0, 0, 0]], [True], MANY)


def both(blocks, logits, **options):
    needed = Capacity.for_tables([tables_of(block) for block in blocks]).rounded()
    capacity = replace(needed, token_tile=64, tile=64, chain_tile=64)
    program = Program.of(blocks, device=DEVICE, capacity=capacity)
    return [
        Posterior.of(program, logits.to(DEVICE), through=operations(kind), **options)
        for kind in ("cpu", "cuda")
    ]


def logits_of(*shape, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    return torch.from_numpy(scale * rng.standard_normal(shape)).float()


def test_the_noise_is_the_one_that_is_defined():
    numbers = torch.arange(512, dtype=torch.int32, device=DEVICE)
    seed = torch.tensor([-(2**62) + 12345], device=DEVICE)
    out = torch.empty(512, device=DEVICE)
    kernel: Any = noise_kernel
    kernel[(1,)](seed, numbers, 77, 2, out, BLOCK=512)
    long = numbers.long()
    wanted = defined_gumbel(seed, (long, torch.full_like(long, 77), torch.full_like(long, 2)))
    np.testing.assert_allclose(out.cpu(), wanted.cpu(), rtol=1e-5, atol=1e-5)


def test_the_noise_is_gumbel():
    numbers = torch.arange(200_000)
    noise = defined_gumbel(torch.tensor(3), (numbers, numbers * 0, numbers * 0))
    assert float(noise.mean()) == pytest.approx(0.5772, abs=0.01)
    assert float(noise.var()) == pytest.approx(np.pi**2 / 6, abs=0.03)


def test_draws_are_those_of_the_reference():
    blocks = [WORDS.block(4, tail="any"), STARS.block(3, pinned={1: 2}), WORDS.block(3)]
    theirs, ours = both(blocks, logits_of(3, 4, MANY.size, scale=2.0))
    same = total = 0
    for first in (0, 50):
        seeds = torch.arange(first, first + 3, device=DEVICE)
        same += int((ours.drawn(seeds) == theirs.drawn(seeds)).sum())
        total += 12
    assert same >= total - 1, "float32 may break a tie the other way, but seldom"


def test_one_launch_for_each_position_gives_what_one_walk_gives(monkeypatch):
    blocks = [WORDS.block(3), STARS.block(2)]
    logits = logits_of(2, 3, MANY.size)
    _, walked = both(blocks, logits)
    monkeypatch.setattr(chain, "WALKED_TILES", 0)
    _, launched = both(blocks, logits)
    np.testing.assert_allclose(launched.log_z.cpu(), walked.log_z.cpu(), atol=1e-5)
    np.testing.assert_allclose(launched.entropy.cpu(), walked.entropy.cpu(), atol=1e-5)
    assert (launched.best() == walked.best()).all()


def test_a_long_and_improbable_canvas_keeps_its_digits():
    length, pad = 200, MANY.pad_id
    logits = logits_of(1, length, MANY.size, scale=3.0)
    logits[..., pad] = 30.0
    program = Program.of([WORDS.block(length, pinned={length - 1: 0})], device=DEVICE)
    theirs = Posterior.of(program, logits.to(DEVICE), through=operations("cpu"))
    states, offset = chain.chains(program, theirs.scores.float(), first=0, best=False)
    assert theirs.log_z[0] < -2000
    assert float(states.amax(dim=-1).abs().max()) < 200
    ours = reference.block_weights(
        program, theirs.stats, theirs.scores, Chains(states=states.double(), offset=offset)
    )
    np.testing.assert_allclose(ours.through.cpu(), theirs.weights.through.cpu(), atol=2e-4)
    np.testing.assert_allclose(ours.entropy.cpu(), theirs.entropy.cpu(), atol=1e-4)
    np.testing.assert_allclose(ours.ended.cpu(), theirs.ended.cpu(), atol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_mask_forbids_what_it_does_not_allow(dtype):
    blocks = [WORDS.block(3, pinned={1: 0}), WORDS.block(3)]
    mask = torch.from_numpy(np.stack([block.mask() for block in blocks])).to(DEVICE)
    ours = logits_of(2, 3, MANY.size).to(DEVICE, dtype)
    theirs = ours.clone()
    apply_block_mask(ours, mask)
    reference.apply_block_mask(theirs, mask)
    assert torch.equal(ours, theirs)
    assert 0 < int((ours > -torch.inf).sum()) < ours.numel()


def test_a_mask_of_another_width_is_refused():
    with pytest.raises(EngineError, match="shape"):
        apply_block_mask(torch.zeros(1, 2, 64), torch.zeros((1, 2, 3), dtype=torch.int32))
