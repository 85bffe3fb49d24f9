"""Shows users their passkeys."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from vestibule.core.passkeys import store
from vestibule.core.passkeys.store import ListedPasskey
from vestibule.core.projects import Visit
from vestibule.core.users import UserDirectory
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class ListPasskeys:
    """Also where passkeys are switched off meanwhile: they would open the account again when they are on."""

    db: Database
    users: UserDirectory

    async def __call__(self, visit: Visit, user_id: UUID) -> Sequence[ListedPasskey]:
        """Return them, the newest last. Raises: what UserDirectory.welcome raises."""
        project = visit.project
        await self.users.welcome(self.db, project.id, project.policy, user_id)
        return await self.db.all(store.OF_USER, project_id=project.id, user_id=user_id)
