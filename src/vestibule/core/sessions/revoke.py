"""Ends sessions: one by its refresh secret, or all of a user."""

import hmac
from dataclasses import dataclass
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Visit
from vestibule.core.sessions import store
from vestibule.core.sessions.imported import forget_imported
from vestibule.core.sessions.secrets import RefreshSecrets
from vestibule.core.sessions.store import Session
from vestibule.kernel.clock import Clock
from vestibule.kernel.ids import ProjectId
from vestibule.storage import Database, Queries

_NO_SESSION = UUID(int=0)


@dataclass(frozen=True, slots=True)
class RevokeSessions:
    """Sign-out. The row goes, so no restart and no other process can revive it (security 25)."""

    db: Database
    clock: Clock
    secrets: RefreshSecrets
    audit: AuditLog

    async def by_secret(self, visit: Visit, secret: bytes) -> bool:
        """End the session whose current or recent secret this is; False, and no error, when there is none."""
        for presented in self.secrets.under_every_key(secret):
            state = await self.db.one(store.STATE, project_id=visit.project.id, handle_hash=presented.handle_hash)
            if state is None or state.session.dialect != visit.dialect:
                continue
            is_ours = hmac.compare_digest(state.step_hash, presented.step_hash)
            if is_ours or self.secrets.steps_to(presented, state.step_hash) is not None:
                return await self._end(visit, state.session)
        return await forget_imported(self.db, self.audit, self.clock, visit, secret)

    async def all_of(self, tx: Queries, project_id: ProjectId, user_id: UUID, *, but: UUID | None = None) -> int:
        """End the user's sessions, of every door, in the caller's transaction; return how many. `but` is spared.

        What they were signed in with at another server before counts as well.
        """
        ended = await tx.run(
            store.DELETE_OF_USER, project_id=project_id, user_id=user_id, kept_session_id=but or _NO_SESSION
        )
        return ended + await tx.run(store.DELETE_IMPORTED_OF_USER, project_id=project_id, user_id=user_id)

    async def _end(self, visit: Visit, session: Session) -> bool:
        async with self.db.write() as tx:
            ended = await tx.one(store.DELETE, project_id=visit.project.id, session_id=session.id)
            if ended is not None:
                entry = AuditEntry(
                    visit.project.id,
                    "session.ended",
                    session.user_id,
                    session.id,
                    visit.dialect,
                    request_id=visit.request_id,
                )
                await self.audit.record(tx, entry)
        return ended is not None
