"""The audit trail: who did what, when, through which door. Written inside the caller's transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from vestibule.core.audit import store
from vestibule.core.audit.store import AuditRow
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.ids import ProjectId
from vestibule.storage import Json, Queries

__all__ = ["AuditEntry", "AuditLog", "AuditRow"]


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that happened; `event` is `area.past_participle`, `detail` holds codes and ids, never secrets."""

    project_id: ProjectId
    event: str
    user_id: UUID | None = None
    session_id: UUID | None = None
    dialect: str | None = None
    actor: str | None = None
    request_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditLog:
    """Writes and lists audit entries."""

    clock: Clock
    entropy: Entropy

    async def record(self, tx: Queries, entry: AuditEntry) -> None:
        """Append `entry`, in the transaction of what it reports."""
        now = self.clock.now()
        await tx.run(
            store.INSERT,
            project_id=entry.project_id,
            id=new_uuid7(self.entropy, to_micros(now)),
            at=now,
            event=entry.event,
            user_id=entry.user_id,
            session_id=entry.session_id,
            dialect=entry.dialect,
            actor=entry.actor,
            request_id=entry.request_id,
            detail=Json(dict(entry.detail)),
        )

    async def people(
        self, db: Queries, project_id: ProjectId, event: str, since: datetime, methods: tuple[str, str]
    ) -> int:
        """Return to how many users `event` happened since then, by one of two methods."""
        method, or_method = methods
        found = await db.one(
            store.PEOPLE, project_id=project_id, event=event, since=since, method=method, or_method=or_method
        )
        return found or 0

    async def latest(
        self, db: Queries, project_id: ProjectId, *, limit: int, before: datetime | None = None
    ) -> list[AuditRow]:
        """Return the newest entries first, at most `limit`, older than `before` when given."""
        moment = before or self.clock.now()
        return await db.all(store.LATEST, project_id=project_id, before=moment, limit=limit)
