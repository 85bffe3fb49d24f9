"""Modica's Mobile Gateway (REST v2) on loopback."""

from dataclasses import dataclass, field
from typing import Final

from tests.support.providers.standing_in import Answer, Seen, StandIn
from vestibule.delivery.sms import ModicaTexts
from vestibule.kernel.secret import Secret

USERNAME: Final = "acme"
PASSWORD: Final = "a password of Modica's"


@dataclass
class Modica(StandIn):
    """`texts` holds what was sent."""

    texts: list[dict[str, str]] = field(default_factory=list)

    def as_transport(self) -> ModicaTexts:
        """Return the settings that lead here."""
        return ModicaTexts(USERNAME, Secret(PASSWORD), url=self.url)

    def answer(self, request: Seen) -> Answer:
        """Answer as Modica does."""
        if request.basic != (USERNAME, PASSWORD):
            return Answer(401, {"error": "unauthorized", "error-desc": "Authentication failed"})
        if (request.method, request.path) != ("POST", "/rest/sms/v2/messages"):
            return Answer(404, {"error": "not_found"})
        sent = request.json
        if set(sent) != {"destination", "content"}:
            return Answer(400, {"error": "missing_attrib", "error-desc": "Missing a required attribute"})
        if not sent["destination"].startswith("+") or not sent["destination"][1:].isdigit():
            return Answer(400, {"error": "invalid_attrib", "error-desc": f"Invalid destination {sent['destination']}"})
        self.texts.append(sent)
        return Answer(202, {"id": f"00000000-0000-4000-8000-{len(self.texts):012}"})
