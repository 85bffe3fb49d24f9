import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.support.loop_time import skip
from tests.wire.lines import MINUTE, Connect, serving
from vestibule.wire.app import App
from vestibule.wire.server_protocol import MAX_HEAD_BYTES, PATIENCE_SECONDS

GET = b"GET /version HTTP/1.1\r\nhost: x\r\n\r\n"
SIGN_UP = b'{"email":"a","password":"abc"}'
POST = b"POST /signup HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
VERSION = b'{"version":"1.2.3"}'

SECOND = timedelta(seconds=1)
PATIENCE = PATIENCE_SECONDS * SECOND


@pytest.fixture
async def connect(app: App) -> AsyncIterator[Connect]:
    async with serving(app) as opened:
        yield opened


async def test_requests_on_one_connection_are_answered_in_turn(connect: Connect) -> None:
    """Keep-alive works through the short way out, with date, id and length."""
    line = await connect()
    for _ in range(3):
        await line.say(GET)
        status, headers, body = await line.answer()
        assert (status, body) == (200, VERSION)
        assert headers[b"date"] == b"today"
        assert headers[b"content-type"] == b"application/json"
        assert len(headers[b"x-request-id"]) == 32


async def test_pipelined_requests_are_answered_in_order(connect: Connect) -> None:
    """Many requests in one packet, with and without bodies, each get their own answer."""
    line = await connect()
    post = POST % len(SIGN_UP) + SIGN_UP
    await line.say(GET + post + GET + b"GET /nowhere HTTP/1.1\r\nhost: x\r\n\r\n" + post)
    answers = [await line.answer() for _ in range(5)]
    assert [status for status, _, _ in answers] == [200, 200, 200, 404, 200]
    assert answers[1][2] == b'{"token":"hello-default","user":"a"}'


async def test_head_sends_no_body_on_the_wire(connect: Connect) -> None:
    """A body after HEAD would be read as the next answer."""
    line = await connect()
    await line.say(b"HEAD /version HTTP/1.1\r\nhost: x\r\n\r\n" + GET)
    head = await line.reader.readuntil(b"\r\n\r\n")
    assert b"content-length: 19" in head
    assert (await line.answer())[2] == VERSION


@pytest.mark.parametrize(
    "start", [b"GET /version HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", b"GET /version HTTP/1.0\r\n\r\n"]
)
async def test_a_connection_that_is_to_close_closes(connect: Connect, start: bytes) -> None:
    """`Connection: close` and HTTP/1.0 end after their answer."""
    line = await connect()
    await line.say(start)
    text = await line.rest()
    assert text.startswith(b"HTTP/1.1 200")
    assert b"connection: close" in text
    assert text.endswith(VERSION)


async def test_expect_100_continue_is_answered(connect: Connect) -> None:
    """Some clients wait for it before it sends larger bodies."""
    line = await connect()
    head = (POST % len(SIGN_UP)).replace(b"host: x", b"host: x\r\nexpect: 100-continue")
    await line.say(head)
    assert await line.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    await line.say(SIGN_UP)
    assert (await line.answer())[0] == 200


@pytest.mark.parametrize(
    "head",
    [
        b"GET /version HTTP/1.1\r\nx: " + b"a" * 40_000 + b"\r\n\r\n",
        b"GET /version HTTP/1.1\r\n" + b"".join(b"x%d: y\r\n" % number for number in range(5000)) + b"\r\n",
        b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\n\r\n",
        b"GET /version HTTP/1.1\r\nx: " + b"a" * 500_000,
        b"GET /version HTTP/1.1\r\n" + b"a" * 100_000,
    ],
)
@pytest.mark.parametrize("piece", [1000, 1_000_000])
async def test_a_head_over_32_kib_is_431(connect: Connect, head: bytes, piece: int) -> None:
    """Complete or not, in one piece or many, it is refused and the connection closed (security 112)."""
    line = await connect()
    try:
        for start in range(0, len(head), piece):
            await line.say(head[start : start + piece])
            await asyncio.sleep(0)
    except ConnectionError:
        pass
    text = await line.rest()
    assert text == b"" or text.startswith(b"HTTP/1.1 431 ")
    assert text.count(b"HTTP/1.1") <= 1
    if piece > len(head) and len(head) < 60_000:
        assert text.startswith(b"HTTP/1.1 431 ")


