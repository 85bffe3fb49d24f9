"""What the tests of wire share: a clock that stands still, an application with the tiny dialect, raw ASGI calls."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tests.wire.tiny import Greeting, tiny
from vestibule.kernel.clock import monotonic_seconds
from vestibule.kernel.entropy import SystemEntropy
from vestibule.wire import LimitSettings, Mount, WireSettings, build_app, limit_stores, limits
from vestibule.wire.app import App


@dataclass
class StoppedClock:
    """A clock that tests move."""

    moment: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    def now(self) -> datetime:
        """Return where it stands."""
        return self.moment

    def advance(self, **duration: float) -> None:
        """Move it on; keywords are those of timedelta."""
        self.moment += timedelta(**duration)

    async def wait_until(self, at_seconds: float) -> None:
        """Nothing here waits."""


@dataclass
class Heard:
    """One answer, as the server would send it."""

    status: int = 0
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""

    @property
    def json(self) -> Any:
        """The decoded body."""
        return msgspec.json.decode(self.body)

    def header(self, name: str) -> str | None:
        """Return the first header called `name`."""
        return next((value for key, value in self.headers if key == name), None)

    def all(self, name: str) -> list[str]:
        """Return every header called `name`."""
        return [value for key, value in self.headers if key == name]


async def ask(
    app: App,
    method: str,
    path: str,
    *,
    headers: Sequence[tuple[bytes, bytes]] = (),
    body: bytes = b"",
    json: object = None,
    query: bytes = b"",
    peer: tuple[str, int] | None = ("203.0.113.7", 4711),
    chunks: Sequence[bytes] | None = None,
    raw_path: bytes | None = None,
) -> Heard:
    """Send one request straight into the application, malformed as it may be."""
    if json is not None:
        body, headers = msgspec.json.encode(json), [*headers, (b"content-type", b"application/json")]
    waiting = list(chunks if chunks is not None else [body])
    heard = Heard()

    async def receive() -> dict[str, Any]:
        if not waiting:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            heard.status = message["status"]
            heard.headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]]
        else:
            heard.body += message.get("body", b"")

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": raw_path or path.encode(),
        "query_string": query,
        "headers": list(headers),
        "client": peer,
    }
    await app(scope, receive, send)
    return heard


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def log() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that has failed is left alone for as long as the test takes."""
    now = monotonic_seconds()
    monkeypatch.setattr(limits, "monotonic_seconds", lambda: now)


@pytest.fixture
def patient_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is well may take its time: it counts on a slow machine as well."""
    monkeypatch.setattr(limit_stores, "PATIENCE_SECONDS", 60.0)


MakeApp = Callable[..., App]


@pytest.fixture
def make_app(clock: StoppedClock, log: io.StringIO) -> MakeApp:
    """Return a function that builds an application; keywords are those of WireSettings and build_app."""

    def make(
        mounts: Sequence[Mount] | None = None,
        *,
        settings: WireSettings | None = None,
        fallback: str = "tiny",
        **more: Any,
    ) -> App:
        return build_app(
            mounts or [Mount(tiny)],
            dependencies={Greeting: Greeting("hello")},
            clock=clock,
            entropy=SystemEntropy(),
            fallback=fallback,
            settings=settings or WireSettings(limits=LimitSettings(enabled=False)),
            log_stream=log,
            **more,
        )

    return make


@pytest.fixture
def app(make_app: MakeApp) -> App:
    return make_app()
