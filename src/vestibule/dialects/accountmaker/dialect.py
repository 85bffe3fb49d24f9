"""The door itself: its name, its manners, and the words its endpoints are marked with."""

from datetime import timedelta
from typing import Final

from vestibule.dialects.accountmaker.errors import ERRORS, PROBLEM, ProblemDetails, problem
from vestibule.dialects.accountmaker.origins import listed_origins
from vestibule.kernel.errors import (
    ClientMismatch,
    ClientNotFound,
    ClientRequired,
    CsrfFailed,
    OriginNotAllowed,
    Refusal,
)
from vestibule.wire import Answer, Call, Dialect, InternalError, Limit, ListedOrigins

NAME: Final = "accountmaker"

# How an endpoint learns which client calls, besides by name or host.
CLIENT_NAMED: Final = "client named"
CLIENT_OF_ACCESS_TOKEN: Final = "client of the access token"  # noqa: S105 - a mark, not a token
CLIENT_OF_REFRESH_TOKEN: Final = "client of the refresh token"  # noqa: S105 - as above
CLIENT_OF_TICKET: Final = "client of the one-time token"
# What the CSRF guard makes of an endpoint that changes something.
CSRF_FREE: Final = "csrf free"
CSRF_BY_ORIGIN: Final = "csrf by origin"


def _relative_problem(call: Call, failure: Refusal | InternalError) -> Answer[object]:
    return problem("", call, failure)  # mounting puts the public URL in front


accountmaker: Final = Dialect(
    NAME,
    title="AccountMaker",
    version="1",
    description="The end-user authentication API of AccountMaker.",
    render=_relative_problem,
    errors=ERRORS,
    error_schema=ProblemDetails,
    error_media_type=PROBLEM,
    bases=("",),
    prefixes=("/auth", "/api"),
    body_first=True,
    cors=ListedOrigins(
        listed_origins,
        credentials=True,
        refuse=True,
        methods=("GET", "POST", "PUT", "PATCH", "DELETE"),
        headers=("Content-Type", "Authorization", "X-Client-ID", "X-CSRF-Token"),
        expose=("X-CSRF-Token", "Retry-After", "X-Request-ID"),
        max_age_seconds=600,
    ),
    common_raises=(ClientRequired, ClientMismatch, ClientNotFound, OriginNotAllowed, CsrfFailed),
)


def address_and_email(call: Call) -> str | None:
    """Return the key that counts tries on one address from one network."""
    email = call.body_members.get("email")
    return f"{call.client_network} {email.strip().lower()[:254]}" if isinstance(email, str) else None


_MINUTE: Final = timedelta(minutes=1)

SIGN_INS: Final = (
    Limit("sign-in", 60, _MINUTE, strategy="sliding"),
    Limit("sign-in-address", 10, _MINUTE, key=address_and_email, strategy="sliding", by_network=False),
)
SIGN_UPS: Final = Limit("sign-up", 10, 10 * _MINUTE, strategy="sliding")
EMAIL_CHECKS: Final = Limit("check-email", 20, _MINUTE, strategy="sliding")
ONE_TIME_TOKENS: Final = Limit("one-time-token", 30, _MINUTE, strategy="sliding")
