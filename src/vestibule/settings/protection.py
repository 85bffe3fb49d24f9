"""The settings of what is asked of others: captchas, leaked passwords."""

from urllib.parse import urlsplit

from vestibule.core.passwords import Stuffing
from vestibule.kernel.secret import Secret
from vestibule.protection.settings import ProtectionSettings
from vestibule.settings import nhost, own
from vestibule.settings.environ import Reader, Variable
from vestibule.settings.urls import without_secrets


def protection_settings(reader: Reader) -> ProtectionSettings:
    """Return which protections are on. Problems are noted in `reader`."""
    secret = reader.get(nhost.protection.TURNSTILE_SECRET)
    return ProtectionSettings(
        turnstile_secret=Secret(secret) if secret else None,
        turnstile_url=_url(reader, own.protection.TURNSTILE_URL),
        leaked_passwords_refused=reader.get(nhost.protection.HIBP_ENABLED),
        leaked_passwords_url=_url(reader, own.protection.HIBP_URL).rstrip("/") + "/",
    )


def stuffing(reader: Reader) -> Stuffing:
    """Return when sign-ins look like stolen passwords being tried."""
    return Stuffing(
        failures=reader.get(own.protection.STUFFING_FAILURES),
        percent=reader.get(own.protection.STUFFING_PERCENT),
        accounts=reader.get(own.protection.STUFFING_ACCOUNTS),
    )


def _url(reader: Reader, variable: Variable[str]) -> str:
    found = reader.get(variable)
    parts = urlsplit(found)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        reader.refuse(variable.name, f"is {without_secrets(found)!r}", f"unset it, or write it like {variable.default}")
    return found
