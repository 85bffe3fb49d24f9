"""Credential ids of nobody: what a stranger gets to see for an address without passkeys (security 93)."""

from typing import Final

from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring

_PURPOSE: Final = "passkey decoys"
# What the authenticators in use make: synced passkeys 16, 20 or 32 bytes, security keys 48 or 64.
_LENGTHS: Final = (16, 20, 20, 32, 32, 32, 48, 64)


def decoy_ids(keyring: Keyring, project_id: ProjectId, email_key: str) -> list[bytes]:
    """Return one or two ids, always the same for an address of a project.

    They hang on the oldest root key: a list that changed with each rotation would tell itself apart.
    """
    seed = project_id.bytes + email_key.encode()
    oldest = keyring.key_ids[-1]
    drawn = keyring.mac(_PURPOSE, seed, oldest)
    count = 2 if drawn[0] < 64 else 1  # noqa: PLR2004 - one in four, as people are
    return [_decoy(keyring, seed, number, drawn[number + 1], oldest) for number in range(count)]


def _decoy(keyring: Keyring, seed: bytes, number: int, chance: int, key_id: bytes) -> bytes:
    halves = [keyring.mac(_PURPOSE, bytes([number, half]) + seed, key_id) for half in range(2)]
    return b"".join(halves)[: _LENGTHS[chance % len(_LENGTHS)]]
