"""Issues, examines, guesses at and spends tickets; of many who spend one ticket, one wins."""

import hmac
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from vestibule.core.tickets import store
from vestibule.core.tickets.store import Ticket
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid4, new_uuid7
from vestibule.kernel.errors import ExpiredTicket, InvalidTicket, TooManyGuesses
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Json, Queries

_UNGUESSABLE: Final = 1 << 30  # a secret of 122 bits needs no count of guesses


class Purpose(StrEnum):
    """What a ticket is good for; it is good for nothing else."""

    EMAIL_VERIFICATION = "email-verification"
    PASSWORD_RESET = "password-reset"  # noqa: S105 - a purpose, not a password
    SECOND_FACTOR = "second-factor"
    SIGN_IN_LINK = "sign-in-link"
    EMAIL_CODE = "email-code"
    TEXT_CODE = "text-code"
    EMAIL_CHANGE = "email-change"
    PHONE_CHANGE = "phone-change"
    PHONE_NAMING = "phone-naming"
    ELEVATION_EMAIL_CODE = "elevation-email-code"
    ELEVATION_TEXT_CODE = "elevation-text-code"
    AUTHORIZATION_CODE = "authorization-code"
    PASSKEY_SIGN_UP = "passkey-sign-up"
    PASSKEY_SIGN_IN = "passkey-sign-in"
    PASSKEY_ADDITION = "passkey-addition"
    PASSKEY_ELEVATION = "passkey-elevation"
    PROVIDER_STATE = "provider-state"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTicket:
    """What a ticket is for. `tries` bounds the guesses at a short code; None for unguessable secrets."""

    project_id: ProjectId
    purpose: Purpose
    dialect: str
    life: timedelta
    user_id: UUID | None = None
    credential_id: UUID | None = None
    client_id: UUID | None = None
    address: str | None = None
    tries: int | None = None
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TicketDesk:
    """Hands out tickets and takes them back. Only keyed hashes of the secrets are stored."""

    clock: Clock
    entropy: Entropy
    keyring: Keyring

    async def issue(
        self,
        tx: Queries,
        new: NewTicket,
        *,
        code: bytes | None = None,
        secret: bytes | None = None,
        replace: bool = True,
        size: int | None = None,
    ) -> bytes:
        """Store a ticket and return its secret: a random UUID's 16 bytes (RFC 9562 section 5.4), since some clients
        insist on one, or `size` random bytes, or the `code` that its user will type.

        With `replace`, older tickets of the same purpose for the same user die: one live link at a time.
        A code is never found by itself, only guessed at (`guess`), so its ticket has a user and tries.
        A `secret` was drawn before, by a caller who had to use it first.
        """
        secret = code or secret or (new_uuid4(self.entropy).bytes if size is None else self.entropy.bytes(size))
        secret_hash = self._hash(new.purpose, secret) if code is None else self._code_hash(new, code)
        now = self.clock.now()
        if replace and new.user_id is not None:
            await tx.run(
                store.DELETE_OF_USER, project_id=new.project_id, purpose=new.purpose.value, user_id=new.user_id
            )
        await tx.run(
            store.INSERT,
            project_id=new.project_id,
            id=new_uuid7(self.entropy, to_micros(now)),
            purpose=new.purpose.value,
            user_id=new.user_id,
            credential_id=new.credential_id,
            client_id=new.client_id,
            dialect=new.dialect,
            address=new.address,
            secret_hash=secret_hash,
            attempts_left=_UNGUESSABLE if new.tries is None else new.tries,
            created_at=now,
            expires_at=now + new.life,
            payload=Json(new.payload),
        )
        return secret

    async def examine(
        self,
        db: Queries,
        project_id: ProjectId,
        purpose: Purpose,
        dialect: str,
        secret: bytes,
        client_id: UUID | None = None,
    ) -> Ticket:
        """Return the live ticket without spending it; what one client had sent is nothing to another.

        Raises: InvalidTicket, ExpiredTicket.
        """
        for key_id in self.keyring.key_ids:
            ticket = await db.one(
                store.BY_SECRET,
                project_id=project_id,
                purpose=purpose.value,
                secret_hash=self._hash(purpose, secret, key_id),
                dialect=dialect,
            )
            if ticket is not None and ticket.client_id == client_id:
                if ticket.expires_at <= self.clock.now():
                    raise ExpiredTicket
                return ticket
        raise InvalidTicket

    async def spend(self, tx: Queries, ticket: Ticket) -> None:
        """Use the ticket up, in the transaction of what it allows. Raises: InvalidTicket for all but one."""
        spent = await tx.run(store.SPEND, project_id=ticket.project_id, id=ticket.id, now=self.clock.now())
        if spent != 1:
            raise InvalidTicket

    async def guess(
        self, db: Queries, project_id: ProjectId, purpose: Purpose, dialect: str, user_id: UUID, code: bytes
    ) -> Ticket:
        """Return the user's ticket if `code` is its code; each call costs one try, right or wrong.

        The try is taken and the stored hash read in one statement, so parallel guesses cannot share a try.
        Call it outside a transaction, then `spend`. Raises: InvalidTicket, and TooManyGuesses for the last wrong try.
        """
        ticket = await self.tried(db, project_id, purpose, dialect, user_id)
        hashes = [self._user_hash(purpose, user_id, code, key_id) for key_id in self.keyring.key_ids]
        if not any([hmac.compare_digest(ticket.secret_hash, known) for known in hashes]):  # noqa: C419 - all of them, always
            raise TooManyGuesses if ticket.attempts_left == 0 else InvalidTicket
        return ticket

    async def tried(self, db: Queries, project_id: ProjectId, purpose: Purpose, dialect: str, user_id: UUID) -> Ticket:
        """Take one try at the user's code and return its ticket, for codes that somebody else knows and compares.

        Call it outside a transaction, before the comparison. Raises: InvalidTicket.
        """
        ticket = await db.one(
            store.GUESS,
            project_id=project_id,
            purpose=purpose.value,
            dialect=dialect,
            user_id=user_id,
            now=self.clock.now(),
        )
        if ticket is None:
            raise InvalidTicket
        return ticket

    async def take_try(self, db: Queries, ticket: Ticket) -> int:
        """Count one try at what an examined ticket stands for, and return how many are left.

        Call it outside a transaction, before comparing anything. Raises: InvalidTicket when none was left.
        """
        tried = await db.one(store.TAKE_A_TRY, project_id=ticket.project_id, id=ticket.id, now=self.clock.now())
        if tried is None:
            raise InvalidTicket
        return tried.attempts_left

    async def user_of_address(
        self, db: Queries, project_id: ProjectId, purpose: Purpose, dialect: str, address: str
    ) -> UUID | None:
        """Return whose live ticket went to this address last; for purposes of which there are few at a time."""
        return await db.one(
            store.USER_OF_ADDRESS,
            project_id=project_id,
            purpose=purpose.value,
            dialect=dialect,
            address=address,
            now=self.clock.now(),
        )

    async def withdraw_of_address(self, tx: Queries, project_id: ProjectId, purpose: Purpose, address: str) -> None:
        """End the tickets of one purpose that went to this address, whoever they are of."""
        await tx.run(store.DELETE_OF_ADDRESS, project_id=project_id, purpose=purpose.value, address=address)

    async def withdraw(self, tx: Queries, project_id: ProjectId, purpose: Purpose, user_id: UUID) -> None:
        """End the user's tickets of one purpose: what they proved no longer holds."""
        await tx.run(store.DELETE_OF_USER, project_id=project_id, purpose=purpose.value, user_id=user_id)

    async def withdraw_all(
        self, tx: Queries, project_id: ProjectId, user_id: UUID, *, but: Purpose | None = None
    ) -> None:
        """End everything that is pending for the user, of every door; `but` is spared."""
        kept = "" if but is None else but.value
        await tx.run(store.DELETE_ALL_OF_USER, project_id=project_id, user_id=user_id, kept_purpose=kept)

    def _code_hash(self, new: NewTicket, code: bytes) -> bytes:
        if new.user_id is None or new.tries is None:
            raise ValueError("a code has a user who types it, and a bounded number of tries")
        return self._user_hash(new.purpose, new.user_id, code)

    def _user_hash(self, purpose: Purpose, user_id: UUID, code: bytes, key_id: bytes | None = None) -> bytes:
        # With the user in it: a million codes are few, two users soon have the same one.
        return self.keyring.mac("ticket code", purpose.value.encode() + b"\0" + user_id.bytes + code, key_id)

    def _hash(self, purpose: Purpose, secret: bytes, key_id: bytes | None = None) -> bytes:
        return self.keyring.mac("ticket", purpose.value.encode() + b"\0" + secret, key_id)
