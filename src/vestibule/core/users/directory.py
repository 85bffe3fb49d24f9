"""Reads users, and changes what an operator or a proof may change about them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.outbox import Outbox
from vestibule.core.projects import Policy
from vestibule.core.users import store
from vestibule.core.users.rules import refuse_unless_welcome
from vestibule.core.users.store import CredentialRow, Subject, UserRow
from vestibule.kernel.clock import Clock
from vestibule.kernel.errors import UserNotFound
from vestibule.kernel.ids import ProjectId
from vestibule.storage import Database, Queries

_SEEN_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class UserDirectory:
    """Finds users by id or address. Deleting one takes sessions, tickets and keys along (security 17)."""

    db: Database
    audit: AuditLog
    outbox: Outbox
    clock: Clock

    async def subject(self, db: Queries, project_id: ProjectId, user_id: UUID) -> Subject:
        """Return the user. Raises: UserNotFound."""
        subject = await db.one(store.SUBJECT_BY_ID, project_id=project_id, user_id=user_id)
        if subject is None:
            raise UserNotFound
        return subject

    async def held(self, tx: Queries, project_id: ProjectId, user_id: UUID) -> Subject:
        """Return the user and let nobody change or delete them until this transaction ends. Raises: UserNotFound.

        What begins or ends sessions, passwords or tickets of a user calls it before it touches any of those: then
        a sign-in and what should have kept it out come one after the other, and nobody waits in a circle.
        """
        subject = await tx.one(store.HELD_SUBJECT, project_id=project_id, user_id=user_id)
        if subject is None:
            raise UserNotFound
        return subject

    async def welcome(self, db: Queries, project_id: ProjectId, policy: Policy, user_id: UUID) -> Subject:
        """Return the user if they may come in now; every sign-in and every answer to them asks this (security 18).

        Raises: UserNotFound, EmailRefused, UserNotActive, EmailNotVerified, AnonymousNotAllowed.
        """
        subject = await self.subject(db, project_id, user_id)
        refuse_unless_welcome(policy, subject)
        return subject

    async def subject_by_email(self, db: Queries, project_id: ProjectId, email_key: str) -> Subject | None:
        """Return the user who has this address, primary or not; None when nobody does."""
        return await db.one(store.SUBJECT_BY_EMAIL, project_id=project_id, email_key=email_key)

    async def subject_by_phone(self, db: Queries, project_id: ProjectId, phone_number: str) -> Subject | None:
        """Return the user who has this number (E.164), proven or not; None when nobody does."""
        return await db.one(store.SUBJECT_BY_PHONE, project_id=project_id, phone_number=phone_number)

    async def credentials(self, db: Queries, project_id: ProjectId, user_id: UUID) -> list[CredentialRow]:
        """Return the user's addresses, the primary one first."""
        return await db.all(store.CREDENTIALS_OF_USER, project_id=project_id, user_id=user_id)

    async def mark_verified(self, tx: Queries, project_id: ProjectId, credential_id: UUID, email_key: str) -> datetime:
        """Record that the address was proven; only if the credential still has that address."""
        now = self.clock.now()
        await tx.run(
            store.VERIFY_CREDENTIAL,
            project_id=project_id,
            credential_id=credential_id,
            email_key=email_key,
            now=now,
        )
        return now

    async def mark_phone_verified(self, tx: Queries, project_id: ProjectId, user_id: UUID, phone_number: str) -> None:
        """Record that the number was proven; only if the user still has it."""
        await tx.run(
            store.VERIFY_PHONE,
            project_id=project_id,
            user_id=user_id,
            phone_number=phone_number,
            now=self.clock.now(),
        )

    async def release_phone(self, tx: Queries, project_id: ProjectId, user_id: UUID) -> None:
        """Take a number from a user who no longer has it."""
        await tx.run(store.RELEASE_PHONE, project_id=project_id, user_id=user_id, now=self.clock.now())

    async def seen(self, db: Queries, project_id: ProjectId, subject: Subject) -> None:
        """Write the time of the last visit, at most once a minute."""
        now = self.clock.now()
        if subject.last_seen_at is None or now - subject.last_seen_at >= _SEEN_EVERY:
            await db.run(store.TOUCH, project_id=project_id, user_id=subject.id, now=now)

    async def prefer_membership(
        self, tx: Queries, project_id: ProjectId, user_id: UUID, membership_id: UUID | None
    ) -> None:
        """Remember which account the user works in."""
        await tx.run(
            store.SET_PREFERRED_MEMBERSHIP, project_id=project_id, user_id=user_id, membership_id=membership_id
        )

    async def set_status(self, tx: Queries, project_id: ProjectId, user_id: UUID, status: str, *, actor: str) -> None:
        """Change active, suspended, disabled. The caller ends the sessions. Raises: UserNotFound."""
        changed = await tx.one(
            store.SET_STATUS, project_id=project_id, user_id=user_id, status=status, now=self.clock.now()
        )
        if changed is None:
            raise UserNotFound
        entry = AuditEntry(project_id, "user.status_changed", user_id, actor=actor, detail={"status": status})
        await self.audit.record(tx, entry)

    async def delete(self, project_id: ProjectId, user_id: UUID, *, actor: str) -> None:
        """Remove the user and, by foreign keys, everything that could sign in as them, and their mail.

        Raises: UserNotFound.
        """
        async with self.db.write() as tx:
            if await tx.one(store.DELETE_USER, project_id=project_id, user_id=user_id) is None:
                raise UserNotFound
            await self.outbox.forget(tx, project_id, user_id)
            await self.audit.record(tx, AuditEntry(project_id, "user.deleted", user_id, actor=actor))

    async def page(self, project_id: ProjectId, *, after: UUID | None = None, limit: int = 50) -> list[UserRow]:
        """Return users in the order of their ids, at most `limit`, after `after`."""
        return await self.db.all(store.USERS, project_id=project_id, after=after or UUID(int=0), limit=limit)
