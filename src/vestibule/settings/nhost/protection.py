"""Captchas and leaked passwords."""

from typing import Any, Final

from vestibule.settings.environ import Variable, switch, text

TURNSTILE_SECRET: Final = Variable[str | None](
    "AUTH_TURNSTILE_SECRET",
    text,
    None,
    "Cloudflare Turnstile: sign-ups ask for `x-cf-turnstile-response`; `VESTIBULE_NHOST_CAPTCHA` says what else.",
    secret=True,
)
HIBP_ENABLED: Final = switch(
    "AUTH_PASSWORD_HIBP_ENABLED", "Refuse new passwords that Have I Been Pwned lists as leaked."
)

ALL: Final[tuple[Variable[Any], ...]] = (  # Any: variables of every type
    TURNSTILE_SECRET,
    HIBP_ENABLED,
)
