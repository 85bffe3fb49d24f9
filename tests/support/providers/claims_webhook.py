"""An operator's claims webhook on loopback: verifies every message as Standard Webhooks says, then answers."""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from tests.support.fakes import FakeClock
from tests.support.providers.standing_in import Answer, Seen, StandIn

SECRET: Final = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, ok").decode()
OLD_SECRET: Final = "whsec_" + base64.b64encode(b"the one that was used before now").decode()
_TOLERANCE: Final = timedelta(minutes=5)


@dataclass
class ClaimsWebhook(StandIn):
    """`claims` is what it answers. It takes no message twice, and none that is old or that somebody else signed."""

    clock: FakeClock = field(default_factory=FakeClock)
    secret: str = SECRET
    claims: Any = field(default_factory=dict)
    seen_ids: set[str] = field(default_factory=set)

    @property
    def messages(self) -> list[Any]:
        """The messages so far."""
        return [request.json for request in self.requests]

    def answer(self, request: Seen) -> Answer:
        """Verify, then say which claims."""
        message_id, sent_at = request.headers["webhook-id"], request.headers["webhook-timestamp"]
        key = base64.b64decode(self.secret.removeprefix("whsec_"))
        signed = f"{message_id}.{sent_at}.".encode() + request.body
        expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        signatures = request.headers["webhook-signature"].split(" ")
        if not any(hmac.compare_digest(expected, signature) for signature in signatures):
            return Answer(401, {"error": "signature"})
        if abs(self.clock.now().timestamp() - int(sent_at)) > _TOLERANCE.total_seconds():
            return Answer(401, {"error": "timestamp"})
        if message_id in self.seen_ids:
            return Answer(409, {"error": "replay"})
        self.seen_ids.add(message_id)
        return Answer(200, {"claims": self.claims})
