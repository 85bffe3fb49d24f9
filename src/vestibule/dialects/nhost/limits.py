"""The rate limits of Nhost Auth, with its default amounts; the operator switches them on and changes them."""

from datetime import timedelta
from typing import Final

from vestibule.core.projects import Project
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.wire import Call, Limit


def _mail_key(call: Call, settings: NhostSettings) -> str:
    return "everybody" if settings.email_limit_is_global else call.limit_network


def _verification_key(call: Call, project: Project, settings: NhostSettings) -> str | None:
    # Where nothing must be verified, these endpoints send mail only when asked to, and count elsewhere.
    return _mail_key(call, settings) if project.policy.verified_email_required else None


GLOBAL: Final = Limit("global", 100, timedelta(minutes=1), strategy="sliding")
MAIL: Final = Limit("email", 10, timedelta(hours=1), key=_mail_key, strategy="sliding")
VERIFICATION_MAIL: Final = Limit("email", 10, timedelta(hours=1), key=_verification_key, strategy="sliding")
TEXTS: Final = Limit("sms", 10, timedelta(hours=1), strategy="sliding")
BRUTE_FORCE: Final = Limit("brute-force", 10, timedelta(minutes=5), strategy="sliding")
SIGN_UPS: Final = Limit("signups", 10, timedelta(minutes=5), strategy="sliding")
