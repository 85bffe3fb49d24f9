"""The groups of Nhost Auth's limits, route by route, against the rules that the newest server counts by."""

from datetime import timedelta
from typing import Final

import pytest

from tests.cross.routes import NOTHING, Route, listed
from vestibule.dialects.nhost import limits
from vestibule.settings import nhost
from vestibule.wire import Limit

MAIL: Final = {
    *("/signin/passwordless/email", "/signin/otp/email", "/signup/passwordless/email", "/signup/otp/email"),
    *("/elevate/otp/email", "/user/email/change", "/user/password/reset"),
    *("/user/email/send-verification-email", "/signup/email-password", "/user/deanonymize"),
}
TEXTS: Final = {"/signin/passwordless/sms", "/signup/passwordless/sms"}

# What we count besides: each of these sends, or tries a secret.
MORE: Final[dict[str, set[str]]] = {
    "POST /signup/webauthn/verify": {"email"},
    "POST /user/deanonymize/sms": {"sms"},
    "POST /elevate/otp/sms": {"sms"},
    "POST /link/idtoken": {"brute-force"},
    "POST /user/phone-number/change": {"sms"},
    "POST /mfa/recovery-codes": {"brute-force"},
    "POST /mfa/recovery-codes/sign-in": {"brute-force"},
}
# What we leave out: it answers while everything else is away.
LESS: Final[dict[str, set[str]]] = {
    "GET /healthz": {"global"},
    "GET /version": {"global"},
}


def _of_nhost(route: Route) -> set[str]:
    path = route.path
    rules = {
        "global": True,
        "email": path in MAIL,
        "sms": path in TEXTS,
        "brute-force": path.startswith(("/signin", "/elevate", "/oauth2/authorize", "/oauth2/login"))
        or path.endswith(("/verify", "/otp")),
        "signups": path.startswith("/signup"),
        "oauth2-server": path in {"/oauth2/token", "/oauth2/introspect"},
    }
    return {group for group, counts in rules.items() if counts}


@pytest.mark.parametrize(
    "route", [row for row in listed() if row.dialect == "nhost"], ids=lambda row: f"{row.key[1:3]}"
)
def test_each_route_is_counted_as_the_newest_server_does(route: Route) -> None:
    """What differs is listed above, with its reason."""
    counted = set() if route.limits == NOTHING else {*route.limits.split(", ")}
    expected = _of_nhost(route)
    less = LESS.get(f"{route.method} {route.path}", set())
    more = MORE.get(f"{route.method} {route.path}", set())
    assert (expected - counted, counted - expected) == (less, more)


def test_the_amounts_are_those_of_nhost() -> None:
    """Without a variable, and with: each group has its own two."""
    declared = {value.group: value for value in vars(limits).values() if isinstance(value, Limit)}
    assert declared.keys() == nhost.limits.RATE_LIMITS.keys()
    amounts = {group: (limit.amount, limit.window) for group, limit in declared.items()}
    assert amounts == {
        "global": (100, timedelta(minutes=1)),
        "email": (10, timedelta(hours=1)),
        "sms": (10, timedelta(hours=1)),
        "brute-force": (10, timedelta(minutes=5)),
        "signups": (10, timedelta(minutes=5)),
    }
    for group, (burst, interval) in nhost.limits.RATE_LIMITS.items():
        assert (burst.default, interval.default) == amounts[group]
    assert {limit.strategy for limit in declared.values()} == {"sliding"}
