"""Whether a user may come in at all. Shutting somebody out ends their sessions in the same transaction."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from vestibule.core.sessions.revoke import RevokeSessions
from vestibule.core.users import UserDirectory
from vestibule.kernel.ids import ProjectId
from vestibule.storage import Database

Standing = Literal["active", "suspended", "disabled"]


@dataclass(frozen=True, slots=True)
class ChangeStanding:
    """Lets a user in or shuts them out."""

    db: Database
    users: UserDirectory
    revoke: RevokeSessions

    async def __call__(self, project_id: ProjectId, user_id: UUID, standing: Standing, *, actor: str) -> None:
        """Raises: UserNotFound."""
        async with self.db.write() as tx:
            await self.users.set_status(tx, project_id, user_id, standing, actor=actor)
            if standing != "active":
                await self.revoke.all_of(tx, project_id, user_id)
