"""Whatever arrives, it is answered in the dialect's own words: no exception, no 5xx, no endless work."""

import asyncio
import contextlib
import time
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.wire.conftest import StoppedClock, ask
from tests.wire.tiny import Greeting, tiny
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.errors import MalformedRequest
from vestibule.wire import LimitSettings, Mount, WireSettings, build_app
from vestibule.wire.address import TrustedProxies, network_of
from vestibule.wire.app import App
from vestibule.wire.cookies import parse_cookies
from vestibule.wire.decode import FieldReader, json_decoder

LINE = st.binary(max_size=200).map(lambda data: bytes(byte for byte in data if byte not in b"\r\n\x00"))
NAMES = st.sampled_from(
    [
        b"authorization",
        b"cookie",
        b"origin",
        b"host",
        b"content-type",
        b"content-length",
        b"content-encoding",
        b"x-forwarded-for",
        b"access-control-request-headers",
        b"if-none-match",
        b"x-request-id",
        b"expect",
        b"x\xff",
    ]
)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
HEADERS = st.lists(st.tuples(NAMES, LINE), max_size=8)
KNOWN = (
    "/version /signup /me /maybe /search /cookies /whoami /signout /token /form /jwks /users/x /t/p/me "
    "/docs /openapi/tiny.json /readyz"
)
PATHS = st.sampled_from(KNOWN.split()) | st.text(max_size=50).map(lambda text: f"/{text}")
METHODS = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "X"])
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
NEARLY = st.fixed_dictionaries(
    {}, optional={"email": ANY_JSON, "password": ANY_JSON, "options": ANY_JSON, "metadata": ANY_JSON, "x": ANY_JSON}
).map(msgspec.json.encode)

relaxed = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(scope="module")
def sturdy() -> App:
    return build_app(
        [Mount(tiny, without=frozenset({"crash", "crash_with_secret", "unrenderable", "away"}))],
        dependencies={Greeting: Greeting("hello")},
        clock=StoppedClock(),
        entropy=SystemEntropy(),
        fallback="tiny",
        settings=WireSettings(
            limits=LimitSettings(amounts={"tiny.signups": None}),
            access_log=False,
            trusted_proxies=("0.0.0.0/0", "::/0"),
            echo_request_id=True,
        ),
    )


@relaxed
@given(method=METHODS, path=PATHS, headers=HEADERS, query=LINE, body=st.binary(max_size=300) | NEARLY)
@example(method="POST", path="/signup", headers=[(b"content-type", b"application/json")], query=b"", body=b"\xff")
async def test_any_request_is_answered_without_5xx(
    sturdy: App, method: str, path: str, headers: Any, query: bytes, body: bytes
) -> None:
    """Any method, path, headers, query and body (security 109)."""
    heard = await ask(sturdy, method, path, headers=headers, query=query, body=body)
    assert heard.status == 0 or 200 <= heard.status < 500
    for _, value in heard.headers:
        assert not set(value) & {"\r", "\n", "\x00"}


@relaxed
@given(body=st.binary(max_size=400) | NEARLY | ANY_JSON.map(msgspec.json.encode))
async def test_any_body_is_taken_or_refused(sturdy: App, body: bytes) -> None:
    """Every body is 200 or a 400 with a problem (security 112)."""
    heard = await ask(sturdy, "POST", "/signup", headers=[(b"content-type", b"application/json")], body=body)
    assert heard.status == 200 or (heard.status == 400 and heard.json["problem"])


@relaxed
@given(body=NEARLY)
def test_what_is_taken_can_be_written_again(body: bytes) -> None:
    """No accepted text holds what JSON, UTF-8 or a database column would refuse later."""
    try:
        value = json_decoder(dict[str, Any])(body)
    except MalformedRequest:
        return
    assert b"\\u0000" not in msgspec.json.encode(value).replace(b"\\\\", b"")
    msgspec.json.encode(value).decode()


class Fields(msgspec.Struct):
    a: str = ""
    b: int = 0
    c: list[str] = []


