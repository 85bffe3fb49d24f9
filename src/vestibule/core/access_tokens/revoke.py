"""Ends one personal access token: whoever holds it may."""

from dataclasses import dataclass

from vestibule.core.access_tokens import store
from vestibule.core.access_tokens.secrets import hashes
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Visit
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class RevokeAccessToken:
    """The row goes; the sessions that the token began stay until they are signed out themselves."""

    db: Database
    audit: AuditLog

    async def __call__(self, visit: Visit, secret: bytes) -> bool:
        """End the token whose secret this is; False, and no error, when there is none."""
        async with self.db.write() as tx:
            ended = await tx.one(store.DELETE, project_id=visit.project.id, **hashes(secret))
            if ended is not None:
                entry = AuditEntry(
                    visit.project.id,
                    "access_token.revoked",
                    ended.user_id,
                    dialect=visit.dialect,
                    request_id=visit.request_id,
                    detail={"access_token": str(ended.id)},
                )
                await self.audit.record(tx, entry)
        return ended is not None
