"""How this dialect says no: one table from refusals to the codes of Nhost Auth.

Business errors are `{error, message, status}`. Malformed requests and missing tokens take the form of the newest
server: `{error, reason}`. `rendering.py` writes both.
"""

from collections.abc import Mapping
from typing import Final

from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.dialects.nhost.shapes.errors import BadRequest, CaptchaProblem, RequestProblem, Unauthorized
from vestibule.kernel import errors as refusals
from vestibule.kernel.errors import Refusal
from vestibule.wire import InternalError, WireError

INVALID_REQUEST: Final = WireError(400, "invalid-request", "The request payload is incorrect")
INTERNAL: Final = WireError(500, "internal-server-error", "Internal server error")
BUSY: Final = WireError(503, "internal-server-error", "Internal server error")
NOT_FOUND: Final = WireError(404, media_type="text/plain", schema=str)
LIMITED: Final = WireError(429, media_type="")  # nothing but the status, as in the original
TOO_OFTEN: Final = WireError(429, INVALID_REQUEST.code, "Too many attempts, please try again later")  # by redirect
_MALFORMED: Final = WireError(400, "request-validation-error", schema=RequestProblem)
_OUT_OF_SHAPE: Final = WireError(400, "schema-validation-error", schema=RequestProblem)
_FORBIDDEN: Final = WireError(403, "invalid-request", INVALID_REQUEST.message)
_WRONG_PASSWORD: Final = WireError(401, "invalid-email-password", "Incorrect email or password")
_EXISTS: Final = WireError(409, "user-already-exists", "User already exists")
_INVALID_TICKET: Final = WireError(401, "invalid-ticket", "Invalid ticket")
_WRONG_CODE: Final = WireError(400, "invalid-otp", "Invalid or expired OTP")
_TOO_MANY_GUESSES: Final = WireError(
    400, "otp-too-many-attempts", "Too many incorrect attempts, please request a new OTP"
)
_PROVIDER_ERROR: Final = WireError(400, "oauth-provider-error", "Provider returned an error")
NOT_ELEVATED: Final = WireError(401, "unauthorized", "elevated claim required", schema=Unauthorized)
_BAD_HEADER: Final = "missing or malformed authorization header"
_BAD_TOKEN: Final = "invalid or expired token"  # noqa: S105 - what is said of one

