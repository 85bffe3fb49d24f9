"""Custom claims from a server of the operator's, which is told for whom a token is made and answers what it says."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from vestibule.claims.settings import WebhookSettings, secret_bytes
from vestibule.claims.signature import signed_headers
from vestibule.core.claims import Claimant, SourceFailed, user_object
from vestibule.kernel.clock import Clock, to_micros, to_seconds
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.outbound import Breaker, OutboundClient, OutboundFailed

TYPE: Final = "access-token.claims"
_MOST_BYTES: Final = 64 * 1024


class _Answer(msgspec.Struct, frozen=True):
    claims: dict[str, Any]


class WebhookClaims:
    """Sends one signed message per token. It is not sent again: whoever waits for the token asks again themselves."""

    def __init__(self, settings: WebhookSettings, outbound: OutboundClient, clock: Clock, entropy: Entropy) -> None:
        self._settings = settings
        self._keys = [secret_bytes(secret) for secret in settings.secrets]
        self._outbound = outbound
        self._clock = clock
        self._entropy = entropy
        self._breaker = Breaker()

    async def values(self, claimant: Claimant) -> Mapping[str, object]:
        """Return the claims that the server answers. Raises: SourceFailed."""
        now = self._clock.now()
        body = msgspec.json.encode(_message(claimant) | {"timestamp": now.isoformat()})
        message_id = f"msg_{new_uuid7(self._entropy, to_micros(now)).hex}"
        signed = signed_headers(self._keys, message_id, to_seconds(now), body)
        try:
            async with self._breaker:
                reply = await self._outbound.send(
                    "POST",
                    self._settings.url,
                    body=body,
                    headers={"Content-Type": "application/json", **signed},
                    deadline=self._settings.deadline,
                    max_bytes=_MOST_BYTES,
                )
            if not reply.is_success:
                raise SourceFailed(f"the webhook answered {reply.status}")
            return reply.read(_Answer).claims
        except OutboundFailed as error:
            raise SourceFailed(f"the webhook: {error}") from error


def _message(claimant: Claimant) -> dict[str, object]:
    session = claimant.session
    return {
        "type": TYPE,
        "project": claimant.project.public_id,
        "dialect": session.dialect,
        "user": user_object(claimant.subject),
        "session": {"id": session.id, "createdAt": session.created_at, "elevated": claimant.elevated},
        "method": session.method,
    }
