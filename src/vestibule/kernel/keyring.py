"""Root keys and what is derived from them: one key per purpose (RFC 5869), sealing and keyed hashes.

The root keys live outside the database (ADR: root keys outside the database). The first one is current:
it seals and hashes anew; the others only open and recognise what they once made.
"""

import functools
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from vestibule.kernel.entropy import Entropy

_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12  # NIST SP 800-38D section 8.2.2, random nonces
_KEY_ID_BYTES: Final = 8
MIN_ROOT_KEY_BYTES: Final = 16


class UnknownRootKey(Exception):
    """A sealed value was made with a root key that this process was not given, or was tampered with."""


class Keyring:
    """Derives, seals and hashes with the root keys; the first root key is current."""

    def __init__(self, root_keys: Sequence[bytes], entropy: Entropy) -> None:
        if not root_keys or any(len(key) < MIN_ROOT_KEY_BYTES for key in root_keys):
            message = f"a root key has at least {MIN_ROOT_KEY_BYTES} bytes"
            raise ValueError(message)
        self._roots: dict[bytes, bytes] = {_derive(root, "key id", _KEY_ID_BYTES): root for root in root_keys}
        self._entropy = entropy
        self._key = functools.cache(self._derive_key)

    @property
    def key_ids(self) -> tuple[bytes, ...]:
        """The ids of all root keys, the current one first; safe to store beside what they made."""
        return tuple(self._roots)

    @property
    def current_id(self) -> bytes:
        """The id of the root key that makes new things."""
        return next(iter(self._roots))

    def key(self, purpose: str, key_id: bytes | None = None) -> bytes:
        """Return the 32-byte key for `purpose`, under the current root key or the one with `key_id`.

        Raises: UnknownRootKey.
        """
        return self._key(purpose, key_id or self.current_id)

    def mac(self, purpose: str, data: bytes, key_id: bytes | None = None) -> bytes:
        """Return HMAC-SHA256 (32 bytes) of `data` under the key for `purpose`."""
        return hmac.digest(self.key(purpose, key_id), data, hashlib.sha256)

    def seal(self, purpose: str, plain: bytes, context: bytes = b"") -> bytes:
        """Encrypt and authenticate; the result names its root key. `context` must be the same at `open`."""
        nonce = self._entropy.bytes(_NONCE_BYTES)
        box = AESGCM(self.key(purpose)).encrypt(nonce, plain, context)
        return self.current_id + nonce + box

    def open(self, purpose: str, sealed: bytes, context: bytes = b"") -> bytes:
        """Return what was sealed. Raises: UnknownRootKey when the key is missing or the value was altered."""
        key_id, nonce = sealed[:_KEY_ID_BYTES], sealed[_KEY_ID_BYTES : _KEY_ID_BYTES + _NONCE_BYTES]
        box = sealed[_KEY_ID_BYTES + _NONCE_BYTES :]
        try:
            return AESGCM(self.key(purpose, key_id)).decrypt(nonce, box, context)
        except (InvalidTag, ValueError) as error:
            message = f"cannot open a sealed {purpose}"
            raise UnknownRootKey(message) from error

    def is_current(self, sealed: bytes) -> bool:
        """Tell whether `sealed` was made with the current root key."""
        return sealed.startswith(self.current_id)

    def _derive_key(self, purpose: str, key_id: bytes) -> bytes:
        root = self._roots.get(key_id)
        if root is None:
            message = f"no root key with id {key_id.hex()}"
            raise UnknownRootKey(message)
        return _derive(root, purpose, _KEY_BYTES)


def _derive(root: bytes, purpose: str, size: int) -> bytes:
    info = b"vestibule/" + purpose.encode()
    return HKDF(algorithm=SHA256(), length=size, salt=None, info=info).derive(root)
