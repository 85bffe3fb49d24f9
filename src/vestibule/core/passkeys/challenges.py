"""Challenges: tickets whose secret an authenticator signs. One is answered once, rightly or wrongly."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec

from vestibule.core.passkeys.answers import Assertion, Attestation, challenge_of, to_base64url
from vestibule.core.passkeys.verify import Expected
from vestibule.core.projects import Visit, WebAuthn
from vestibule.core.tickets import NewTicket, Purpose, Ticket, TicketDesk
from vestibule.kernel.errors import EndpointDisabled, InvalidTicket, PasskeyRefused
from vestibule.storage import Database

_CHALLENGE_BYTES: Final = 32


class PlannedUser(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The user that a sign-up ceremony is about, as asked for when it began; not in the database yet."""

    id: UUID
    email: str
    display_name: str | None = None
    locale: str | None = None
    default_role: str | None = None
    roles: tuple[str, ...] | None = None
    metadata: dict[str, Any] | None = None  # Any: free-form JSON of the user's
    redirect_to: str | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the ceremony was begun with; `allowed` holds credential ids, None means any passkey that knows its user."""

    user_verification: str = "preferred"
    allowed: list[str] | None = None
    new_user: PlannedUser | None = None

    def allows(self, credential_id: bytes) -> bool:
        """Tell whether this passkey may answer."""
        return self.allowed is None or to_base64url(credential_id) in self.allowed


@dataclass(frozen=True, slots=True)
class Answered:
    """A challenge that was spent, with what it was begun with."""

    secret: bytes
    user_id: UUID | None
    asked: Asked

    def expected(self, party: WebAuthn) -> Expected:
        """Return what the answer must show."""
        return Expected(
            challenge=self.secret,
            rp_id=party.rp_id,
            origins=party.origins,
            user_verified=self.asked.user_verification == "required",
        )


@dataclass(frozen=True, slots=True)
class Challenges:
    """Issues challenges and takes their answers."""

    db: Database
    tickets: TicketDesk

    async def issue(self, visit: Visit, purpose: Purpose, asked: Asked, user_id: UUID | None = None) -> bytes:
        """Return a challenge for this purpose and user. Others of theirs stay: people have more than one tab."""
        new = NewTicket(
            project_id=visit.project.id,
            purpose=purpose,
            dialect=visit.dialect,
            life=visit.project.policy.webauthn.timeout,
            user_id=user_id,
            client_id=visit.client_id,
            payload=msgspec.to_builtins(asked),
        )
        return await self.tickets.issue(self.db, new, replace=False, size=_CHALLENGE_BYTES)

    async def take(
        self, visit: Visit, purpose: Purpose, answer: Assertion | Attestation, user_id: UUID | None = None
    ) -> Answered:
        """Spend the challenge that the answer names, before anything in the answer is believed.

        That is committed: a wrong answer cannot be tried again, and of many answers one is looked at (security 92).
        With `user_id`, challenges of other users do not count. Raises: PasskeyRefused.
        """
        secret = challenge_of(answer)
        try:
            ticket = await self._examined(visit, purpose, secret)
            if user_id is not None and ticket.user_id != user_id:
                raise PasskeyRefused
            await self.tickets.spend(self.db, ticket)
        except InvalidTicket as error:
            raise PasskeyRefused from error
        return Answered(secret, ticket.user_id, msgspec.convert(ticket.payload, Asked))

    async def _examined(self, visit: Visit, purpose: Purpose, secret: bytes) -> Ticket:
        return await self.tickets.examine(self.db, visit.project.id, purpose, visit.dialect, secret, visit.client_id)


def relying_party(visit: Visit) -> WebAuthn:
    """Return the project's relying party. Raises: EndpointDisabled."""
    party = visit.project.policy.webauthn
    if not party.enabled:
        raise EndpointDisabled
    return party
