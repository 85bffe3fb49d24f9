"""Texts that no client would send, and every place where a text of the caller's choice is read."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote_from_bytes

import msgspec
from hypothesis import strategies as st

from tests.support.serving import CLIENT_ID

NAMED: Final = ((b"x-client-id", CLIENT_ID.encode()), (b"x-sublay-project-id", b"default"))
JSON: Final = (b"content-type", b"application/json")


@dataclass(frozen=True)
class Sent:
    """One request."""

    method: str
    url: str
    headers: tuple[tuple[bytes, bytes], ...] = NAMED
    body: bytes | None = None


def _json(**members: object) -> bytes:
    return msgspec.json.encode(members)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")


def _header(
    method: str, url: str, name: bytes, before: bytes = b"", body: bytes | None = None
) -> Callable[[bytes], Sent]:
    kind = (JSON,) if body is not None else ()
    others = tuple(pair for pair in NAMED if pair[0] != name)
    return lambda value: Sent(method, url, (*others, *kind, (name, before + _line(value))), body)


def _member(url: str, member: str, **others: object) -> Callable[[bytes], Sent]:
    return lambda value: Sent("POST", url, (*NAMED, JSON), _json(**{**others, member: _text(value)}))


def _query(url: str) -> Callable[[bytes], Sent]:
    return lambda value: Sent("GET", url.replace("{}", quote_from_bytes(value)))


def _line(value: bytes) -> bytes:
    """Leave out what no HTTP parser lets into a header."""
    return value.translate(None, b"\r\n\0")


_PASSWORD: Final = {"password": "Correct horse 7"}
_CHANGE: Final = _json(password="Correct horse 7", newPassword="Correct horse 8")
_REDIRECT: Final = "redirectTo=http%3A%2F%2Flocalhost%3A3000"

# Every place where a text of the caller's choice is read, and how it gets there.
PLACES: Final[Mapping[str, Callable[[bytes], Sent]]] = {
    "nhost access token": _header("GET", "/v1/user", b"authorization", b"Bearer "),
    "nhost authorization": _header("GET", "/v1/user", b"authorization"),
    "nhost refresh token": _member("/v1/token", "refreshToken"),
    "nhost token to verify": _member("/v1/token/verify", "token"),
    "nhost sign-out": _member("/v1/signout", "refreshToken"),
    "nhost reset ticket": _member("/v1/user/password", "ticket", newPassword="Correct horse 8"),
    "nhost ticket": _query(f"/v1/verify?ticket={{}}&{_REDIRECT}"),
    "nhost redirect target": _query("/v1/verify?ticket=verifyEmail:x&redirectTo={}"),
    "nhost query": _query("/v1/verify?{}"),
    "nhost email": _member("/v1/signin/email-password", "email", **_PASSWORD),
    "nhost password": _member("/v1/signin/email-password", "password", email="ann@example.com"),
    "nhost mailed redirect": lambda value: Sent(
        "POST",
        "/v1/user/password/reset",
        (JSON,),
        _json(email="ann@example.com", options={"redirectTo": _text(value)}),
    ),
    "nhost display name": lambda value: Sent(
        "POST",
        "/v1/signup/email-password",
        (JSON,),
        _json(email="taken@example.com", **_PASSWORD, options={"displayName": _text(value)}),
    ),
    "nhost origin": _header("GET", "/v1/user", b"origin"),
    "nhost host": _header("GET", "/v1/version", b"host"),
    "nhost host, with a project": _header("POST", "/v1/token", b"host", body=_json(refreshToken="x")),
    "key set of a client": _query("/v1/.well-known/jwks.json?client_id={}"),
    "key set validator": _header("GET", "/v1/.well-known/jwks.json", b"if-none-match"),
    "sublay access token": _header("POST", "/v7/default/auth/change-password", b"authorization", b"Bearer ", _CHANGE),
    "sublay authorization": _header("POST", "/api/v5/default/auth/change-password", b"authorization", b"", _CHANGE),
    "sublay service key": _header("GET", "/internal/service/verify", b"authorization", b"Bearer vsk_"),
    "sublay named project": _header("GET", "/internal/service/verify", b"x-sublay-project-id"),
    "sublay project": lambda value: Sent("GET", f"/v7/{quote_from_bytes(value, safe='')}/projects/lean"),
    "sublay refresh token": _member("/v7/default/auth/request-new-access-token", "refreshToken"),
    "sublay refresh cookie": _header(
        "POST", "/api/v6/default/auth/request-new-access-token", b"cookie", b"replyke-refresh-jwt=", b"{}"
    ),
    "sublay sign-out": _member("/api/v5/default/auth/sign-out", "refreshToken"),
    "sublay email": _member("/v7/default/auth/sign-in", "email", **_PASSWORD),
    "sublay origin": _header("POST", "/api/v5/default/auth/sign-in", b"origin", b"", _json(email="a", password="b")),
    "accountmaker access token": _header("GET", "/auth/me", b"authorization", b"Bearer "),
    "accountmaker access cookie": _header("GET", "/auth/me", b"cookie", b"access_token="),
    "accountmaker cookies": _header("GET", "/auth/csrf-token", b"cookie"),
    "accountmaker refresh token": _member("/auth/refresh", "refresh_token"),
    "accountmaker refresh cookie": _header("POST", "/auth/refresh", b"cookie", b"refresh_token=", b"{}"),
    "accountmaker ticket": _query("/auth/verify?token={}"),
    "accountmaker redirect": _query("/auth/verify?token=x&redirect_uri={}"),
    "accountmaker query": _query("/auth/csrf-token?{}"),
    "accountmaker client header": _header("POST", "/auth/login-methods", b"x-client-id", b"", b"{}"),
    "accountmaker client in the body": _member("/auth/login-methods", "client_id"),
    "accountmaker client in the query": _query("/auth/me?client_id={}"),
    "accountmaker email": _member("/auth/sign-in", "email", client_id=CLIENT_ID, **_PASSWORD),
    "accountmaker account": _member(
        "/auth/sign-in", "account_id", client_id=CLIENT_ID, email="ann@example.com", **_PASSWORD
    ),
    "accountmaker csrf token": _header("POST", "/auth/sign-in", b"x-csrf-token", b"", _json(email="a", password="b")),
    "accountmaker csrf cookie": _header("GET", "/auth/csrf-token", b"cookie", b"csrf_session="),
    "accountmaker origin": _header("POST", "/auth/login-methods", b"origin", b"", b"{}"),
    "accountmaker fetch site": _header("POST", "/auth/login-methods", b"sec-fetch-site", b"", b"{}"),
    "accountmaker accept": _header("GET", "/auth/csrf-session", b"accept"),
    "accountmaker host": _header("GET", "/auth/csrf-token", b"host"),
    "forwarded for": _header("GET", "/v1/version", b"x-forwarded-for"),
    "content type": _header("POST", "/auth/sign-in", b"content-type", b"", b"{}"),
    "content encoding": _header("POST", "/v1/token", b"content-encoding", b"", b"{}"),
    "asked headers": _header("OPTIONS", "/v1/token", b"access-control-request-headers"),
    "path": lambda value: Sent("GET", "/" + quote_from_bytes(value, safe="/")),
    "body": lambda value: Sent("POST", "/auth/sign-in", (*NAMED, JSON), value),
}


def hostile_texts(real: list[bytes]) -> st.SearchStrategy[bytes]:
    """Return a strategy: real credentials bent in one place, JWTs of odd parts, and texts of all kinds."""
    odd = st.sampled_from(
        [
            b"",
            b" ",
            b"null",
            b"Bearer",
            b"Bearer  ",
            b"bearer a b c",
            b"..",
            b"...",
            b"=",
            b";;;",
            b"a=b; a=c; =; ;",
            b"%00%ff%zz",
            b"[::1]:80",
            b"[",
            b"::1",
            b"http://[::1",
            b"http://a@b:c@d",
            b"//",
            b"\\\\evil",
            b"javascript:alert(1)",
            b"http://localhost:3000\\@evil",
            b"9" * 400,
            b"-1",
            b"1e309",
            b"NaN",
            "ａ@ｂ．com".encode(),  # noqa: RUF001 - full width on purpose
            "a@\u202eb.example".encode(),
            "\ufeff\u0000\U0010ffff".encode(),
            b"\xff\xfe\xfd",
            b"\xed\xa0\x80",
            b"prefix_" + b"z" * 22,
            b"acc_" + b"z" * 22,
        ]
    )

    def bent(parts: tuple[bytes, int, bytes]) -> bytes:
        credential, place, piece = parts
        at = place % (len(credential) + 1)
        return credential[:at] + piece + credential[at + max(1, len(piece)) :]

    segment = st.one_of(
        st.binary(max_size=40).map(lambda raw: base64.urlsafe_b64encode(raw).rstrip(b"=")),
        st.sampled_from(
            [
                _segment({"alg": "none"}),
                _segment({"alg": "HS256", "kid": 1}),
                _segment({"alg": "RS256", "kid": "\u0000", "crit": ["b64"], "b64": False}),
                _segment({"alg": "ES256", "jwk": {}, "jku": "http://evil.example", "x5u": []}),
                _segment({"cid": CLIENT_ID, "sub": 1, "exp": "x"}),
                _segment({"cid": [], "exp": 1e400}),
                _segment([]),
                _segment(None),
                b"W" * 3000,
            ]
        ),
        st.binary(max_size=10),
    )
    return st.one_of(
        odd,
        st.tuples(st.sampled_from(real), st.integers(0, 2000), st.binary(max_size=3)).map(bent),
        st.lists(segment, min_size=1, max_size=6).map(b".".join),
        st.text(max_size=60).map(lambda text: text.encode("utf-8", "replace")),
        st.binary(max_size=60),
    )


def _segment(value: object) -> bytes:
    return base64.urlsafe_b64encode(msgspec.json.encode(value)).rstrip(b"=")
