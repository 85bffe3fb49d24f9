"""Cloudflare Turnstile, as Nhost Auth asks for it: a header on what registers and, since 2026, sends for a stranger.

Endpoints say so by a mark, and the guard stands where the newest server has it: after CORS, before the limits. The
dialect is mounted with the marks that the operator wants guarded: none without a secret.

What comes before the limits has a limit of its own, which the newest server lacks: whoever sends made-up solutions must
not take all the places where they are checked.
"""

from datetime import timedelta
from typing import Final, Protocol

from vestibule.dialects.nhost.dialect import nhost
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.kernel.errors import CaptchaMissing, CaptchaRefused, CaptchaUnavailable, Overloaded
from vestibule.wire import Call, Limit

CAPTCHA: Final = "captcha"  # the mark of endpoints that ask for one
CAPTCHA_IN_NEWEST: Final = "captcha-in-newest"  # of those where clients of October 2025 send none
_RAISES: Final = (CaptchaMissing, CaptchaRefused, CaptchaUnavailable, Overloaded)
HEADER: Final = "x-cf-turnstile-response"


class Captcha(Protocol):
    """Whoever can tell whether a captcha was solved."""

    async def check(self, token: str) -> None:
        """Return when `token` stands for a solution. Raises: CaptchaRefused, CaptchaUnavailable, Overloaded."""


def _check_key(call: Call) -> str | None:
    return call.limit_network if call.header(HEADER) else None


CHECKS: Final = Limit("captcha", 60, timedelta(minutes=1), key=_check_key, strategy="sliding")


def guarded_marks(settings: NhostSettings) -> frozenset[str]:
    """Return the marks of the endpoints that ask for a captcha."""
    return frozenset({CAPTCHA, CAPTCHA_IN_NEWEST} if settings.captcha == "newest" else {CAPTCHA})


@nhost.guard(mark=CAPTCHA, raises=_RAISES, before_limits=True, limit=CHECKS)
@nhost.guard(mark=CAPTCHA_IN_NEWEST, raises=_RAISES, before_limits=True, limit=CHECKS)
async def check_captcha(call: Call, captcha: Captcha) -> None:
    """Let nobody pass without a solution. Raises: CaptchaMissing, CaptchaRefused, CaptchaUnavailable, Overloaded."""
    token = call.header(HEADER)
    if not token:
        raise CaptchaMissing
    await captcha.check(token)
