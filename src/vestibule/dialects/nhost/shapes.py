"""The JSON of Nhost Auth: what comes in, what goes out. Answers have their members in alphabetical order, as there.

Optional members are UNSET, not None: the original refuses an explicit null and omits what is absent.
"""

import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType

from vestibule.core.elevation import ElevationMethod
from vestibule.core.passwords import MAX_BYTES
from vestibule.core.users import Subject, UserOptions
from vestibule.kernel.errors import UnusableTime

_UUID_SHAPE: Final = r"\b[0-9a-f]{8}\b-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-\b[0-9a-f]{12}\b"
CODE_CHALLENGE: Final = r"^[A-Za-z0-9_-]{43}$"
_NAME_MARKS: Final = frozenset(" ,.'-")

Email = Annotated[str, Meta(description="An email address", extra_json_schema={"format": "email"})]
Password = Annotated[str, Meta(min_length=3, max_length=MAX_BYTES)]
RedirectTo = Annotated[str, Meta(description="Where to send the user; must be on the project's allow-list")]
ResetTicket = Annotated[str, Meta(pattern=r"^passwordReset\:.*$", description="For a user who is not signed in")]
MfaTicket = Annotated[
    str, Meta(pattern=r"^mfaTotp\:.*$", description="From the sign-in that asks for the second factor")
]
PhoneNumber = Annotated[str, Meta(description="With its country: `+4915123456789`")]
Code = Annotated[str, Meta(description="Six digits")]
Locale = Annotated[str, Meta(min_length=2, max_length=3)]
FreeForm = dict[str, Any]  # Any: free-form JSON of the user's
LinkType = Literal["emailVerify", "emailConfirmChange", "signinPasswordless", "passwordReset"]


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, rename="camel"):
    """A request body that takes no other members than its own."""


class SignUpOptions(Body, frozen=True):
    """What a person may choose at sign-up."""

    allowed_roles: list[str] | UnsetType = UNSET
    default_role: str | UnsetType = UNSET
    display_name: Annotated[str, Meta(max_length=32, description="Letters, digits, symbols, ` ,.'-`")] | UnsetType = (
        UNSET
    )
    locale: Locale | UnsetType = UNSET
    metadata: FreeForm | UnsetType = UNSET
    redirect_to: RedirectTo | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Refuse other display names; the pattern is out of msgspec's reach, which knows no Unicode categories."""
        if self.display_name is not UNSET and not _is_display_name(self.display_name):
            raise ValueError(r"displayName doesn't match ^[\p{L}\p{N}\p{S} ,.'-]+$")


def _is_display_name(text: str) -> bool:
    return text != "" and all(symbol in _NAME_MARKS or unicodedata.category(symbol)[0] in "LNS" for symbol in text)


class OptionsRedirectTo(Body, frozen=True):
    """Options of the mails that carry a link."""

    redirect_to: RedirectTo | UnsetType = UNSET


CodeChallenge = Annotated[
    str, Meta(pattern=CODE_CHALLENGE, description="PKCE (RFC 7636), S256: the link then brings a code")
]


class SignUpEmailPasswordRequest(Body, frozen=True):
    """Registers a user with email and password."""

    email: Email
    password: Password
    options: SignUpOptions = SignUpOptions()
    code_challenge: CodeChallenge | UnsetType = UNSET


class PasswordlessEmailRequest(Body, frozen=True):
    """Asks for a mail with a link that signs in; the options count for who is new, all but `redirectTo`."""

    email: Email
    options: SignUpOptions = SignUpOptions()
    code_challenge: CodeChallenge | UnsetType = UNSET


class SignInEmailPasswordRequest(Body, frozen=True):
    """Signs in with email and password."""

    email: Email
    password: Password


class SignInAnonymousRequest(Body, frozen=True):
    """What an anonymous user may be called. Nobody else sees it, so that any signs will do."""

    display_name: Annotated[str, Meta(max_length=255)] | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    metadata: FreeForm | UnsetType = UNSET


class UserDeanonymizeRequest(Body, frozen=True):
    """Gives an anonymous user an address, and with `email-password` a password. `connection` is of no effect."""

    sign_in_method: Literal["email-password", "passwordless"]
    email: Email
    password: Password | UnsetType = UNSET
    connection: str | UnsetType = UNSET
    options: SignUpOptions = SignUpOptions()
    code_challenge: CodeChallenge | UnsetType = UNSET


class CreatePATRequest(Body, frozen=True):
    """Makes a personal access token that is good until `expiresAt`."""

    expires_at: Annotated[datetime, Meta(description="A time with its offset from UTC")]
    metadata: FreeForm | UnsetType = UNSET


class SignInPATRequest(Body, frozen=True):
    """Signs in with a personal access token."""

    personal_access_token: Annotated[str, Meta(pattern=_UUID_SHAPE)]


class RefreshTokenRequest(Body, frozen=True):
    """Exchanges a refresh token."""

    refresh_token: Annotated[str, Meta(pattern=_UUID_SHAPE)]


class VerifyTokenRequest(Body, frozen=True):
    """Names the access token to check; without it the Authorization header counts."""

    token: str | UnsetType = UNSET


class SignOutRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Ends one session by its refresh token, or all of the caller's."""

    refresh_token: str = ""
    all: bool = False


