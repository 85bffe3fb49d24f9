"""Serves the application on a socket that is already bound, until a signal or the end of the parent."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import structlog
import uvicorn

from vestibule.asgi.exits import Ending, ExitCode
from vestibule.asgi.metrics import metrics
from vestibule.asgi.schema import bring_up_to_date
from vestibule.assembly.application import assemble
from vestibule.settings import Settings
from vestibule.wire.server_protocol import uvicorn_options

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("vestibule.server")

_BACKLOG: Final = 2048


class WorkerServer(uvicorn.Server):
    """uvicorn, told about its start and its end in our way: signals end it with status 0."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        self._on_ready()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `Stopping`, which also covers the time before and after."""
        yield


class Stopping:
    """Ends this process: politely at first, at once the second time, or when the parent is gone."""

    def __init__(self) -> None:
        self.server: WorkerServer | None = None
        self.is_asked = False

    def ask(self) -> None:
        """Stop accepting and finish what runs; asked again, leave at once."""
        if self.is_asked or self.server is None or not self.server.started:
            os._exit(ExitCode.FAILED if self.is_asked else ExitCode.OK)
        self.is_asked = True
        self.server.should_exit = True

    def watch(self, parent: int | None) -> None:
        """Listen for signals, and for the end of the parent: the other end of its pipe then closes."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.ask)
        if parent is not None:
            loop.add_reader(parent, self._orphaned, parent)

    def _orphaned(self, parent: int) -> None:
        asyncio.get_running_loop().remove_reader(parent)
        _log.warning("supervisor.gone")
        self.ask()


async def serve(
    settings: Settings, sockets: Sequence[socket.socket], *, on_ready: Callable[[], None], parent: int | None = None
) -> None:
    """Serve until told to stop. `parent` is a pipe that stays open as long as the supervisor lives.

    Raises: Ending, StartRefused, StorageUnavailable (only when asked to migrate, or not let in),
    MigrationFailed.
    """
    stopping = Stopping()
    stopping.watch(parent)
    if settings.migrate:
        await bring_up_to_date(settings)
    try:
        application = assemble(settings)
    except ValueError as error:
        raise Ending(ExitCode.CONFIGURATION, str(error)) from error
    config = uvicorn.Config(
        application.app,
        loop="none",
        log_config=None,
        backlog=_BACKLOG,
        timeout_graceful_shutdown=int(settings.shutdown_grace.total_seconds()),
        **(uvicorn_options() | {"lifespan": "off"}),
    )
    server = stopping.server = WorkerServer(config, on_ready)
    try:
        await application.start()
        async with metrics(settings, application):
            await server.serve(sockets=list(sockets))
    finally:
        await application.stop()


def run(
    settings: Settings, sockets: Sequence[socket.socket], *, on_ready: Callable[[], None], parent: int | None = None
) -> None:
    """Run `serve` on the fastest event loop there is. Raises: as `serve`."""
    import uvloop  # noqa: PLC0415 - only a process that serves needs it

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(settings, sockets, on_ready=on_ready, parent=parent))
