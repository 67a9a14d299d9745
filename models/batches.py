"""Batches: cases of similar length, tokenised and padded."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from engine.prompt import with_outline
from models.corpus import JOB_WEIGHTS, example_at
from models.pools import Split, load_pools

POOL_BATCHES = 32
FULL_SIZE = 0.7
LEAST_SIZE = 0.1
LEAST_CASES = 4


@dataclass(frozen=True, slots=True)
class Encoded:
    """A case as ids: what is read, and the answer with its eos."""

    prompt_ids: tuple[int, ...]
    answer_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """Prompts padded on the left to width P, answers on the right to width A.

    Attributes:
        prompt_ids: (B, P) int64.
        prompt_mask: (B, P) bool, true = a token.
        answer_ids: (B, A) int64, the answer, eos, then pad.
        answer_length: (B,) int64, eos included.
    """

    prompt_ids: Tensor
    prompt_mask: Tensor
    answer_ids: Tensor
    answer_length: Tensor


def encoded(tokenizer: PreTrainedTokenizerBase, outline: str, text: str, answer: str) -> Encoded:
    """Returns the ids of one case."""
    prompt_ids: Any = tokenizer(with_outline(text, outline))["input_ids"]
    answer_ids: Any = tokenizer(answer, add_special_tokens=False)["input_ids"]
    eos_id: Any = tokenizer.eos_token_id
    return Encoded(tuple(prompt_ids), (*answer_ids, eos_id))


def padded(cases: list[Encoded], pad_id: int) -> Batch:
    """Returns cases as tensors."""
    prompt_width = max(len(case.prompt_ids) for case in cases)
    answer_width = max(len(case.answer_ids) for case in cases)
    gaps = [prompt_width - len(case.prompt_ids) for case in cases]
    tails = [answer_width - len(case.answer_ids) for case in cases]
    return Batch(
        torch.tensor([[pad_id] * n + [*c.prompt_ids] for n, c in zip(gaps, cases, strict=True)]),
        torch.arange(prompt_width) >= torch.tensor(gaps)[:, None],
        torch.tensor([[*c.answer_ids] + [pad_id] * n for n, c in zip(tails, cases, strict=True)]),
        torch.tensor([len(case.answer_ids) for case in cases]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How batches are made.

    Attributes:
        tokens: Tokens of a batch at most, padding included.
        answer: Tokens of an answer at most; longer ones are left out.
        longest: Tokens of prompt and answer at most, in every row of a batch with its padding:
            fewer than the sliding window, so that a row's cache is never cut.
        job_weights: How often records, choices and SQL queries are drawn.
        seed: Of the stream.
    """

    tokens: int = 3500
    answer: int = 160
    longest: int = 470
    job_weights: tuple[int, int, int] = JOB_WEIGHTS
    seed: int = 1


class Batches:
    """An endless stream of training batches that can be taken up again at any index."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, plan: Plan, index: int = 0) -> None:
        """Starts at case `index` of the training stream."""
        self.tokenizer, self.plan, self.index = tokenizer, plan, index
        self.pools = load_pools("train")

    def stream(self, size: float, split: Split = "train") -> Iterator[Batch]:
        """Yields batches from one pool of cases, those of similar length together."""
        rng = random.Random(f"{self.plan.seed}/{self.index}")
        pad_id: Any = self.tokenizer.pad_token_id
        cases, held = [], 0
        while held < POOL_BATCHES * self.plan.tokens:
            case = self._next(rng, size, split)
            length = len(case.prompt_ids) + len(case.answer_ids)
            if length <= self.plan.longest and len(case.answer_ids) <= self.plan.answer:
                cases.append(case)
                held += length
        cases.sort(key=lambda c: (len(c.answer_ids) // 8, len(c.prompt_ids)))
        groups = self._split(cases)
        rng.shuffle(groups)
        for group in groups:
            yield padded(group, pad_id)

    def _next(self, rng: random.Random, size: float, split: Split) -> Encoded:
        drawn = max(size if rng.random() < FULL_SIZE else size * rng.random(), LEAST_SIZE)
        example = example_at(
            self.plan.seed, split, self.index, self.pools, drawn, weights=self.plan.job_weights
        )
        self.index += 1
        return encoded(self.tokenizer, example.outline, example.text, example.answer)

    def _split(self, cases: list[Encoded]) -> list[list[Encoded]]:
        groups: list[list[Encoded]] = [[]]
        for case in cases:
            trial = [*groups[-1], case]
            widest = max(len(c.prompt_ids) for c in trial) + max(len(c.answer_ids) for c in trial)
            too_large = len(trial) * widest > self.plan.tokens or widest > self.plan.longest
            if too_large and groups[-1]:
                groups.append([case])
            else:
                groups[-1].append(case)
        return [group for group in groups if len(group) >= min(LEAST_CASES, len(cases))]
