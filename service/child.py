"""The engine's own process: it loads the model, and hears what the service wants of it."""

from __future__ import annotations

import importlib
import os
import signal
import threading
from multiprocessing.connection import Connection
from operator import attrgetter

from engine import DEFAULT_MODEL
from service.interface import EngineLike
from service.jobs import Cancel, Failure, Forget, Keep, Loaded, NotLoaded, Quit, Start
from service.loop import Loop
from service.settings import EngineSource


def load(source: EngineSource) -> EngineLike:
    """Returns the engine that a source describes.

    Raises:
        BlockformError: It cannot be loaded.
    """
    module, _, attribute = source.factory.partition(":")
    factory = attrgetter(attribute)(importlib.import_module(module))
    threads = 1 if source.threads is None and source.model == DEFAULT_MODEL else source.threads
    return factory(
        source.model,
        device=source.device,
        threads=threads,
        kernels=source.kernels,
        weights=source.weights,
        context=source.context,
    )


def main(source: EngineSource, connection: Connection) -> None:
    """Loads the engine and carries out jobs until the service hangs up."""
    # A signal to the whole process group must not kill a job that the service still waits for.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    try:
        engine = load(source)
    except Exception as error:  # noqa: BLE001 - whatever it is, the service has to hear of it
        connection.send(NotLoaded(Failure.of(error)))
        return
    connection.send(Loaded(engine.info, engine.compiler))
    loop = Loop(engine, connection.send)
    threading.Thread(target=listen, args=(connection, loop), daemon=True).start()
    loop.run()
    os._exit(0)  # everything is answered, and torch would take seconds to clear up


def listen(connection: Connection, loop: Loop) -> None:
    """Tells the loop what the service says, until the process ends."""
    while True:
        try:
            message = connection.recv()
        except (EOFError, OSError):
            os._exit(0)  # the service is gone, so nobody waits for anything
        match message:
            case Keep(key, data):
                loop.keep(key, data)
            case Forget(key):
                loop.forget(key)
            case Start(id, job, key):
                loop.start(id, job, key)
            case Cancel(id):
                loop.cancel(id)
            case Quit():
                loop.quit()
