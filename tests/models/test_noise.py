"""Noise: all of a canvas, part of it, or what comes after a settled beginning."""

import torch

from models.noise import corrupted, settled_levels
from models.settings import Settings

TARGET = torch.arange(16).expand(600, 16) + 5_000
WIDTH = 4_000  # so that no replaced token is its own target


def changed(settings: Settings) -> torch.Tensor:
    torch.manual_seed(0)
    return corrupted(TARGET, WIDTH, settings) != TARGET


def test_full_noise_leaves_nothing():
    assert changed(Settings(full_noise=1.0, settled=0.0)).all()


def test_one_level_replaces_a_share_at_any_place():
    shares = changed(Settings(full_noise=0.0, settled=0.0)).float()
    assert 0.4 < shares.mean() < 0.6
    assert (shares.mean(0) - 0.5).abs().max() < 0.1


def test_a_settled_beginning_is_cleaner_than_what_follows():
    shares = changed(Settings(full_noise=0.0, settled=1.0)).float().mean(0)
    assert shares[0] < 0.2
    assert shares[-1] > 0.7


def test_levels_lie_between_none_and_all():
    levels = settled_levels(torch.Size((300, 16)))
    assert levels.shape == (300, 16)
    assert (levels >= 0).all()
    assert (levels <= 1).all()