async def test_a_head_just_under_32_kib_is_served(connect: Connect) -> None:
    """The bound is where it is said to be, also for the second request of a connection and beside a body."""
    line = await connect()
    filler = b"x: " + b"a" * (MAX_HEAD_BYTES - 200) + b"\r\n"
    for _ in range(2):
        await line.say(GET.replace(b"\r\n\r\n", b"\r\n" + filler + b"\r\n"))
        assert (await line.answer())[0] == 200
    body = b'{"email":"%s","password":"abc"}' % (b"a" * 60_000)
    await line.say((POST % len(body)).replace(b"\r\n\r\n", b"\r\n" + filler + b"\r\n") + body)
    assert (await line.answer())[0] == 200


async def test_a_large_second_head_is_refused_after_the_first_answer(connect: Connect) -> None:
    """Being polite once gives no right to more."""
    line = await connect()
    await line.say(GET)
    assert (await line.answer())[0] == 200
    await line.say(b"GET /version HTTP/1.1\r\nx: " + b"a" * 40_000 + b"\r\n\r\n")
    assert (await line.rest()).startswith(b"HTTP/1.1 431 ")


async def test_a_large_pipelined_head_is_never_served(connect: Connect) -> None:
    """Hidden behind a small request in the same packet it is measured all the same."""
    line = await connect()
    await line.say(GET + b"GET /version HTTP/1.1\r\nx: " + b"a" * 40_000 + b"\r\n\r\n" + GET)
    text = await line.rest()
    assert text.count(b"HTTP/1.1 200") <= 1


@pytest.mark.parametrize("start", [b"GET /version HTTP/1.1\r\nhost: x\r\n", b"G", b"GET /version HTTP/1.1\r\nx: "])
async def test_half_a_head_is_408(connect: Connect, start: bytes) -> None:
    """The rest has to come in time (security 112)."""
    line = await connect()
    await line.say(start)
    await line.stall()
    text = await line.rest()
    assert text.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert text.endswith(b"\r\n\r\nRequest Timeout")


async def test_a_silent_connection_is_closed(connect: Connect) -> None:
    """Connecting and saying nothing holds no file descriptor for long."""
    line = await connect()
    await line.stall()
    assert await line.rest() == b""


@pytest.mark.parametrize("drip", [b"GET /version HTTP/1.1\r\nhost: " + b"a" * 200, b"\r\n" * 200])
@pytest.mark.parametrize("first", [b"", GET])
async def test_dripping_does_not_buy_time(connect: Connect, first: bytes, drip: bytes) -> None:
    """The clock runs from the first byte of a head, however many follow; blank lines count too."""
    line = await connect()
    if first:
        await line.say(first)
        await line.answer()
    assert await line.drip(drip, SECOND / 4) < 2 * PATIENCE
    await line.rest()


async def test_a_stalled_body_is_408_and_never_handled(connect: Connect) -> None:
    """A body has to arrive in time as well; the half of it reaches no handler."""
    line = await connect()
    await line.say(POST % len(SIGN_UP) + SIGN_UP[:10])
    await line.stall()
    text = await line.rest()
    assert text.startswith(b"HTTP/1.1 408 ")
    assert text.count(b"HTTP/1.1") == 1


async def test_a_dripping_body_is_408(connect: Connect) -> None:
    """The whole body within the time, not each byte."""
    line = await connect()
    await line.say(POST % 60_000)
    assert await line.drip(b" " * 200, SECOND / 4) < 2 * PATIENCE
    assert b"HTTP/1.1 408 " in await line.rest()


