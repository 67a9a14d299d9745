"""Reductions over lists of every length, those that take several blocks of a tile among them."""

from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from engine.algebra.buffers import DeviceTiles
from engine.algebra.tiles import tiled
from engine.kernels.tile_sums import tile_maxima_, tile_sums_
from tests.engine.kernels.device import DEVICE

LENGTHS = [1] * 10 + [2] * 40 + [3] * 40 + [0] + [9] * 30 + [33, 70, 257]
NUM_ROWS, NUM_VALUES, SIZE = 2, 500, 32


def lists(seed=0):
    rng = np.random.default_rng(seed)
    ptr = np.cumsum([0, *LENGTHS])
    columns = tuple(rng.integers(0, NUM_VALUES, ptr[-1]).astype(np.int32) for _ in range(2))
    tiles = tiled(ptr, columns, SIZE)
    assert len(set(tiles.heads[tiles.heads[:, 1] > 1, 0].tolist())) > 1
    arrays = (np.array([len(tiles.heads)]), tiles.heads[None], tiles.items[None])
    arrays += tuple(each.reshape(1, -1) for each in tiles.columns)
    moved = [torch.from_numpy(each.astype(np.int32)).to(DEVICE) for each in arrays]
    counts, heads, items, first, second = moved
    program: Any = SimpleNamespace(
        capacity=SimpleNamespace(requests=1, length=NUM_ROWS),
        buffers=SimpleNamespace(length=torch.tensor([NUM_ROWS], dtype=torch.int32, device=DEVICE)),
    )
    on_device = DeviceTiles(
        size=SIZE, counts=counts, heads=heads, items=items, first=first, second=second
    )
    members = [
        tuple(torch.from_numpy(each[a:b]).long().to(DEVICE) for each in columns)
        for a, b in pairwise(ptr)
    ]
    return program, on_device, members


def values(seed):
    rng = np.random.default_rng(seed)
    drawn = torch.from_numpy(rng.standard_normal((1, NUM_ROWS, NUM_VALUES))).float()
    drawn[..., ::7] = -torch.inf
    return drawn.to(DEVICE)


def test_sums():
    program, tiles, members = lists()
    x, y = values(1), values(2)
    shift = torch.tensor([[1.5, -torch.inf]], device=DEVICE)
    out = torch.full((1, NUM_ROWS, len(LENGTHS)), 99.0, device=DEVICE)
    tile_sums_(out, program, tiles, x, y, shift)
    base = torch.where(shift.isinf(), 0.0, shift)
    for item, (first, second) in enumerate(members):
        wanted = torch.logsumexp(x[..., first] + y[..., second], dim=-1) - base
        if not len(first):
            wanted = torch.full_like(base, 99.0)
        torch.testing.assert_close(out[..., item], wanted, rtol=1e-5, atol=1e-5)


def test_maxima():
    program, tiles, members = lists()
    tops = values(1).round(decimals=1)
    bests = torch.randperm(tops.numel(), device=DEVICE).int().view(tops.shape)
    peaks = torch.full((1, NUM_ROWS, len(LENGTHS)), 99.0, device=DEVICE)
    tokens = torch.full_like(peaks, -1, dtype=torch.int32)
    tile_maxima_(peaks, tokens, program, tiles, tops, bests)
    for item, (first, _) in enumerate(members):
        if len(first):
            peak = tops[..., first].amax(dim=-1)
            lowest = torch.where(tops[..., first] == peak[..., None], bests[..., first], 10**6)
            assert torch.equal(peaks[..., item], peak)
            assert torch.equal(tokens[..., item], lowest.amin(dim=-1))
