"""What we take over from another server, judged without a database."""

import re
from typing import Final

from vestibule.core.arrivals.people import ArrivingKey
from vestibule.core.passkeys.answers import LONGEST_CREDENTIAL_ID
from vestibule.core.passkeys.signatures import public_key_of
from vestibule.core.passwords.hashing import MAX_BCRYPT_COST
from vestibule.kernel.errors import PasskeyRefused

_BCRYPT: Final = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
_CHEAPEST_BCRYPT: Final = 4
_HIGHEST_COUNT: Final = 2**32 - 1


class NotTaken(Exception):
    """Something, or somebody, cannot be taken over; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def kept_password(stored: str | None) -> str | None:
    """Return a bcrypt hash that a sign-in may compare with; None where there is no password.

    Raises: NotTaken for another kind of hash, or one that costs more than a sign-in may (security 86).
    """
    if not stored:
        return None
    found = _BCRYPT.fullmatch(stored)
    if found is None:
        raise NotTaken("unknown-password-hash")
    if not _CHEAPEST_BCRYPT <= int(found[1]) <= MAX_BCRYPT_COST:
        raise NotTaken("password-hash-too-costly")
    return stored


def fit_key(key: ArrivingKey) -> ArrivingKey:
    """Return the key if it can be signed in with here. Raises: NotTaken."""
    if not 0 < len(key.credential_id) <= LONGEST_CREDENTIAL_ID:
        raise NotTaken("invalid-credential-id")
    if not 0 <= key.sign_count <= _HIGHEST_COUNT:
        raise NotTaken("invalid-counter")
    try:
        public_key_of(key.public_key)
    except PasskeyRefused as error:
        raise NotTaken("unknown-public-key") from error
    return key
