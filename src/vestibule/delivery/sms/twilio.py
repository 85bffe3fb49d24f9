"""Twilio: texts of ours by its Messages API, and codes of its own by Verify."""

from datetime import timedelta
from typing import Final

import msgspec
import structlog

from vestibule.delivery.sms.settings import TwilioTexts, TwilioVerification
from vestibule.delivery.sms.transport import handed_over
from vestibule.delivery.texts import Text
from vestibule.kernel.errors import CannotSendText
from vestibule.outbound import Breaker, OutboundClient, OutboundFailed, Reply

_log: Final[structlog.stdlib.BoundLogger] = structlog.get_logger("vestibule.sms")

_CALL: Final = timedelta(seconds=5)  # a request waits for at most two of them
_NOT_FOUND: Final = 404
_BAD_REQUEST: Final = 400
_TOO_MANY: Final = 429
_MAX_CHECKS: Final = 60202  # this code was guessed at too often
_SHORTEST_CODE: Final = 4
_LONGEST_CODE: Final = 10


class TwilioTransport:
    """Sends by the Messages API, whose answer is 201 with the message's SID."""

    def __init__(self, settings: TwilioTexts, outbound: OutboundClient) -> None:
        self._settings = settings
        self._outbound = outbound

    async def send(self, text: Text) -> None:
        """Queue the text there. Raises: TextRefused, TextDelayed."""
        settings = self._settings
        # A messaging service has a parameter of its own; as From it would be refused.
        sender = "MessagingServiceSid" if settings.sender.startswith("MG") else "From"
        call = self._outbound.post(
            f"{settings.url}/2010-04-01/Accounts/{settings.account}/Messages.json",
            form={"To": text.recipient, sender: settings.sender, "Body": text.body},
            basic=(settings.account, settings.token),
        )
        await handed_over("twilio", call, code="code")


class _Checked(msgspec.Struct, frozen=True):
    status: str = ""


class _Problem(msgspec.Struct, frozen=True):
    code: int = 0


class TwilioCodes:
    """Codes by Twilio Verify. Used within requests: answers come soon, and a dead Twilio is left alone for a while."""

    def __init__(self, settings: TwilioVerification, outbound: OutboundClient) -> None:
        self._settings = settings
        self._outbound = outbound
        self._breaker = Breaker()

    async def start(self, phone: str, locale: str) -> None:
        """Have a code sent to `phone`. Raises: CannotSendText."""
        form = {"To": phone, "Channel": "sms"}
        reply = await self._post("Verifications", {**form, "Locale": locale.replace("_", "-")})
        if reply.status in {_NOT_FOUND, _BAD_REQUEST}:
            # It does not speak this language; without one it takes the language of the number's country.
            reply = await self._post("Verifications", form)
        if not reply.is_success:
            _log.warning("verification.refused", status=reply.status, code=_problem(reply))
            raise CannotSendText

    async def check(self, phone: str, code: str) -> bool:
        """Tell whether `code` is right. Raises: CannotSendText when Twilio does not say."""
        if not (code.isascii() and code.isdigit() and _SHORTEST_CODE <= len(code) <= _LONGEST_CODE):
            return False
        reply = await self._post("VerificationCheck", {"To": phone, "Code": code})
        if reply.is_success:
            try:
                return reply.read(_Checked).status == "approved"
            except OutboundFailed as error:
                raise CannotSendText from error
        problem = _problem(reply)
        # Not found: it has expired, was used, or was guessed at too often and is gone.
        if reply.status == _NOT_FOUND or (reply.status == _TOO_MANY and problem == _MAX_CHECKS):
            return False
        _log.warning("verification.unchecked", status=reply.status, code=problem)
        raise CannotSendText

    async def _post(self, resource: str, form: dict[str, str]) -> Reply:
        settings = self._settings
        try:
            async with self._breaker:
                return await self._outbound.post(
                    f"{settings.url}/v2/Services/{settings.service}/{resource}",
                    form=form,
                    basic=(settings.account, settings.token),
                    deadline=_CALL,
                )
        except OutboundFailed as error:
            _log.warning("verification.failed", reason=str(error))
            raise CannotSendText from error


def _problem(reply: Reply) -> int:
    try:
        return reply.read(_Problem).code
    except OutboundFailed:
        return 0
