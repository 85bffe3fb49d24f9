import asyncio
import io
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import uvicorn
from structlog.testing import capture_logs

from tests.support.cores import settings_for
from tests.support.loop_time import skip
from tests.wire.conftest import MakeApp, ask
from tests.wire.stores import LONG, on_a_free_port
from vestibule.wire import WireSettings
from vestibule.wire.app import App
from vestibule.wire.server_protocol import uvicorn_options


async def good() -> None:
    """Pass."""


async def bad() -> bool:
    return False


async def broken() -> None:
    raise RuntimeError("postgresql://user:s3cr3t@host is away")


async def stuck() -> None:
    skip(timedelta(minutes=1))
    await asyncio.sleep(1)


async def test_livez_is_always_200(make_app: MakeApp) -> None:
    """A process that runs is alive, whatever is away."""
    app = make_app(readiness={"database": broken})
    assert (await ask(app, "GET", "/livez")).status == 200
    assert (await ask(app, "HEAD", "/livez")).body == b""


async def test_readyz_is_200_when_every_check_passes(make_app: MakeApp) -> None:
    """Each check is named."""
    heard = await ask(make_app(readiness={"database": good, "clock": good}), "GET", "/readyz")
    assert (heard.status, heard.json) == (200, {"status": "ready", "checks": {"database": "ok", "clock": "ok"}})


async def test_readyz_is_503_when_one_check_fails(make_app: MakeApp) -> None:
    """False or an exception; the answer tells which, not why (security 110)."""
    with capture_logs() as logs:
        heard = await ask(make_app(readiness={"a": good, "b": bad, "c": broken}), "GET", "/readyz")
    assert heard.status == 503
    assert heard.json["checks"] == {"a": "ok", "b": "failed", "c": "failed"}
    assert "s3cr3t" not in heard.body.decode() + str(logs)


async def test_readyz_does_not_wait_for_ever(make_app: MakeApp) -> None:
    """A check that hangs has failed."""
    with capture_logs():
        heard = await ask(make_app(readiness={"database": stuck}), "GET", "/readyz")
    assert (heard.status, heard.json["checks"]) == (503, {"database": "failed"})


@asynccontextmanager
async def running(app: App) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", **uvicorn_options()))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
        assert not task.done()
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


async def test_a_real_server_opens_serves_and_closes(make_app: MakeApp, log: io.StringIO) -> None:
    """The lifespan is entered before the first request and left after the last, and the log is complete."""
    events: list[str] = []

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        events.append("open")
        yield
        events.append("close")

    async with running(make_app(lifespan=lifespan)) as url, httpx2.AsyncClient() as client:
        assert events == ["open"]
        answer = await client.post(f"{url}/signup", json={"email": "a", "password": "abc"})
        assert (answer.status_code, answer.json()["user"]) == (200, "a")
        assert "server" not in answer.headers
        await client.get(f"{url}/version")
    assert events == ["open", "close"]
    assert len(log.getvalue().splitlines()) == 2


async def live_and_die(app: App) -> None:
    """Tell the application that the server starts and stops."""
    events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    said: list[str] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(message: Any) -> None:
        said.append(message["type"])

    await app({"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}}, receive, send)
    assert said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.fixture(params=["unix", "redis", "valkey"])
def redis_url(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A Redis of the test's own, by each of its names."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        assert not os.environ.get("CI"), "the tests of Redis must run here"
        pytest.skip("neither redis-server nor valkey-server is installed")
    path = tmp_path / "redis.sock"
    command = [program, "--save", "", "--bind", "127.0.0.1", "--unixsocket", str(path), "--port"]
    with on_a_free_port(lambda port: [*command, str(port)]) as port:
        yield f"unix://{path}" if request.param == "unix" else f"{request.param}://127.0.0.1:{port}/0"


@pytest.mark.usefixtures("patient_stores")
async def test_processes_share_their_limits_through_redis(make_app: MakeApp, redis_url: str) -> None:
    """Two processes with one Redis allow three together, not three each, however the operator writes where it is."""
    told = {"VESTIBULE_REDIS_URL": redis_url, "VESTIBULE_RATE_LIMITS": "true"}
    limits = replace(settings_for("sqlite:///never-opened", told).limits, workers=2, amounts=LONG)
    apps = [make_app(settings=WireSettings(limits=limits)) for _ in range(2)]
    body = {"email": "a", "password": "abc"}
    signed_up = [await ask(apps[number % 2], "POST", "/signup", json=body) for number in range(4)]
    slow = [(await ask(apps[number % 2], "GET", "/sliding")).status for number in range(3)]
    for app in apps:
        await live_and_die(app)
    assert ([heard.status for heard in signed_up], slow) == ([200, 200, 200, 429], [200, 200, 429])
    assert 0 < int(signed_up[-1].header("retry-after") or "") <= 300
