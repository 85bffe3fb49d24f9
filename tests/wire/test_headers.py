from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.wire.conftest import MakeApp, ask
from vestibule.wire import Cookie, LimitSettings, WireSettings
from vestibule.wire.app import App
from vestibule.wire.cookies import parse_cookies

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("name", [b"authorization", b"content-type", b"host", b"origin", b"content-encoding"])
async def test_a_header_that_must_be_single_is_refused_twice(app: App, name: bytes) -> None:
    """Two readers of one request must not believe different things (security 109)."""
    heard = await ask(app, "GET", "/version", headers=[(name, b"a"), (name, b"b")])
    assert (heard.status, heard.json["where"], heard.json["path"]) == (400, "header", name.decode())


async def test_other_repeated_headers_are_joined(app: App) -> None:
    """RFC 9110 section 5.3 for lists, RFC 6265 for cookies."""
    headers = [(b"cookie", b"a=1"), (b"cookie", b"b=2"), (b"x-thing", b"1"), (b"x-thing", b"2")]
    assert (await ask(app, "GET", "/cookies", headers=headers)).json == {"a": "1", "b": "2"}


@pytest.mark.parametrize("value", [b"", b"\xff\xfe", b"Bearer", b"Bearer ", b"bearer bad", b"x" * 30_000])
async def test_a_malformed_authorization_is_401(app: App, value: bytes) -> None:
    """A credential that cannot be read is a wrong credential, never a crash (security 109)."""
    assert (await ask(app, "GET", "/me", headers=[(b"authorization", value)])).status == 401


async def test_optional_auth_takes_an_unusable_credential_for_none(app: App) -> None:
    """`auth=scheme.optional` makes the caller None instead of refusing."""
    for headers in ([], [(b"authorization", b"Bearer null")]):
        assert (await ask(app, "GET", "/maybe", headers=headers)).json["user"] == "nobody"
    heard = await ask(app, "GET", "/maybe", headers=[(b"authorization", b"Bearer good-ann")])
    assert heard.json["user"] == "ann"


@pytest.mark.parametrize(
    ("header", "cookies"),
    [
        ("a=b", {"a": ("b",)}),
        ('a="b"; c=d', {"a": ("b",), "c": ("d",)}),
        ("a=1; a=2", {"a": ("1", "2")}),
        ("a=b=c==", {"a": ("b=c==",)}),
        ("a=", {"a": ("",)}),
        (" a=b ;c=d;", {"a": ("b",), "c": ("d",)}),
        ("novalue; =x; b@d=1; a=\xff; b=a b; c=d,e; d=ok", {"d": ("ok",)}),
        ("a=\x00; b=\x7f", {}),
        ("", {}),
    ],
)
def test_cookies_are_read_strictly(header: str, cookies: dict[str, tuple[str, ...]]) -> None:
    """Well-formed pairs count, with all values of a name in the browser's order; the rest is ignored (security 35)."""
    assert parse_cookies(header) == cookies


def test_a_flood_of_cookies_is_cut() -> None:
    """More cookies than any browser keeps are not worth reading."""
    assert len(parse_cookies("; ".join(f"c{number}=1" for number in range(5000)))) == 200


def test_a_cookie_is_spelled_as_an_express_server_does() -> None:
    """Clients were recorded against this order of attributes."""
    cookie = Cookie(name="replyke-refresh-jwt", value="x.y.z", max_age=timedelta(days=30), same_site="None")
    assert cookie.render(NOW) == (
        "replyke-refresh-jwt=x.y.z; Max-Age=2592000; Path=/; Expires=Sun, 01 Feb 2026 03:04:05 GMT; "
        "HttpOnly; Secure; SameSite=None"
    )


def test_a_cleared_cookie_is_long_past() -> None:
    """The browser forgets it; path and domain must match those it was set with."""
    cookie = Cookie.clearing("a", domain="example.com", secure=False)
    assert cookie.render(NOW) == (
        "a=; Domain=example.com; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Lax"
    )


def test_a_session_cookie_has_no_expiry() -> None:
    """Without max_age the cookie lives as long as the browser."""
    cookie = Cookie(name="__Host-s", value="v", same_site="Strict")
    assert cookie.render(NOW) == "__Host-s=v; Path=/; HttpOnly; Secure; SameSite=Strict"


@pytest.mark.parametrize(
    "broken",
    [
        {"name": ""},
        {"name": "a b"},
        {"value": "a;b"},
        {"value": "a\r\nb"},
        {"value": "\xff"},
        {"path": "/;x"},
        {"domain": "a\r\nb"},
    ],
)
def test_a_cookie_cannot_break_out_of_its_header(broken: dict[str, Any]) -> None:
    """Whatever is put into a cookie, it stays one cookie."""
    with pytest.raises(ValueError, match="cookie"):
        Cookie(**{"name": "a", "value": "b", **broken})


async def test_every_answer_has_its_own_unforeseeable_request_id(app: App) -> None:
    """128 random bits in hexadecimal, whatever the caller sent."""
    answers = [await ask(app, "GET", "/version", headers=[(b"x-request-id", b"mine-mine")]) for _ in range(600)]
    ids = {heard.header("x-request-id") for heard in answers}
    assert len(ids) == 600
    assert all(identifier and len(identifier) == 32 and int(identifier, 16) for identifier in ids)


async def test_a_request_id_is_echoed_only_where_configured(make_app: MakeApp) -> None:
    """Behind a proxy that sets it, a well-formed id is kept; anything else is replaced."""
    app = make_app(settings=WireSettings(limits=LimitSettings(enabled=False), echo_request_id=True))
    for sent, kept in ((b"abc-123_x.y", True), (b"a b", False), (b'"', False), (b"", False), (b"a" * 129, False)):
        heard = await ask(app, "GET", "/version", headers=[(b"x-request-id", sent)])
        assert (heard.header("x-request-id") == sent.decode()) is kept
