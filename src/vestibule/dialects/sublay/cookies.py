"""The refresh cookie of v5 and v6. v7 has none."""

from datetime import timedelta
from typing import Final

from vestibule.core.projects import Project
from vestibule.dialects.sublay.generations import generation_of
from vestibule.wire import JSON, Call, Cookie

NAME: Final = "replyke-refresh-jwt"


def refresh_cookie(token: str, life: timedelta) -> Cookie:
    """Return the cookie that holds a refresh token; it crosses sites, as the API lives on another host."""
    return Cookie(name=NAME, value=token, max_age=life, same_site="None")


def cleared_cookie() -> Cookie:
    """Return the cookie that makes the browser forget."""
    return Cookie.clearing(NAME, same_site="None")


def cookie_token(call: Call, project: Project) -> str | None:
    """Return the token in the browser's cookie, None where there is none or it must not be trusted.

    A form on another site can make a browser send the cookie along. It can neither say that it sends JSON nor call
    from a listed origin, so one of the two is asked for (security 106).
    """
    if not generation_of(call).is_legacy:
        return None
    media_type = (call.header("content-type") or "").partition(";")[0].strip().lower()
    if media_type != JSON and call.origin not in project.policy.allowed_origins:
        return None
    return next(iter(call.cookie_values(NAME)), None) or None


def presented_refresh_token(call: Call, project: Project, in_body: str | None) -> str | None:
    """Return the refresh token that counts: the cookie's before the body's; None when neither has one."""
    return cookie_token(call, project) or in_body or None
