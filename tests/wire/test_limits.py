import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.wire.conftest import Heard, MakeApp, StoppedClock, ask
from tests.wire.stores import deaf_port
from vestibule.kernel.meters import Meters
from vestibule.kernel.secret import Secret
from vestibule.wire import Limit, LimitSettings, WireSettings
from vestibule.wire.app import App
from vestibule.wire.limit_memory import LimitMemory
from vestibule.wire.limits import STORE_FAILURES, Limiter

BODY = {"email": "a", "password": "abc"}


def limited(make_app: MakeApp, **limits: Any) -> App:
    return make_app(settings=WireSettings(limits=LimitSettings(**limits)))


async def sign_up(app: App, peer: str = "203.0.113.7", path: str = "/signup", body: object = None) -> Heard:
    return await ask(app, "POST", path, json=body or BODY, peer=(peer, 1))


async def test_the_request_after_the_last_is_refused(make_app: MakeApp) -> None:
    """Three are allowed in five minutes; the fourth is told when to come again."""
    app = limited(make_app)
    assert [(await sign_up(app)).status for _ in range(3)] == [200, 200, 200]
    heard = await sign_up(app)
    assert (heard.status, heard.json["error"]) == (429, "slow-down")
    assert heard.header("retry-after") == "300"


async def test_a_fixed_window_ends(make_app: MakeApp, clock: StoppedClock) -> None:
    """The count starts with the first request and ends as one."""
    app = limited(make_app)
    for _ in range(4):
        await sign_up(app)
    clock.advance(minutes=4, seconds=59.5)
    heard = await sign_up(app)
    assert (heard.status, heard.header("retry-after")) == (429, "1")
    clock.advance(seconds=1)
    assert (await sign_up(app)).status == 200


async def test_a_sliding_window_opens_slowly(make_app: MakeApp, clock: StoppedClock) -> None:
    """Two a minute: after one minute the last one still weighs."""
    app = limited(make_app)
    clock.moment = clock.moment.replace(second=0)
    clock.advance(seconds=30)
    statuses = [(await ask(app, "GET", "/sliding")).status for _ in range(3)]
    assert statuses == [200, 200, 429]
    clock.advance(seconds=31)
    assert [(await ask(app, "GET", "/sliding")).status for _ in range(2)] == [200, 429]
    clock.advance(minutes=2)
    assert [(await ask(app, "GET", "/sliding")).status for _ in range(3)] == [200, 200, 429]


async def test_each_network_has_its_own_count(make_app: MakeApp) -> None:
    """Another IPv4 address is another caller, another address of the same IPv6 /64 is not (security 103)."""
    app = limited(make_app)
    for _ in range(3):
        await sign_up(app, "2001:db8:0:1::1")
    assert (await sign_up(app, "2001:db8:0:1:ffff::2")).status == 429
    assert (await sign_up(app, "2001:db8:0:2::1")).status == 200
    assert (await sign_up(app, "203.0.113.8")).status == 200


async def test_forwarded_addresses_of_strangers_do_not_help(make_app: MakeApp) -> None:
    """A new X-Forwarded-For each time is still one caller (security 102)."""
    app = limited(make_app)
    statuses = []
    for number in range(4):
        headers = [(b"x-forwarded-for", b"1.1.1.%d" % number)]
        statuses.append((await ask(app, "POST", "/signup", json=BODY, headers=headers)).status)
    assert statuses == [200, 200, 200, 429]


async def test_limits_come_before_the_body_is_looked_at(make_app: MakeApp) -> None:
    """Malformed requests count too, and a refused one is not decoded."""
    app = limited(make_app)
    statuses = [(await sign_up(app, body={"nonsense": 1})).status for _ in range(4)]
    assert statuses == [400, 400, 400, 429]


async def test_one_group_is_one_count_under_all_bases(make_app: MakeApp) -> None:
    """Another spelling of the path is no way around."""
    app = limited(make_app)
    for path in ("/signup", "/t/default/signup", "/t/other/signup"):
        assert (await sign_up(app, path=path)).status == 200
    assert (await sign_up(app, path="/t/third/signup")).status == 429


