"""Grouping rows by expert, against counting by hand."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.kernels.expert_routing import grouped
from tests.engine.kernels.device import DEVICE


def by_hand(choices, live, num_experts, block):
    """Returns (expert, pairs) of every block, in order."""
    top = len(choices[0])
    result = []
    for expert in range(num_experts):
        pairs = [
            row * top + choice
            for row, chosen in enumerate(choices)
            for choice, each in enumerate(chosen)
            if each == expert and (live is None or live[row])
        ]
        result += [(expert, pairs[at : at + block]) for at in range(0, len(pairs), block)]
    return result


@st.composite
def routings(draw):
    num_experts, top = draw(st.sampled_from([(1, 1), (5, 2), (8, 3), (16, 8)]))
    rows = draw(st.integers(1, 200))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    reach = draw(st.integers(1, num_experts + 1))  # few of them, all, or one that does not exist
    choices = torch.randint(0, reach, (rows, top), generator=generator)
    live = draw(st.sampled_from([None, 0.0, 0.5, 1.0]))
    alive = None if live is None else torch.rand(rows, generator=generator) < live
    return choices, alive, num_experts, draw(st.sampled_from([1, 16, 32]))


@given(routings())
@settings(max_examples=25, deadline=None)
def test_every_live_pair_is_in_one_block_of_its_expert_in_order(routing):
    choices, live, num_experts, block = routing
    expected = by_hand(choices.tolist(), None if live is None else live.tolist(), *routing[2:])
    on_device = None if live is None else live.to(DEVICE)
    found = grouped(choices.to(DEVICE), on_device, num_experts, block)
    pairs, used = found.pairs.tolist(), int((found.counts > 0).sum())
    blocks = [
        (expert, pairs[start : start + count])
        for expert, start, count in zip(
            found.experts[:used].tolist(),
            found.starts[:used].tolist(),
            found.counts.tolist(),
            strict=False,
        )
    ]
    assert blocks == expected
    assert not found.counts[used:].any()
