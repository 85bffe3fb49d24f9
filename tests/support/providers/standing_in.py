"""An HTTP server on loopback that stands in for somebody else's, and fails as a test tells it.

A stand-in speaks a provider's real protocol: it subclasses `StandIn` and overrides `answer`. `faults` come first, the
oldest first: an `Answer` that is given instead, or a `Fault`.
"""

import asyncio
import json
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any, Final, TypeVar
from urllib.parse import parse_qsl, urlsplit

from tests.support.loop_time import skip

_LATE: Final = timedelta(minutes=1)
_SECOND: Final = timedelta(seconds=1)
_TURN_SECONDS: Final = 0.001  # of the loop, in which the timers that are due ring


class Fault(Enum):
    """What goes wrong on the way."""

    SILENT = "takes the request and never answers"
    LATE = "answers rightly, a minute late; the minute passes at once"
    SLOW = "sends a byte of its body each second; the seconds pass at once"
    ENDLESS = "sends a body without end"
    UNANNOUNCED = "sends 2,000 bytes without saying how many"
    HANGS_UP = "closes the connection without a word"
    GARBAGE = "answers something that is no HTTP"
    ZIPPED = "compresses although nobody asked for it"


@dataclass(frozen=True)
class Answer:
    """What a stand-in says, `after_seconds`. A `body` that is no bytes is sent as JSON."""

    status: int = 200
    body: object = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    after_seconds: float = 0

    def encoded(self) -> bytes:
        """Return the whole answer as it is sent."""
        body = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        headers = {"Content-Type": "application/json", "Content-Length": str(len(body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(frozen=True)
class Seen:
    """A request that arrived. Names of headers are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    server_name: str | None = None

    @property
    def path(self) -> str:
        """The path without the query."""
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, str]:
        """The decoded query."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The body of a form."""
        assert self.headers["content-type"] == "application/x-www-form-urlencoded"
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True))

    @property
    def json(self) -> Any:
        """The body as JSON."""
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)

    @property
    def basic(self) -> tuple[str, str] | None:
        """User and password, if they came."""
        scheme, _, value = self.headers.get("authorization", "").partition(" ")
        if scheme != "Basic":
            return None
        user, _, password = b64decode(value).decode().partition(":")
        return user, password


@dataclass
class StandIn:
    """A server that says 200 to everything; `requests` holds what came."""

    requests: list[Seen] = field(default_factory=list)
    faults: list[Answer | Fault] = field(default_factory=list)
    port: int = 0
    is_encrypted: bool = False
    connections: int = 0
    asking: int = 0
    most_asking: int = 0
    _names: dict[ssl.SSLObject, str | None] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it is, by address."""
        return f"{'https' if self.is_encrypted else 'http'}://127.0.0.1:{self.port}"

    def answer(self, request: Seen) -> Answer:
        """Return what the provider would say."""
        assert request.method
        return Answer()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        self.connections += 1
        while (request := await self._read(reader, writer)) is not None:
            self.requests.append(request)
            said = self.faults.pop(0) if self.faults else self.answer(request)
            if isinstance(said, Fault):
                await _fail(said, writer)
                if said is not Fault.LATE:
                    return
                said = self.answer(request)
            self.asking += 1
            self.most_asking = max(self.most_asking, self.asking)
            await asyncio.sleep(said.after_seconds)
            self.asking -= 1
            writer.write(said.encoded())
            await writer.drain()

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Seen | None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        first, *lines = head.rstrip("\r\n").split("\r\n")
        method, target, _ = first.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        return Seen(method, target, headers, body, self._names.get(writer.get_extra_info("ssl_object")))


S = TypeVar("S", bound=StandIn)


@asynccontextmanager
async def serve(stand_in: S, tls: ssl.SSLContext | None = None) -> AsyncIterator[S]:
    """Run a stand-in; with `tls` the names that clients asked for are noted."""
    if tls is not None:

        def note(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, context: ssl.SSLContext) -> None:
            assert isinstance(connection, ssl.SSLObject)
            stand_in._names[connection] = name

        tls.sni_callback = note
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        talks.add(task)
        with suppress(ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
            await stand_in.talk(reader, writer)
        writer.transport.abort()
        talks.discard(task)

    server = await asyncio.start_server(talk, "127.0.0.1", stand_in.port, ssl=tls)
    stand_in.port = server.sockets[0].getsockname()[1]
    stand_in.is_encrypted = tls is not None
    try:
        yield stand_in
    finally:
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
        await asyncio.sleep(0)


async def _fail(fault: Fault, writer: asyncio.StreamWriter) -> None:
    match fault:
        case Fault.SILENT:
            await asyncio.sleep(3600)
        case Fault.LATE:
            skip(_LATE)
            await asyncio.sleep(_TURN_SECONDS)
        case Fault.SLOW:
            await _drip(writer)
        case Fault.ENDLESS:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                await writer.drain()
        case Fault.UNANNOUNCED:
            writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + b"x" * 2000)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
        case Fault.HANGS_UP:
            writer.close()
        case Fault.GARBAGE:
            writer.write(b"220 mail.test ESMTP ready\r\n")
            await writer.drain()
        case Fault.ZIPPED:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00")
            await writer.drain()


async def _drip(writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(1000):
        writer.write(b" ")
        await writer.drain()
        skip(_SECOND)
        await asyncio.sleep(_TURN_SECONDS)
