"""Refresh secrets: 8 bytes that find the row and never change, 8 bytes that change with each refresh.

The next step is derived from the presented secret, not drawn: of fifty tabs that refresh with the same secret,
all derive the same successor, whoever comes first. Without the root key nobody can derive it, so a stolen old
secret is worth nothing. Together the 16 bytes read as a random UUID (RFC 9562 section 5.4), which some clients insist
on: 122 unpredictable bits. Older secrets have all 128, and so have their successors.
"""

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from vestibule.kernel.entropy import Entropy, new_uuid4
from vestibule.kernel.keyring import Keyring

SECRET_BYTES: Final = 16
_HANDLE_BYTES: Final = 8
_HASH_BYTES: Final = 16
_RANDOM: Final = 4  # the version of UUIDs that are chance alone
# How many rotations back a secret is still recognised as one of ours; matches the tape in the session row.
RECOGNISED_STEPS: Final = 16


def imported_hash(secret: bytes) -> bytes:
    """Return what is known of a secret that another server gave out: the SHA-256 of its text, a UUID in lower case."""
    digits = secret.hex()
    text = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return hashlib.sha256(text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Presented:
    """A refresh secret that came in, hashed under one root key."""

    secret: bytes
    root_key_id: bytes
    handle_hash: bytes
    step_hash: bytes


@dataclass(frozen=True, slots=True)
class RefreshSecrets:
    """Draws, derives and hashes refresh secrets. Every hash is keyed and cut to 128 bits."""

    keyring: Keyring
    entropy: Entropy

    def draw(self) -> Presented:
        """Return a new secret with its hashes under the current root key."""
        return self.hashed(new_uuid4(self.entropy).bytes, self.keyring.current_id)

    def after(self, secret: bytes) -> Presented:
        """Return the secret that follows `secret`, with its hashes under the current root key."""
        key_id = self.keyring.current_id
        return self.hashed(self.successor(secret, key_id), key_id)

    def hashed(self, secret: bytes, root_key_id: bytes) -> Presented:
        """Return `secret` with the hashes it is stored under."""
        mac = self.keyring.mac
        handle = mac("refresh handle", secret[:_HANDLE_BYTES], root_key_id)[:_HASH_BYTES]
        step = mac("refresh step", secret, root_key_id)[:_HASH_BYTES]
        return Presented(secret, root_key_id, handle, step)

    def under_every_key(self, secret: bytes) -> Iterator[Presented]:
        """Yield `secret` hashed under each root key, the current one first."""
        for key_id in self.keyring.key_ids:
            yield self.hashed(secret, key_id)

    def successor(self, secret: bytes, root_key_id: bytes) -> bytes:
        """Return the secret that follows `secret`: the same handle, the derived next step, of the same form."""
        plain = self._plain_successor(secret, root_key_id)
        is_uuid = len(secret) == SECRET_BYTES and UUID(bytes=secret).version == _RANDOM
        return UUID(bytes=plain, version=_RANDOM).bytes if is_uuid else plain

    def _plain_successor(self, secret: bytes, root_key_id: bytes) -> bytes:
        step = self.keyring.mac("refresh successor", secret, root_key_id)
        return secret[:_HANDLE_BYTES] + step[: SECRET_BYTES - _HANDLE_BYTES]

    def _successors(self, secret: bytes, root_key_id: bytes) -> Iterator[bytes]:
        """Yield the successor, and the one that an older version derived of what had the form of a UUID by chance."""
        successor, plain = self.successor(secret, root_key_id), self._plain_successor(secret, root_key_id)
        yield successor
        if plain != successor:
            yield plain

    def steps_to(self, presented: Presented, step_hash: bytes) -> tuple[int, bytes] | None:
        """Return how many rotations lie between `presented` and the secret with `step_hash`, and that secret itself.

        None when it is not among the last `RECOGNISED_STEPS` of the session that was found under its root key. Only
        the first step can have been taken under another root key: a rotation moves the session to the current one.
        """
        root_key_id = presented.root_key_id
        firsts = (first for key in self.keyring.key_ids for first in self._successors(presented.secret, key))
        for first in firsts:
            later = first
            for steps in range(1, RECOGNISED_STEPS + 1):
                if hmac.compare_digest(self.hashed(later, root_key_id).step_hash, step_hash):
                    return steps, later
                later = self.successor(later, root_key_id)
        return None
