"""Changing keys without a verifier noticing: publish first, sign later, keep until the last token is dead."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from vestibule.core.signing import store
from vestibule.core.signing.generation import announce_change
from vestibule.core.signing.key_sets import KeyOwner, KeySets
from vestibule.core.signing.store import KeyState
from vestibule.kernel.ids import KeyId, ProjectId
from vestibule.storage import Queries

# A verifier may hold our JWKS for this long (its Cache-Control max-age), so a key is published that much earlier.
JWKS_MAX_AGE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """Rotates and revokes keys; every worker learns of it within seconds.

    `token_life` is how long any access token may live: a retired key stays published for that long.
    """

    key_sets: KeySets
    token_life: timedelta

    async def start(self, owner: KeyOwner, *, at_once: bool = False) -> KeyId:
        """Publish a new key. It signs after `JWKS_MAX_AGE`, or right away with `at_once` (a leaked key)."""
        sets = self.key_sets
        key = await sets.generate(sets.algorithm_of(owner))
        async with sets.db.write() as tx:
            key_id = await sets.keep(tx, owner, key, KeyState.ACTIVE if at_once else KeyState.PENDING)
            if at_once:
                await self._retire_others(tx, owner, key_id)
            await announce_change(tx)
        return key_id

    async def promote_due(self) -> int:
        """Let keys of any project sign that have been published for `JWKS_MAX_AGE`; returns how many began to."""
        sets = self.key_sets
        promoted = 0
        for row in await sets.db.all(store.PENDING_SINCE, before=sets.clock.now() - JWKS_MAX_AGE):
            owner = KeyOwner(ProjectId(row.project_id), row.client_id)
            async with sets.db.write() as tx:
                if await tx.run(store.ACTIVATE, project_id=row.project_id, id=row.id, now=sets.clock.now()):
                    await self._retire_others(tx, owner, row.id)
                    await announce_change(tx)
                    promoted += 1
        return promoted

    async def revoke(self, project_id: ProjectId, kid: str) -> bool:
        """Withdraw a key at once: its tokens die with it. False when there is no such live key."""
        sets = self.key_sets
        async with sets.db.write() as tx:
            is_gone = await tx.run(store.REVOKE, project_id=project_id, kid=kid, now=sets.clock.now()) > 0
            await announce_change(tx)
        return is_gone

    async def _retire_others(self, tx: Queries, owner: KeyOwner, key_id: UUID) -> None:
        now = self.key_sets.clock.now()
        await tx.run(
            store.RETIRE_OTHERS,
            project_id=owner.project_id,
            client_id=owner.client_id,
            id=key_id,
            now=now,
            expires_at=now + self.token_life,
        )
