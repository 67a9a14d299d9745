"""Options that commands share, and what they come to."""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from blockform.arguments import MAX_TIMEOUT_S, RANGES
from blockform.cli.exits import FAILED, WRONG_CALL, fail
from blockform.client import Client, Sql

if TYPE_CHECKING:
    from blockform.local import LocalClient
    from blockform.options import ConstraintOptions

DEFAULT_ENGINE = "engine:Engine.load"
STDIN = "-"
MAX_SEED = RANGES["seed"][1]
MAX_COUNT = RANGES["max_tokens"][1]


def finite(value: float) -> float:
    """Refuses what is no number of seconds."""
    if not math.isfinite(value):
        raise typer.BadParameter(f"{value} is no number of seconds.")
    return value


class Layout(StrEnum):
    """Where white space may stand in the JSON."""

    COMPACT = "compact"
    SPACED = "spaced"
    INDENTED = "indented"
    FLEXIBLE = "flexible"
    ANY = "any"


_LANGUAGE = "What the answer must be (exactly one)"
_GIVEN = "What is given of the answer (then the rest may be anything)"
_WHERE = "Who answers"

SchemaOption = Annotated[
    Path | None,
    typer.Option("--schema", metavar="FILE", help="A JSON Schema.", rich_help_panel=_LANGUAGE),
]
RegexOption = Annotated[
    str | None,
    typer.Option(
        "--regex",
        metavar="PATTERN",
        help="A regular expression (ECMA-262) that the whole answer matches.",
        rich_help_panel=_LANGUAGE,
    ),
]
ChoiceOption = Annotated[
    list[str] | None,
    typer.Option(
        "--choice",
        metavar="TEXT",
        help="A possible answer; once for each.",
        rich_help_panel=_LANGUAGE,
    ),
]
LarkOption = Annotated[
    Path | None,
    typer.Option("--lark", metavar="FILE", help="A Lark grammar.", rich_help_panel=_LANGUAGE),
]
SqlOption = Annotated[
    str | None,
    typer.Option(
        "--sql",
        metavar="DIALECT",
        help="A SQL query over the tables of --catalog.",
        rich_help_panel=_LANGUAGE,
    ),
]
CatalogOption = Annotated[
    Path | None,
    typer.Option("--catalog", metavar="FILE", help="CREATE statements.", rich_help_panel=_LANGUAGE),
]
WhitespaceOption = Annotated[
    Layout | None,
    typer.Option(
        "--whitespace",
        help="Layout of the JSON as it is generated (with --schema; flexible where left out).",
    ),
]
PrefixOption = Annotated[
    str,
    typer.Option("--prefix", metavar="TEXT", help="How the answer begins.", rich_help_panel=_GIVEN),
]
SuffixOption = Annotated[
    str,
    typer.Option("--suffix", metavar="TEXT", help="How the answer ends.", rich_help_panel=_GIVEN),
]
TemplateOption = Annotated[
    list[str] | None,
    typer.Option(
        "--template",
        metavar="TEXT",
        help="In place of both: a text of the answer, with a hole before the next; once for each. "
        "The first begins the answer, the last ends it, any may be empty.",
        rich_help_panel=_GIVEN,
    ),
]
TextOption = Annotated[
    str,
    typer.Option("--text", metavar="FILE|-", help="The text to answer to; - is standard input."),
]
MemberOption = Annotated[
    str | None,
    typer.Option(
        "--text",
        metavar="FILE|-",
        help="A text to test: is it in the language? One line break at its end does not count.",
    ),
]
UnusedSeedOption = Annotated[
    int | None,
    typer.Option("--seed", min=0, max=MAX_SEED, help="Changes nothing: nothing is drawn."),
]
SeedOption = Annotated[
    int | None,
    typer.Option("--seed", min=0, max=MAX_SEED, help="The same seed gives the same answer."),
]
MaxTokensOption = Annotated[
    int | None,
    typer.Option("--max-tokens", min=1, max=MAX_COUNT, help="Budget of the answer in tokens."),
]
ThinkingOption = Annotated[
    int | None,
    typer.Option(
        "--thinking",
        metavar="N",
        min=0,
        max=MAX_COUNT,
        help="Tokens that the model may think before it answers.",
    ),
]
TimeoutOption = Annotated[
    float,
    typer.Option(
        "--timeout",
        min=0.001,
        max=MAX_TIMEOUT_S,
        callback=finite,
        help="Seconds; near their end the best valid text is taken.",
    ),
]
ServerOption = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="TARGET",
        help="host:port of a server; without it the model is loaded into this process.",
        rich_help_panel=_WHERE,
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="NAME",
        help="A model's name or folder; the built-in one where left out.",
        rich_help_panel=_WHERE,
    ),
]
EngineOption = Annotated[str, typer.Option("--engine", hidden=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What the options say that the answer must be."""

    schema: Path | None
    regex: str | None
    choice: Sequence[str] | None
    lark: Path | None
    sql: str | None
    catalog: Path | None
    whitespace: Layout | None
    prefix: str
    suffix: str
    template: Sequence[str] | None

    def __post_init__(self) -> None:
        """Ends the command where the options do not go together."""
        kinds = (self.schema, self.regex, self.choice or None, self.lark, self.sql)
        num_kinds = sum(option is not None for option in kinds)
        texts = self.prefix or self.suffix or self.template
        if num_kinds > 1 or (num_kinds == 0 and not texts):
            fail("give exactly one of --schema, --regex, --choice, --lark and --sql", WRONG_CALL)
        if self.template and (self.prefix or self.suffix):
            fail("--template goes without --prefix and --suffix", WRONG_CALL)
        if (self.sql is None) != (self.catalog is None):
            fail("--sql and --catalog go together", WRONG_CALL)
        if self.whitespace and self.schema is None:
            fail("--whitespace goes with --schema", WRONG_CALL)

    def schema_text(self) -> str | None:
        """Returns the schema; None where it is another kind."""
        return read_file(self.schema) if self.schema else None

    def options(self) -> ConstraintOptions:
        """Returns everything but the schema, as clients take it."""
        return {
            "regex": self.regex,
            "choice": self.choice or None,
            "lark": read_file(self.lark) if self.lark else None,
            "sql": Sql(self.sql, read_file(self.catalog)) if self.sql and self.catalog else None,
            "whitespace": self.whitespace.value if self.whitespace else None,
            "prefix": self.prefix,
            "suffix": self.suffix,
            "template": self.template or None,
        }


def read_file(path: Path) -> str:
    """Returns a file's text; ends the command where it cannot be read."""
    try:
        return _decoded(path.read_bytes(), str(path))
    except (OSError, ValueError) as error:
        fail(f"cannot read {_shown(path)}: {_why(error)}", WRONG_CALL)


def read_text(source: str) -> str:
    """Returns the text from a file or standard input; ends the command where it is unreadable."""
    if source != STDIN:
        return read_file(Path(source))
    if sys.stdin is None or sys.stdin.closed:
        fail("standard input is closed; name a file by --text", WRONG_CALL)
    try:
        return _decoded(sys.stdin.buffer.read(), "standard input")
    except OSError as error:
        fail(f"cannot read standard input: {_why(error)}", WRONG_CALL)


def read_member(source: str) -> str:
    """Returns a text to test, without the line break that ends most files."""
    text = read_text(source)
    return text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text


def _decoded(data: bytes, name: str) -> str:
    """The text of some bytes, a byte order mark left out."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        fail(f"{_shown(name)} is not UTF-8: byte {error.start + 1}, on line {line}", WRONG_CALL)


def _shown(name: object) -> str:
    """A name that a terminal can show, whatever bytes it was given in."""
    return str(name).encode("utf-8", "backslashreplace").decode()


def _why(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def open_client(server: str | None, model: str | None, engine: str) -> Client | LocalClient:
    """Returns a connection to the server, or an engine in this process where none is named."""
    if server is not None:
        try:
            return Client(server)
        except ValueError as error:
            raise ValueError(f"--server: {error}") from None
    need_engine(engine)
    from blockform.local import LocalClient  # the engine's packages are big, and optional
    from service.settings import EngineSource

    return LocalClient(EngineSource(factory=engine, model=model or "default"))


def need_engine(engine: str) -> None:
    """Ends the command where the packages of the engine are not installed."""
    if engine == DEFAULT_ENGINE and importlib.util.find_spec("torch") is None:
        fail(
            "the engine is not installed: pip install 'blockform[server]', "
            "or name a server by --server",
            FAILED,
        )


def emit(text: str) -> None:
    """Writes the result, and nothing else, to standard output as UTF-8."""
    if sys.stdout is None:
        fail("standard output is closed; the answer has nowhere to go", FAILED)
    try:
        typer.echo(text.encode("utf-8", errors="replace"))
    except BrokenPipeError:
        raise  # who reads has had enough: `blockform … | head`
    except OSError as error:
        fail(f"cannot write the answer: {_why(error)}", FAILED)


def note(text: str) -> None:
    """Writes something beside the result to standard error."""
    typer.echo(f"blockform: {text}", err=True)
