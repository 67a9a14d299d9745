"""A step as a CUDA graph records it: nothing waits for the host, no shape depends on numbers."""

from typing import Any

import numpy as np
import pytest
import torch

from engine.algebra import Capacity, Posterior, Program
from engine.algebra.operations import operations
from engine.algebra.tables import tables_of
from engine.kernels.constrained_head import log_masses, narrow_logits, narrow_soft
from engine.kernels.shares import shares_
from engine.stack import Canvases, Stack
from tests.engine.algebra.languages import VOCABULARIES, compiled
from tests.engine.kernels.capturing import NotRecordableError, recorded
from tests.engine.kernels.device import DEVICE
from tests.engine.tiny import WIDTH, make_network

pytestmark = pytest.mark.skipif(DEVICE.type == "cuda", reason="a GPU records by itself")
MANY = VOCABULARIES["many"]
CAP, LENGTH = 30.0, 4

FORBIDDEN = {
    "item": lambda x: x.sum().item(),
    "if": lambda x: 1 if x.sum() > 0 else 0,
    "int": lambda x: int(x.sum()),
    "tolist": lambda x: x.tolist(),
    "cpu": lambda x: x.cpu(),
    "numpy": lambda x: x.numpy(),
    "nonzero": lambda x: x.nonzero(),
    "where": lambda x: torch.where(x > 0),
    "a mask as index": lambda x: x[x > 0],
    "masked_select": lambda x: x.masked_select(x > 0),
    "unique": lambda x: x.unique(),
    "repeats": lambda x: x.repeat_interleave(torch.ones(3, dtype=torch.long)),
    "memory of the host": lambda x: x + torch.tensor([1.0, 2.0, 3.0]),
}


@pytest.mark.parametrize("call", FORBIDDEN.values(), ids=list(FORBIDDEN))
def test_the_stand_in_refuses_what_a_recording_refuses(call):
    x = torch.tensor([1.0, -1.0, 2.0])
    with pytest.raises(NotRecordableError), recorded():
        call(x)


def test_the_stand_in_sees_a_shape_that_changes():
    traces = []
    for size in (2, 3):
        x = torch.ones(size)
        with recorded() as trace:
            (x * 2).sum()
        traces.append(trace)
    assert traces[0] != traces[1]


@pytest.fixture(scope="module")
def stack():
    network: Any = make_network(peaked=6.0)
    return Stack(network, positions=64)


@torch.inference_mode()
def test_the_decoder_is_recorded_alike_whatever_it_reads(stack):
    generator, traces = torch.Generator().manual_seed(0), []
    texts = [stack.cache.open() for _ in range(2)]
    for place, length in zip(texts, (3, 40), strict=True):
        stack.encode(place, list(range(5, 5 + length)))
    for first, second, own in ((0, 1, [LENGTH, 1]), (1, 0, [2, 3])):
        canvases = Canvases(
            token_ids=torch.randint(0, WIDTH, (2, LENGTH), generator=generator),
            live=torch.arange(LENGTH) < torch.tensor(own)[:, None],
            places=torch.tensor([texts[first].index, texts[second].index], dtype=torch.int32),
            soft=torch.randn(2, LENGTH, stack.width, generator=generator),
        )
        out = torch.empty_like(canvases.soft)
        with recorded() as trace:
            stack.predict(canvases, out)
        traces.append(trace)
    assert traces[0] == traces[1]
    assert sum(name == "attention_kernel" for name, *_ in traces[0]) == 2


@torch.inference_mode()
def test_the_head_is_recorded_alike_whatever_it_reads():
    rng, traces = np.random.default_rng(0), []
    table = torch.from_numpy(rng.standard_normal((80, 24))).float()
    scale, temperature = torch.tensor(2.0), torch.ones(3)
    for _ in range(2):
        hidden = torch.from_numpy(rng.standard_normal((3, 24))).float()
        told = torch.from_numpy(rng.standard_normal((3, 9))).float().log_softmax(1)
        ids = torch.from_numpy(np.sort(rng.choice(80, 9, replace=False))).int()
        whole, out = hidden @ table.T, torch.empty(3, 80)
        with recorded() as trace:
            narrow_logits(hidden, table, ids, temperature, CAP)
            narrow_soft(told, table, ids, scale)
            log_masses(hidden, table, temperature, CAP)
            shares_(out, whole)
        traces.append(trace)
    assert traces[0] == traces[1]


@torch.inference_mode()
def test_the_posterior_is_recorded_alike_in_another_language():
    languages = [
        compiled([[1, 0, -1], [1, 2, 0], [-1, 0, 2]], [False, True, True], MANY),
        compiled([[0, 0, 0]], [True], MANY),
    ]
    blocks = [[each.block(3), each.block(2)] for each in languages]
    needed = [Capacity.for_tables([tables_of(block) for block in pair]) for pair in blocks]
    names = Capacity.__dataclass_fields__
    capacity = Capacity(**{name: max(getattr(each, name) for each in needed) for name in names})
    programs = [Program.of(pair, device=DEVICE, capacity=capacity) for pair in blocks]
    rng, traces = np.random.default_rng(1), []
    temperature = torch.tensor([0.5, 0.8])
    for program in (programs[0], programs[0].refilled(programs[1])):
        logits = torch.from_numpy(rng.standard_normal((2, 3, MANY.size))).float()
        seeds = torch.from_numpy(rng.integers(0, 2**60, 2))
        with recorded() as trace:
            posterior = Posterior.of(
                program, logits, temperature=temperature, through=operations("cuda")
            )
            drawn, best = posterior.drawn(seeds), posterior.best()
            told = posterior.log_marginals(-1e4)
        traces.append(trace)
        assert {"atom_stats_kernel", "chain_walk_kernel", "token_kernel"} <= {e[0] for e in trace}
        assert posterior.errors == (None, None)
        assert (drawn[0] >= 0).all()
        assert (best[0] >= 0).all()
        assert torch.isfinite(told).all()
    assert traces[0] == traces[1]
