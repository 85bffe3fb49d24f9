"""Makes a personal access token for the user who is signed in; the door has asked them to prove themselves again."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from vestibule.core.access_tokens import store
from vestibule.core.access_tokens.secrets import drawn, hashed
from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import Visit
from vestibule.core.users import UserDirectory, metadata_within, refuse_unless_welcome
from vestibule.kernel.clock import EPOCH, Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.errors import TooManyAccessTokens
from vestibule.storage import Database, Json

MOST_PER_USER: Final = 100
# asyncpg takes the very last moment of a datetime for no moment at all, and people write it for "never".
_LATEST: Final = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class NewAccessToken:
    """A token to be made. `user_id` is whoever is signed in, never somebody that a request names (security 20)."""

    user_id: UUID
    expires_at: datetime
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class IssuedAccessToken:
    """A new token and its secret (16 bytes), which is nowhere stored."""

    id: UUID
    secret: bytes


@dataclass(frozen=True, slots=True)
class CreateAccessToken:
    """Stores a token; one whose time is over already is stored too, and good for nothing."""

    db: Database
    users: UserDirectory
    audit: AuditLog
    clock: Clock
    entropy: Entropy

    async def __call__(self, visit: Visit, new: NewAccessToken) -> IssuedAccessToken:
        """Raises: UserNotFound, TooManyAccessTokens, MetadataTooLarge, and what keeps a user from coming in."""
        project = visit.project
        metadata_within(project.policy, new.metadata)
        secret = drawn(self.entropy)
        now = self.clock.now()
        token_id = new_uuid7(self.entropy, to_micros(now))
        async with self.db.write() as tx:
            subject = await self.users.held(tx, project.id, new.user_id)
            refuse_unless_welcome(project.policy, subject)
            living = await tx.one(store.COUNT_OF_USER, project_id=project.id, user_id=subject.id, now=now)
            if living is not None and living >= MOST_PER_USER:
                raise TooManyAccessTokens(MOST_PER_USER)
            await tx.run(
                store.INSERT,
                project_id=project.id,
                id=token_id,
                user_id=subject.id,
                secret_hash=hashed(secret),
                metadata=None if new.metadata is None else Json(new.metadata),
                now=now,
                expires_at=min(max(new.expires_at, EPOCH), _LATEST),
            )
            entry = AuditEntry(
                project.id,
                "access_token.created",
                subject.id,
                dialect=visit.dialect,
                request_id=visit.request_id,
                detail={"access_token": str(token_id)},
            )
            await self.audit.record(tx, entry)
        return IssuedAccessToken(token_id, secret)
