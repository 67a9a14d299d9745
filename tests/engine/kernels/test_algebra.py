"""Every kernel of the block algebra against the float64 reference."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.algebra import Capacity, Posterior, Program
from engine.algebra.operations import operations
from engine.algebra.program import tables_of
from tests.engine.algebra.languages import batches
from tests.engine.kernels.device import DEVICE

FLOOR = -1e4
NATS = 2e-5
"""What float32 loses: 2**-24 of the 75 nats that logits span, a few times over."""


def posteriors(batch, dtype=torch.float32, **options):
    """The same batch conditioned by the reference and by the kernels."""
    tables = [tables_of(block) for block in batch.blocks]
    capacity = replace(Capacity.for_tables(tables).rounded(), token_tile=64, tile=64, chain_tile=64)
    program = Program.of(batch.blocks, device=DEVICE, capacity=capacity)
    logits = torch.from_numpy(batch.logits).to(DEVICE, dtype)
    return [
        Posterior.of(program, logits, through=operations(kind), **options)
        for kind in ("cpu", "cuda")
    ]


def close(ours, theirs, slack=1.0):
    ours, theirs = ours.double().cpu().numpy(), theirs.double().cpu().numpy()
    np.testing.assert_allclose(ours, theirs, rtol=slack * 1e-5, atol=slack * NATS)


@settings(deadline=None, max_examples=20)
@given(
    batches(names=("pad", "many"), most=2),
    st.sampled_from([torch.float32, torch.bfloat16, torch.float16]),
    st.sampled_from([None, 30.0]),
    st.sampled_from([1.0, 0.4]),
)
def test_kernels_equal_the_reference(batch, dtype, softcap, temperature):
    theirs, ours = posteriors(batch, dtype, softcap=softcap, temperature=temperature)
    told = [each.log_marginals(FLOOR) for each in (ours, theirs)]
    best = [each.best() for each in (ours, theirs)]
    for b, (block, error) in enumerate(zip(batch.blocks, theirs.errors, strict=True)):
        tables, rows = theirs.program.tables[b], slice(block.length)
        assert type(ours.errors[b]) is type(error)
        assert str(ours.errors[b]) == str(error)
        if error is not None:
            continue
        for name, width in (("lse", tables.num_atoms), ("top", tables.num_atoms)):
            mine, its = (getattr(each.stats, name)[b, rows, :width] for each in (ours, theirs))
            close(mine, its)
        alive = theirs.stats.lse[b, rows, : tables.num_atoms] > -torch.inf
        mine, its = (each.stats.mean[b, rows, : tables.num_atoms] for each in (ours, theirs))
        close(mine, its)
        mine, its = (each.stats.best[b, rows, : tables.num_atoms] for each in (ours, theirs))
        assert (mine == its)[alive].all()
        close(ours.log_z[b], theirs.log_z[b], slack=block.length)
        close(ours.entropy[b], theirs.entropy[b], slack=10)
        close(ours.ended[b], theirs.ended[b])
        close(told[0][b], told[1][b], slack=10)
        assert_as_probable(theirs, b, best[0][b], best[1][b])


def assert_as_probable(posterior, b, ours, theirs):
    length = posterior.program.tables[b].length
    assert (ours[length:] == -1).all()
    z, ours, theirs = posterior.rows.logits[b, :length].double().cpu(), ours.cpu(), theirs.cpu()
    z = z if posterior.rows.softcap is None else 30 * torch.tanh(z / 30)
    rows = torch.arange(length)
    assert posterior.program.blocks[b].advance(ours[:length].tolist()) is not None
    assert float((z[rows, ours[:length]] - z[rows, theirs[:length]]).sum()) == pytest.approx(
        0, abs=1e-3
    )
