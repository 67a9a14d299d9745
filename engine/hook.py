"""A constraint inside Transformers' own `generate`, as its list of logits processors.

What it is, what it is not, and how to use it: `docs/transformers_hook.md`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from transformers import LogitsProcessorList
from transformers.models.diffusion_gemma.generation_diffusion_gemma import (
    LinearTemperatureScheduleLogitsProcessor,
)

from constraints import BlockformError, EmptyError
from engine.canvas import Ends
from engine.conditioned import Canvas, Conditioner, RowPosterior
from engine.errors import BudgetError, EngineError
from engine.sampler import Noise
from engine.within import CERTAINLY_ENDED, LOG_ZERO

if TYPE_CHECKING:
    from constraints import Block, Constraint, State

LEAD = 1e-3
"""Nats by which the most probable canvas leads at every position; many ulps of a log-marginal."""


class ConstrainedLogits(LogitsProcessorList):
    """The logits processors of one call of `generate`, of which the last is the constraint.

    Pass it as `logits_processor`. `generate` adds its temperature to this list, and other
    processors may stand in it; all of them run first. What comes out is, for each row, the
    log-marginals of its canvas given that it is a member, with the most probable member (Viterbi)
    lifted to the top of every position. `generate` commits the argmax of each position, so that
    whichever step is its last, what it commits is that member.

    Budgets are whole canvases, as in `generate`: each canvas is conditioned to leave a member
    within reach of the canvases after it.

    Transformers draws every position by itself from these marginals. Within `drawing_jointly` it
    is given one draw of the whole canvas instead, as the engine feeds back.

    One object serves one call. `texts` reads what the call returned.

    Source: `DiffusionGemmaGenerationMixin` in Transformers 5.23.
    """

    def __init__(
        self, constraint: Constraint | Sequence[Constraint], max_new_tokens: int = 256
    ) -> None:
        """Begins before the first canvas.

        Args:
            constraint: The language of every prompt, or one for each prompt of the batch, over
                vocabularies as wide as the logits with the ends that `generate` knows.
            max_new_tokens: What `generate` is given, so that the last canvas ends the text.

        Raises:
            ValueError: The budget is not positive, or there is no constraint.
        """
        super().__init__()
        self._constraints = [constraint] if not isinstance(constraint, Sequence) else [*constraint]
        if not self._constraints:
            raise ValueError("there is no constraint; give one, or one for each prompt")
        if max_new_tokens < 1:
            raise ValueError(f"max_new_tokens is {max_new_tokens}; it must be at least 1")
        self._max_new_tokens = max_new_tokens
        self._rows: list[_Row] = []
        self._posteriors: dict[int, RowPosterior] = {}
        self._conditioner = Conditioner()
        self._noise = Noise(0, self._constraints[0].vocabulary.size, torch.device("cpu"))
        self._prompt_length = 0
        self._last_step = 0

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        """Conditions one denoising step.

        Args:
            input_ids: (B, n) int64, the prompts and the canvases committed so far.
            scores: (B, L, V) raw logits.
            **kwargs: `cur_step`, the number of steps that remain, this one included.

        Returns:
            (B, L, V) float32, finite.

        Raises:
            BudgetError: A shortest member takes more than the budget.
            EmptyError: The logits leave a row no member.
            EngineError: The logits are not finite, or as many as no vocabulary here.
            ValueError: The object has served a call already, or rows and constraints differ.
        """
        self._turn(input_ids, scores.shape, int(kwargs["cur_step"]))
        tempered = super().__call__(input_ids, scores, **kwargs).float()
        self._check(tempered)
        self._posteriors = self._conditioned(tempered)
        result = torch.full_like(tempered, LOG_ZERO)
        for i, row in enumerate(self._rows):
            if i in self._posteriors:
                result[i] = _led(self._posteriors[i], row.ends)
            else:
                result[i, :, row.ends.fill_id] = 0.0
        return result

    @contextmanager
    def drawing_jointly(self, model: Any, seed: int = 0) -> Iterator[None]:
        """Within it, `model.generate` feeds back one draw of each whole canvas.

        It stands in for the model's `_prepare_sampler`, which is no public part of Transformers
        (5.23), and gives the sampler it prepares another draw to accept from.

        Args:
            model: The `DiffusionGemmaForBlockDiffusion` that is called, in this thread.
            seed: Of the draws; Transformers' own noise has torch's global generator.
        """
        self._noise = Noise(seed, model.config.text_config.vocab_size, torch.device("cpu"))
        prepare = model._prepare_sampler

        def prepared(generation_config: Any) -> Any:
            sampler = prepare(generation_config)
            accept = sampler.accept_canvas

            def accept_canvas(current: Tensor, _: Tensor, logits: Tensor, cur_step: Any) -> Tensor:
                return accept(current, self._drawn(current), logits, cur_step)

            sampler.accept_canvas = accept_canvas
            return sampler

        model._prepare_sampler = prepared
        try:
            yield
        finally:
            del model._prepare_sampler

    def texts(self, sequences: Tensor) -> list[str]:
        """Returns the text of each row of what `generate` returned, each a whole member.

        Args:
            sequences: (B, n) int64, prompts and answers.

        Raises:
            EngineError: A row is no member: `generate` was given fewer tokens than this object,
                other ends, or a stopping criterion of the caller's.
        """
        answers = sequences[:, self._prompt_length :].tolist()
        if not self._rows or len(answers) != len(self._rows):
            raise ValueError(f"{len(answers)} rows; the call that was served had {len(self._rows)}")
        return [
            row.text(i, answer)
            for i, (row, answer) in enumerate(zip(self._rows, answers, strict=True))
        ]

    def _conditioned(self, logits: Tensor) -> dict[int, RowPosterior]:
        """The posterior of each row whose text has not ended."""
        blocks = {i: row.block for i, row in enumerate(self._rows) if row.block is not None}
        canvases = [Canvas(block, logits[i : i + 1], self._noise) for i, block in blocks.items()]
        found = self._conditioner.posteriors(canvases)
        posteriors: dict[int, RowPosterior] = {}
        for i, posterior in zip(blocks, found, strict=True):
            if isinstance(posterior, EmptyError):
                raise EmptyError(f"row {i}, {posterior}", position=posterior.position)
            if isinstance(posterior, BlockformError):
                raise posterior
            posteriors[i] = posterior
        return posteriors

    def _drawn(self, canvas: Tensor) -> Tensor:
        """(B, L) int64, one draw of each canvas at the step at hand; filled where a text ended."""
        drawn = torch.empty_like(canvas)
        for i, row in enumerate(self._rows):
            if i in self._posteriors:
                drawn[i] = torch.from_numpy(self._posteriors[i].sample()).to(drawn)
            else:
                drawn[i] = row.ends.fill_id
        return drawn

    def _turn(self, input_ids: Tensor, shape: torch.Size, cur_step: int) -> None:
        """Goes on to the next step, or the next canvas where one was committed."""
        num_rows, length = shape[0], shape[1]
        written = input_ids.shape[1] - self._prompt_length
        if not self._rows:
            self._prompt_length = input_ids.shape[1]
            self._rows = self._begun(num_rows, length)
        elif num_rows != len(self._rows) or self._num_temperatures() > 1:
            raise _served()
        elif written > self._rows[0].written:
            for row, token_ids in zip(self._rows, input_ids.tolist(), strict=True):
                row.commit(token_ids[-length:])
        elif cur_step >= self._last_step or written < self._rows[0].written:
            raise _served()
        self._last_step = cur_step

    def _begun(self, num_rows: int, length: int) -> list[_Row]:
        listed = self._constraints * num_rows if len(self._constraints) == 1 else self._constraints
        if len(listed) != num_rows:
            raise ValueError(f"{len(listed)} constraints for {num_rows} prompts")
        budget = -(-self._max_new_tokens // length) * length
        return [_Row(constraint, budget, length) for constraint in listed]

    def _num_temperatures(self) -> int:
        return sum(isinstance(each, LinearTemperatureScheduleLogitsProcessor) for each in self)

    def _check(self, logits: Tensor) -> None:
        for row in self._rows:
            if row.constraint.vocabulary.size != logits.shape[-1]:
                raise EngineError(
                    f"the model gave {logits.shape[-1]} logits a position, the vocabulary has "
                    f"{row.constraint.vocabulary.size} tokens",
                    code="LOGITS_WIDTH",
                )
        if bool(torch.isnan(logits).any()) or bool((logits == torch.inf).any()):
            raise EngineError("the logits hold NaN or +inf", code="LOGITS_NOT_FINITE")


class _Row:
    """One prompt of the batch.

    Attributes:
        constraint: Its language.
        ends: How its text ends.
        written: Tokens committed, the filling after an end included.
        block: The language on the canvas at hand; None once the text has ended.
    """

    def __init__(self, constraint: Constraint, budget: int, length: int) -> None:
        if constraint.start.fewest_tokens > budget:
            raise BudgetError(
                f"the shortest answer takes {constraint.start.fewest_tokens} tokens, the canvases "
                f"hold {budget}",
                hint="raise max_new_tokens",
            )
        self.constraint = constraint
        self.ends = Ends.of(constraint.vocabulary)
        self.written = 0
        self._budget, self._length = budget, length
        self._state: State = constraint.start
        self.block = self._block()

    def commit(self, token_ids: Sequence[int]) -> None:
        """Takes the canvas that `generate` committed."""
        if self.block is not None:
            self._state = self.block.advance(token_ids)
        self.written += len(token_ids)
        self.block = self._block()

    def text(self, index: int, token_ids: Sequence[int]) -> str:
        spelled = self.constraint.text(token_ids)
        if not self.constraint.accepts(spelled):
            raise EngineError(
                f"row {index} is no whole member: {spelled.decode(errors='replace')!r}; give "
                "`generate` the max_new_tokens and the ends that the constraint was given, and no "
                "stopping criterion",
                code="NOT_A_MEMBER",
            )
        return spelled.decode()

    def _block(self) -> Block | None:
        left = self._budget - self.written - self._length
        if self._state.done or left < 0:
            return None
        return self.constraint.block(length=self._length, start=self._state, tokens_after=left)


def _led(posterior: RowPosterior, ends: Ends) -> Tensor:
    """(L, V) float32, log-marginals led by the most probable member; filled after its end."""
    logits = posterior.log_marginals(LOG_ZERO)
    best = torch.from_numpy(ends.close(posterior.best())).to(logits.device)
    led = logits.scatter(1, best[:, None], logits.amax(dim=1, keepdim=True) + LEAD)
    ended = torch.from_numpy(np.flatnonzero(posterior.ended > CERTAINLY_ENDED)).to(logits.device)
    led[ended] = LOG_ZERO
    led[ended, best[ended]] = 0.0
    return led


def _served() -> ValueError:
    return ValueError("one ConstrainedLogits serves one call of generate; make another")
