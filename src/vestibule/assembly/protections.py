"""What guards doors and passwords, as far as it is switched on."""

from dataclasses import dataclass

from vestibule.core.passwords import LeakedPasswords
from vestibule.dialects.nhost import Captcha
from vestibule.kernel.meters import Meters
from vestibule.outbound import OutboundClient
from vestibule.settings import Settings


@dataclass(frozen=True, slots=True)
class Protections:
    """What is None is off, and costs nothing."""

    captcha: Captcha | None
    leaks: LeakedPasswords | None


def protections_of(settings: Settings, outbound: OutboundClient, meters: Meters) -> Protections:
    """Return the protections that `settings` describe; each is imported only where it is on."""
    return Protections(_captcha(settings, outbound, meters), _leaks(settings, outbound, meters))


def _captcha(settings: Settings, outbound: OutboundClient, meters: Meters) -> Captcha | None:
    told = settings.protection
    if told.turnstile_secret is None:
        return None
    from vestibule.protection.turnstile import Turnstile  # noqa: PLC0415 - as above

    return Turnstile(told.turnstile_secret, told.turnstile_url, outbound, meters)


def _leaks(settings: Settings, outbound: OutboundClient, meters: Meters) -> LeakedPasswords | None:
    if not settings.protection.leaked_passwords_refused:
        return None
    from vestibule.protection.leaked import LeakedPasswordList  # noqa: PLC0415 - as above

    return LeakedPasswordList(settings.protection.leaked_passwords_url, outbound, meters)
