"""Raw connections to the server's protocol, for what no HTTP client would send."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, Final

import uvicorn
from uvicorn.server import ServerState

from tests.support.loop_time import skip
from vestibule.wire.server_protocol import BoundedHttpProtocol, uvicorn_options

Connect = Callable[..., Awaitable["Line"]]

MINUTE: Final = timedelta(minutes=1)
_LIMIT_SECONDS: Final = 100.0  # longer than any time that is skipped; only a hang takes it


class Line:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, server: "Listening") -> None:
        self.reader = reader
        self.writer = writer
        self.server = server
        self.said = 0

    async def say(self, data: bytes) -> None:
        """Send."""
        self.said += len(data)
        self.writer.write(data)
        await self.writer.drain()

    async def stall(self, by: timedelta = MINUTE) -> None:
        """Say nothing for so long, once the server has heard what was said or has had enough."""
        async with asyncio.timeout(_LIMIT_SECONDS):
            while self.server.heard < self.said and not self.server.transport.is_closing():
                self.server.stirred.clear()
                await self.server.stirred.wait()
        skip(by)
        await asyncio.sleep(0.001)

    async def drip(self, data: bytes, pause: timedelta) -> timedelta:
        """Send byte by byte until the other side has had enough; return how long it bore that."""
        for number, byte in enumerate(data):
            if self.reader._eof:  # type: ignore[attr-defined] # an answer that is not read yet hides it
                return number * pause
            try:
                await self.say(bytes([byte]))
            except ConnectionError:
                return number * pause
            await self.stall(pause)
        return len(data) * pause

    async def flood(self, data: bytes) -> bool:
        """Send much too much; return whether the other side cut it."""
        try:
            for _ in range(2000):
                await self.say(data)
        except ConnectionError:
            return True
        return False

    async def answer(self) -> tuple[int, dict[bytes, bytes], bytes]:
        """Return status, headers and body of the next answer."""
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), _LIMIT_SECONDS)
        first, *lines = head[:-4].split(b"\r\n")
        headers = dict(line.split(b": ", 1) for line in lines)
        body = await self.reader.readexactly(int(headers.get(b"content-length", b"0")))
        return int(first.split()[1]), headers, body

    async def rest(self) -> bytes:
        """Return everything until the other side closes."""
        try:
            return await asyncio.wait_for(self.reader.read(), _LIMIT_SECONDS)
        except ConnectionError:
            return b""


class Listening(BoundedHttpProtocol):
    """The protocol; it counts the bytes that came, and says where it is."""

    heard = 0

    def __init__(self, config: uvicorn.Config, state: ServerState, accepted: asyncio.Queue["Listening"]) -> None:
        super().__init__(config, state, {})
        self._accepted = accepted
        self.stirred = asyncio.Event()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """Tell that it begins."""
        super().connection_made(transport)
        self._accepted.put_nowait(self)

    def data_received(self, data: bytes) -> None:
        """Count, and tell."""
        super().data_received(data)
        self.heard += len(data)
        self.stirred.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that it is over."""
        super().connection_lost(exc)
        self.stirred.set()


@asynccontextmanager
async def serving(app: Any) -> AsyncIterator[Connect]:
    options = {**uvicorn_options(), "lifespan": "off", "timeout_keep_alive": 3600}
    config = uvicorn.Config(app, **options)
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"today")]
    loop = asyncio.get_running_loop()
    accepted: asyncio.Queue[Listening] = asyncio.Queue()
    server = await loop.create_server(lambda: Listening(config, state, accepted), "127.0.0.1", 0)
    lines: list[Line] = []

    async def connect() -> Line:
        streams = await asyncio.open_connection(*server.sockets[0].getsockname())
        line = Line(*streams, await accepted.get())
        lines.append(line)
        return line

    try:
        yield connect
    finally:
        for line in lines:
            line.writer.close()
        server.close()
        for connection in list(state.connections):
            connection.transport.close()
        await asyncio.sleep(0.01)
