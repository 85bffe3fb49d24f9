"""What the dearest imported hash of a project costs, so that a refusal can cost as much whoever is asked about."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from vestibule.core.passwords import store
from vestibule.core.passwords.hashing import MAX_BCRYPT_COST
from vestibule.kernel.clock import Clock
from vestibule.kernel.ids import ProjectId
from vestibule.storage import Database

_READ_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Known:
    cost: int | None
    read_at: datetime


@dataclass(frozen=True, slots=True)
class OlderHashes:
    """Remembers it for a minute. Imports are seldom, and each user who comes in takes one such hash away."""

    db: Database
    clock: Clock
    _known: dict[ProjectId, _Known] = field(default_factory=dict)

    async def dearest_bcrypt(self, project_id: ProjectId) -> int | None:
        """Return the highest cost of a bcrypt hash (its rounds are two to that power); None when there is none."""
        now = self.clock.now()
        known = self._known.get(project_id)
        if known is None or now - known.read_at >= _READ_EVERY:
            cost = await self.db.one(store.DEAREST_BCRYPT, project_id=project_id, highest=f"{MAX_BCRYPT_COST:02}")
            known = _Known(None if cost is None else int(cost), now)
            self._known[project_id] = known
        return known.cost
