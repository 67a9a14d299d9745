"""The synthetic denoiser is Bayes' rule, path entropies add up, arms differ as their names say."""

import itertools

import numpy as np
import pytest
import torch

import constraints
from benchmarks.failures import __main__ as failures
from benchmarks.failures.arms import (
    commits_the_sample,
    draw_only,
    emission_only,
    stops_by_all,
    told_only,
)
from benchmarks.failures.path_entropy import path_entropy
from benchmarks.failures.planner import NOISE_LEVELS, NOTHING, Planner, filled, settled
from benchmarks.failures.segmentation import _others
from benchmarks.failures.tails import with_pad_floor
from constraints import Regex, Vocabulary
from engine.canvas import Ends
from engine.clock import Stopwatch
from engine.conditioned import Canvas, on_host
from engine.sampler import Noise
from engine.schedule import Schedule
from engine.step import Seen
from engine.within import choose_within

VOCABULARY = Vocabulary.from_bytes([b"a", b"b", b"ab", None, None], eos_ids=[3], pad_id=4)
ENDS = Ends.of(VOCABULARY)
WIDTH, LENGTH = 5, 4
SCHEDULE = Schedule(max_steps=8)


def block_of(pattern, tail=None):
    return constraints.compile(Regex(pattern), VOCABULARY).block(length=LENGTH, tail=tail)


def members(block):
    for token_ids in itertools.product(range(WIDTH), repeat=LENGTH):
        try:
            block.advance(token_ids)
        except ValueError:
            continue
        end = next((i for i, token in enumerate(token_ids) if token == 3), LENGTH)
        if all(token == 4 for token in token_ids[end + 1 :]):
            yield np.array(token_ids)


@pytest.mark.parametrize("pattern", ["(ab)*", "a(a|b)*", "aab|bba", "[ab]{2}"])
@pytest.mark.parametrize("seed", range(3))
def test_path_entropies_sum_to_the_entropy_of_the_canvas(pattern, seed):
    block = block_of(pattern)
    logits = np.random.default_rng(seed).normal(size=(LENGTH, WIDTH)) * 2
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    canvases = list(members(block))
    joint = np.array([log_p[np.arange(LENGTH), canvas].sum() for canvas in canvases])
    joint -= np.log(np.exp(joint).sum())
    posterior = block.condition(logits)
    expected = sum(
        np.exp(p) * path_entropy(posterior, canvas).sum()
        for p, canvas in zip(joint, canvases, strict=True)
    )
    assert expected == pytest.approx(-(np.exp(joint) * joint).sum(), abs=1e-9)
    assert expected <= posterior.entropy.sum() + 1e-9


def test_a_canvas_that_leaves_the_language_has_no_path():
    posterior = block_of("(ab)*").condition(np.zeros((LENGTH, WIDTH)))
    with pytest.raises(ValueError, match="position 1"):
        path_entropy(posterior, np.array([0, 0, 3, 4]))


@pytest.fixture
def planner():
    plans = np.array([filled([0, 1], LENGTH, ENDS), filled([2], LENGTH, ENDS)])
    return Planner(plans=plans, log_prior=np.log([0.25, 0.75]), width=WIDTH, blur=0.1)


