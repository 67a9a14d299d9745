"""Requests denoised together: one call of the model for the next step of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from constraints.errors import BlockformError
from engine.clock import all_of
from engine.conditioned import Canvas, Conditioner, RowPosterior
from engine.errors import EngineError
from engine.predictor import Predictor, Row
from engine.session import Ask, Seen, Session

if TYPE_CHECKING:
    from engine.model import LoadedModel


class Batch:
    """The sessions under way on one model; they may come and go between any two steps.

    Each has its own language, budget, schedule and noise; what one draws does not depend on who
    else is there, but for the rounding of the model's own sums.
    """

    def __init__(self, model: LoadedModel) -> None:
        self._predictor = Predictor(model)
        self._conditioner = Conditioner()
        self._sessions: list[Session] = []

    def __len__(self) -> int:
        return len(self._sessions)

    @torch.inference_mode()
    def add(self, session: Session) -> bool:
        """Takes a session in; returns whether it has ended at once, without the model."""
        session.start()
        if session.ask is not None:
            self._sessions.append(session)
        return session.ask is None

    @torch.inference_mode()
    def step(self) -> list[Session]:
        """Takes one denoising step of every session; returns those that ended with it."""
        waiting = [Waiting(session, session.ask) for session in self._sessions if session.ask]
        for each, outcome in zip(waiting, self._outcomes(waiting), strict=True):
            if isinstance(outcome, BlockformError):
                each.session.fail(outcome)
            else:
                each.session.tell(outcome)
        ended = [session for session in self._sessions if session.ask is None]
        self._sessions = [session for session in self._sessions if session.ask is not None]
        return ended

    def _outcomes(self, waiting: Sequence[Waiting]) -> list[Seen | BlockformError]:
        if not waiting:  # all have ended by themselves since the step before
            return []
        rows = [Row(each.session.run.context, each.ask.canvas, each.ask.told) for each in waiting]
        said = self._predictor.predict(rows)
        tempered = [
            logits if isinstance(logits, EngineError) else logits / each.ask.temperature
            for each, logits in zip(waiting, said, strict=True)
        ]
        posteriors = self._posteriors(waiting, tempered)
        return [
            _seen(logits, posteriors.get(each.session))
            for each, logits in zip(waiting, tempered, strict=True)
        ]

    def _posteriors(
        self, waiting: Sequence[Waiting], tempered: Sequence[Tensor | EngineError]
    ) -> dict[Session, RowPosterior | BlockformError]:
        """Of the sessions that ask for one and got logits."""
        canvases = {
            each.session: Canvas(each.ask.block, logits, each.session.run.noise)
            for each, logits in zip(waiting, tempered, strict=True)
            if each.ask.block is not None and not isinstance(logits, EngineError)
        }
        with all_of([session.run.stopwatch for session in canvases], "constraint_ms"):
            found = self._conditioner.posteriors([*canvases.values()])
        return dict(zip(canvases, found, strict=True))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A session and what it waits for."""

    session: Session
    ask: Ask


def _seen(
    logits: Tensor | EngineError, posterior: RowPosterior | BlockformError | None
) -> Seen | BlockformError:
    if isinstance(logits, EngineError):
        return logits
    if isinstance(posterior, BlockformError):
        return posterior
    return Seen(logits=logits, posterior=posterior)