async def test_limits_can_be_switched_off(make_app: MakeApp) -> None:
    """For tests and benches."""
    app = limited(make_app, enabled=False)
    assert {(await sign_up(app)).status for _ in range(10)} == {200}


async def _behind(app: App, claimed: str, peer: str = "192.168.1.1") -> int:
    heard = await ask(
        app, "POST", "/signup", json=BODY, peer=(peer, 1), headers=[(b"x-forwarded-for", claimed.encode())]
    )
    return heard.status


async def test_behind_an_unlisted_proxy_callers_are_kept_apart(make_app: MakeApp) -> None:
    """Nobody uses up the limit of all others there (security 104)."""
    app = limited(make_app)
    assert [await _behind(app, "1.1.1.1") for _ in range(4)] == [200, 200, 200, 429]
    assert await _behind(app, "1.1.1.2") == 200


async def test_who_makes_addresses_up_behind_an_unlisted_proxy_gets_ten_times_a_limit(make_app: MakeApp) -> None:
    """A new one for each request does not make the limit endless (security 102, 104)."""
    app = limited(make_app)
    statuses = [await _behind(app, f"1.1.{number}.1") for number in range(40)]
    assert statuses == [200] * 30 + [429] * 10
    assert await _behind(app, "1.1.1.1", peer="192.168.1.2") == 200


async def test_a_public_peer_gets_nothing_for_what_it_claims(make_app: MakeApp) -> None:
    """Forwarded addresses count from proxies only (security 102)."""
    app = limited(make_app)
    assert [await _behind(app, f"1.1.{number}.1", peer="203.0.113.7") for number in range(4)] == [200, 200, 200, 429]


async def test_an_operator_may_change_or_lift_one_limit(make_app: MakeApp) -> None:
    """By `dialect.group`: another allowance, or None."""
    app = limited(make_app, amounts={"tiny.signups": (1, timedelta(seconds=10)), "tiny.sliding": None})
    assert [(await sign_up(app)).status for _ in range(2)] == [200, 429]
    assert {(await ask(app, "GET", "/sliding")).status for _ in range(9)} == {200}


async def test_counts_in_memory_are_divided_by_the_workers(make_app: MakeApp) -> None:
    """Three workers with one each allow three together, and never fewer than one each."""
    app = limited(make_app, workers=3)
    assert [(await sign_up(app)).status for _ in range(2)] == [200, 429]
    app = limited(make_app, workers=64)
    assert [(await sign_up(app)).status for _ in range(2)] == [200, 429]


async def test_a_dialect_may_tell_how_much_is_left(make_app: MakeApp, clock: StoppedClock) -> None:
    """X-RateLimit headers on every limited answer, the refused one included."""
    app = limited(make_app)
    left = [(await sign_up(app)).header("x-ratelimit-remaining") for _ in range(4)]
    assert left == ["2", "1", "0", "0"]
    heard = await sign_up(app)
    assert heard.header("x-ratelimit-limit") == "3"
    assert heard.header("x-ratelimit-reset") == str(int(clock.now().timestamp()) + 300)
    assert (await ask(app, "GET", "/version")).header("x-ratelimit-limit") is None


async def test_a_flood_of_addresses_does_not_grow_without_bound(clock: StoppedClock) -> None:
    """When memory is full the oldest counts are forgotten, and ended ones are swept."""
    memory = LimitMemory(clock, max_keys=2000)
    for number in range(5000):
        await memory.incr(f"key{number}", 60)
    assert len(memory) <= 2000
    clock.advance(seconds=61)
    for number in range(2000):
        await memory.incr(f"new{number}", 60)
    assert len(memory) <= 2000
    assert await memory.get("new1999") == 1
    assert await memory.get("key4999") == 0


