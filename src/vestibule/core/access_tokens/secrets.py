"""How the secret of a personal access token is made and stored."""

import hashlib

from vestibule.core.sessions import imported_hash
from vestibule.kernel.entropy import Entropy, new_uuid4


def drawn(entropy: Entropy) -> bytes:
    """Return a new secret: 16 bytes that read as a random UUID (RFC 9562 section 5.4), which some clients insist on."""
    return new_uuid4(entropy).bytes


def hashed(secret: bytes) -> bytes:
    """Return what is stored; a secret of 122 random bits needs no key and no slow hash (security 39)."""
    return hashlib.sha256(secret).digest()


def hashes(secret: bytes) -> dict[str, bytes]:
    """Return what a token is found by: its hash as we store it, and as the server did that it was imported from."""
    return {"secret_hash": hashed(secret), "imported_hash": imported_hash(secret)}
