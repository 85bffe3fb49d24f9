"""Ends one personal access token: whoever holds it may, and whoever it belongs to.

The row goes; the sessions that the token began stay until they are signed out themselves.
"""

from dataclasses import dataclass
from uuid import UUID

from vestibule.core.access_tokens import store
from vestibule.core.access_tokens.secrets import hashes
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Visit
from vestibule.core.users import UserDirectory, refuse_unless_welcome
from vestibule.kernel.errors import AccessTokenNotFound
from vestibule.storage import Database


@dataclass(frozen=True, slots=True)
class RevokeAccessToken:
    """For who has the secret, as a program that is done does."""

    db: Database
    audit: AuditLog

    async def __call__(self, visit: Visit, secret: bytes) -> bool:
        """End the token whose secret this is; False, and no error, when there is none."""
        async with self.db.write() as tx:
            ended = await tx.one(store.DELETE, project_id=visit.project.id, **hashes(secret))
            if ended is not None:
                await self.audit.record(tx, _revoked(visit, ended.user_id, ended.id))
        return ended is not None


@dataclass(frozen=True, slots=True)
class RevokeOwnAccessToken:
    """For its owner, who knows it by its id: the secret was shown once, and may be in the wrong hands."""

    db: Database
    users: UserDirectory
    audit: AuditLog

    async def __call__(self, visit: Visit, user_id: UUID, token_id: UUID) -> None:
        """End it. Raises: AccessTokenNotFound, and what UserDirectory.welcome raises."""
        project = visit.project
        async with self.db.write() as tx:
            # Held first, as by a sign-in: one with this token comes before, or finds it gone.
            subject = await self.users.held(tx, project.id, user_id)
            refuse_unless_welcome(project.policy, subject)
            if await tx.run(store.DELETE_OWN, project_id=project.id, user_id=user_id, id=token_id) != 1:
                raise AccessTokenNotFound
            await self.audit.record(tx, _revoked(visit, user_id, token_id))


def _revoked(visit: Visit, user_id: UUID, token_id: UUID) -> AuditEntry:
    return AuditEntry(
        visit.project.id,
        "access_token.revoked",
        user_id,
        dialect=visit.dialect,
        request_id=visit.request_id,
        detail={"access_token": str(token_id)},
    )
