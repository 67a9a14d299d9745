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
from service.interface import CompilerLike


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
class Compile:
    """To the compilers: compile this.

    Attributes:
        id: Its number.
        spec: What to compile.
        text: A text to test for membership; None tests none.
        packed: Whether the constraint itself is wanted.
    """

    id: int
    spec: Spec
    text: str | None = None
    packed: bool = True


@dataclass(frozen=True, slots=True)
class Kill:
    """To the compilers: end the compile of this number, and its process."""

    id: int


@dataclass(frozen=True, slots=True)
class Keep:
    """To the engine: a constraint, under the number by which jobs refer to it."""

    key: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Forget:
    """To the engine: no further job refers to this constraint."""

    key: int


@dataclass(frozen=True, slots=True)
class Start:
    """To the engine: begin with this.

    Attributes:
        id: Its number.
        job: What to do.
        key: The constraint it is done within; None where nothing is enforced.
    """

    id: int
    job: GenerateJob
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """To the engine: nobody wants this any more."""

    id: int


@dataclass(frozen=True, slots=True)
class Quit:
    """To either: end the process now."""


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
    """From the engine: ready.

    Attributes:
        info: What the model says about itself.
        compiler: What compiles for it, in whatever process.
    """

    info: ModelInfo
    compiler: CompilerLike


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
    """From the engine: the job is about to be denoised, or cannot be; another may be started."""

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


@dataclass(frozen=True, slots=True)
class Warmed:
    """From the compilers: an example was compiled.

    Attributes:
        name: Of the example.
        number: How many have been, with this one.
        total: How many there are.
        seconds: How long it took.
        error: Why it could not be compiled; empty where it was.
    """

    name: str
    number: int
    total: int
    seconds: float
    error: str


@dataclass(frozen=True, slots=True)
class Warm:
    """From the compilers: ready."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """From the compilers: a constraint.

    Attributes:
        id: The compile's number.
        report: What is said of it.
        data: It as bytes, if they were wanted.
    """

    id: int
    report: CompileReport
    data: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """From the compilers: no constraint, and why."""

    id: int
    failure: Failure


@dataclass(frozen=True, slots=True)
class Ended:
    """From the compilers: a compile's process has ended before the compile had.

    Attributes:
        id: The compile's number.
        exit_code: Of the process; negative for a signal.
    """

    id: int
    exit_code: int


FromCompilers = Warmed | Warm | Compiled | Refused | Ended
FromEngine = Loaded | NotLoaded | Admitted | Emitted | Done | Failed | Dropped | Stepped
