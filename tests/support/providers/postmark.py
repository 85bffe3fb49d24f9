"""Postmark on loopback: mail with and without templates, with the error codes of the real one."""

import re
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.providers.standing_in import Answer, Seen, StandIn
from vestibule.delivery.settings import PostmarkSettings
from vestibule.kernel.secret import Secret

TOKEN: Final = "a token of Postmark's"
SENDER: Final = "Acme, Inc. <auth@acme.example>"
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")


def problem(status: int, code: int, message: str = "No") -> Answer:
    """Return an error as Postmark writes it."""
    return Answer(status, {"ErrorCode": code, "Message": message})


@dataclass
class Postmark(StandIn):
    """`mails` holds what was taken, as it came; `aliases` are the templates that exist, `inactive` bounced before."""

    mails: list[dict[str, Any]] = field(default_factory=list)
    aliases: set[str] = field(default_factory=set)
    inactive: set[str] = field(default_factory=set)

    def as_transport(self, **changes: Any) -> PostmarkSettings:
        """Return the settings that lead here."""
        return PostmarkSettings(**{"token": Secret(TOKEN), "sender": SENDER, "url": self.url, **changes})

    def answer(self, request: Seen) -> Answer:
        """Answer as Postmark does."""
        if request.headers.get("x-postmark-server-token") != TOKEN:
            return problem(401, 10, "The Server Token you provided is not valid.")
        if request.path not in {"/email", "/email/withTemplate"}:
            return Answer(404, b"")
        mail = request.json
        found = self._content_problem(request.path, mail) or self._address_problem(mail)
        if found is not None:
            return found
        self.mails.append(mail)
        return Answer(200, {"To": mail["To"], "MessageID": "x", "ErrorCode": 0, "Message": "OK"})

    def _content_problem(self, path: str, mail: dict[str, Any]) -> Answer | None:
        if path == "/email":
            has_body = mail.get("HtmlBody") or mail.get("TextBody")
            return None if has_body else problem(422, 300, "Provide either email TextBody or HtmlBody or both.")
        if mail["TemplateAlias"] not in self.aliases:
            return problem(422, 1101, "The Template's 'Alias' is not valid or was not found.")
        return None if isinstance(mail["TemplateModel"], dict) else problem(422, 1109)

    def _address_problem(self, mail: dict[str, Any]) -> Answer | None:
        if not _ADDRESS.fullmatch(mail["To"]):
            return problem(422, 300, f"Error parsing 'To': {mail['To']}")
        if mail["From"] != '"Acme, Inc." <auth@acme.example>':
            return problem(422, 400, "The 'From' address you supplied is not a Sender Signature on your account.")
        if mail["To"] in self.inactive:
            return problem(422, 406, f"Found inactive addresses: {mail['To']}.")
        return None
