"""The command line: `blockform serve | generate | check | watch`.

Exit codes: 0 ok, 1 a text that `check` does not accept, 2 wrong call or bad input, 3 the constraint
was refused, 4 the server or the model failed. The result alone is on standard output, everything
else on standard error.
"""

from __future__ import annotations

import typer

from blockform.cli.check import check
from blockform.cli.generate import generate
from blockform.cli.serve import serve
from blockform.cli.watch import watch

app = typer.Typer(
    name="blockform",
    help="Structured output from block-diffusion language models.",
    epilog="Exit codes: 0 ok, 1 text not accepted (check), 2 wrong call or bad input, "
    "3 constraint refused, 4 server or model failure.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
for command in (serve, generate, check, watch):
    app.command()(command)


def main() -> None:
    """Runs the command line."""
    app()
