"""`/metrics` for Prometheus, on a listener of its own: it asks for no credentials, so it stands beside no door.

One port cannot tell the counts of several processes, so each worker takes the first free one from the configured one
on: scrape as many ports as there are workers. Counters begin at zero with their worker, as Prometheus expects.
"""

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

import uvicorn

from vestibule.asgi.exits import Ending, ExitCode
from vestibule.assembly.application import Application
from vestibule.kernel.errors import StorageUnavailable
from vestibule.kernel.meters import Meter
from vestibule.settings import Settings
from vestibule.wire.call import Receive, Scope, Send
from vestibule.wire.server_protocol import uvicorn_options

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric

_BACKLOG: Final = 16
_PATIENCE: Final = timedelta(seconds=1)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to the worker."""
        yield


@contextlib.asynccontextmanager
async def metrics(settings: Settings, application: Application) -> AsyncIterator[None]:
    """Listen for as long as the context is open; without a port nothing is imported. Raises: Ending."""
    if settings.metrics_port is None:
        yield
        return
    sock = listening_socket(settings.metrics_host, settings.metrics_port, settings.workers)
    config = uvicorn.Config(
        MetricsApp(application), loop="none", log_config=None, **(uvicorn_options() | {"lifespan": "off"})
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    try:
        yield
    finally:
        server.should_exit = True
        await task


def listening_socket(host: str, first: int, ports: int) -> socket.socket:
    """Return a socket that listens on the first free one of so many ports. Raises: Ending."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in range(first, first + ports):
        sock = socket.socket(family)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
            sock.listen(_BACKLOG)
        except (OSError, OverflowError) as error:
            sock.close()
            if not isinstance(error, OSError) or error.errno != errno.EADDRINUSE:
                raise Ending(
                    ExitCode.CONFIGURATION, f"VESTIBULE_METRICS_HOST: cannot listen on {host}: {error}"
                ) from error
        else:
            return sock
    raise Ending(
        ExitCode.CONFIGURATION,
        f"VESTIBULE_METRICS_PORT: all of {ports} ports from {first} on are taken; each worker needs one",
    )


class MetricsApp:
    """The ASGI application of the listener."""

    def __init__(self, application: Application) -> None:
        from prometheus_client import CollectorRegistry, ProcessCollector  # noqa: PLC0415 - only where it is asked for

        self._application = application
        self._process = CollectorRegistry()
        ProcessCollector(registry=self._process)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Answer GET /metrics, and nothing else."""
        from prometheus_client import CONTENT_TYPE_LATEST  # noqa: PLC0415 - as above

        is_known = scope["method"] in {"GET", "HEAD"} and scope["path"] == "/metrics"
        body = await self._exposition() if is_known else b""
        headers = [(b"content-length", str(len(body)).encode())]
        if is_known:
            headers.append((b"content-type", CONTENT_TYPE_LATEST.encode()))
        await send({"type": "http.response.start", "status": 200 if is_known else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body if scope["method"] == "GET" else b""})

    async def _exposition(self) -> bytes:
        from prometheus_client import CollectorRegistry, generate_latest  # noqa: PLC0415 - as above

        families = [*self._counters(), *await self._lag()]
        registry = CollectorRegistry()
        registry.register(_Collected(families))
        return generate_latest(registry) + generate_latest(self._process)

    def _counters(self) -> Iterator["Metric"]:
        from prometheus_client.core import CounterMetricFamily  # noqa: PLC0415 - as above

        meters = self._application.meters
        for _, group in groupby(sorted(meters.declared, key=lambda meter: (meter.name, meter.values)), _name):
            same = list(group)
            family = CounterMetricFamily(same[0].name, same[0].about, labels=[same[0].label])
            for meter in same:
                for value, count in meters.totals(meter):
                    family.add_metric([value], count)
            yield family

    async def _lag(self) -> list["Metric"]:
        """Return how long the next message waits; nothing while the database is away."""
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415 - as above

        core = self._application.core
        try:
            async with asyncio.timeout(_PATIENCE.total_seconds()):
                lag = await core.outbox.lag(core.db)
        except (StorageUnavailable, TimeoutError):
            return []
        about = "Age of the message that is to leave next"
        return [GaugeMetricFamily("vestibule_outbox_lag_seconds", about, value=lag.total_seconds())]


class _Collected:
    """What was counted a moment ago, as a collector."""

    def __init__(self, families: Iterable["Metric"]) -> None:
        self._families = families

    def collect(self) -> Iterable["Metric"]:
        """Return it."""
        return self._families


def _name(meter: Meter) -> str:
    return meter.name
