"""Bodies of signing up and signing in."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from vestibule.core.users import UserOptions
from vestibule.dialects.nhost.shapes.base import (
    UUID_SHAPE,
    Body,
    Code,
    CodeChallenge,
    Email,
    FreeForm,
    Locale,
    Password,
    PhoneNumber,
    SignUpOptions,
)

MfaTicket = Annotated[
    str, Meta(pattern=r"^mfaTotp\:.*$", description="From the sign-in that asks for the second factor")
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


class SignInPATRequest(Body, frozen=True):
    """Signs in with a personal access token."""

    personal_access_token: Annotated[str, Meta(pattern=UUID_SHAPE)]


class SignInMfaTotpRequest(Body, frozen=True):
    """Shows the second factor: a code of the authenticator application, or a recovery code."""

    ticket: MfaTicket
    otp: str


class RecoveryCodeSignInRequest(Body, frozen=True):
    """Shows a recovery code as the second factor."""

    ticket: MfaTicket
    code: str


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


def anonymous_options(body: SignInAnonymousRequest) -> UserOptions:
    """Return what an anonymous user asks for as the core knows it."""
    return UserOptions(
        display_name=None if body.display_name is UNSET else body.display_name,
        locale=None if body.locale is UNSET else body.locale,
        metadata=None if body.metadata is UNSET else body.metadata,
    )
