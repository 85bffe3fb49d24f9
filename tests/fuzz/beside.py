"""A server on an event loop of its own, for tests that are not coroutines: the fuzzers call, and wait so long only."""

import asyncio
import faulthandler
import threading
from collections.abc import Callable, Coroutine, Iterator, MutableMapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.serving import Running, Serve
from tests.support.ways_in import EVERY_WAY_IN

T = TypeVar("T")
_PATIENCE_SECONDS: Final = 60.0  # for anything: more is a hang
_HOPELESS_SECONDS: Final = 240.0  # for a test


@dataclass
class Beside:
    """A running server and the loop that it runs on."""

    running: Running
    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the server's loop. Raises: TimeoutError when it hangs."""
        future: Future[T] = asyncio.run_coroutine_threadsafe(work, self.loop)
        return future.result(_PATIENCE_SECONDS)

    def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[bytes, bytes]] = (),
        body: bytes | None = None,
    ) -> "Heard":
        """Send a request as it is, past every client that would tidy it up."""
        return self.run(self._send(method, url, headers, body or b""))

    async def _send(self, method: str, url: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> "Heard":
        path, _, query = url.partition("?")
        given_names = {name.lower() for name, _ in headers}
        needed = ((b"host", b"localhost:4000"), (b"content-length", b"%d" % len(body)))
        added = [pair for pair in needed if pair[0] not in given_names]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("latin-1", "replace"),
            "query_string": query.encode("latin-1", "replace"),
            "headers": [*added, *((name.lower(), value) for name, value in headers)],
            "client": ("192.0.2.1", 1234),
            "server": ("127.0.0.1", 4000),
        }
        messages = [{"type": "http.request", "body": body, "more_body": False}]
        heard = Heard()

        async def receive() -> dict[str, Any]:
            return messages.pop() if messages else {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            heard.take(message)

        await self.running.application.app(scope, receive, send)
        return heard


@dataclass
class Heard:
    """An answer."""

    status_code: int = 0
    headers: dict[str, list[str]] = field(default_factory=dict)
    content: bytes = b""

    def take(self, message: MutableMapping[str, Any]) -> None:
        """Take in a part of it."""
        if message["type"] == "http.response.start":
            self.status_code = message["status"]
            for name, value in message["headers"]:
                self.headers.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
        else:
            self.content += message.get("body", b"")

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")


@pytest.fixture
def beside(serve: Serve) -> Iterator[Beside]:
    """Start a server on a loop in another thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    context = serve(policy=EVERY_WAY_IN)  # else most requests end at a switch
    # A matcher that never ends holds the interpreter, and with it every gentler watchdog.
    faulthandler.dump_traceback_later(_HOPELESS_SECONDS, exit=True)
    try:
        running = asyncio.run_coroutine_threadsafe(context.__aenter__(), loop).result(_PATIENCE_SECONDS)
        yield Beside(running, loop)
        asyncio.run_coroutine_threadsafe(context.__aexit__(None, None, None), loop).result(_PATIENCE_SECONDS)
    finally:
        faulthandler.cancel_dump_traceback_later()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_PATIENCE_SECONDS)
        loop.close()


def fuzz(values: st.SearchStrategy[T], check: Callable[[T], None], *, examples: int) -> None:
    """Check values of the strategy, the same ones in every run."""

    @given(values)
    @settings(
        max_examples=examples,
        deadline=None,  # each answer has a budget of its own
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def once(value: T) -> None:
        check(value)

    once()
