"""Second factors' secrets as the other server stores them: base32 text, in clear or sealed with its own key.

Servers before release 0.43 store the text. Later ones seal it with AES-GCM under AUTH_ENCRYPTION_KEY: 12 bytes of
nonce, the sealed text and its tag, all written in hex; there is no associated data.
"""

import base64
import binascii
import re
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from vestibule.core.arrivals import NotTaken
from vestibule.kernel.secret import Secret

_KEY_BYTES: Final = (16, 24, 32)
_NONCE_BYTES: Final = 12
_TAG_BYTES: Final = 16
_SEALED: Final = re.compile(rf"(?:[0-9a-f]{{2}}){{{_NONCE_BYTES + _TAG_BYTES + 1},}}")
_SHORTEST: Final = 10  # bytes; the 80 bits of the oldest applications


class InvalidKey(Exception):
    """This is no AUTH_ENCRYPTION_KEY."""


class OldKey:
    """The other server's AUTH_ENCRYPTION_KEY."""

    def __init__(self, key: Secret) -> None:
        """Raises: InvalidKey."""
        try:
            raw = binascii.unhexlify(key.reveal())
        except (binascii.Error, ValueError) as error:
            raise InvalidKey from error
        if len(raw) not in _KEY_BYTES:
            raise InvalidKey
        self._box = AESGCM(raw)

    def open(self, sealed: bytes) -> str:
        """Return the text. Raises: NotTaken."""
        try:
            return self._box.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], None).decode()
        except (InvalidTag, ValueError) as error:
            raise NotTaken("secret-sealed-with-another-key") from error


def totp_secret(stored: str | None, key: OldKey | None) -> bytes:
    """Return the secret that codes are made from. Raises: NotTaken."""
    text = stored or ""
    if _SEALED.fullmatch(text):  # no base32: that has no 0, 1, 8 or 9, and is never so long without them
        if key is None:
            raise NotTaken("secret-sealed")
        text = key.open(bytes.fromhex(text))
    bare = text.replace(" ", "").rstrip("=").upper()
    try:
        secret = base64.b32decode(bare + "=" * (-len(bare) % 8))
    except binascii.Error as error:
        raise NotTaken("unreadable-secret") from error
    if len(secret) < _SHORTEST:
        raise NotTaken("unreadable-secret")
    return secret
