"""As much of the engine as the service needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from constraints.diagnostics import Diagnostics
from constraints.spec import Spec
from engine import Event, ModelInfo, Request, Result

OnEvent = Callable[[Event], None]
ShouldStop = Callable[[], bool]


class StateLike(Protocol):
    """As much of `constraints.State` as the service needs."""

    @property
    def fewest_tokens(self) -> int:
        """Tokens of the shortest text that finishes from here."""
        ...


class ConstraintLike(Protocol):
    """As much of `constraints.Constraint` as the service needs."""

    @property
    def diagnostics(self) -> Diagnostics:
        """What the compile reported."""
        ...

    @property
    def start(self) -> StateLike:
        """Where every text begins."""
        ...

    def accepts(self, text: bytes, /) -> bool:
        """Returns whether a whole text is a member."""
        ...


class CompilerLike(Protocol):
    """As much of `constraints.compiler.Compiler` as the service needs; it can be pickled."""

    @property
    def examples(self) -> Mapping[str, Any]:
        """Specs to compile before anybody waits, by name."""
        ...

    def compile(self, spec: Spec, /) -> ConstraintLike:
        """Returns the constraint for a spec."""
        ...

    def packed(self, constraint: Any, /) -> bytes:
        """Returns a constraint as bytes."""
        ...

    def unpacked(self, data: bytes, /) -> Any:
        """Returns the constraint of some bytes."""
        ...


class SessionLike(Protocol):
    """As much of `engine.session.Session` as the service needs; it can be a dictionary's key."""

    def fail(self, error: Exception, /) -> None:
        """Ends it with an error."""
        ...

    def result(self) -> Result:
        """What came of it; raises what ended it."""
        ...


class BatchLike(Protocol):
    """As much of `engine.batch.Batch` as the service needs; it belongs to one thread."""

    def add(self, session: Any, /) -> bool:
        """Takes in a session of the same engine; returns whether it has ended at once."""
        ...

    def step(self) -> Sequence[SessionLike]:
        """Takes one denoising step of every session; returns those that have ended."""
        ...


class EngineLike(Protocol):
    """As much of `engine.Engine` as the service needs."""

    @property
    def info(self) -> ModelInfo:
        """What the model says about itself."""
        ...

    @property
    def compiler(self) -> CompilerLike:
        """What compiles for its model, here or in another process."""
        ...

    def compile(self, spec: Spec, /) -> ConstraintLike:
        """Returns the constraint for a spec; from any thread."""
        ...

    def session(
        self,
        request: Request,
        /,
        *,
        constraint: Any = ...,
        on_event: OnEvent | None = ...,
        should_stop: ShouldStop = ...,
    ) -> SessionLike:
        """Admits a request, within a constraint that was compiled for it; from any thread."""
        ...

    def batch(self) -> BatchLike:
        """Returns an empty batch."""
        ...

    def generate(
        self, request: Request, /, *, on_event: OnEvent | None = ..., should_stop: ShouldStop = ...
    ) -> Result:
        """Carries out a request alone."""
        ...
