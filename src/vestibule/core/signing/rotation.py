"""Changing keys without a verifier noticing: publish first, sign later, keep until the last token is dead."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from vestibule.core.signing import store
from vestibule.core.signing.key_sets import KeyOwner, KeySets
from vestibule.core.signing.store import KeyState
from vestibule.kernel.ids import KeyId, ProjectId
from vestibule.storage import Queries

# A verifier may hold our JWKS for this long (its Cache-Control max-age), so a key is published that much earlier.
JWKS_MAX_AGE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class KeyRotation:
    """Rotates and revokes the keys of one owner. The caller bumps the catalog's generation."""

    key_sets: KeySets

    async def start(self, owner: KeyOwner, *, token_life: timedelta, now: bool = False) -> KeyId:
        """Publish a new key. It signs after `JWKS_MAX_AGE`, or at once with `now` (a leaked key).

        `token_life` is how long tokens of the old key may live: it stays published for that long.
        """
        sets = self.key_sets
        state = KeyState.ACTIVE if now else KeyState.PENDING
        async with sets.db.write() as tx:
            key_id = await sets.create(tx, owner, state=state)
            if now:
                await self._retire_others(tx, owner, key_id, token_life)
        return key_id

    async def promote_due(self, project_id: ProjectId, *, token_life: timedelta) -> int:
        """Let keys sign that have been published for `JWKS_MAX_AGE`; returns how many began to."""
        sets = self.key_sets
        due = await sets.db.all(store.PENDING_SINCE, project_id=project_id, before=sets.clock.now() - JWKS_MAX_AGE)
        for row in due:
            owner = KeyOwner(project_id, row.client_id)
            async with sets.db.write() as tx:
                if await tx.run(store.ACTIVATE, project_id=project_id, id=row.id, now=sets.clock.now()):
                    await self._retire_others(tx, owner, KeyId(row.id), token_life)
        return len(due)

    async def revoke(self, project_id: ProjectId, kid: str) -> bool:
        """Withdraw a key at once: its tokens die with it. False when there is no such live key."""
        sets = self.key_sets
        changed = await sets.db.run(store.REVOKE, project_id=project_id, kid=kid, now=sets.clock.now())
        return changed > 0

    async def _retire_others(self, tx: Queries, owner: KeyOwner, key_id: KeyId, token_life: timedelta) -> None:
        now = self.key_sets.clock.now()
        await tx.run(
            store.RETIRE_OTHERS,
            project_id=owner.project_id,
            client_id=owner.client_id,
            id=key_id,
            now=now,
            expires_at=now + token_life,
        )
