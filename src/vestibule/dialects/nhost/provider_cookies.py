"""The cookie that binds a journey to a provider to the browser that began it (security 42)."""

from typing import Final

from vestibule.core.facade import Core
from vestibule.core.social import JOURNEY_LIFE, SECRET_BYTES, secret_bytes, secret_text
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.wire import Call, Cookie

_NAME: Final = "vestibule-provider-"


def _name(settings: NhostSettings, provider: str) -> str:
    prefix = "" if settings.insecure_cookies else "__Host-"
    return f"{prefix}{_NAME}{provider.replace(':', '.')}"  # a colon is no part of a cookie's name


def browser_secrets(call: Call, settings: NhostSettings, provider: str) -> list[bytes]:
    """Return the secrets that the browser brings for this provider."""
    values = call.cookie_values(_name(settings, provider))
    return [secret for value in values if (secret := secret_bytes(value)) is not None]


def browser_secret(call: Call, core: Core, settings: NhostSettings, provider: str) -> bytes:
    """Return the secret that the browser has already, so that several tabs get along; a new one where it has none."""
    known = browser_secrets(call, settings, provider)
    return known[0] if known else core.key_sets.entropy.bytes(SECRET_BYTES)


def browser_cookie(settings: NhostSettings, provider: str, browser: bytes, *, answers_by_form: bool) -> Cookie:
    """Return the cookie that lasts as long as a journey.

    Where the provider's page sends a form, browsers bring only cookies along that say SameSite=None, and those must be
    Secure; elsewhere the way back is a navigation, for which Lax is enough.
    """
    return Cookie(
        name=_name(settings, provider),
        value=secret_text(browser),
        max_age=JOURNEY_LIFE,
        secure=answers_by_form or not settings.insecure_cookies,
        same_site="None" if answers_by_form else "Lax",
    )
