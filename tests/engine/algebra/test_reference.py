"""The reference against `constraints.Posterior`, which brute force checks."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from constraints import EmptyError
from engine.algebra import Posterior, Program
from engine.algebra.operations import operations
from tests.engine.algebra.languages import batches

FLOOR = -1e4


def hosts(batch):
    """Each request's posterior on the host, or what it raises."""
    for b, block in enumerate(batch.blocks):
        try:
            yield b, block, block.condition(batch.logits[b, : block.length])
        except EmptyError as error:
            yield b, block, error


@settings(deadline=None, max_examples=150)
@given(batches())
def test_equals_the_host(batch):
    program = Program.of(batch.blocks)
    posterior = Posterior.of(program, torch.from_numpy(batch.logits), through=operations("cpu"))
    told = posterior.log_marginals(FLOOR).numpy()
    for b, block, host in hosts(batch):
        rows = slice(block.length)
        if isinstance(host, EmptyError):
            error = posterior.errors[b]
            assert isinstance(error, EmptyError)
            assert (error.position, str(error)) == (host.position, str(host))
            continue
        assert posterior.errors[b] is None
        assert float(posterior.log_z[b]) == pytest.approx(host.log_z, abs=1e-9)
        for ours, theirs in (
            (posterior.entropy[b, rows], host.entropy),
            (posterior.ended[b, rows], host.ended),
            (told[b, rows], np.maximum(host.log_marginals(), FLOOR)),
        ):
            np.testing.assert_allclose(ours, theirs, atol=1e-9, rtol=1e-9)
        value = batch.logits[b, np.arange(block.length)].astype(float)
        value -= host.statistics.normaliser[:, None]
        best = posterior.best()[b, rows].numpy()
        steps = np.arange(block.length)
        assert value[steps, best].sum() == pytest.approx(value[steps, host.best()].sum(), abs=1e-9)
        assert block.advance(best) is not None
        assert (told[b, block.length :] == FLOOR).all()
        assert (posterior.best()[b, block.length :] == -1).all()