_TABLE: Final[Mapping[type[Refusal | InternalError], WireError]] = {
    InternalError: INTERNAL,
    refusals.MalformedRequest: _OUT_OF_SHAPE,
    refusals.NothingAsked: INVALID_REQUEST,
    refusals.PayloadTooLarge: WireError(413, "request-validation-error", schema=RequestProblem),
    refusals.UnsupportedMediaType: _MALFORMED,
    refusals.RouteNotFound: NOT_FOUND,
    refusals.MethodNotAllowed: NOT_FOUND,
    refusals.ProjectNotFound: NOT_FOUND,
    refusals.TooManyRequests: LIMITED,
    refusals.TooManyAttempts: LIMITED,
    refusals.Overloaded: BUSY,
    refusals.StorageUnavailable: BUSY,
    refusals.ClaimsUnavailable: BUSY,
    refusals.Unauthenticated: WireError(401, "unauthorized", _BAD_HEADER, schema=Unauthorized),
    refusals.InvalidAccessToken: WireError(401, "unauthorized", _BAD_TOKEN, schema=Unauthorized),
    refusals.ElevationRequired: NOT_ELEVATED,
    refusals.InvalidServiceKey: WireError(401, "unauthorized", "invalid token", schema=Unauthorized),
    refusals.CaptchaMissing: WireError(403, message="missing x-cf-turnstile-response header", schema=CaptchaProblem),
    refusals.CaptchaRefused: WireError(403, message="failed to pass turnstile: ", schema=CaptchaProblem),
    refusals.CaptchaUnavailable: WireError(
        500, message="internal server error when attempting to pass turnstile", schema=CaptchaProblem
    ),
    refusals.InvalidEmail: WireError(400, "bad-request", "email: failed to pass regex validation", schema=BadRequest),
    refusals.UnusableTime: WireError(400, "bad-request", "expiresAt: the time has no offset", schema=BadRequest),
    refusals.PasswordTooLong: _OUT_OF_SHAPE,
    refusals.MetadataTooLarge: _OUT_OF_SHAPE,
    refusals.NotPermitted: _FORBIDDEN,
    refusals.OriginNotAllowed: _FORBIDDEN,
    refusals.CsrfFailed: _FORBIDDEN,
    refusals.NotAMember: _FORBIDDEN,
    refusals.ClientRequired: INVALID_REQUEST,
    refusals.ClientMismatch: INVALID_REQUEST,
    refusals.ClientNotFound: WireError(404, "invalid-request", INVALID_REQUEST.message),
    refusals.EndpointDisabled: WireError(409, "disabled-endpoint", "This endpoint is disabled"),
    refusals.SignUpDisabled: WireError(403, "signup-disabled", "Sign up is disabled."),
    refusals.EmailRefused: _WRONG_PASSWORD,
    refusals.InvalidCredentials: _WRONG_PASSWORD,
    refusals.RoleNotAllowed: WireError(400, "role-not-allowed", "Role not allowed"),
    refusals.DefaultRoleNotAllowed: WireError(
        400, "default-role-must-be-in-allowed-roles", "Default role must be in allowed roles"
    ),
    refusals.LocaleNotAllowed: WireError(400, "locale-not-allowed", "Locale not allowed"),
    refusals.RedirectNotAllowed: WireError(
        400, "redirectTo-not-allowed", 'The value of "options.redirectTo" is not allowed.'
    ),
    refusals.UserNotActive: WireError(401, "disabled-user", "User is disabled"),
    refusals.EmailNotVerified: WireError(401, "unverified-user", "User is not verified."),
    refusals.EmailAlreadyVerified: WireError(400, "email-already-verified", "User's email is already verified"),
    refusals.AnonymousNotAllowed: WireError(403, "forbidden-anonymous", "Forbidden, user is anonymous."),
    refusals.SecondFactorUnavailable: INVALID_REQUEST,
    refusals.PhoneTaken: _EXISTS,
    refusals.UserExists: _EXISTS,
    refusals.CannotSendText: WireError(400, "cannot-send-sms", "Cannot send SMS, check your phone number is correct"),
    refusals.UserNotAnonymous: WireError(400, "user-not-anonymous", "Logged in user is not anonymous"),
    refusals.InvalidPersonalAccessToken: WireError(401, "invalid-pat", "Invalid or expired personal access token"),
    refusals.AccessTokenNotFound: WireError(404, "invalid-request", "There is no such personal access token"),
    refusals.PasskeyRefused: INVALID_REQUEST,
    refusals.NoPasskey: INVALID_REQUEST,
    refusals.PasskeyNotFound: WireError(404, "invalid-request", "There is no such passkey"),
    refusals.SecondFactorNotActive: WireError(401, "disabled-mfa-totp", "User does not have TOTP MFA enabled"),
    refusals.NoTotpSecret: WireError(400, "no-totp-secret", "User does not have a TOTP secret"),
    refusals.InvalidTotp: WireError(401, "invalid-totp", "Invalid TOTP code"),
    refusals.TotpAlreadyActive: WireError(400, "totp-already-active", "TOTP MFA is already active"),
    refusals.InvalidProviderState: WireError(400, "invalid-state", "Invalid state"),
    refusals.ProviderRefused: _PROVIDER_ERROR,
    refusals.ProviderUnavailable: _PROVIDER_ERROR,
    refusals.ProviderExchangeFailed: WireError(400, "oauth-token-echange-failed", "Failed to exchange token"),
    refusals.ProviderProfileFailed: WireError(400, "oauth-profile-fetch-failed", "Failed to get user profile"),
    refusals.InvalidIdToken: INVALID_REQUEST,
    refusals.IdentityTaken: WireError(
        400, "provider-account-already-linked", "This provider account is already linked to a user"
    ),
    refusals.IdentityNotFound: INVALID_REQUEST,
    refusals.LastWayIn: WireError(400, "invalid-request", "The last way to sign in cannot be removed"),
    refusals.PasswordTooShort: WireError(400, "password-too-short", "Password is too short"),
    refusals.PasswordTooWeak: INVALID_REQUEST,
    refusals.PasswordLeaked: WireError(400, "password-in-hibp-database", "Password is in HIBP database"),
    refusals.PasswordUnchanged: INVALID_REQUEST,
    refusals.InvalidRefreshToken: WireError(401, "invalid-refresh-token", "Invalid or expired refresh token"),
    refusals.InvalidTicket: _INVALID_TICKET,
    refusals.InvalidAuthorizationCode: INVALID_REQUEST,
}

# What Nhost Auth has renamed: the codes of October 2025, and those of the newest server.
_OF_YEAR: Final[Mapping[str, Mapping[type[Refusal | InternalError], WireError]]] = {
    "2025": {
        refusals.EmailTaken: WireError(409, "email-already-in-use", "Email already in use"),
        refusals.InvalidEmailCode: _INVALID_TICKET,
        refusals.InvalidTextCode: INVALID_REQUEST,
        refusals.TooManyGuesses: _INVALID_TICKET,
        refusals.TooManyTextGuesses: INVALID_REQUEST,
    },
    "2026": {
        refusals.EmailTaken: _EXISTS,
        refusals.InvalidEmailCode: _WRONG_CODE,
        refusals.InvalidTextCode: _WRONG_CODE,
        refusals.TooManyGuesses: _TOO_MANY_GUESSES,
        refusals.TooManyTextGuesses: _TOO_MANY_GUESSES,
    },
}

# With AUTH_CONCEAL_ERRORS these look like any other bad request.
_TELLING: Final = frozenset(
    {
        "disabled-mfa-totp",
        "disabled-user",
        "email-already-in-use",
        "email-already-verified",
        "forbidden-anonymous",
        "invalid-email-password",
        "invalid-otp",
        "invalid-pat",
        "invalid-refresh-token",
        "invalid-ticket",
        "invalid-totp",
        "no-totp-secret",
        "otp-too-many-attempts",
        "role-not-allowed",
        "signup-disabled",
        "unverified-user",
        "user-already-exists",
    }
)


def error_table(settings: NhostSettings) -> dict[type[Refusal | InternalError], WireError]:
    """Return the table as the operator wants it."""
    of_year = _OF_YEAR[settings.codes]
    table = {**_TABLE, **of_year, refusals.UsernameTaken: of_year[refusals.EmailTaken]}
    if not settings.conceal_errors:
        return table
    return {kind: INVALID_REQUEST if error.code in _TELLING else error for kind, error in table.items()}
