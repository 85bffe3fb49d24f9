"""Limits that several processes count together in memcached: a real one, and what happens without it."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.wire.conftest import MakeApp, ask
from tests.wire.stores import LONG, deaf_port, on_a_free_port
from tests.wire.test_server import live_and_die
from vestibule.kernel.clock import SystemClock
from vestibule.kernel.meters import Meters
from vestibule.wire import Limit, LimitSettings, WireSettings
from vestibule.wire.app import App
from vestibule.wire.limits import STORE_FAILURES, Limiter

BODY = {"email": "a", "password": "abc"}


@pytest.fixture(scope="module")
def memcached() -> Iterator[str]:
    """A memcached of the tests' own."""
    program = shutil.which("memcached")
    if program is None:
        assert not os.environ.get("CI"), "the tests of memcached must run here"
        pytest.skip("memcached is not installed")
    command = [program, "-l", "127.0.0.1", "-U", "0", "-m", "8", "-u", "nobody", "-p"]
    with on_a_free_port(lambda port: [*command, str(port)]) as port:
        yield f"127.0.0.1:{port}"


def limited(make_app: MakeApp, servers: str, prefix: str = "", **more: Any) -> App:
    limits = LimitSettings(memcached=servers, workers=2, prefix=prefix, amounts=LONG)
    return make_app(settings=WireSettings(limits=limits), **more)


@pytest.mark.usefixtures("patient_stores")
async def test_processes_share_their_limits_through_memcached(make_app: MakeApp, memcached: str) -> None:
    """Two processes with one memcached allow three together, not three each; two prefixes count apart."""
    apps = [limited(make_app, memcached, prefix="one.") for _ in range(2)]
    signed_up = [await ask(apps[number % 2], "POST", "/signup", json=BODY) for number in range(4)]
    slow = [(await ask(apps[number % 2], "GET", "/sliding")).status for number in range(3)]
    other = limited(make_app, memcached, prefix="two.")
    assert (await ask(other, "POST", "/signup", json=BODY)).status == 200
    for app in (*apps, other):
        await live_and_die(app)
    assert ([heard.status for heard in signed_up], slow) == ([200, 200, 200, 429], [200, 200, 429])
    assert 0 < int(signed_up[-1].header("retry-after") or "") <= 300


@pytest.mark.usefixtures("patient_stores")
@pytest.mark.parametrize("key", ["a b", "x" * 5_000, "\r\nflush_all\r\n", "é\ud800", ""])
async def test_whatever_a_key_holds_is_counted(memcached: str, key: str) -> None:
    """Memcached takes neither blanks nor more than 250 bytes; a caller's text reaches it as a digest (security 114)."""
    limiter = Limiter(LimitSettings(memcached=memcached, prefix="keys."), SystemClock(), Meters())
    window = limiter.window("tiny", Limit("g", 1, timedelta(minutes=5)))
    assert window is not None
    hits = [await limiter.hit(window.item, "fixed", key) for _ in range(2)]
    await limiter.close()
    assert hits == [True, False]


@pytest.mark.usefixtures("one_moment")
async def test_requests_pass_while_memcached_is_away(make_app: MakeApp) -> None:
    """The limiter must not take the entrance down with it; one warning a minute says so."""
    with deaf_port() as port, capture_logs() as logs:
        app = limited(make_app, f"127.0.0.1:{port}")
        statuses = {(await ask(app, "POST", "/signup", json=BODY)).status for _ in range(10)}
    assert statuses == {200}
    assert [entry["event"] for entry in logs] == ["limits.store_unavailable"]


@pytest.mark.usefixtures("one_moment")
async def test_requests_pass_while_memcached_is_silent(make_app: MakeApp) -> None:
    """One that accepts and never answers costs a moment once, not each request."""
    heard: list[asyncio.StreamWriter] = []
    meters = Meters()
    server = await asyncio.start_server(lambda _, writer: heard.append(writer), "127.0.0.1", 0)
    async with server:
        app = limited(make_app, f"127.0.0.1:{server.sockets[0].getsockname()[1]}", meters=meters)
        with capture_logs():
            statuses = {(await ask(app, "POST", "/signup", json=BODY)).status for _ in range(20)}
        await live_and_die(app)
        for writer in heard:
            writer.close()
            await writer.wait_closed()
    assert statuses == {200}
    assert dict(meters.totals(STORE_FAILURES)) == {"redis": 0, "memcached": 1}
