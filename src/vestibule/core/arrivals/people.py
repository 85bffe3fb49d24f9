"""What somebody brings along, in our terms and already checked."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from vestibule.core.users import EmailAddress
from vestibule.kernel.ids import UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivingKey:
    """A passkey; `public_key` is a COSE_Key that we can use."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...] = ()
    nickname: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivingIdentity:
    """Who somebody is to a provider: `issuer` and `subject`, as our own row of that provider has them."""

    provider: str
    issuer: str
    subject: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivingToken:
    """A token that is alive, by the SHA-256 of its text (32 bytes)."""

    token_hash: bytes
    created_at: datetime
    expires_at: datetime
    metadata: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A user of another server. With `mfa_type` and no `totp_secret` they are asked for a code that nobody has."""

    id: UserId
    created_at: datetime
    updated_at: datetime
    last_seen_at: datetime | None
    status: str
    display_name: str
    avatar_url: str
    locale: str
    default_role: str
    roles: tuple[str, ...]
    is_anonymous: bool = False
    metadata: dict[str, Any] | None = None
    address: EmailAddress | None = None
    address_is_verified: bool = False
    password_hash: str | None = None
    phone_number: str | None = None
    phone_is_verified: bool = False
    mfa_type: str | None = None
    totp_secret: bytes | None = field(default=None, repr=False)
    keys: Sequence[ArrivingKey] = ()
    identities: Sequence[ArrivingIdentity] = ()
    access_tokens: Sequence[ArrivingToken] = ()
    refresh_tokens: Sequence[ArrivingToken] = ()
