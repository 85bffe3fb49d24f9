"""Keys that sign access tokens: who owns them, how they are made, used, rotated and published."""

from vestibule.core.signing.algorithms import (
    Algorithm,
    SharedSecret,
    SigningKey,
    signing_key_from_pem,
    signing_key_from_secret,
)
from vestibule.core.signing.generation import announce_change
from vestibule.core.signing.key_sets import KeyOwner, KeySet, KeySets
from vestibule.core.signing.root_key import RootKeyCheck
from vestibule.core.signing.rotation import KeyRotation
from vestibule.core.signing.store import KeyState
from vestibule.core.signing.verified import VerifiedTokens

__all__ = [
    "Algorithm",
    "KeyOwner",
    "KeyRotation",
    "KeySet",
    "KeySets",
    "KeyState",
    "RootKeyCheck",
    "SharedSecret",
    "SigningKey",
    "VerifiedTokens",
    "announce_change",
    "signing_key_from_pem",
    "signing_key_from_secret",
]
