"""The engine: one loaded model that answers requests, one at a time or several together."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock, Timer

import torch

import constraints
from constraints import Constraint, Spec, Sql
from constraints.compiler import Compiler
from constraints.segmentation import shortest_segmentation
from engine.answer import Answer, Run, Steps
from engine.backend import DEFAULT_CONTEXT, Kernels
from engine.batch import Batch
from engine.channel import Channel
from engine.clock import Stopwatch
from engine.constrained import Opening, answer_within
from engine.context import Context
from engine.errors import BudgetError, ContextError, EngineError, RequestError
from engine.expert_weights import Format
from engine.head import Width
from engine.info import DEFAULT_MODEL, ModelInfo
from engine.model import LoadedModel, load_model
from engine.prompt import render
from engine.query import answer_query
from engine.request import DEFAULT_MAX_TOKENS, Request
from engine.result import Event, Result
from engine.sampler import Noise
from engine.session import Session
from engine.thinking import think_first
from engine.unconstrained import answer_freely, canvases_needed, text_of

CACHED_CONSTRAINTS = 64
SLOW_COMPILE_S = 2.0
"""Seconds after which a compile is worth a word."""

log = logging.getLogger("blockform.engine")


class Engine:
    """A loaded model and the constraints compiled for it.

    `generate` is not reentrant: one request at a time, or the sessions of one `Batch`. `compile`
    and `session` may be called from any thread.
    """

    def __init__(self, model: LoadedModel) -> None:
        self.model = model
        self._compiled: OrderedDict[Spec, Constraint] = OrderedDict()
        self._lock = Lock()

    @classmethod
    def load(
        cls,
        name: str = DEFAULT_MODEL,
        device: str = "cpu",
        threads: int | None = None,
        kernels: Kernels = "auto",
        weights: Format = "plain",
        context: int = DEFAULT_CONTEXT,
        width: Width = "auto",
    ) -> Engine:
        """Loads a model; see `engine.model.load_model`.

        Args:
            name: `default`, a checkpoint's folder, or a hub id.
            device: A torch device.
            threads: CPU threads of this process's torch; None leaves them as they are.
            kernels: `triton`, `torch`, or what runs best.
            weights: Number format of the layers' matrices: `plain`, `fp8` or `int4`.
            context: Tokens of a text at most, prompt and answer, where `triton` runs.
            width: Which columns of the vocabulary a step computes: `full`, or as few as its
                language uses where that pays (`auto`) or wherever it can (`narrow`).

        Raises:
            ModelError: The model cannot be loaded.
            EngineError: What was asked for by name does not run here, or has no room.
        """
        if threads is not None:
            torch.set_num_threads(threads)
        return cls(load_model(name, device, kernels, weights, context, width))

    @property
    def info(self) -> ModelInfo:
        """The figures of the model."""
        return self.model.info

    @property
    def compiler(self) -> Compiler:
        """What compiles for this engine, here or in another process."""
        return Compiler(self.model.vocabulary)

    def compile(self, spec: Spec) -> Constraint:
        """Returns the constraint of a spec; compiles it unless it was asked for lately.

        The cache is this engine's own, and an engine has one vocabulary: the spec is the whole key.

        Raises:
            SpecError: The spec cannot become a constraint.
        """
        with self._lock:
            if spec in self._compiled:
                self._compiled.move_to_end(spec)
                return self._compiled[spec]
        with _told_when_slow(spec):
            constraint = self.compiler.compile(spec)
        with self._lock:
            self._compiled[spec] = constraint
            if len(self._compiled) > CACHED_CONSTRAINTS:
                self._compiled.popitem(last=False)
        return constraint

    def generate(
        self,
        request: Request,
        *,
        on_event: Callable[[Event], None] | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Result:
        """Answers one request.

        Args:
            request: What to generate.
            on_event: Told of every canvas frame and every committed text, from this thread.
            should_stop: Asked after every denoising step. Once it is true the best whole member so
                far is returned, after at most one further step for each canvas that its ending
                needs. What either callback raises passes through and ends the generation at once.

        Raises:
            SpecError: The spec cannot become a constraint.
            BudgetError: The shortest member takes more than `max_tokens`; the model did not run.
            ContextError: The text is too long for the model; the model did not run.
            EngineError: The model failed, or the result did not pass its independent validator.
        """
        batch = self.batch()
        session = self.session(request, on_event=on_event, should_stop=should_stop)
        if not batch.add(session):
            while not batch.step():
                pass
        return session.result()

    def session(
        self,
        request: Request,
        *,
        constraint: Constraint | None = None,
        on_event: Callable[[Event], None] | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> Session:
        """Admits a request, to be denoised by a `Batch` of this engine's model.

        Arguments and errors are those of `generate`; those of the model come out of
        `Session.result`.

        Args:
            request: What to generate.
            constraint: That of `request.language`, where it is compiled already.
            on_event: See `generate`.
            should_stop: See `generate`.
        """
        stopwatch = Stopwatch()
        constraint = constraint or self._constraint(request, stopwatch)
        opening = None if constraint is None else self._opening(request, constraint)
        run = self._run(request, constraint, stopwatch, should_stop, on_event)
        steps = self._steps(constraint, opening, run)
        if request.max_thinking_tokens:
            steps = think_first(run, self._channel(), request.max_thinking_tokens, steps)
        return Session(run, steps, partial(self._result, request, constraint, stopwatch))

    def batch(self) -> Batch:
        """Returns an empty batch, for sessions of this engine."""
        return Batch(self.model)

    def _steps(self, constraint: Constraint | None, opening: Opening | None, run: Run) -> Steps:
        if constraint is None or opening is None:
            return answer_freely(run)
        answer = answer_query if isinstance(constraint.spec, Sql) else answer_within
        return answer(constraint, opening, run)

    def _result(
        self,
        request: Request,
        constraint: Constraint | None,
        stopwatch: Stopwatch,
        answer: Answer,
    ) -> Result:
        text = self._checked_text(constraint, answer, stopwatch)
        return Result(
            text=text,
            thinking=text_of(self.model, answer.thoughts),
            token_ids=tuple(answer.token_ids),
            finish_reason=answer.reason,
            steps=answer.steps,
            num_blocks=answer.num_blocks,
            log_z=answer.log_z,
            certificate=answer.certificate,
            seed=request.seed,
            timings=stopwatch.timings(),
            diagnostics=None if constraint is None else constraint.diagnostics,
        )

    def _constraint(self, request: Request, stopwatch: Stopwatch) -> Constraint | None:
        if request.language is None:
            return None
        with stopwatch.measure("compile_ms"):
            return self.compile(request.language)

    def _opening(self, request: Request, constraint: Constraint) -> Opening:
        """Returns what the answer begins with; the rest of the budget holds a member."""
        prefix = request.literals[0].encode() if request.literals else b""
        token_ids = tuple(shortest_segmentation(self.model.vocabulary, prefix) or ())
        state = constraint.advance(constraint.start, token_ids)
        fewest = state.fewest_tokens + len(token_ids)
        if fewest > request.max_tokens:
            raise BudgetError(
                f"the shortest answer takes {fewest} tokens, the budget is {request.max_tokens}",
                hint=f"ask for at least {fewest} tokens",
            )
        return Opening(token_ids=token_ids, state=state)

    def _channel(self) -> Channel:
        if self.model.channel is None:
            raise RequestError(
                f"the model {self.model.name!r} has no marks for what it thinks",
                field="max_thinking_tokens",
                hint="leave it 0, or use a model that thinks",
            )
        return self.model.channel

    def _run(
        self,
        request: Request,
        constraint: Constraint | None,
        stopwatch: Stopwatch,
        should_stop: Callable[[], bool],
        on_event: Callable[[Event], None] | None,
    ) -> Run:
        context = Context(self.model, stopwatch)
        context.append(self._prompt_ids(request, self._room_needed(request, constraint)))
        return Run(
            model=self.model,
            context=context,
            schedule=self.model.schedule.with_max_steps(request.max_steps),
            noise=Noise(request.seed, self.model.width, self.model.device),
            budget=request.max_tokens,
            stopwatch=stopwatch,
            should_stop=should_stop,
            on_event=on_event,
        )

    def _room_needed(self, request: Request, constraint: Constraint | None) -> int:
        """Returns how many positions thoughts and the canvases of an answer take at most."""
        return self._thinking_room(request) + self._answer_room(request, constraint)

    def _thinking_room(self, request: Request) -> int:
        if not request.max_thinking_tokens:
            return 0
        return request.max_thinking_tokens + len(self._channel().opening) + 1

    def _answer_room(self, request: Request, constraint: Constraint | None) -> int:
        if constraint is None:
            canvas = self.model.canvas_length
            return canvas * canvases_needed(request.max_tokens, canvas)
        longest = constraint.longest_tokens
        if longest is None or longest > request.max_tokens:
            return request.max_tokens
        return longest + 1  # and its end

    def _prompt_ids(self, request: Request, room: int) -> list[int]:
        if not request.text.strip():
            raise RequestError("the text is empty", field="text", hint="give the text to read")
        token_ids = self._rendered(request.text, request)
        if len(token_ids) > self.model.max_positions - room:
            raise self._too_long(request, len(token_ids), room)
        return token_ids

    def _rendered(self, text: str, request: Request) -> list[int]:
        return self.model.token_ids(render(text, request.spec, self.model.style))

    def _too_long(self, request: Request, taken: int, room: int) -> RequestError:
        """Names what is too long: the budget, the constraint as the model is told it, or the text.

        Args:
            request: What does not fit.
            taken: Tokens of the prompt.
            room: Positions of the answer at most.
        """
        most = self.model.max_positions
        if taken + DEFAULT_MAX_TOKENS < most and request.max_tokens > DEFAULT_MAX_TOKENS:
            return BudgetError(
                f"an answer of {room} tokens does not fit beside the {taken} of the prompt: the "
                f"model holds {most}",
                hint=f"ask for at most {most - taken - 1} tokens",
                code="BUDGET_TOO_LARGE",
            )
        told = len(self._rendered(".", request))
        if request.spec is not None and told + room > most:
            return ContextError(
                f"the constraint, which the model is told, takes {told} tokens; beside an answer "
                f"of {room} at most {max(0, most - room)} fit this model",
                hint="name fewer tables or properties, or lower max_tokens",
                field="constraint",
            )
        return ContextError(
            f"the text takes {taken} tokens with what the model is told; beside an answer of "
            f"{room} at most {max(0, most - room)} fit this model",
            hint="shorten the text or lower max_tokens",
        )

    def _checked_text(
        self, constraint: Constraint | None, answer: Answer, stopwatch: Stopwatch
    ) -> str:
        if constraint is None:
            return text_of(self.model, answer.token_ids)
        with stopwatch.measure("validate_ms"):
            spelled = constraint.text(answer.token_ids)
            fault = constraints.validate(constraint.spec, spelled)
        if fault is not None:
            raise EngineError(
                f"the independent validator refused the result: {fault}", code="INTERNAL_VALIDATION"
            )
        return spelled.decode()


@contextmanager
def _told_when_slow(spec: Spec) -> Iterator[None]:
    timer = Timer(SLOW_COMPILE_S, _tell_slow, [type(spec).__name__])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _tell_slow(kind: str) -> None:
    log.warning(
        "the compile of a %s takes longer than %.0f s; the first one after installation translates "
        "the hot loops, which takes up to a minute and is kept",
        kind,
        SLOW_COMPILE_S,
    )