class UserPasswordRequest(Body, frozen=True):
    """Sets a new password."""

    new_password: Password
    ticket: ResetTicket | UnsetType = UNSET


class SignInMfaTotpRequest(Body, frozen=True):
    """Shows the second factor: a code of the authenticator application, or a recovery code."""

    ticket: MfaTicket
    otp: str


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


class RecoveryCodeSignInRequest(Body, frozen=True):
    """Shows a recovery code as the second factor."""

    ticket: MfaTicket
    code: str


class TokenExchangeRequest(Body, frozen=True):
    """Exchanges the code of a redirect, with the verifier of the challenge that was asked with (RFC 7636)."""

    code: str
    code_verifier: Annotated[str, Meta(min_length=43, max_length=128)]


class MailLinkRequest(Body, frozen=True):
    """Asks for a mail with a link to this address."""

    email: Email
    options: OptionsRedirectTo = OptionsRedirectTo()
    code_challenge: CodeChallenge | UnsetType = UNSET


class UserEmailChangeRequest(Body, frozen=True):
    """Asks for a mail to the new address, with the link that makes it the user's."""

    new_email: Email
    options: OptionsRedirectTo = OptionsRedirectTo()
    code_challenge: CodeChallenge | UnsetType = UNSET


LinkText = Annotated[str, Meta(min_length=1)]


class EmailCodeRequest(Body, frozen=True):
    """Asks for a code by mail. The options count for who is new."""

    email: Email
    options: SignUpOptions = SignUpOptions()


class VerifyEmailCodeRequest(Body, frozen=True):
    """Signs in with the code that came to this address."""

    email: Email
    otp: Code


class TextCodeRequest(Body, frozen=True):
    """Asks for a code by text message. The options count for who is new."""

    phone_number: PhoneNumber
    options: SignUpOptions = SignUpOptions()


class VerifyTextCodeRequest(Body, frozen=True):
    """Signs in with the code that came to this number."""

    phone_number: PhoneNumber
    otp: Code


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


class VerifyQuery(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The parameters of a mailed link. `type` is of no effect: the ticket says what it is for."""

    ticket: LinkText
    redirect_to: LinkText
    type: LinkType | None = None
    code_challenge: str | None = None


class VerifyForm(Body, frozen=True):
    """The same, sent by the button of the page that a mailed link can open."""

    ticket: LinkText
    redirect_to: LinkText
    code_challenge: str | None = None


class JwksQuery(msgspec.Struct, frozen=True):
    """Whose keys; without it those of the client or project that the host is bound to."""

    client_id: str | None = None


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


class Elevation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Whether sensitive changes need a fresh proof, what the user has for one, and whether one was given."""

    elevation_required: bool
    methods: list[ElevationMethod]
    session_elevated: bool


class VersionInfo(msgspec.Struct, frozen=True):
    """Which version answers."""

    version: str


class Health(msgspec.Struct, frozen=True):
    """What the path without a prefix answers."""

    status: Literal["ok"] = "ok"


class Jwk(msgspec.Struct, frozen=True, kw_only=True):
    """A public key (RFC 7517); `n` and `e` of RSA, the others of elliptic curves."""

    alg: str
    crv: str | UnsetType = UNSET
    e: str | UnsetType = UNSET
    kid: str | UnsetType = UNSET
    kty: str
    n: str | UnsetType = UNSET
    use: str
    x: str | UnsetType = UNSET
    y: str | UnsetType = UNSET


class JwkSet(msgspec.Struct, frozen=True):
    """The keys that sign access tokens; empty for shared secrets."""

    keys: list[Jwk]


def user_options(options: SignUpOptions) -> UserOptions:
    """Return the options as the core knows them."""
    return UserOptions(
        display_name=None if options.display_name is UNSET else options.display_name,
        locale=None if options.locale is UNSET else options.locale,
        default_role=None if options.default_role is UNSET else options.default_role,
        roles=None if options.allowed_roles is UNSET else tuple(options.allowed_roles),
        metadata=None if options.metadata is UNSET else options.metadata,
    )


def anonymous_options(body: SignInAnonymousRequest) -> UserOptions:
    """Return what an anonymous user asks for as the core knows it."""
    return UserOptions(
        display_name=None if body.display_name is UNSET else body.display_name,
        locale=None if body.locale is UNSET else body.locale,
        metadata=None if body.metadata is UNSET else body.metadata,
    )


def moment(written: datetime) -> datetime:
    """Return a time in UTC. Raises: UnusableTime when nobody can tell which one is meant."""
    if written.tzinfo is None:
        raise UnusableTime("the time has no offset", path="expiresAt")
    try:
        return written.astimezone(UTC)
    except OverflowError as error:  # the last hours of the year 9999 west of Greenwich
        raise UnusableTime("the time is out of range", path="expiresAt") from error


def wanted_redirect(options: SignUpOptions | OptionsRedirectTo) -> str | None:
    """Return the wished redirect target, None where none was named."""
    return None if options.redirect_to is UNSET else options.redirect_to


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


def encode(value: object) -> bytes:
    """Return the JSON as the original writes it: `&`, `<` and `>` escaped, a newline at the end."""
    text = msgspec.json.encode(value)
    if b"&" in text:
        text = text.replace(b"&", b"\\u0026")
    if b"<" in text or b">" in text:
        text = text.replace(b"<", b"\\u003c").replace(b">", b"\\u003e")
    return text + b"\n"
