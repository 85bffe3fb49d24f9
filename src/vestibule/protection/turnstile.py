"""Cloudflare Turnstile. It fails closed: who cannot be checked does not pass (security 97).

A solution is good once; the provider sees to that. Nothing is kept here, so nothing can be replayed here either.
"""

import asyncio
from datetime import timedelta
from typing import Final

import msgspec
import structlog

from vestibule.kernel.errors import CaptchaRefused, CaptchaUnavailable, Overloaded
from vestibule.kernel.meters import Meter, Meters
from vestibule.kernel.secret import Secret
from vestibule.outbound import Breaker, OutboundClient, OutboundFailed, Unreachable

CHECKS: Final = Meter(
    "vestibule_captcha_checks",
    "Solutions of captchas that were checked",
    "outcome",
    ("passed", "refused", "unavailable"),
)

_DEADLINE: Final = timedelta(seconds=5)
_MOST_AT_ONCE: Final = 16  # a flood of made-up solutions leaves connections for other calls
_MOST_WAITING: Final = 128
_MAX_ANSWER_BYTES: Final = 16_384
_MAX_TOKEN: Final = 2_048  # Cloudflare's own limit
_MAX_MESSAGES: Final = 5
_MAX_MESSAGE: Final = 100
_SERVER_ERROR: Final = 500
_OUR_FAULT: Final = frozenset({"missing-input-secret", "invalid-input-secret"})

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("vestibule.protection")


class _Question(msgspec.Struct, frozen=True):
    secret: str
    response: str


class _Verdict(msgspec.Struct, frozen=True):
    success: bool
    messages: list[str] | None = None
    codes: list[str] | None = msgspec.field(name="error-codes", default=None)


class Turnstile:
    """Asks Cloudflare, or what stands at `url`."""

    def __init__(self, secret: Secret, url: str, outbound: OutboundClient, meters: Meters) -> None:
        self._secret = secret
        self._url = url
        self._outbound = outbound
        self._meters = meters
        meters.declare(CHECKS)
        self._breaker = Breaker()
        self._slots = asyncio.Semaphore(_MOST_AT_ONCE)
        self._in_line = 0

    async def check(self, token: str) -> None:
        """Return when `token` stands for a solution. Raises: CaptchaRefused, CaptchaUnavailable, Overloaded."""
        if len(token) > _MAX_TOKEN:
            self._meters.count(CHECKS, "refused")
            raise CaptchaRefused
        try:
            verdict = await self._ask(token)
        except Overloaded:
            self._meters.count(CHECKS, "unavailable")
            raise
        except OutboundFailed as error:
            self._meters.count(CHECKS, "unavailable")
            _log.warning("captcha.unavailable", reason=str(error))
            raise CaptchaUnavailable from error
        if not verdict.success:
            self._meters.count(CHECKS, "refused")
            if _OUR_FAULT & {*(verdict.codes or ())}:
                _log.error("captcha.secret_refused", mend="set AUTH_TURNSTILE_SECRET to the secret of this site")
            raise CaptchaRefused(tuple(text[:_MAX_MESSAGE] for text in (verdict.messages or [])[:_MAX_MESSAGES]))
        self._meters.count(CHECKS, "passed")

    async def _ask(self, token: str) -> _Verdict:
        """Raises: OutboundFailed, Overloaded."""
        if self._slots.locked() and self._in_line >= _MOST_WAITING:
            raise Overloaded
        self._in_line += 1
        try:
            async with asyncio.timeout(_DEADLINE.total_seconds()):
                await self._slots.acquire()
        except TimeoutError as error:
            raise Unreachable("too many solutions are being checked") from error
        finally:
            self._in_line -= 1
        try:
            async with self._breaker:
                reply = await self._outbound.post(
                    self._url,
                    json=_Question(self._secret.reveal(), token),
                    deadline=_DEADLINE,
                    max_bytes=_MAX_ANSWER_BYTES,
                )
                if reply.status >= _SERVER_ERROR:
                    raise Unreachable(f"Turnstile answers {reply.status}")
        finally:
            self._slots.release()
        # Outside the breaker: what a caller sends must not close it for everybody.
        return reply.read(_Verdict)
