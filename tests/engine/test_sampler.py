"""Acceptance, noise and stopping, one step at a time."""

from dataclasses import replace

import pytest
import torch

from engine.sampler import Draft, Noise, Settling, within_entropy_bound
from engine.schedule import Schedule


def draft(best, *, uncertainty=0.0, decided=False):
    row = torch.tensor([best])
    return Draft(
        logits=torch.zeros(1, len(best), 4),
        proposal=row,
        best=row,
        entropy=torch.zeros(1, len(best)),
        uncertainty=uncertainty,
        decided=decided,
        log_z=0.0,
        self_conditioning=lambda: torch.zeros(1, len(best), 4),
    )


def test_acceptance_equals_the_example_computed_by_hand():
    # Ascending: .01 .02 .08 .5 .9; before each: 0 .01 .03 .11 .61; bound .1 admits three.
    entropy = torch.tensor([[0.9, 0.02, 0.5, 0.01, 0.08]])
    accepted = within_entropy_bound(entropy, 0.1)
    assert accepted.tolist() == [[False, True, False, True, True]]


def test_the_surest_position_is_accepted_however_unsure_it_is():
    accepted = within_entropy_bound(torch.tensor([[5.0, 4.0, 6.0]]), 0.1)
    assert accepted.tolist() == [[False, True, False]]


def test_positions_without_entropy_are_all_accepted():
    accepted = within_entropy_bound(torch.tensor([[0.0, 7.0, 0.0, 0.0, 3.0]]), 0.1)
    assert accepted.tolist() == [[True, False, True, True, True]]


def test_noise_is_the_same_for_a_seed_and_covers_every_id():
    one, two = (Noise(3, 5, torch.device("cpu")) for _ in range(2))
    drawn = one.canvas(400)
    assert torch.equal(drawn, two.canvas(400))
    assert set(drawn[0].tolist()) == {0, 1, 2, 3, 4}
    assert one.numpy.random() == two.numpy.random()
    assert not torch.equal(drawn, Noise(4, 5, torch.device("cpu")).canvas(400))


@pytest.mark.parametrize("seed", [-1, 2**63, 2**64 + 7])
def test_any_integer_is_a_seed(seed):
    assert Noise(seed, 5, torch.device("cpu")).canvas(3).shape == (1, 3)


def test_a_canvas_settles_once_it_stays_the_same_and_is_certain():
    settling = Settling(Schedule(stability_threshold=1, confidence_threshold=0.1))
    assert not settling.settled(draft([1, 2], uncertainty=0.0))
    assert not settling.settled(draft([1, 3], uncertainty=0.0))
    assert not settling.settled(draft([1, 3], uncertainty=0.2))
    assert settling.settled(draft([1, 3], uncertainty=0.09))


def test_stability_must_last_as_many_steps_as_asked():
    settling = Settling(Schedule(stability_threshold=2))
    assert [settling.settled(draft([1])) for _ in range(3)] == [False, False, True]


def test_without_a_stability_threshold_certainty_is_enough():
    assert Settling(Schedule(stability_threshold=0)).settled(draft([1]))


def test_a_decided_canvas_settles_at_once():
    assert Settling(Schedule(stability_threshold=3)).settled(draft([1], decided=True))


def test_the_temperature_falls_from_t_max_towards_t_min():
    schedule = Schedule(max_steps=4, t_min=0.4, t_max=0.8)
    warm = [float(schedule.temperature(step)) for step in range(1, 5)]
    assert warm == pytest.approx([0.8, 0.7, 0.6, 0.5])


def test_a_schedule_is_read_from_a_generation_config(network):
    schedule = Schedule.from_generation_config(network.generation_config)
    assert schedule == Schedule(max_steps=6)
    assert schedule.with_max_steps(None) == schedule
    assert schedule.with_max_steps(2) == replace(schedule, max_steps=2)


@pytest.mark.parametrize("wrong", [{"max_steps": 0}, {"t_min": 0.0}, {"t_min": 0.9}])
def test_an_impossible_schedule_is_refused(wrong):
    with pytest.raises(ValueError, match=r"max_steps|temperatures"):
        Schedule(**wrong)
