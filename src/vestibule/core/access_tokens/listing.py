"""Shows users their personal access tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from vestibule.core.access_tokens import store
from vestibule.core.access_tokens.store import ListedAccessToken
from vestibule.core.projects import Visit
from vestibule.core.users import UserDirectory
from vestibule.kernel.clock import Clock
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class ListAccessTokens:
    """Those that are alive: what has expired signs nobody in, and is swept."""

    db: Database
    users: UserDirectory
    clock: Clock

    async def __call__(self, visit: Visit, user_id: UUID) -> Sequence[ListedAccessToken]:
        """Return them, the newest last. Raises: what UserDirectory.welcome raises."""
        project = visit.project
        await self.users.welcome(self.db, project.id, project.policy, user_id)
        return await self.db.all(store.OF_USER, project_id=project.id, user_id=user_id, now=self.clock.now())
