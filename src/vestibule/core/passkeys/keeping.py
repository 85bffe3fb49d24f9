"""Keeps a verified passkey: the part that signing up and adding one share."""

import asyncio
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vestibule.core.audit import AuditEntry, AuditLog
from vestibule.core.passkeys import store
from vestibule.core.passkeys.answers import Attestation, PresentedAttestation
from vestibule.core.passkeys.verify import Expected, NewKey, verified_attestation
from vestibule.core.projects import Visit
from vestibule.kernel.clock import Clock, to_micros
from vestibule.kernel.entropy import Entropy, new_uuid7
from vestibule.kernel.errors import PasskeyRefused
from vestibule.storage import Json, Queries

MOST_PER_USER: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPasskey:
    """A passkey that somebody wants to keep, under a name of their own."""

    presented: PresentedAttestation
    nickname: str | None = None


@dataclass(frozen=True, slots=True)
class KeepPasskey:
    """Writes passkeys."""

    clock: Clock
    entropy: Entropy
    audit: AuditLog

    async def verified(self, attestation: Attestation, expected: Expected) -> NewKey:
        """Return what the attestation says, in a thread: it may load a library, and parses what strangers wrote.

        Raises: PasskeyRefused.
        """
        return await asyncio.to_thread(verified_attestation, attestation, expected)

    async def __call__(self, tx: Queries, visit: Visit, user_id: UUID, key: NewKey, nickname: str | None) -> UUID:
        """Return the id of the new row, written in the caller's transaction, which holds the user.

        Raises: PasskeyRefused when the project knows the credential id, or the user has too many passkeys.
        """
        project_id = visit.project.id
        now = self.clock.now()
        if len(await tx.all(store.CREDENTIAL_IDS_OF_USER, project_id=project_id, user_id=user_id)) >= MOST_PER_USER:
            raise PasskeyRefused
        kept = await tx.one(
            store.INSERT,
            project_id=project_id,
            id=new_uuid7(self.entropy, to_micros(now)),
            user_id=user_id,
            credential_id=key.credential_id,
            public_key=key.public_key,
            sign_count=key.sign_count,
            transports=Json(list(key.transports)),
            nickname=nickname,
            aaguid=key.aaguid,
            is_backup_eligible=key.is_backup_eligible,
            is_backed_up=key.is_backed_up,
            now=now,
        )
        if kept is None:
            raise PasskeyRefused
        entry = AuditEntry(
            project_id,
            "passkey.added",
            user_id,
            None,
            visit.dialect,
            request_id=visit.request_id,
            detail={"passkey": str(kept)},
        )
        await self.audit.record(tx, entry)
        return kept
