"""`blockform watch`."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from blockform import canvas_view
from blockform.channel import TIMEOUT_S
from blockform.cli import options
from blockform.cli.exits import FAILED, fail, reported
from blockform.compact import compact
from blockform.result import CanvasFrame, CommittedText, Result, StreamEvent

PauseOption = Annotated[
    float,
    typer.Option(
        "--pause",
        min=0.0,
        max=3600,
        callback=options.finite,
        help="Seconds to wait after each step.",
    ),
]


def watch(
    schema: options.SchemaOption = None,
    regex: options.RegexOption = None,
    choice: options.ChoiceOption = None,
    lark: options.LarkOption = None,
    sql: options.SqlOption = None,
    catalog: options.CatalogOption = None,
    whitespace: options.WhitespaceOption = None,
    prefix: options.PrefixOption = "",
    suffix: options.SuffixOption = "",
    template: options.TemplateOption = None,
    text: options.TextOption = options.STDIN,
    seed: options.SeedOption = None,
    max_tokens: options.MaxTokensOption = None,
    thinking: options.ThinkingOption = None,
    timeout: options.TimeoutOption = TIMEOUT_S,
    pause: PauseOption = 0.0,
    server: options.ServerOption = None,
    model: options.ModelOption = None,
    engine: options.EngineOption = options.DEFAULT_ENGINE,
) -> None:
    """Watch the canvas settle, step by step.

    Darker is surer; a triangle marks a position where the constraint chose another token than the
    model would have. Without a terminal each step is one plain line. The answer alone goes to
    standard output, the rest to standard error.

    Example: blockform watch --schema order.schema.json --text order.txt
    """
    language = options.Language(
        schema=schema,
        regex=regex,
        choice=choice,
        lark=lark,
        sql=sql,
        catalog=catalog,
        whitespace=whitespace,
        prefix=prefix,
        suffix=suffix,
        template=template,
    )
    schema_text, others = language.schema_text(), language.options()
    source = options.read_text(text)
    with reported():
        client = options.open_client(server, model, engine)
        events = client.stream(
            source,
            schema_text,
            timeout=timeout,
            seed=seed,
            max_tokens=max_tokens,
            max_thinking_tokens=thinking,
            model=model or "",
            **others,
        )
        result = show(events, Console(stderr=True), pause)
    for line in canvas_view.about(result):
        options.note(line)
    options.emit(compact(result.text) if schema_text is not None else result.text)


def show(events: Iterable[StreamEvent], console: Console, pause: float = 0.0) -> Result:
    """Shows events as they come and returns the result.

    Args:
        events: What a client's `stream` yields.
        console: Where to show it; without a terminal each step is one line.
        pause: Seconds to wait after each step.
    """
    committed = ""
    with Live(console=console, auto_refresh=False) as live:
        for event in events:
            match event:
                case CanvasFrame():
                    _show_frame(event, committed, live, pause)
                case CommittedText():
                    committed += event.text
                case Result():
                    return event
                case _:
                    pass
    fail("the stream ended without a result", FAILED)


def _show_frame(frame: CanvasFrame, committed: str, live: Live, pause: float) -> None:
    if live.console.is_terminal:
        live.update(canvas_view.panel(frame, committed), refresh=True)
    else:
        live.console.print(
            canvas_view.plain_line(frame), markup=False, highlight=False, soft_wrap=True
        )
    time.sleep(pause)
