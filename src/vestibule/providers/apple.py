"""Apple's way to know us: no secret, but a short-lived JWT that our key signs for each request."""

import base64
import binascii
from datetime import datetime, timedelta
from typing import Final

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from vestibule.kernel.clock import to_seconds
from vestibule.kernel.secret import Secret
from vestibule.providers.settings import AppleKey

_AUDIENCE: Final = "https://appleid.apple.com"
_LIFE: Final = timedelta(minutes=5)  # Apple allows six months; this one is used at once
_BEGINNING: Final = "-----BEGIN"


def client_secret(key: AppleKey, client_id: str, now: datetime) -> Secret:
    """Return what proves to Apple's token endpoint who we are."""
    issued_at = to_seconds(now)
    return Secret(
        jwt.encode(
            {
                "iss": key.team_id,
                "iat": issued_at,
                "exp": issued_at + int(_LIFE.total_seconds()),
                "aud": _AUDIENCE,
                "sub": client_id,
            },
            key.private_key.reveal(),
            algorithm="ES256",
            headers={"kid": key.key_id},
        )
    )


def private_key_pem(written: str) -> Secret:
    r"""Return the PEM of a key that is written as PEM, as PEM with `\n` for its line ends, or as base64 of PEM.

    Raises: ValueError when it is none of these, or no key of Apple's kind.
    """
    text = written.replace("\\n", "\n").strip()
    if _BEGINNING not in text:
        try:
            text = base64.b64decode("".join(text.split()), validate=True).decode("ascii")
        except (binascii.Error, UnicodeDecodeError) as error:
            raise ValueError("is neither PEM nor base64 of it") from error
    try:
        key = serialization.load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError) as error:
        raise ValueError("is no private key without a password") from error
    is_of_its_kind = isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1)
    if not is_of_its_kind:
        raise ValueError("is no key of the curve P-256, as Apple makes them")
    return Secret(text.strip())
