"""`blockform serve`."""

from __future__ import annotations

import asyncio
import logging
from enum import StrEnum
from typing import Annotated

import typer

from blockform.cli import options
from blockform.cli.exits import FAILED, fail


class Kernels(StrEnum):
    """What the model runs on."""

    AUTO = "auto"
    TRITON = "triton"
    TORCH = "torch"


class Weights(StrEnum):
    """Number formats of the layers' matrices."""

    PLAIN = "plain"
    FP8 = "fp8"
    INT4 = "int4"


LOOPBACK = ("127.0.0.1", "::1", "localhost")


def serve(
    model: Annotated[
        str, typer.Option(help="A model's name or folder; the built-in one where left out.")
    ] = "default",
    host: Annotated[
        str, typer.Option(help="Address to listen on. There is no encryption yet.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on; 0 picks a free one.")
    ] = 50051,
    device: Annotated[str, typer.Option(help="Where the model runs: cpu, cuda, ...")] = "cpu",
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="CPU threads; one for the built-in model where left out."),
    ] = None,
    max_batch: Annotated[
        int, typer.Option(min=1, help="Requests that are denoised together.")
    ] = 16,
    kernels: Annotated[
        Kernels,
        typer.Option(help="What it runs on; auto is triton on a GPU that runs it."),
    ] = Kernels.AUTO,
    weights: Annotated[
        Weights, typer.Option(help="Number format of the layers' matrices; needs triton.")
    ] = Weights.PLAIN,
    context: Annotated[
        int,
        typer.Option(min=1, help="Tokens of a text and its answer at most, where triton runs."),
    ] = 8192,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what memory the model takes; load nothing.")
    ] = False,
    max_queue: Annotated[
        int, typer.Option(min=1, help="Requests that may wait for their turn.")
    ] = 64,
    max_compile_seconds: Annotated[
        float,
        typer.Option(
            min=0.1,
            max=86_400,
            callback=options.finite,
            help="Seconds that compiling a constraint may take.",
        ),
    ] = 60.0,
    max_compile_memory: Annotated[
        int, typer.Option(min=64, help="MiB that compiling a constraint may take (Linux).")
    ] = 4096,
    grace: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=86_400,
            callback=options.finite,
            help="Seconds that running requests have on SIGTERM.",
        ),
    ] = 30.0,
    engine: options.EngineOption = options.DEFAULT_ENGINE,
) -> None:
    """Serve a model over gRPC until SIGTERM or Ctrl-C.

    One line on standard error says the address once requests are taken. Health and reflection are
    on. Exit code 4 where the model is unknown or the port is in use.

    Example: blockform serve --port 50051
    """
    options.need_engine(engine)
    if plan:
        show_plan(model, context)
        return
    from constraints.errors import BlockformError  # the server's packages are optional
    from service.errors import UnexpectedError
    from service.server import serve as run
    from service.settings import MIB, CompileLimits, EngineSource, Limits, Settings

    settings = Settings(
        host=host,
        port=port,
        source=EngineSource(
            factory=engine,
            model=model,
            device=device,
            threads=threads,
            kernels=kernels.value,
            weights=weights.value,
            context=context,
        ),
        limits=Limits(queue_length=max_queue, batch_size=max_batch),
        compiling=CompileLimits(seconds=max_compile_seconds, memory_bytes=max_compile_memory * MIB),
        grace_s=grace,
    )
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("blockform").setLevel(logging.INFO)
    if host not in LOOPBACK:
        options.note(f"warning: {host} can be reached from outside, and nothing is encrypted")
    try:
        asyncio.run(run(settings, lambda address: options.note(f"serving {model} on {address}")))
    except UnexpectedError as error:
        fail(error.report, FAILED)
    except BlockformError as error:
        fail(f"{error.code}: {error}", FAILED)


def show_plan(model: str, context: int) -> None:
    """Prints what a model takes in each number format, and what fits which card."""
    from constraints.errors import BlockformError  # the server's packages are optional
    from engine.model import read_config
    from engine.plan import report

    try:
        options.emit(report(read_config(model), context=context))
    except BlockformError as error:
        fail(f"{error.code}: {error}", FAILED)
