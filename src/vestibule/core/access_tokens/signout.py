"""Ends everything that a user is signed in with or could sign in with by itself: sessions and access tokens."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from vestibule.core.access_tokens import store
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Visit
from vestibule.core.sessions import RevokeSessions
from vestibule.core.users import UserDirectory
from vestibule.kernel.errors import UserNotFound
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class SignOutEverywhere:
    """Signs a user out on every device and in every program."""

    db: Database
    users: UserDirectory
    sessions: RevokeSessions
    audit: AuditLog

    async def __call__(self, visit: Visit, user_id: UUID) -> None:
        """End all of it at once, so that no token begins a session meanwhile; a user who is gone has nothing left."""
        project = visit.project
        with suppress(UserNotFound):
            async with self.db.write() as tx:
                await self.users.held(tx, project.id, user_id)
                await self.sessions.all_of(tx, project.id, user_id)
                await tx.run(store.DELETE_OF_USER, project_id=project.id, user_id=user_id)
                entry = AuditEntry(
                    project.id, "session.all_ended", user_id, None, visit.dialect, request_id=visit.request_id
                )
                await self.audit.record(tx, entry)
