"""Batches: within their limits, and the same from the same place."""

import pytest
import torch

from models.batches import Batches, Plan, padded
from models.corpus import examples
from models.tokenizer import train_tokenizer
from tests.models.tiny import CASES, PAD

PLAN = Plan(tokens=600, answer=90, longest=300)


@pytest.fixture(scope="module")
def tokenizer():
    texts = [part for case in examples(3, "train", 200) for part in (case.text, case.answer)]
    return train_tokenizer(texts, vocab_size=600)


def test_prompts_are_padded_on_the_left_and_answers_on_the_right():
    batch = padded(CASES, PAD)
    for row, case in enumerate(CASES):
        assert batch.prompt_ids[row][batch.prompt_mask[row]].tolist() == list(case.prompt_ids)
        assert batch.prompt_mask[row, -len(case.prompt_ids) :].all()
        length = int(batch.answer_length[row])
        assert batch.answer_ids[row, :length].tolist() == list(case.answer_ids)
        assert (batch.answer_ids[row, length:] == PAD).all()


def test_batches_keep_to_the_plan(tokenizer):
    batches = list(Batches(tokenizer, PLAN).stream(0.3))
    assert len(batches) > 10
    for batch in batches:
        width = batch.prompt_ids.shape[1] + batch.answer_ids.shape[1]
        assert width <= PLAN.longest
        assert width * len(batch.prompt_ids) <= PLAN.tokens
        assert batch.answer_ids.shape[1] <= PLAN.answer


def test_a_stream_can_be_taken_up_at_any_index(tokenizer):
    first = next(Batches(tokenizer, PLAN, index=40).stream(0.2))
    again = next(Batches(tokenizer, PLAN, index=40).stream(0.2))
    assert torch.equal(first.prompt_ids, again.prompt_ids)
