"""The one error taxonomy of Blockform; every layer above raises these or subclasses of them."""

from __future__ import annotations


class BlockformError(Exception):
    """Root of every error Blockform raises on purpose.

    Attributes:
        code: Stable UPPER_SNAKE identifier, the same in Python, in gRPC details and in documents.
        message: What was wrong, in one sentence.
        hint: What the caller can do about it; empty where there is nothing to do.
    """

    code: str = "BLOCKFORM_ERROR"

    def __init__(self, message: str, *, code: str | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code is not None:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class SpecError(BlockformError):
    """A spec cannot become a constraint.

    Attributes:
        pointer: JSON pointer into the spec (RFC 6901), where the spec is JSON; else None.
        line: 1-based line, where the spec is text; else None.
        column: 1-based column, where the spec is text; else None.
        keyword: The keyword at fault; empty where no single one is.
    """

    code = "SPEC_ERROR"

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        hint: str = "",
        pointer: str | None = None,
        line: int | None = None,
        column: int | None = None,
        keyword: str = "",
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.pointer = pointer
        self.line = line
        self.column = column
        self.keyword = keyword

    @property
    def location(self) -> str:
        """The place in the spec: a JSON pointer, `line:column`, or empty."""
        if self.line is not None:
            return f"{self.line}:{self.column or 1}"
        return self.pointer or ""

    def __str__(self) -> str:
        text = super().__str__()
        return f"{self.location}: {text}" if self.location else text

    def __reduce__(self) -> tuple[object, ...]:
        return (_restored, (type(self), self.message, self.__dict__.copy()))


def _restored(kind: type[SpecError], message: str, attributes: dict[str, object]) -> SpecError:
    error = kind(message)
    error.__dict__.update(attributes)
    return error


class MalformedError(SpecError):
    """The spec is not well formed: not JSON, not a schema, not a pattern."""

    code = "MALFORMED_SPEC"


class UnsupportedError(SpecError):
    """The spec asks for something this version cannot enforce; it is never dropped silently."""

    code = "UNSUPPORTED_KEYWORD"


class UnsatisfiableError(SpecError):
    """No text satisfies the spec, or none that this vocabulary can spell."""

    code = "UNSATISFIABLE_SPEC"


class LimitError(SpecError):
    """Compiling the spec would pass a limit (bytes, depth, states, edges)."""

    code = "SPEC_LIMIT_EXCEEDED"


class EmptyError(BlockformError):
    """No member of the language fits a block.

    Attributes:
        position: The first canvas position at which nothing can stand, or None where the cause
            is the block as a whole.
    """

    code = "EMPTY_BLOCK"

    def __init__(self, message: str, *, position: int | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position