async def test_counting_stays_cheap_with_many_addresses(clock: StoppedClock) -> None:
    """A hit costs the same with a hundred thousand callers known (security 113)."""
    memory = LimitMemory(clock)
    for number in range(100_000):
        await memory.incr(f"key{number}", 3600)
    started = time.process_time()
    for _ in range(1000):
        await memory.incr("one", 3600)
    assert time.process_time() - started < 0.25


async def test_a_new_address_stays_cheap_when_memory_is_full(clock: StoppedClock) -> None:
    """Whoever invents keys must not make each new one walk all that there are (security 113)."""
    memory = LimitMemory(clock, max_keys=50_000)
    for number in range(50_000):
        await memory.incr(f"key{number}", 3600)
    started = time.process_time()
    for number in range(5_000):
        await memory.incr(f"new{number}", 3600)
    assert time.process_time() - started < 5
    assert len(memory) == 50_000
    assert await memory.get("new4999") == 1


async def test_ended_counts_go_as_new_ones_come(clock: StoppedClock) -> None:
    """Also those behind one that lasts: what a flood left does not stay."""
    memory = LimitMemory(clock)
    await memory.incr("lasting", 86_400)
    for number in range(1_000):
        await memory.incr(f"key{number}", 60)
    clock.advance(seconds=61)
    for number in range(1_001):
        await memory.incr(f"new{number}", 60)
    assert len(memory) == 1_002
    assert await memory.get("lasting") == 1


@pytest.mark.usefixtures("one_moment")
async def test_requests_pass_while_redis_is_away(make_app: MakeApp) -> None:
    """The limiter must not take the entrance down with it; one warning a minute and a meter say so."""
    with deaf_port() as port:
        url = f"redis://127.0.0.1:{port}"
        meters = Meters()
        app = make_app(settings=WireSettings(limits=LimitSettings(redis_url=Secret(url))), meters=meters)
        with capture_logs() as logs:
            statuses = {(await sign_up(app)).status for _ in range(10)}
    assert statuses == {200}
    assert dict(meters.totals(STORE_FAILURES)) == {"redis": 1, "memcached": 0}
    assert STORE_FAILURES in meters.declared
    assert [entry["event"] for entry in logs] == ["limits.store_unavailable"]
    assert url not in str(logs)


@pytest.mark.usefixtures("one_moment")
async def test_requests_pass_while_redis_is_silent(make_app: MakeApp) -> None:
    """A Redis that accepts and never answers costs a moment once, not each request."""
    heard: list[asyncio.StreamWriter] = []
    meters = Meters()
    server = await asyncio.start_server(lambda _, writer: heard.append(writer), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        limits = LimitSettings(redis_url=Secret(f"redis://127.0.0.1:{port}"))
        app = make_app(settings=WireSettings(limits=limits), meters=meters)
        with capture_logs():
            statuses = {(await sign_up(app)).status for _ in range(20)}
    for writer in heard:
        writer.close()
        await writer.wait_closed()
    assert statuses == {200}
    assert dict(meters.totals(STORE_FAILURES)) == {"redis": 1, "memcached": 0}


@pytest.mark.parametrize("amounts", [{"tiny.signups": (0, timedelta(seconds=1))}])
async def test_an_allowance_of_nothing_is_at_least_one(make_app: MakeApp, amounts: dict[str, Any]) -> None:
    """A limit of 0 would be a locked door by mistake."""
    assert (await sign_up(limited(make_app, amounts=amounts))).status == 200


def test_each_group_has_its_own_count() -> None:
    """Also where two allow the same: nobody uses up the one by asking for the other."""
    limiter = Limiter(LimitSettings(prefix="here"), StoppedClock(), Meters())
    windows = [
        limiter.window(dialect, Limit(group, 3, timedelta(minutes=1)))
        for dialect, group in (("nhost", "sms"), ("nhost", "email"), ("sublay", "email"))
    ]
    assert len({window.item.key_for("192.0.2.1") for window in windows if window is not None}) == 3
