"""What a dialect leaves to the operator."""

from datetime import timedelta
from typing import Any, Final

from vestibule.settings.environ import Variable, one_of, seconds, switch

NHOST_CODES: Final = Variable(
    "VESTIBULE_NHOST_CODES",
    one_of("2025", "2026"),
    "2025",
    "Error codes that Nhost Auth has renamed: as of October 2025, or the newest (`user-already-exists`,"
    " `invalid-otp`, `otp-too-many-attempts`).",
)
NHOST_CAPTCHA: Final = Variable[str | None](
    "VESTIBULE_NHOST_CAPTCHA",
    one_of("signup", "newest"),
    None,
    "Where `AUTH_TURNSTILE_SECRET` asks for a captcha: on sign-ups, as of October 2025, or also on sign-ins that send"
    " and on password resets, as the newest.",
    shown="`signup`; with `VESTIBULE_NHOST_CODES=2026` `newest`",
)
NHOST_PKCE_ONLY: Final = switch(
    "VESTIBULE_NHOST_PKCE_ONLY", "Refuse links without `codeChallenge`, so that no redirect carries a refresh token."
)
NHOST_LINK_BY_POST: Final = switch(
    "VESTIBULE_NHOST_LINK_BY_POST",
    "Refuse access tokens in the query `connect`: linking a provider begins with `POST /link/provider/{provider}`.",
)
LINK_CONFIRM: Final = switch(
    "VESTIBULE_LINK_CONFIRM", "Mailed links open a page with a button; only pressing it uses the link up (nhost)."
)
SUBLAY_ACCESS_LIFE: Final = Variable(
    "VESTIBULE_SUBLAY_ACCESS_TOKEN_SECONDS",
    seconds(10, 86_400),
    timedelta(minutes=30),
    "Life of sublay's access tokens.",
    shown="1800",
)
CSRF: Final = Variable(
    "VESTIBULE_CSRF",
    one_of("browser", "always", "off"),
    "browser",
    "When accountmaker asks for a CSRF token: where a browser's cookies are involved, always, or never.",
)
REQUIRE_ORIGIN: Final = switch(
    "VESTIBULE_REQUIRE_ORIGIN", "Refuse an accountmaker POST without credentials that names no Origin."
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    NHOST_CODES,
    NHOST_CAPTCHA,
    NHOST_PKCE_ONLY,
    NHOST_LINK_BY_POST,
    LINK_CONFIRM,
    SUBLAY_ACCESS_LIFE,
    CSRF,
    REQUIRE_ORIGIN,
)
