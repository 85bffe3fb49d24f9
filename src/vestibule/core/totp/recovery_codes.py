"""Recovery codes as texts and as hashes: what a user writes down, and what the database keeps of it.

A hash is an HMAC under the secret of the user's authenticator application, which is sealed with a key from outside the
database. So a copy of the database tells no code, and a change of the root key reaches the codes with the secret.
"""

import hmac
from typing import Final

from vestibule.kernel.entropy import Entropy, random_text
from vestibule.kernel.secret import Secret

RECOVERY_CODES: Final = 10
# Without what is mistaken for something else, 0 and O, 1 and I: 32 signs, so that a code has 60 bits.
_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_GROUPS: Final = 3
_GROUP_LENGTH: Final = 4
_LENGTH: Final = _GROUPS * _GROUP_LENGTH
_LABEL: Final = b"vestibule recovery code\0"  # no moving factor of RFC 4226 has this length


def new_recovery_code(entropy: Entropy) -> Secret:
    """Return a code such as `7KQM-2XWA-RD9T`."""
    return Secret("-".join(random_text(entropy, _ALPHABET, _GROUP_LENGTH) for _ in range(_GROUPS)))


def normalised(typed: str) -> str | None:
    """Return a recovery code without case, blanks and hyphens; None for what cannot be one."""
    text = "".join(typed.split()).replace("-", "").upper()
    return text if len(text) == _LENGTH and set(text) <= set(_ALPHABET) else None


def recovery_code_hash(secret: bytes, code: str) -> bytes:
    """Return what is stored of a normalised code."""
    return hmac.digest(secret, _LABEL + code.encode(), "sha256")
