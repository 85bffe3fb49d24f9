"""Twilio on loopback: its Messages API and Verify, with the answers and error codes of the real one."""

import re
from dataclasses import dataclass, field
from typing import Final

from tests.support.providers.standing_in import Answer, Seen, StandIn
from vestibule.delivery.sms import TwilioTexts, TwilioVerification
from vestibule.kernel.secret import Secret

ACCOUNT: Final = "AC00000000000000000000000000000001"
VERIFY_SERVICE: Final = "VA00000000000000000000000000000001"
MESSAGING_SERVICE: Final = "MG00000000000000000000000000000001"
TOKEN: Final = "a token of Twilio's"
_E164: Final = re.compile(r"\+[1-9]\d{6,14}")
_MOST: Final = 5
_LOCALES: Final = frozenset({"en", "de", "es", "fr", "cs", "pt", "pt-BR", "ja", "zh", "ar"})


def problem(status: int, code: int, message: str = "No") -> Answer:
    """Return an error as Twilio writes it."""
    return Answer(
        status,
        {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status},
    )


@dataclass
class _Pending:
    code: str
    sends: int = 1
    checks: int = 0


@dataclass
class Twilio(StandIn):
    """`texts` holds what was sent by the Messages API, `codes` what Verify would have sent to each number.

    `unsubscribed` are numbers that said STOP. `next_code` is the code of the next verification.
    """

    texts: list[dict[str, str]] = field(default_factory=list)
    unsubscribed: set[str] = field(default_factory=set)
    next_code: str = "123456"
    pending: dict[str, _Pending] = field(default_factory=dict)
    locales: list[str | None] = field(default_factory=list)

    @property
    def codes(self) -> dict[str, str]:
        """The codes that are good now, by number."""
        return {phone: pending.code for phone, pending in self.pending.items()}

    def as_transport(self, sender: str = MESSAGING_SERVICE) -> TwilioTexts:
        """Return the settings that lead here."""
        return TwilioTexts(ACCOUNT, Secret(TOKEN), sender, url=self.url)

    def as_verification(self) -> TwilioVerification:
        """Return the settings that lead here."""
        return TwilioVerification(ACCOUNT, Secret(TOKEN), VERIFY_SERVICE, url=self.url)

    def answer(self, request: Seen) -> Answer:
        """Answer as Twilio does."""
        if request.basic != (ACCOUNT, TOKEN):
            return problem(401, 20003, "Authenticate")
        match request.path:
            case str() as path if path == f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json":
                return self._message(request.form)
            case str() as path if path == f"/v2/Services/{VERIFY_SERVICE}/Verifications":
                return self._start(request.form)
            case str() as path if path == f"/v2/Services/{VERIFY_SERVICE}/VerificationCheck":
                return self._check(request.form)
            case _:
                return problem(404, 20404, f"The requested resource {request.path} was not found")

    def _message(self, form: dict[str, str]) -> Answer:
        to = form.get("To", "")
        if not _E164.fullmatch(to):
            return problem(400, 21211, f"The 'To' number {to} is not a valid phone number.")
        if to in self.unsubscribed:
            return problem(400, 21610, "Attempt to send to unsubscribed recipient")
        if not form.get("Body"):
            return problem(400, 21602, "Message body is required.")
        if form.get("From", "").startswith("MG"):
            return problem(400, 21212, f"The 'From' number {form['From']} is not a valid phone number")
        if not form.get("From") and not form.get("MessagingServiceSid"):
            return problem(400, 21603, "A 'From' phone number is required.")
        self.texts.append(form)
        return Answer(201, {"sid": f"SM{len(self.texts):032}", "status": "queued", "to": to, "body": form["Body"]})

    def _start(self, form: dict[str, str]) -> Answer:
        to, locale = form.get("To", ""), form.get("Locale")
        if not _E164.fullmatch(to) or form.get("Channel") != "sms":
            return problem(400, 60200, "Invalid parameter")
        if locale is not None and locale not in _LOCALES:
            return problem(404, 20404, "The requested resource was not found")
        pending = self.pending.setdefault(to, _Pending(self.next_code, sends=0))
        if pending.sends >= _MOST:
            return problem(429, 60203, "Max send attempts reached")
        pending.sends += 1
        self.locales.append(locale)
        return Answer(201, {"sid": "VE" + "0" * 32, "to": to, "channel": "sms", "status": "pending", "valid": False})

    def _check(self, form: dict[str, str]) -> Answer:
        to, code = form.get("To", ""), form.get("Code", "")
        if not 4 <= len(code) <= 10:
            return problem(400, 60200, "Invalid parameter `Code`")
        pending = self.pending.get(to)
        if pending is None:
            return problem(404, 20404, "The requested resource was not found")
        pending.checks += 1
        if pending.checks > _MOST:
            return problem(429, 60202, "Max check attempts reached")
        if pending.code != code:
            return Answer(200, {"sid": "VE" + "0" * 32, "to": to, "status": "pending", "valid": False})
        del self.pending[to]
        return Answer(200, {"sid": "VE" + "0" * 32, "to": to, "status": "approved", "valid": True})
