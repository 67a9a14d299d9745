"""One step within a language: what is drawn, committed, counted and told."""

import numpy as np
import pytest
import torch

from constraints import Choice, Regex
from constraints.errors import BlockformError
from engine.canvas import Ends
from engine.clock import Stopwatch
from engine.conditioned import Canvas, Conditioner, on_host
from engine.sampler import Noise
from engine.step import Seen
from engine.within import LOG_ZERO, choose_within
from tests.engine.tiny import WIDTH, make_tokenizer

CONDITION = {
    "host": on_host,
    "device": lambda canvas: Conditioner().on_device([canvas])[0],
}


@pytest.fixture(params=CONDITION.values(), ids=list(CONDITION))
def choose(engine, request):
    condition = request.param

    def chosen(spec, logits, *, seed=0, **where):
        block = engine.compile(spec).block(length=logits.shape[1], **where)
        posterior = condition(Canvas(block, logits, Noise(seed, WIDTH, logits.device)))
        if isinstance(posterior, BlockformError):
            raise posterior
        return choose_within(
            Seen(logits=logits, posterior=posterior),
            block=block,
            ends=Ends.of(engine.model.vocabulary),
            stopwatch=Stopwatch(),
        )

    return chosen


def liking(*texts, strength=30.0):
    """Returns logits that like one token at each position; `None` likes the end."""
    tokenizer = make_tokenizer()
    logits = torch.zeros(1, len(texts), WIDTH)
    for position, text in enumerate(texts):
        logits[0, position, tokenizer.backend_tokenizer.token_to_id(text or "<eos>")] = strength
    return logits


def text_of(engine, spec, token_ids):
    return engine.compile(spec).text(token_ids[0].tolist()).decode()


def test_proposals_are_different_members(engine, choose):
    spec, flat = Regex("[a-f]{2,4}x"), torch.zeros(1, 6, WIDTH)
    drawn = {text_of(engine, spec, choose(spec, flat, seed=s).proposal) for s in range(20)}
    assert len(drawn) > 5
    assert all(engine.compile(spec).accepts(text.encode()) for text in drawn)


def test_the_best_is_the_most_probable_member(engine, choose):
    spec = Choice(["cat", "cow"])
    choice = choose(spec, liking("d", "o", "g", None, strength=3.0))
    assert text_of(engine, spec, choice.best) == "cow"


def test_what_follows_the_end_is_filled_in_the_best(engine, choose):
    choice = choose(Choice(["a", "bcd"]), liking("a", None, "z", "z", "z"))
    vocabulary = engine.model.vocabulary
    assert choice.best[0, 1:].tolist() == [vocabulary.eos_ids[0]] + [vocabulary.pad_id] * 3


def test_the_next_step_is_told_the_constrained_marginals(engine, choose):
    spec, flat = Regex("[ab]{3}"), torch.zeros(1, 4, WIDTH)
    told = choose(spec, flat).self_conditioning()
    assert told.shape == flat.shape
    assert told.dtype == torch.float32
    assert bool(torch.isfinite(told).all())
    assert torch.allclose(told.exp().sum(dim=-1), torch.ones(1, 4), atol=1e-5)
    forbidden = make_tokenizer()("z")["input_ids"][0]
    assert told[0, :, forbidden].tolist() == [LOG_ZERO] * 4


def test_or_the_logits_that_the_model_gave(engine):
    spec, logits = Regex("[ab]{3}"), torch.randn(1, 4, WIDTH)
    block = engine.compile(spec).block(length=4)
    posterior = on_host(Canvas(block, logits, Noise(0, WIDTH, logits.device)))
    assert not isinstance(posterior, Exception)
    choice = choose_within(
        Seen(logits=logits, posterior=posterior),
        block=block,
        ends=Ends.of(engine.model.vocabulary),
        stopwatch=Stopwatch(),
        self_conditioning="logits",
    )
    assert torch.equal(choice.self_conditioning(), logits)
    assert engine.compile(spec).accepts(text_of(engine, spec, choice.proposal).encode())


def test_log_z_is_that_of_the_language(choose):
    flat = torch.zeros(1, 1, WIDTH)
    assert choose(Choice(["a", "b"]), flat).log_z == pytest.approx(np.log(2 / WIDTH))


def test_forced_positions_do_not_dilute_the_uncertainty(choose):
    # "x", one of two letters, "y", the end: one position decides, by one nat of a fair coin.
    choice = choose(Choice(["xpy", "xqy"]), torch.zeros(1, 4, WIDTH))
    assert choice.uncertainty == pytest.approx(np.log(2))
    assert choice.entropy[0].tolist() == pytest.approx([0, np.log(2), 0, 0], abs=1e-9)
    assert not choice.decided


def test_a_canvas_is_decided_where_all_that_is_free_lies_after_the_end(choose):
    spec = Regex("a[ab]*")
    logits = liking("a", None, "b", "b", strength=60.0)
    open_end = choose(spec, logits, tail="any")
    # The end itself is free, and live, but certain; what follows has ended and has no say.
    assert open_end.entropy[0, 2:].tolist() == [0.0, 0.0]
    assert open_end.uncertainty == pytest.approx(0.0, abs=1e-9)
    assert choose(Choice(["a"]), logits, tail="any").decided