@relaxed
@given(text=st.binary(max_size=200) | st.from_regex(rb"([abc%=&+0-9]|%[0-9a-f]{2}){0,40}", fullmatch=True))
def test_any_query_is_read_or_refused(text: bytes) -> None:
    """A query is its struct, or one MalformedRequest."""
    with contextlib.suppress(MalformedRequest):
        assert isinstance(FieldReader(Fields, where="query").read(text), Fields)


@relaxed
@given(
    pairs=st.lists(st.tuples(st.sampled_from("xyz"), st.text(st.characters(codec="utf-8", exclude_characters="\0"))))
)
def test_what_a_client_encodes_is_what_is_read(pairs: list[tuple[str, str]]) -> None:
    """Percent-encoding as the standard library does it comes back unchanged."""
    from urllib.parse import urlencode  # noqa: PLC0415 - the other side of the wire

    class Three(msgspec.Struct):
        x: list[str] = []
        y: list[str] = []
        z: list[str] = []

    value = FieldReader(Three, where="query").read(urlencode(pairs).encode())
    for name in "xyz":
        assert getattr(value, name) == [text for key, text in pairs if key == name]


@relaxed
@given(header=st.text(max_size=300) | st.lists(st.text('ab=;" ,\\\t', max_size=12)).map("; ".join))
def test_any_cookie_header_is_read(header: str) -> None:
    """Cookies that come out could go in again: tokens and cookie octets only."""
    for name, values in parse_cookies(header).items():
        assert name.isascii()
        assert name.isprintable()
        for value in values:
            assert value.isascii()
            assert not set(value) & set('; ,"\\')


@relaxed
@given(peer=st.none() | st.text(max_size=40) | st.ip_addresses().map(str), forwarded=st.none() | st.text(max_size=80))
def test_any_forwarded_header_gives_an_address(peer: str | None, forwarded: str | None) -> None:
    """An address in canonical form, or `unknown`; never what somebody wrote."""
    address = TrustedProxies(("0.0.0.0/0", "::/0")).client(peer, forwarded)
    assert address == "unknown" or network_of(address) != "unknown"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 65_000,
        b'{"a":' * 13_000,
        b'"' + b"\\" * 65_000,
        b"1" * 65_000,
        b"{" + b'"k":1,' * 10_000 + b'"z":1}',
        b'{"metadata":{' + b'"\\u0000k":{},' * 4_000 + b'"z":1}}',
        b'{"email":"' + b"\\u0000" * 10_000 + b'"}',
    ],
)
async def test_no_body_takes_long(sturdy: App, body: bytes) -> None:
    """64 KiB at their worst are still read in a moment (security 113)."""
    started = time.process_time()
    heard = await ask(sturdy, "POST", "/signup", headers=[(b"content-type", b"application/json")], body=body)
    assert heard.status == 400
    assert time.process_time() - started < 0.25


@pytest.mark.parametrize("header", ["a=b; " * 6000, ";" * 30_000, "=" * 30_000, "a" * 30_000, '"' * 30_000])
async def test_no_cookie_header_takes_long(sturdy: App, header: str) -> None:
    """Nor do 30 KB of cookies."""
    started = time.process_time()
    heard = await ask(sturdy, "GET", "/cookies", headers=[(b"cookie", header.encode())])
    assert heard.status == 200
    assert time.process_time() - started < 0.25


async def test_calls_do_not_see_each_other(sturdy: App) -> None:
    """A hundred calls at once, each with its own project, caller and address (security 122)."""

    async def one(number: int) -> None:
        headers = [(b"authorization", b"Bearer good-u%d" % number), (b"x-forwarded-for", b"198.51.100.%d" % number)]
        assert (await ask(sturdy, "GET", "/me", headers=headers)).json["user"] == f"u{number}"
        body = {"email": "a", "password": "abc"}
        assert (await ask(sturdy, "POST", f"/t/p{number}/signup", json=body)).json["token"] == f"hello-p{number}"
        assert (await ask(sturdy, "GET", "/whoami", headers=headers)).json["address"] == f"198.51.100.{number}"

    await asyncio.gather(*(one(number) for number in range(100)))
