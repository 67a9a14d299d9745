"""How each failure ends a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer

from blockform.errors import BlockformClientError, RequestError, SpecError

NOT_ACCEPTED, WRONG_CALL, SPEC_REFUSED, FAILED = 1, 2, 3, 4

CODES: tuple[tuple[type[Exception], int], ...] = (
    (SpecError, SPEC_REFUSED),
    (RequestError, WRONG_CALL),
    (BlockformClientError, FAILED),
    (ValueError, WRONG_CALL),
)


def fail(message: str, code: int) -> NoReturn:
    """Says what is wrong on standard error and ends the command."""
    typer.echo(f"blockform: {message}", err=True)
    raise typer.Exit(code)


@contextmanager
def reported() -> Iterator[None]:
    """Turns failures inside the `with` block into one line and an exit code."""
    try:
        yield
    except (BlockformClientError, ValueError) as error:
        code = next(code for kind, code in CODES if isinstance(error, kind))
        fail(_line(error), code)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _line(error: Exception) -> str:
    if not isinstance(error, BlockformClientError):
        return str(error)
    place = f" [{error.details.field}]" if error.details.field else ""
    return f"{error.code}{place}: {error.message}"
