"""Service keys: `vsk_` and 32 random bytes; only their SHA-256 is kept, and they are looked up on each use."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.projects import store
from vestibule.core.projects.model import Project, ServiceKey
from vestibule.core.projects.store import ServiceKeyRow
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.errors import InvalidServiceKey
from vestibule.kernel.ids import ServiceKeyId
from vestibule.kernel.secret import Secret
from vestibule.storage import Database, Json

PREFIX: Final = "vsk_"
_SECRET_BYTES: Final = 32
_TOUCH_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class IssuedServiceKey:
    """A new key; `secret` is shown this once."""

    id: ServiceKeyId
    public_id: str
    secret: Secret


@dataclass(frozen=True, slots=True)
class ServiceKeys:
    """Issues, checks, lists and revokes service keys. A revoked key is dead on the next request."""

    db: Database
    audit: AuditLog
    clock: Clock
    entropy: Entropy

    async def issue(
        self,
        project: Project,
        name: str,
        *,
        scopes: tuple[str, ...] = ("service",),
        expires_at: datetime | None = None,
        secret: Secret | None = None,
    ) -> IssuedServiceKey:
        """Store a new key and return it with its secret.

        A given `secret` (for development) is stored once: a key that was revoked stays so.
        """
        now = self.clock.now()
        key_id = ServiceKeyId(new_uuid7(self.entropy, to_micros(now)))
        secret = secret or Secret(PREFIX + _base64url(self.entropy.bytes(_SECRET_BYTES)))
        public_id = f"key_{key_id.hex[-12:]}"
        async with self.db.write() as tx:
            issued = await tx.one(
                store.INSERT_SERVICE_KEY,
                project_id=project.id,
                id=key_id,
                public_id=public_id,
                name=name,
                secret_hash=_hash(secret.reveal()),
                scopes=Json(list(scopes)),
                created_at=now,
                expires_at=expires_at,
            )
            if issued is not None:
                entry = AuditEntry(project.id, "service_key.created", actor="operator", detail={"key": public_id})
                await self.audit.record(tx, entry)
        return IssuedServiceKey(key_id, public_id, secret)

    async def check(self, project: Project, presented: str) -> ServiceKey:
        """Return the live key of `project` with that secret. Raises: InvalidServiceKey."""
        if not presented.startswith(PREFIX):
            raise InvalidServiceKey
        now = self.clock.now()
        row = await self.db.one(store.LIVE_SERVICE_KEY, project_id=project.id, secret_hash=_hash(presented), now=now)
        if row is None:
            raise InvalidServiceKey
        if row.last_used_at is None or now - row.last_used_at > _TOUCH_EVERY:
            await self.db.run(store.TOUCH_SERVICE_KEY, project_id=project.id, id=row.id, now=now)
        return ServiceKey(ServiceKeyId(row.id), project.id, row.name, frozenset(row.scopes))

    async def list(self, project: Project) -> list[ServiceKeyRow]:
        """Return all keys of the project, the oldest first, without their secrets."""
        return await self.db.all(store.SERVICE_KEYS, project_id=project.id)

    async def revoke(self, project: Project, public_id: str) -> bool:
        """End a key at once; False when there is no such live key."""
        async with self.db.write() as tx:
            changed = await tx.run(
                store.REVOKE_SERVICE_KEY, project_id=project.id, public_id=public_id, now=self.clock.now()
            )
            if changed:
                detail = {"key": public_id}
                await self.audit.record(
                    tx, AuditEntry(project.id, "service_key.revoked", actor="operator", detail=detail)
                )
        return changed > 0


def _hash(secret: str) -> bytes:
    # 256 random bits need no slow hash: a fast one keeps each call cheap (security: bcrypt on every call).
    return hashlib.sha256(secret.encode()).digest()


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
