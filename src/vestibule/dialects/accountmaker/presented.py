"""Finds the tokens in a request: header or body first, then the client's cookies."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from vestibule.core.projects import Client
from vestibule.dialects.accountmaker.cookies import cookie_value
from vestibule.wire import Call

_BEARER: Final = "bearer "


@dataclass(frozen=True, slots=True)
class PresentedRefresh:
    """A refresh token that came in. One from a cookie was sent by the browser, whoever asked it to."""

    text: str
    by_cookie: bool


def access_token(call: Call, client: Client | None) -> str | None:
    """Return the bearer token, without an Authorization header the cookie's; None when there is neither.

    An Authorization header that is no bearer token hides the cookie: the caller meant to use something else.
    """
    header = call.header("authorization")
    if header is None:
        return cookie_value(call, client, "access_token")
    return header[len(_BEARER) :].strip() or None if header.lower().startswith(_BEARER) else None


def refresh_token(call: Call, client: Client | None) -> PresentedRefresh | None:
    """Return the body's refresh token, else the cookie's; None when there is neither."""
    text = call.body_members.get("refresh_token")
    if text is not None:
        # What is no text is refused when the body is decoded; it must not turn into cookie mode before.
        return PresentedRefresh(text if isinstance(text, str) else "", by_cookie=False)
    value = cookie_value(call, client, "refresh_token")
    return None if value is None else PresentedRefresh(value, by_cookie=True)


def one_time_token(call: Call) -> str | None:
    """Return the token of a mailed link, from the query or the body."""
    text = call.body_members.get("token")
    if isinstance(text, str):
        return text
    return next((value for name, value in parse_qsl(call.query_text) if name == "token"), None)
