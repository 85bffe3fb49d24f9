"""Refuses to work with the wrong root key: a value sealed on the first start must still open.

With a wrong key nothing would crash at once; sessions would end and sealed keys stay shut, one request at a time.
"""

from dataclasses import dataclass
from typing import Final

from vestibule.core.signing import store
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Database

_SEAL: Final = "root key check"
_WORD: Final = b"vestibule"


@dataclass(frozen=True, slots=True)
class RootKeyCheck:
    """Compares the root keys of this process with those that the database was made with."""

    db: Database
    keyring: Keyring

    async def __call__(self) -> None:
        """Seal the check value on the first start; later, open it. Raises: UnknownRootKey."""
        sealed = self.keyring.seal(_SEAL, _WORD).hex()
        await self.db.run(store.INSERT_ROOT_KEY_CHECK, value=sealed)
        stored = await self.db.one(store.ROOT_KEY_CHECK)
        self.keyring.open(_SEAL, bytes.fromhex(stored or sealed))
