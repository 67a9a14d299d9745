"""Segmentations that are not the tokenizer's own: how many are committed, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch

from benchmarks.failures.arms import Arm, choose_within, conditioned_anew
from benchmarks.failures.lab import ENGINE, Figures, Lab
from benchmarks.failures.on_model import Answers, answered
from constraints import Block, Vocabulary
from engine.sampler import Draft
from engine.step import Seen

PENALTIES = (1.0, 2.0)


def on_model(lab: Lab) -> Figures:
    """Every segmentation counts by default; `penalty` prefers few tokens, as the tokenizer does.

    `other_tokens` is the share of committed tokens that the tokenizer would not have made of the
    same text, `answers_with` the share of answers that hold any. `fields_with` and
    `fields_without` split the accuracy by that.
    """
    figures = {ENGINE.name: _figures(lab, lab.reference)}
    for nats in PENALTIES:
        arm = Arm(name=f"penalty {nats}", step=partial(_penalised, nats=nats))
        answers = answered(lab.engine, lab.cases, arm)
        figures[arm.name] = _figures(lab, answers) | answers.against(lab.reference)
    return figures


def _figures(lab: Lab, answers: Answers) -> dict[str, float]:
    found = [
        _others(lab.vocabulary, each.token_ids, lab.token_ids(each.text))
        for each in answers.results
    ]
    others = np.array(found)
    total = sum(len(each.token_ids) for each in answers.results)
    with_any = others > 0
    return {
        **answers.figures(),
        "other_tokens": round(float(others.sum() / total), 4),
        "answers_with": round(float(with_any.mean()), 4),
        "fields_with": _mean(answers.shares[with_any]),
        "fields_without": _mean(answers.shares[~with_any]),
    }


def _mean(shares: np.ndarray) -> float:
    return round(float(shares.mean()), 4) if len(shares) else float("nan")


def _others(vocabulary: Vocabulary, written: Sequence[int], canonical: Sequence[int]) -> int:
    """How many tokens of a segmentation stand at no place of the other one."""
    return len(_spans(vocabulary, written) - _spans(vocabulary, canonical))


def _spans(vocabulary: Vocabulary, token_ids: Sequence[int]) -> set[tuple[int, int]]:
    ends = np.cumsum([len(vocabulary.tokens[token] or b"") for token in token_ids])
    return set(zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True))


def _penalised(seen: Seen, *, block: Block, nats: float, **given: Any) -> Draft:
    """Every token of text that is shorter than the longest one with its beginning costs `nats`."""
    penalty = torch.from_numpy(_shorter(block.constraint.vocabulary)) * nats
    logits = seen.logits - penalty
    return choose_within(conditioned_anew(seen, block, logits), block=block, **given)


def _shorter(vocabulary: Vocabulary) -> np.ndarray:
    """(V,) float32, 1 for a single byte of text, 0 for longer pieces and for what is no text."""
    return np.array([len(token or b"  ") == 1 for token in vocabulary.tokens], dtype=np.float32)
