"""How this dialect says no: one table from refusals to the codes of Nhost Auth, and the forms of its bodies.

Business errors are `{error, message, status}`. Malformed requests and missing tokens take the form of the newest
server: `{error, reason}`. Where the endpoint redirects, business errors travel in the query of the target.
"""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from vestibule.dialects.nhost.redirecting import delivery_of, redirect
from vestibule.dialects.nhost.settings import NhostSettings
from vestibule.kernel import errors as refusals
from vestibule.kernel.errors import MalformedRequest, Refusal
from vestibule.wire import Answer, Call, InternalError, PlainText, RawBody, Reply, WireError

_FRAMEWORK_JSON: Final = "application/json; charset=utf-8"

# What the request decoder finds before any schema is looked at.
_MISSING: Final = frozenset({"required", "min_length"})
_UNREADABLE: Final = frozenset({"json", "encoding", "depth", "characters", "repeated"})


class ErrorResponse(msgspec.Struct, frozen=True):
    """A business error."""

    error: str
    message: str
    status: int


class RequestProblem(msgspec.Struct, frozen=True):
    """The request is malformed; `reason` says where."""

    error: Literal["schema-validation-error", "request-validation-error"]
    reason: str


class Unauthorized(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """No usable credential."""

    error: str
    reason: str
    security_scheme: str = ""


class CaptchaProblem(msgspec.Struct, frozen=True):
    """No captcha was solved."""

    error: str


class BadRequest(msgspec.Struct, frozen=True):
    """A value has the right type and still cannot be used. The key is `errors`, as in the original."""

    errors: Literal["bad-request"]
    message: str


INVALID_REQUEST: Final = WireError(400, "invalid-request", "The request payload is incorrect")
_INTERNAL: Final = WireError(500, "internal-server-error", "Internal server error")
_BUSY: Final = WireError(503, "internal-server-error", "Internal server error")
_NOT_FOUND: Final = WireError(404, media_type="text/plain", schema=str)
_LIMITED: Final = WireError(429, media_type="")  # nothing but the status, as in the original
_TOO_OFTEN: Final = WireError(429, INVALID_REQUEST.code, "Too many attempts, please try again later")  # by redirect
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
_NOT_ELEVATED: Final = WireError(401, "unauthorized", "elevated claim required", schema=Unauthorized)
_BAD_HEADER: Final = "missing or malformed authorization header"
_BAD_TOKEN: Final = "invalid or expired token"  # noqa: S105 - what is said of one

_TABLE: Final[Mapping[type[Refusal | InternalError], WireError]] = {
    InternalError: _INTERNAL,
    refusals.MalformedRequest: _OUT_OF_SHAPE,
    refusals.NothingAsked: INVALID_REQUEST,
    refusals.PayloadTooLarge: WireError(413, "request-validation-error", schema=RequestProblem),
    refusals.UnsupportedMediaType: _MALFORMED,
    refusals.RouteNotFound: _NOT_FOUND,
    refusals.MethodNotAllowed: _NOT_FOUND,
    refusals.ProjectNotFound: _NOT_FOUND,
    refusals.TooManyRequests: _LIMITED,
    refusals.TooManyAttempts: _LIMITED,
    refusals.Overloaded: _BUSY,
    refusals.StorageUnavailable: _BUSY,
    refusals.ClaimsUnavailable: _BUSY,
    refusals.Unauthenticated: WireError(401, "unauthorized", _BAD_HEADER, schema=Unauthorized),
    refusals.InvalidAccessToken: WireError(401, "unauthorized", _BAD_TOKEN, schema=Unauthorized),
    refusals.ElevationRequired: _NOT_ELEVATED,
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


def render(call: Call, failure: Refusal | InternalError) -> Reply:
    """Return the original's form of a failure."""
    error = call.dialect.wire_error(failure)
    # Whoever follows a mailed link meets these where they are, and may follow it again. A journey ends by them.
    is_passing = error.media_type is not None or error in (_BUSY, _INTERNAL)
    delivery = None if is_passing and call.delivery is None else delivery_of(call, failure)
    if delivery is not None:
        return redirect(delivery, _TOO_OFTEN if error is _LIMITED else _business_form(error), failure)
    if error.media_type is not None:
        text = "404 page not found" if error is _NOT_FOUND else ""
        return PlainText(text, error.status, content_type=error.media_type)
    if error.schema is not None:
        return RawBody(_framework_body(call, failure, error), _FRAMEWORK_JSON, status=error.status)
    return _business(error)


def _business_form(error: WireError) -> WireError:
    """Return what a redirect tells of an error: of those about the request's own form no more than that.

    What is missing is said of elevation alone, which the original never asks for there.
    """
    if error.schema is None:
        return error
    message = error.message if error is _NOT_ELEVATED else INVALID_REQUEST.message
    return WireError(error.status, INVALID_REQUEST.code, message)


def _business(error: WireError) -> Answer[object]:
    return Answer(ErrorResponse(error.code, error.message, error.status), status=error.status)


def _framework_body(call: Call, failure: Refusal | InternalError, error: WireError) -> bytes:
    """Return the body of an error that was found before the handler, without a newline, as the original's framework."""
    body: msgspec.Struct
    match failure:
        case refusals.InvalidEmail() | refusals.UnusableTime():
            body = BadRequest("bad-request", error.message)
        case MalformedRequest():
            body = _request_problem(failure)
        case refusals.Unauthenticated() | refusals.InvalidAccessToken():
            body = Unauthorized(error.code, error.message, "BearerAuth")
        case refusals.ElevationRequired():
            body = Unauthorized(error.code, error.message, "BearerAuthElevated")
        case refusals.InvalidServiceKey():
            body = Unauthorized(error.code, error.message)
        case refusals.CaptchaMissing() | refusals.CaptchaRefused() | refusals.CaptchaUnavailable():
            body = _captcha_problem(failure, error)
        case refusals.PasswordTooLong():
            body = RequestProblem("schema-validation-error", "the password is longer than 1024 bytes")
        case refusals.MetadataTooLarge():
            place = "/options/metadata" if hasattr(call.body, "options") else "/metadata"
            reason = f'Error at "{place}": more than {failure.limit_bytes} bytes'
            body = RequestProblem("schema-validation-error", reason)
        case refusals.PayloadTooLarge():
            body = RequestProblem("request-validation-error", "the request body is too large")
        case _:
            body = RequestProblem("request-validation-error", "header Content-Type has an unexpected value")
    return msgspec.json.encode(body)


def _captcha_problem(failure: Refusal, error: WireError) -> CaptchaProblem:
    said = f"[{' '.join(failure.messages)}]" if isinstance(failure, refusals.CaptchaRefused) else ""
    return CaptchaProblem(error.message + said)


def _request_problem(refusal: MalformedRequest) -> RequestProblem:
    if _is_unreadable(refusal):
        return RequestProblem("request-validation-error", refusal.message)
    name = refusal.path.rpartition(".")[2]
    wordings = {"required": f'property "{name}" is missing', "unknown": f'property "{name}" is unsupported'}
    place = f'Error at "/{refusal.path.replace(".", "/")}": ' if refusal.path else ""
    return RequestProblem("schema-validation-error", place + wordings.get(refusal.problem, refusal.message))


def _is_unreadable(refusal: MalformedRequest) -> bool:
    if refusal.where == "header" or refusal.problem in _UNREADABLE:
        return True
    if refusal.where == "query":
        return refusal.problem in _MISSING
    return refusal.problem == "required" and not refusal.path
