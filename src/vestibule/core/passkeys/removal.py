"""Removes a passkey: of a phone that was lost, or that somebody else added."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.letters import SendNotice
from vestibule.core.passkeys import store
from vestibule.core.projects import Visit
from vestibule.core.sessions import RevokeSessions
from vestibule.core.tickets import Purpose, TicketDesk
from vestibule.core.users import UserDirectory, refuse_unless_welcome
from vestibule.core.ways_in import WaysIn
from vestibule.kernel.errors import LastWayIn, PasskeyNotFound
from vestibule.storage import Database

# Challenges that it, or another that its finder wants to add, could still answer; and sign-ins that it has begun.
_PENDING: Final = (
    Purpose.PASSKEY_SIGN_IN,
    Purpose.PASSKEY_ADDITION,
    Purpose.PASSKEY_ELEVATION,
    Purpose.SECOND_FACTOR,
)


@dataclass(frozen=True, slots=True)
class RemovePasskey:
    """Takes a way in away, unless it is the last one; the user is told by mail."""

    db: Database
    users: UserDirectory
    ways_in: WaysIn
    tickets: TicketDesk
    sessions: RevokeSessions
    notices: SendNotice
    audit: AuditLog

    async def __call__(
        self, visit: Visit, user_id: UUID, passkey_id: UUID, *, kept_session: UUID | None = None
    ) -> None:
        """End what is pending, and the user's other sessions where the project wants that (security 29, 31).

        `kept_session` is the caller's. Raises: PasskeyNotFound, LastWayIn, and what UserDirectory.welcome raises.
        """
        project = visit.project
        async with self.db.write() as tx:
            subject = await self.users.held(tx, project.id, user_id)
            refuse_unless_welcome(project.policy, subject)
            if await tx.run(store.DELETE, project_id=project.id, user_id=user_id, id=passkey_id) != 1:
                raise PasskeyNotFound
            if not await self.ways_in.any_is_left(tx, project, subject):
                raise LastWayIn
            for purpose in _PENDING:
                await self.tickets.withdraw(tx, project.id, purpose, user_id)
            if project.policy.mfa_change_ends_other_sessions:
                await self.sessions.all_of(tx, project.id, user_id, but=kept_session)
            entry = AuditEntry(
                project.id,
                "passkey.removed",
                user_id,
                kept_session,
                visit.dialect,
                request_id=visit.request_id,
                detail={"passkey": str(passkey_id)},
            )
            await self.audit.record(tx, entry)
            await self.notices(tx, visit, subject, "security-changed", event="passkey-removed")
