"""The cookies of this door: both tokens as each client wants them, and the CSRF session."""

from datetime import timedelta
from typing import Final, Literal

import msgspec

from vestibule.core.projects import Client
from vestibule.dialects.accountmaker.client_settings import CookieOptions
from vestibule.dialects.accountmaker.settings import AccountMakerSettings
from vestibule.wire import Call, Cookie

Kind = Literal["access_token", "refresh_token"]

CSRF_SESSION: Final = "csrf_session"
_SAME_SITE: Final[dict[str, Literal["Lax", "Strict", "None"]]] = {"lax": "Lax", "strict": "Strict", "none": "None"}


def options_of(client: Client | None, kind: Kind) -> CookieOptions:
    """Return how the client wants this cookie; the defaults where no client is known."""
    return msgspec.convert(client.terms.cookies.get(kind, {}) if client else {}, CookieOptions)


def cookie_value(call: Call, client: Client | None, kind: Kind) -> str | None:
    """Return the token that the browser sent in this cookie.

    After the cookie's domain or path was changed a browser may send two; it lists the one it got last at the end.
    """
    values = call.cookie_values(options_of(client, kind).name or kind)
    return values[-1] if values else None


def is_browser_like(call: Call, client: Client) -> bool:
    """Tell whether the caller keeps cookies: it sent one of ours, or headers that only browsers send."""
    names = (CSRF_SESSION, *(options_of(client, kind).name or kind for kind in _KINDS))
    return "origin" in call.headers or "sec-fetch-site" in call.headers or any(map(call.cookie_values, names))


_KINDS: Final[tuple[Kind, ...]] = ("access_token", "refresh_token")


def token_cookie(
    client: Client, kind: Kind, value: str, remaining: timedelta, settings: AccountMakerSettings
) -> Cookie:
    """Return the cookie that holds a token as long as it lives."""
    options = options_of(client, kind)
    return Cookie(
        name=options.name or kind,
        value=value,
        max_age=remaining,
        path=options.path,
        domain=options.domain,
        secure=options.secure and not settings.insecure_cookies,
        http_only=options.http_only,
        same_site=_SAME_SITE[options.same_site],
    )


def clearing_cookies(client: Client | None, settings: AccountMakerSettings) -> list[Cookie]:
    """Return the cookies that make a browser forget both tokens."""
    cleared = []
    for kind in _KINDS:
        options = options_of(client, kind)
        cookie = Cookie.clearing(
            options.name or kind,
            path=options.path,
            domain=options.domain,
            secure=options.secure and not settings.insecure_cookies,
            http_only=options.http_only,
            same_site=_SAME_SITE[options.same_site],
        )
        cleared.append(cookie)
    return cleared


def csrf_cookie(session: str, settings: AccountMakerSettings) -> Cookie:
    """Return the cookie of a CSRF session; it ends with the browser's."""
    return Cookie(name=CSRF_SESSION, value=session, secure=not settings.insecure_cookies, same_site="Strict")
