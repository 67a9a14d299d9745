"""Requests denoised together: one call of the model for the next step of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from constraints.errors import BlockformError
from engine.clock import all_of
from engine.conditioned import Canvas, Conditioner, RowPosterior
from engine.errors import EngineError
from engine.predictor import Predictor, Row, Said
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
        said = self._predictor.predict([_row(each) for each in waiting])
        posteriors = self._posteriors(waiting, said)
        return [
            _seen(outcome, posteriors.get(each.session))
            for each, outcome in zip(waiting, said, strict=True)
        ]

    def _posteriors(
        self, waiting: Sequence[Waiting], said: Sequence[Said | EngineError]
    ) -> dict[Session, RowPosterior | BlockformError]:
        """Of the sessions that ask for one and got logits."""
        canvases = {
            each.session: Canvas(
                each.ask.block, outcome.logits, each.session.run.noise, each.ask.columns
            )
            for each, outcome in zip(waiting, said, strict=True)
            if each.ask.block is not None and not isinstance(outcome, EngineError)
        }
        with all_of([session.run.stopwatch for session in canvases], "constraint_ms"):
            found = self._conditioner.posteriors([*canvases.values()])
        return dict(zip(canvases, found, strict=True))


@dataclass(frozen=True, slots=True)
class Waiting:
    """A session and what it waits for."""

    session: Session
    ask: Ask


def _row(waiting: Waiting) -> Row:
    ask = waiting.ask
    return Row(
        context=waiting.session.run.context,
        canvas=ask.canvas,
        told=ask.told,
        temperature=ask.temperature,
        columns=ask.columns,
    )


def _seen(
    said: Said | EngineError, posterior: RowPosterior | BlockformError | None
) -> Seen | BlockformError:
    if isinstance(said, EngineError):
        return said
    if isinstance(posterior, BlockformError):
        return posterior
    return Seen(logits=said.logits, posterior=posterior, log_share=said.log_share)