async def test_a_slow_handler_may_take_its_time() -> None:
    """The clock is for what the client owes us, not for what we owe the client."""

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        skip(MINUTE)
        await asyncio.sleep(0.001)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})

    async with serving(slow) as connect:
        line = await connect()
        await line.say(POST % 2 + b"{}" + b"GET / HTT")  # half of the next one must not disturb it
        assert (await line.answer())[0] == 200


async def test_an_idle_connection_is_not_our_business(connect: Connect) -> None:
    """Between requests uvicorn's own keep-alive time counts."""
    line = await connect()
    await line.say(GET)
    await line.answer()
    await line.stall()
    await line.say(GET)
    assert (await line.answer())[0] == 200


async def test_a_refused_large_body_gets_its_answer(connect: Connect) -> None:
    """413 arrives although the client is still sending, and the flood is cut (security 112)."""
    line = await connect()
    await line.say(POST % 50_000_000)
    status, _, body = await line.answer()
    assert status == 413
    assert b"too-large" in body
    assert await line.flood(b" " * 100_000)


async def test_a_refused_small_body_keeps_the_connection(connect: Connect) -> None:
    """What was refused and arrives completely is thrown away, and the next request is served."""
    line = await connect()
    await line.say(POST % 100_000 + b" " * 100_000)
    assert (await line.answer())[0] == 413
    await line.say(GET)
    assert (await line.answer())[0] == 200


async def test_trailers_are_neither_headers_nor_memory(connect: Connect) -> None:
    """Fields after a chunked body do not change what was checked, and do not pile up."""
    line = await connect()
    chunked = (
        b"POST /signup HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    body = b"%x\r\n%s\r\n0\r\n" % (len(SIGN_UP), SIGN_UP)
    await line.say(chunked + body + b"content-type: text/plain\r\ncontent-encoding: gzip\r\n\r\n")
    assert (await line.answer())[0] == 200
    await line.say(chunked + body)
    assert await line.flood(b"x: " + b"y" * 100_000 + b"\r\n")


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\n\r\n",
        b"GET http://[ HTTP/1.1\r\n\r\n",
        b"GET /version HTTP/1.1\r\na\x00b: c\r\n\r\n",
        b"GET /version HTTP/1.1\r\ncontent-length: -1\r\n\r\n",
        b"GET /version HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n",
        b"POST /signup HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"CONNECT example.com:443 HTTP/1.1\r\nhost: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
async def test_garbage_is_a_clear_refusal(connect: Connect, garbage: bytes) -> None:
    """Whatever does not speak HTTP is told so and closed, or not answered at all (security 109)."""
    line = await connect()
    await line.say(garbage)
    await line.stall()
    text = await line.rest()
    assert text == b"" or text.split(b" ")[1][:1] == b"4"


async def test_options_for_the_whole_server_is_no_crash(connect: Connect) -> None:
    """`OPTIONS *` is legal HTTP."""
    line = await connect()
    await line.say(b"OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n")
    assert (await line.answer())[0] in {204, 400, 404}


async def test_a_wish_for_a_websocket_is_ignored(connect: Connect, caplog: pytest.LogCaptureFixture) -> None:
    """The request is served as HTTP and nobody fills our log with it."""
    line = await connect()
    with caplog.at_level(logging.INFO):
        await line.say(GET.replace(b"\r\n\r\n", b"\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n"))
        assert (await line.answer())[0] == 200
    assert caplog.records == []


@pytest.mark.parametrize("query", [b"name=a%00", b"name=\xff", b"name=%ff", b"%", b"name=a#b"])
async def test_odd_targets_are_no_crash(connect: Connect, query: bytes) -> None:
    """The strict reading of queries holds on the socket too."""
    line = await connect()
    await line.say(b"GET /search?" + query + b" HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
    text = await line.rest()
    assert text.split(b" ")[1] in {b"200", b"400"}
