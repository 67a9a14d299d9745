"""A server from start to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH_NAME
from grpc_health.v1.health import aio as health  # pyright: ignore[reportAttributeAccessIssue]
from grpc_reflection.v1alpha import reflection

from blockform.v1 import generation_pb2, generation_pb2_grpc
from service.boundary import Boundary
from service.errors import ListenError
from service.servicer import Servicer
from service.settings import Settings
from service.worker import Worker

SERVICE_NAME = generation_pb2.DESCRIPTOR.services_by_name["GenerationService"].full_name
GRACE_SHARE = 0.9
HEALTH_NAMES = ("", SERVICE_NAME)


def _options(settings: Settings) -> list[tuple[str, int]]:
    return [
        ("grpc.max_receive_message_length", settings.limits.message_bytes),
        # Two servers on one port would share its connections without a word.
        ("grpc.so_reuseport", 0),
        ("grpc.keepalive_time_ms", 30_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.max_connection_age_ms", 30 * 60_000),
        ("grpc.max_connection_age_grace_ms", 5 * 60_000),
    ]


class Server:
    """The service on a port, with health and reflection."""

    def __init__(self, settings: Settings) -> None:
        """Prepares the server; needs a running event loop."""
        self._settings = settings
        self._health = health.HealthServicer()
        self._updates: set[asyncio.Task[None]] = set()
        self._worker = Worker(
            settings.source,
            compiling=settings.compiling,
            queue_length=settings.limits.queue_length,
            batch_size=settings.limits.batch_size,
            stuck_s=settings.stuck_s,
            on_ready=self._set_ready,
        )
        self._grpc = grpc.aio.server(interceptors=[Boundary()], options=_options(settings))
        servicer = Servicer(self._worker, settings.limits)
        generation_pb2_grpc.add_GenerationServiceServicer_to_server(servicer, self._grpc)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._grpc)
        names = (SERVICE_NAME, HEALTH_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._grpc)

    async def start(self) -> str:
        """Listens, loads the model, and returns the address once requests are taken.

        Raises:
            ListenError: The address is in use or not ours.
            ModelError: There is no such model.
        """
        address = self._listen()
        self._set_ready(False)
        await self._grpc.start()
        await self._worker.start()
        return address

    async def stop(self) -> None:
        """Takes no more requests, lets the running ones end, and ends the engine's process.

        Near the end of the grace those that still run are stopped with the best texts they have.
        """
        await self._health.enter_graceful_shutdown()
        stopping = asyncio.ensure_future(self._grpc.stop(self._settings.grace_s))
        await asyncio.wait((stopping,), timeout=GRACE_SHARE * self._settings.grace_s)
        await self._worker.stop()
        await stopping

    def _listen(self) -> str:
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        wanted = f"{host}:{self._settings.port}"
        try:
            port = self._grpc.add_insecure_port(wanted)
        except RuntimeError as error:
            raise ListenError(
                f"cannot listen on {wanted}", hint="is the port in use? --port 0 picks a free one"
            ) from error
        return f"{host}:{port}"

    def _set_ready(self, ready: bool) -> None:
        serving = health_pb2.HealthCheckResponse.SERVING
        status = serving if ready else health_pb2.HealthCheckResponse.NOT_SERVING
        for name in HEALTH_NAMES:
            update = asyncio.ensure_future(self._health.set(name, status))
            self._updates.add(update)
            update.add_done_callback(self._updates.discard)


async def serve(settings: Settings, announce: Callable[[str], None]) -> None:
    """Serves until SIGTERM or SIGINT.

    Args:
        settings: Everything about the server.
        announce: Called with the address once requests are taken.

    Raises:
        ListenError: The address is in use or not ours.
        ModelError: There is no such model.
    """
    told_to_stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told_to_stop.set)
    server = Server(settings)
    waiting = asyncio.ensure_future(told_to_stop.wait())
    starting = asyncio.ensure_future(server.start())
    try:
        await asyncio.wait((starting, waiting), return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            announce(starting.result())
            await waiting
    finally:
        starting.cancel()
        waiting.cancel()
        await server.stop()
