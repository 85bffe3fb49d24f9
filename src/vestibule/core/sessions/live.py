"""Which sessions live. An access token outlives its session: whoever lets one do something lasting asks here."""

from dataclasses import dataclass
from uuid import UUID

from vestibule.core.sessions import store
from vestibule.core.sessions.store import Session
from vestibule.kernel.clock import Clock
from vestibule.kernel.ids import ProjectId
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class LiveSessions:
    """Reads sessions that have neither ended nor expired, without any secret (security 41)."""

    db: Database
    clock: Clock

    async def of_user(self, project_id: ProjectId, user_id: UUID) -> list[Session]:
        """Return the user's, the oldest first."""
        return await self.db.all(store.SESSIONS_OF_USER, project_id=project_id, user_id=user_id, now=self.clock.now())

    async def includes(self, project_id: ProjectId, user_id: UUID, session_id: UUID) -> bool:
        """Tell whether this is one of the user's."""
        now = self.clock.now()
        found = await self.db.one(store.IS_LIVE, project_id=project_id, user_id=user_id, session_id=session_id, now=now)
        return found is not None
