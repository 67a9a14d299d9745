"""What travels between the service and the engine's process; everything here can be pickled."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any

from constraints.diagnostics import Diagnostics
from constraints.errors import BlockformError
from constraints.spec import Spec
from engine import Event, ModelInfo, Request, Result
from service.errors import UnexpectedError


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateJob:
    """One generation.

    Attributes:
        request: What to generate.
        stop_at: `time.monotonic()` at which to stop with what there is; None never.
        stream: Whether committed text is wanted as it comes.
        include_canvas: Whether every step's canvas is wanted.
    """

    request: Request
    stop_at: float | None = None
    stream: bool = False
    include_canvas: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileJob:
    """One compile without a generation.

    Attributes:
        spec: What to compile.
        text: A text to test for membership; None tests none.
        stop_at: As for a generation.
    """

    spec: Spec
    text: str | None = None
    stop_at: float | None = None


Job = GenerateJob | CompileJob


@dataclass(frozen=True, slots=True, kw_only=True)
class CompileReport:
    """What a compile came to.

    Attributes:
        diagnostics: What the compile reported.
        fewest_tokens: Tokens of the shortest member, end-of-text not counted.
        compile_ms: Time from spec to constraint.
        accepted: Whether the job's text is a member; None where it gave none.
    """

    diagnostics: Diagnostics
    fewest_tokens: int
    compile_ms: float
    accepted: bool | None = None


Answer = Result | CompileReport


@dataclass(frozen=True, slots=True)
class Start:
    """To the engine: begin with this."""

    id: int
    job: Job


@dataclass(frozen=True, slots=True)
class Cancel:
    """To the engine: nobody wants this any more."""

    id: int


@dataclass(frozen=True, slots=True)
class Quit:
    """To the engine: end the process now."""


@dataclass(frozen=True, slots=True)
class Failure:
    """An exception on its way to another process.

    Attributes:
        kind: Its class.
        attributes: Everything it carries.
    """

    kind: type[BlockformError]
    attributes: dict[str, Any]

    @classmethod
    def of(cls, error: BaseException) -> Failure:
        """Returns what travels of an exception; a foreign one becomes an `UnexpectedError`."""
        if not isinstance(error, BlockformError):
            error = UnexpectedError("".join(traceback.format_exception(error)))
        return cls(type(error), dict(error.__dict__))

    def restored(self) -> BlockformError:
        """Returns an exception equal to the one it was made of."""
        error = self.kind.__new__(self.kind, self.attributes["message"])
        error.__dict__.update(self.attributes)
        return error


@dataclass(frozen=True, slots=True)
class Loaded:
    """From the engine: ready."""

    info: ModelInfo


@dataclass(frozen=True, slots=True)
class NotLoaded:
    """From the engine: the model cannot be loaded; the process ends."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class Started:
    """The job left the queue.

    Attributes:
        queue_ms: How long it waited.
    """

    queue_ms: float


@dataclass(frozen=True, slots=True)
class Admitted:
    """From the engine: the job is compiled, or cannot be; the next one may be started."""

    id: int


@dataclass(frozen=True, slots=True)
class Emitted:
    """From the engine: something happened on the way."""

    id: int
    event: Event


@dataclass(frozen=True, slots=True)
class Done:
    """From the engine: the answer."""

    id: int
    answer: Answer


@dataclass(frozen=True, slots=True)
class Failed:
    """From the engine: no answer, and why."""

    id: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class Dropped:
    """From the engine: a cancelled job is gone."""

    id: int


@dataclass(frozen=True, slots=True)
class Stepped:
    """From the engine: a denoising step was taken."""


FromEngine = Loaded | NotLoaded | Admitted | Emitted | Done | Failed | Dropped | Stepped
