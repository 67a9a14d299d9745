"""What the two ways of generating share: the run they are part of, and the answer they give."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from torch import Tensor

from engine.canvas import frame
from engine.clock import Stopwatch
from engine.context import Context
from engine.denoise import Watch
from engine.model import LoadedModel
from engine.result import CommittedText, Event, FinishReason
from engine.sampler import Draft, Noise
from engine.schedule import Schedule
from engine.step import Ask, Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was generated, before it is checked.

    Attributes:
        token_ids: Tokens of the text, without end-of-text and padding.
        reason: Why the generation ended.
        steps: Denoising steps over all canvases.
        num_blocks: Canvases used.
        log_z: Nats, summed over canvases; 0 without a constraint.
        certificate: Bound on the total variation to the true posterior, over all canvases.
        thoughts: Tokens of what was thought before it.
    """

    token_ids: list[int]
    reason: FinishReason
    steps: int
    num_blocks: int
    log_z: float = 0.0
    certificate: float = 0.0
    thoughts: tuple[int, ...] = ()


Steps = Generator[Ask, Seen, Answer]
"""A request's way through the model: it asks, is sent what was seen, and returns its answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One request on its way through the model.

    Attributes:
        model: The model.
        context: The prompt, and the canvases as they are committed.
        schedule: The rules of the denoise loop.
        noise: Every random draw.
        budget: Tokens of the answer at most, end-of-text not counted.
        stopwatch: Where the time goes.
        should_stop: Asked after each denoising step.
        on_event: Told of frames and committed text, or None.
    """

    model: LoadedModel
    context: Context
    schedule: Schedule
    noise: Noise
    budget: int
    stopwatch: Stopwatch
    should_stop: Callable[[], bool]
    on_event: Callable[[Event], None] | None

    def watching(self, block: int) -> Watch:
        """Returns what reports the steps of a canvas; it does nothing where nobody listens."""

        def watch(step: int, draft: Draft, accepted: Tensor) -> None:
            if self.on_event is not None:
                self.on_event(frame(block, step, draft, accepted, self.model.vocabulary))

        return watch


class Transcript:
    """The tokens committed so far, and their text, released in whole characters.

    Attributes:
        token_ids: What was committed, without end-of-text and padding.
    """

    def __init__(
        self, spell: Callable[[Sequence[int]], str], on_event: Callable[[Event], None] | None
    ) -> None:
        """Starts empty.

        Args:
            spell: Returns the text of all tokens so far, replacement characters at an open end.
            on_event: Told of each piece of text.
        """
        self.token_ids: list[int] = []
        self._spell = spell
        self._on_event = on_event
        self._released = ""

    def commit(self, block: int, token_ids: Sequence[int], *, final: bool) -> None:
        """Adds the tokens of a canvas; a character cut in two waits for the next one."""
        self.token_ids.extend(token_ids)
        if self._on_event is None:
            return
        text = self._spell(self.token_ids)
        whole = text if final else text.rstrip("\ufffd")
        if added := whole[len(self._released) :]:
            self._released = whole
            self._on_event(CommittedText(block=block, text=added))
