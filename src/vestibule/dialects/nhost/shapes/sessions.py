"""Sessions and users: what nearly every way in answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from vestibule.core.users import Subject
from vestibule.dialects.nhost.shapes.base import UUID_SHAPE, Body


class RefreshTokenRequest(Body, frozen=True):
    """Exchanges a refresh token."""

    refresh_token: Annotated[str, Meta(pattern=UUID_SHAPE)]


class VerifyTokenRequest(Body, frozen=True):
    """Names the access token to check; without it the Authorization header counts."""

    token: str | UnsetType = UNSET


class SignOutRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Ends one session by its refresh token, or all of the caller's."""

    refresh_token: str = ""
    all: bool = False


class TokenExchangeRequest(Body, frozen=True):
    """Exchanges the code of a redirect, with the verifier of the challenge that was asked with (RFC 7636)."""

    code: str
    code_verifier: Annotated[str, Meta(min_length=43, max_length=128)]


class User(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A user, as its owner sees it."""

    active_mfa_type: str | None
    avatar_url: str
    created_at: datetime
    default_role: str
    display_name: str
    email: str | UnsetType = UNSET
    email_verified: bool
    id: UUID
    is_anonymous: bool
    locale: str
    metadata: dict[str, Any] | None  # Any: free-form JSON of the user's
    phone_number: str | UnsetType = UNSET
    phone_number_verified: bool
    roles: list[str]


class Session(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A session: `accessTokenExpiresIn` in seconds; `refreshTokenId` stays the same through every refresh."""

    access_token: str
    access_token_expires_in: int
    refresh_token: UUID
    refresh_token_id: UUID
    user: User


class MfaChallenge(msgspec.Struct, frozen=True):
    """Stands for the first factor until the second one is shown."""

    ticket: str


class SessionPayload(msgspec.Struct, frozen=True, kw_only=True):
    """A session, or the challenge for a second factor; nothing where the address must be verified first."""

    mfa: MfaChallenge | UnsetType = UNSET
    session: Session | UnsetType = UNSET


def user_entity(subject: Subject, *, mfa_type: str | None, roles: list[str]) -> User:
    """Return the user for the wire; only GET /user knows the real `mfa_type`."""
    return User(
        active_mfa_type=mfa_type,
        avatar_url=subject.avatar_url,
        created_at=subject.created_at,
        default_role=subject.default_role,
        display_name=subject.display_name,
        email=UNSET if subject.email is None else subject.email,
        email_verified=subject.email_verified_at is not None,
        id=subject.id,
        is_anonymous=subject.is_anonymous,
        locale=subject.locale,
        metadata=subject.metadata,
        phone_number=UNSET if subject.phone_number is None else subject.phone_number,
        phone_number_verified=subject.phone_verified_at is not None,
        roles=roles,
    )
