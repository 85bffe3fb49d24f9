"""What users change about themselves, and what they are answered."""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from vestibule.core.access_tokens import ListedAccessToken
from vestibule.core.elevation import ElevationMethod
from vestibule.dialects.nhost.shapes.base import (
    Body,
    Code,
    CodeChallenge,
    Email,
    FreeForm,
    OptionsRedirectTo,
    Password,
    PhoneNumber,
)
from vestibule.kernel.errors import UnusableTime

ResetTicket = Annotated[str, Meta(pattern=r"^passwordReset\:.*$", description="For a user who is not signed in")]


class CreatePATRequest(Body, frozen=True):
    """Makes a personal access token that is good until `expiresAt`."""

    expires_at: Annotated[datetime, Meta(description="A time with its offset from UTC")]
    metadata: FreeForm | UnsetType = UNSET


class UserPasswordRequest(Body, frozen=True):
    """Sets a new password."""

    new_password: Password
    ticket: ResetTicket | UnsetType = UNSET


class UserMfaRequest(Body, frozen=True):
    """Turns the second factor on (`totp`), or off (empty), with a code that proves it."""

    code: str
    active_mfa_type: Literal["totp", ""] = ""


class ElevateTotpRequest(Body, frozen=True):
    """Proves again who is signed in."""

    otp: str


class RecoveryCodesRequest(Body, frozen=True):
    """Asks for new recovery codes, with a code of the authenticator application."""

    code: str


class UserEmailChangeRequest(Body, frozen=True):
    """Asks for a mail to the new address, with the link that makes it the user's."""

    new_email: Email
    options: OptionsRedirectTo = OptionsRedirectTo()
    code_challenge: CodeChallenge | UnsetType = UNSET


class ElevationCodeRequest(Body, frozen=True):
    """Elevates with the code that came to the caller."""

    otp: Code


class PhoneChangeRequest(Body, frozen=True):
    """Asks for a code by text message to a new number."""

    new_phone_number: PhoneNumber


class VerifyPhoneChangeRequest(Body, frozen=True):
    """Changes the number with the code that came to it."""

    new_phone_number: PhoneNumber
    otp: Code


class TotpGenerateResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A new secret: a QR code (PNG, as data URI) for the authenticator application, and base32 for typing it in."""

    image_url: str
    totp_secret: str


class RecoveryCodes(msgspec.Struct, frozen=True):
    """New recovery codes, to be shown once."""

    codes: list[str]


class RecoveryCodesLeft(msgspec.Struct, frozen=True):
    """How many recovery codes still work."""

    left: int


class CreatePATResponse(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A new personal access token."""

    id: UUID
    personal_access_token: UUID


class ListedPAT(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A personal access token for its owner, without the token."""

    created_at: datetime
    expires_at: datetime
    id: UUID
    last_used_at: datetime | None
    metadata: FreeForm | None


class ListedPATs(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Those that are alive, the newest last."""

    access_tokens: list[ListedPAT]


class Elevation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether sensitive changes need a fresh proof, what the user has for one, and whether one was given."""

    elevation_required: bool
    methods: list[ElevationMethod]
    session_elevated: bool


def listed_pat(token: ListedAccessToken) -> ListedPAT:
    """Return a personal access token for its owner."""
    return ListedPAT(
        created_at=token.created_at,
        expires_at=token.expires_at,
        id=token.id,
        last_used_at=token.last_used_at,
        metadata=token.metadata,
    )


def moment(written: datetime) -> datetime:
    """Return a time in UTC. Raises: UnusableTime when nobody can tell which one is meant."""
    if written.tzinfo is None:
        raise UnusableTime("the time has no offset", path="expiresAt")
    try:
        return written.astimezone(UTC)
    except OverflowError as error:  # the last hours of the year 9999 west of Greenwich
        raise UnusableTime("the time is out of range", path="expiresAt") from error
