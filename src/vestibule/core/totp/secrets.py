"""The secrets of authenticator applications as they are kept: sealed, each for its user (security 39)."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vestibule.core.totp import store
from vestibule.core.totp.store import TotpRow
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Database, Queries

_SEAL: Final = "totp secret"
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class TotpSecrets:
    """Seals and opens them, and moves them to the current root key."""

    keyring: Keyring

    def seal(self, project_id: UUID, user_id: UUID, secret: bytes) -> bytes:
        """Return what may be stored; in another user's row it does not open."""
        return self.keyring.seal(_SEAL, secret, project_id.bytes + user_id.bytes)

    def open(self, project_id: UUID, user_id: UUID, sealed: bytes) -> bytes:
        """Return the secret. Raises: UnknownRootKey."""
        return self.keyring.open(_SEAL, sealed, project_id.bytes + user_id.bytes)

    def resealed(self, project_id: UUID, user_id: UUID, sealed: bytes) -> bytes:
        """Return the same, sealed with the current root key; unchanged if it is already. Raises: UnknownRootKey."""
        if self.keyring.is_current(sealed):
            return sealed
        return self.seal(project_id, user_id, self.open(project_id, user_id, sealed))

    async def of_user(self, db: Queries, project_id: ProjectId, user_id: UUID) -> TotpRow | None:
        """Return the user's row; None when no secret was ever made."""
        return await db.one(store.OF_USER, project_id=project_id, user_id=user_id)

    async def reseal_all(self, db: Database) -> None:
        """Seal with the current root key what older ones have sealed, so that those can be given up.

        Raises: UnknownRootKey when a secret is left that none of the given keys opens.
        """
        for key_id in self.keyring.key_ids[1:]:
            while rows := await db.all(store.SEALED_WITH, key_id=key_id, limit=_BATCH):
                async with db.write() as tx:
                    for row in rows:
                        await self._reseal(tx, row)
        for key_id in await db.all(store.KEY_IDS):
            self.keyring.key(_SEAL, key_id)

    async def _reseal(self, tx: Queries, row: TotpRow) -> None:
        def renewed(sealed: bytes | None) -> bytes | None:
            return None if sealed is None else self.resealed(row.project_id, row.user_id, sealed)

        await tx.run(
            store.RESEAL,
            project_id=row.project_id,
            user_id=row.user_id,
            secret=renewed(row.secret),
            offered=renewed(row.offered),
            old_secret=row.secret,
            old_offered=row.offered,
        )
