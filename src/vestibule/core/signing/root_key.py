"""The root keys of this process and those that the database was made with.

With a wrong key nothing would crash at once; sessions would end and sealed keys stay shut, one request at a time.
So a value sealed on the first start must still open. When another root key has come first, what is sealed for long is
sealed anew, and the older key can be given up once the sessions that need it have been refreshed or have expired.
"""

from dataclasses import dataclass
from typing import Final

from vestibule.core.signing import store
from vestibule.core.signing.key_sets import SEAL
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Database

_CHECK: Final = "root key check"
_WORD: Final = b"vestibule"


@dataclass(frozen=True, slots=True)
class RootKeyCheck:
    """Compares the root keys with the database, then moves the database to the current one."""

    db: Database
    keyring: Keyring

    async def __call__(self) -> None:
        """Seal the check value on the first start; later, open it. Raises: UnknownRootKey."""
        sealed = self.keyring.seal(_CHECK, _WORD)
        await self.db.run(store.INSERT_ROOT_KEY_CHECK, value=sealed.hex())
        stored = bytes.fromhex(await self.db.one(store.ROOT_KEY_CHECK) or sealed.hex())
        self.keyring.open(_CHECK, stored)
        if not self.keyring.is_current(stored):
            await self._reseal(stored, sealed)

    async def _reseal(self, stored: bytes, sealed: bytes) -> None:
        keyring = self.keyring
        async with self.db.write() as tx:
            for key in await tx.all(store.SEALED_KEYS):
                if keyring.is_current(key.private_key):
                    continue
                context = key.kid.encode()
                await tx.run(
                    store.RESEAL_KEY,
                    project_id=key.project_id,
                    id=key.id,
                    old_private_key=key.private_key,
                    private_key=keyring.seal(SEAL, keyring.open(SEAL, key.private_key, context), context),
                )
            await tx.run(store.RESEAL_ROOT_KEY_CHECK, old_value=stored.hex(), value=sealed.hex())
