"""Cloudflare Turnstile, as Nhost Auth asks for it: a header on whatever registers or sends for a stranger.

Endpoints say so by a mark, and the guard stands where the newest server has it: after CORS, before the limits. Where
no secret is configured the dialect is mounted without the guard.
"""

from typing import Final, Protocol

from vestibule.dialects.nhost.dialect import nhost
from vestibule.kernel.errors import CaptchaMissing, CaptchaRefused, CaptchaUnavailable
from vestibule.wire import Call

CAPTCHA: Final = "captcha"  # the mark of endpoints that ask for one
HEADER: Final = "x-cf-turnstile-response"


class Captcha(Protocol):
    """Whoever can tell whether a captcha was solved."""

    async def check(self, token: str) -> None:
        """Return when `token` stands for a solution. Raises: CaptchaRefused, CaptchaUnavailable."""


@nhost.guard(mark=CAPTCHA, raises=(CaptchaMissing, CaptchaRefused, CaptchaUnavailable), before_limits=True)
async def check_captcha(call: Call, captcha: Captcha) -> None:
    """Let nobody pass without a solution. Raises: CaptchaMissing, CaptchaRefused, CaptchaUnavailable."""
    token = call.header(HEADER)
    if not token:
        raise CaptchaMissing
    await captcha.check(token)
