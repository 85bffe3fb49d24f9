"""What a ceremony is begun with: options that a browser hands to an authenticator, not yet in anybody's JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from vestibule.core.projects import WebAuthn


@dataclass(frozen=True, slots=True, kw_only=True)
class CreationOptions:
    """Make a passkey for this user, not on an authenticator that has one of `exclude` already."""

    party: WebAuthn
    challenge: bytes
    user_id: UUID
    name: str
    exclude: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOptions:
    """Sign with one of the passkeys `allow`; None leaves the choice to whoever holds the authenticator."""

    party: WebAuthn
    challenge: bytes
    allow: Sequence[bytes] | None = None
