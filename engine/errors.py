"""Errors of the engine; the root is in `constraints.errors`."""

from __future__ import annotations

from constraints.errors import BlockformError


class EngineError(BlockformError):
    """The model or the device failed, or a result did not pass its independent validator."""

    code = "ENGINE_ERROR"


class ModelError(BlockformError):
    """A model cannot be loaded: unknown name, missing file, wrong architecture."""

    code = "MODEL_NOT_FOUND"


class RequestError(BlockformError):
    """A request that cannot be carried out as it is.

    Attributes:
        field: The field at fault: `text`, `max_tokens`, …
    """

    code = "INVALID_REQUEST"

    def __init__(self, message: str, *, field: str, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.field = field


class BudgetError(RequestError):
    """The shortest member of the language does not fit `max_tokens`, or these not the model."""

    code = "BUDGET_TOO_SMALL"

    def __init__(self, message: str, *, code: str | None = None, hint: str = "") -> None:
        super().__init__(message, field="max_tokens", hint=hint)
        if code is not None:
            self.code = code


class ContextError(RequestError):
    """The text, or what the model is told of the constraint, does not fit the model's context."""

    code = "TEXT_TOO_LONG"

    def __init__(self, message: str, *, field: str = "text", hint: str = "") -> None:
        super().__init__(message, field=field, hint=hint)