class TestPlanner:
    def test_the_weights_are_those_of_the_rule_of_bayes(self, planner):
        for canvas in ([0, 1, 3, 4], [2, 1, 1, 1], [4, 4, 4, 4]):
            likelihood = np.zeros(2)
            for plan, tokens in enumerate(planner.plans):
                for level in NOISE_LEVELS:
                    of_token = level / WIDTH + (1 - level) * (np.array(canvas) == tokens)
                    likelihood[plan] += of_token.prod()
            expected = likelihood * [0.25, 0.75]
            got = np.exp(planner.log_weights(np.array(canvas), None))
            assert got == pytest.approx(expected / expected.sum())

    def test_its_rows_are_distributions_around_the_plans(self, planner):
        p = np.exp(planner.logits(np.array([0, 1, 3, 4]), None))
        assert p.sum(axis=1) == pytest.approx(np.ones(LENGTH), abs=1e-6)
        assert p[0, 1] == pytest.approx(0.1 / WIDTH)

    def test_where_nothing_is_planned_everything_is_as_likely(self):
        plans = np.array([[0, 3, NOTHING, NOTHING]])
        p = np.exp(Planner(plans=plans, log_prior=np.zeros(1), width=WIDTH).logits(plans[0], None))
        assert p[2:] == pytest.approx(np.full((2, WIDTH), 1 / WIDTH))

    def test_what_it_told_itself_is_evidence(self, planner):
        told = np.log(np.full((LENGTH, WIDTH), 0.01))
        told[:, 0] = 0.0
        flat = np.array([4, 4, 4, 4])
        assert planner.log_weights(flat, told)[0] > planner.log_weights(flat, None)[0]

    def test_a_plan_that_is_a_member_is_what_settles(self, planner):
        block = block_of("ab|b")
        found = [settled(planner, block, SCHEDULE, seed=seed) for seed in range(5)]
        assert {block.constraint.text(end.draft.best[0].tolist()) for end in found} == {b"ab"}


def seen_of(block, logits, *, seed):
    posterior = on_host(Canvas(block, logits, Noise(seed, WIDTH, logits.device)))
    assert not isinstance(posterior, Exception)
    return Seen(logits=logits, posterior=posterior)


class TestArms:
    """Each differs from the engine in what its name says, and in nothing else."""

    @pytest.fixture
    def drafts(self):
        block = block_of("(ab)*|b")
        logits = torch.randn(1, LENGTH, WIDTH, generator=torch.Generator().manual_seed(0))

        def draft(step):
            seen = seen_of(block, logits, seed=1)
            return step(seen, block=block, ends=ENDS, stopwatch=Stopwatch())

        return logits, draft, draft(choose_within)

    def test_emission_only(self, drafts):
        logits, draft, member = drafts
        found = draft(emission_only)
        assert torch.equal(found.best, member.best)
        assert torch.equal(found.self_conditioning(), logits)
        assert not torch.allclose(found.entropy, member.entropy.float())

    def test_draw_only_and_told_only(self, drafts):
        logits, draft, member = drafts
        drawn, told = draft(draw_only), draft(told_only)
        assert torch.equal(drawn.proposal, member.proposal)
        assert torch.equal(drawn.self_conditioning(), logits)
        assert torch.equal(told.self_conditioning(), member.self_conditioning())

    def test_stops_by_all_counts_what_is_forced(self, drafts):
        _, draft, member = drafts
        assert draft(stops_by_all).uncertainty == pytest.approx(float(member.entropy.mean()))

    def test_commits_the_sample(self, drafts):
        _, draft, _ = drafts
        found = draft(commits_the_sample)
        assert torch.equal(found.best, found.proposal)

    def test_a_floor_under_pad_favours_the_end(self):
        block = block_of("b*")
        logits = torch.zeros(1, LENGTH, WIDTH)
        logits[..., 4] = -10.0
        given = {"block": block, "ends": ENDS, "stopwatch": Stopwatch()}

        def length(step):
            draft = step(seen_of(block, logits, seed=0), **given)
            return len(block.constraint.text(draft.best[0].tolist()))

        assert (length(choose_within), length(with_pad_floor(0.9))) == (4, 0)


def test_tokens_of_another_segmentation_are_counted():
    assert _others(VOCABULARY, [0, 1, 2], [2, 2]) == 2
    assert _others(VOCABULARY, [2, 2], [2, 2]) == 0


def test_an_unknown_experiment_is_a_wrong_call(capsys):
    assert failures.main(["--only", "collapse,phlogiston"]) == 2
    assert "phlogiston" in capsys.readouterr().out
