"""Canvases: training shows the decoder what generation will show it."""

from typing import Any

import pytest
import torch
from transformers import DynamicCache

from models.canvases import canvases_at, drawn_cuts, repeated
from models.losses import decoder_call, encode, noisy_before
from models.settings import Settings
from tests.models.tiny import CANVAS, CASES, EOS, PAD, WIDTH, make_batch, make_model

CUTS = torch.tensor([0, 3, 0, 7, 0, 1])  # two a case


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def model():
    return make_model().eval()


@pytest.fixture(scope="module")
def canvases():
    return canvases_at(CUTS, make_batch(), CANVAS, PAD, pad_weight=0.1)


def test_targets_are_the_answer_from_the_cut_then_eos_then_pad(canvases):
    assert canvases.target.tolist() == [
        [21, 22, 23, EOS],
        [EOS, PAD, PAD, PAD],
        [24, 25, 26, 27],
        [31, 32, EOS, PAD],
        [35, EOS, PAD, PAD],
        [EOS, PAD, PAD, PAD],
    ]


def test_pad_weighs_less(canvases):
    expected = torch.where(canvases.target == PAD, 0.1, 1.0)
    assert torch.equal(canvases.weight, expected)


def test_positions_go_on_behind_the_part_that_is_seen(canvases):
    prompt_width = max(len(case.prompt_ids) for case in CASES)
    first = [prompt_width + cut for cut in CUTS.tolist()]
    assert canvases.position_ids.tolist() == [[*range(at, at + CANVAS)] for at in first]


def test_the_mask_shows_the_prompt_the_answer_before_the_cut_and_the_canvas(canvases):
    batch = make_batch()
    prompt_width, answer_width = batch.prompt_ids.shape[1], batch.answer_ids.shape[1]
    prompt, answer, canvas = canvases.mask.split([prompt_width, answer_width, CANVAS], dim=1)
    assert torch.equal(prompt, batch.prompt_mask.repeat_interleave(2, 0))
    assert answer.sum(1).tolist() == CUTS.tolist()
    assert all(row[:cut].all() for row, cut in zip(answer, CUTS.tolist(), strict=True))
    assert canvas.all()


@torch.no_grad()
def test_the_decoder_sees_what_encoding_prompt_and_beginning_alone_would_show_it(model, canvases):
    noisy = torch.randint(
        0, WIDTH, canvases.target.shape, generator=torch.Generator().manual_seed(1)
    )
    guess = torch.randn(*noisy.shape, WIDTH, generator=torch.Generator().manual_seed(2))
    cache, _ = encode(model, make_batch())
    together = model(
        **decoder_call(canvases, noisy, repeated(cache, 2, model.config.text_config)),
        self_conditioning_logits=guess,
    ).logits
    for row, cut in enumerate(CUTS.tolist()):
        case = CASES[row // 2]
        alone_cache = DynamicCache(config=model.config.text_config)
        seen = torch.tensor([[*case.prompt_ids, *case.answer_ids[:cut]]])
        model.model.encoder(input_ids=seen, past_key_values=alone_cache)
        alone = model(
            decoder_input_ids=noisy[row : row + 1],
            past_key_values=alone_cache,
            self_conditioning_logits=guess[row : row + 1],
        ).logits[0]
        torch.testing.assert_close(together[row], alone, atol=1e-4, rtol=0)


@torch.no_grad()
def test_one_more_token_of_the_answer_would_be_noticed(model, canvases):
    """The test above can fail: a mask one place too wide gives other logits."""
    cache, _ = encode(model, make_batch())
    call = decoder_call(canvases, canvases.target, repeated(cache, 2, model.config.text_config))
    wider = canvases_at(CUTS + 1, make_batch(), CANVAS, PAD, 0.1).mask
    right, wrong = (
        model(**{**call, "decoder_attention_mask": mask}).logits for mask in (canvases.mask, wider)
    )
    assert (right - wrong).abs().amax((1, 2)).min() > 1e-3


@torch.no_grad()
def test_causal_logits_predict_each_token_from_those_before_it(model):
    _, logits = encode(model, make_batch())
    for row, case in enumerate(CASES):
        ids = torch.tensor([[*case.prompt_ids, *case.answer_ids]])
        cache = DynamicCache(config=model.config.text_config)
        hidden = model.model.encoder(input_ids=ids, past_key_values=cache).last_hidden_state
        cap = model.config.text_config.final_logit_softcapping
        alone = torch.tanh(model.lm_head(hidden) / cap)[0, len(case.prompt_ids) - 1 : -1] * cap
        torch.testing.assert_close(logits[row, : len(alone)], alone, atol=1e-4, rtol=0)


def test_gradients_reach_the_encoder_through_the_repeated_cache():
    model = make_model()
    cache, _ = encode(model, make_batch())
    canvases = canvases_at(CUTS, make_batch(), CANVAS, PAD, 0.1)
    layer: Any = cache.layers[0]
    keys = layer.keys
    keys.retain_grad()
    call = decoder_call(canvases, canvases.target, repeated(cache, 2, model.config.text_config))
    model(**call).logits.sum().backward()
    assert keys.grad.abs().sum() > 0


def test_the_first_cut_is_the_beginning_and_all_lie_in_the_answer():
    torch.manual_seed(0)
    lengths = torch.randint(1, 90, (400,))
    cuts = drawn_cuts(lengths, 16, Settings(cuts=3)).view(-1, 3)
    assert not cuts[:, 0].any()
    assert (cuts >= 0).all()
    assert (cuts < lengths[:, None]).all()


@pytest.mark.parametrize(("aligned", "least", "most"), [(1.0, 1.0, 1.0), (0.0, 0.0, 0.3)])
def test_the_share_of_aligned_cuts_is_a_setting(aligned, least, most):
    torch.manual_seed(0)
    cuts = drawn_cuts(torch.full((500,), 80), 16, Settings(cuts=2, aligned=aligned))[1::2]
    assert least <= (cuts % 16 == 0).float().mean() <= most


def test_foresight_counts_the_replaced_positions_before_each():
    replaced = torch.tensor([[True, False, True, True], [False, False, False, True]])
    assert noisy_before(replaced).tolist() == [[0, 1, 1, 2], [0, 0, 0, 0]]
