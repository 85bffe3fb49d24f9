"""Every refusal in Sublay's words, and where v5 and v6 said it differently."""

from collections.abc import Mapping
from typing import Final

from vestibule.dialects.sublay.generations import generation_of
from vestibule.dialects.sublay.limits import excess_text
from vestibule.dialects.sublay.shapes import ErrorBody
from vestibule.kernel import errors as kernel
from vestibule.kernel.errors import MalformedRequest, MetadataTooLarge, NoPassword
from vestibule.wire import Answer, Call, Html, InternalError, PlainText, Reply, WireError
from vestibule.wire.dialect import Failure

_TEXT: Final = "text/plain"
_HTML: Final = "text/html"


def _bare(status: int, message: str, media_type: str) -> WireError:
    return WireError(status, message=message, schema=str, media_type=media_type)


_UNAVAILABLE: Final = WireError(503, "server/unavailable", "The server is unavailable, please try again.")

_REQUEST: Final[Mapping[type[Failure], WireError]] = {
    kernel.MalformedRequest: WireError(400, "auth/invalid-body", "Invalid request body"),
    kernel.PayloadTooLarge: WireError(413, "request/too-large", "The request is too large."),
    kernel.UnsupportedMediaType: WireError(415, "request/unsupported-media-type", "Send the body as application/json."),
    kernel.RouteNotFound: WireError(404, "request/not-found", "Not found"),
    kernel.MethodNotAllowed: WireError(405, "request/method-not-allowed", "Method not allowed"),
    kernel.TooManyRequests: _bare(429, "", _HTML),
    kernel.TooManyAttempts: _bare(429, "", _HTML),
    kernel.CaptchaMissing: WireError(403, "auth/captcha-required", "Solve the captcha first."),
    kernel.CaptchaRefused: WireError(403, "auth/captcha-failed", "The captcha was not solved."),
    kernel.CaptchaUnavailable: WireError(503, "auth/captcha-unavailable", "The captcha cannot be checked now."),
    kernel.Overloaded: WireError(503, "server/overloaded", "The server is busy, please try again."),
    kernel.StorageUnavailable: _UNAVAILABLE,
    kernel.ClaimsUnavailable: _UNAVAILABLE,
    InternalError: WireError(500, "auth/server-error", "Internal server error"),
    kernel.Unauthenticated: _bare(401, "Unauthorized", _TEXT),
    kernel.InvalidAccessToken: _bare(403, "Forbidden", _TEXT),
    kernel.InvalidServiceKey: WireError(401, "auth/unauthorized", "Invalid API key or project ID."),
    kernel.NotPermitted: WireError(403, "user/not-authorized", "Not authorized to do this."),
    kernel.OriginNotAllowed: WireError(403, "request/origin-not-allowed", "This origin is not allowed."),
    kernel.CsrfFailed: WireError(403, "request/csrf-failed", "The request was refused."),
    kernel.ProjectNotFound: WireError(404, "project/not-found", "Project not found"),
    kernel.ClientRequired: WireError(400, "project/client-required", "A client is required."),
    kernel.ClientMismatch: WireError(403, "project/client-mismatch", "The client does not match."),
    kernel.ClientNotFound: WireError(404, "project/client-not-found", "Client not found"),
    kernel.EndpointDisabled: WireError(404, "project/endpoint-disabled", "This project has switched this off."),
}

_PEOPLE: Final[Mapping[type[Failure], WireError]] = {
    kernel.SignUpDisabled: WireError(403, "auth/sign-up-disabled", "This project takes no new users."),
    kernel.EmailRefused: WireError(403, "auth/email-not-allowed", "This email address is not allowed."),
    kernel.EmailTaken: WireError(409, "DUPLICATE_EMAIL", "Email already in use"),
    kernel.UserExists: WireError(409, "auth/user-exists", "This user exists already."),
    kernel.UsernameTaken: WireError(409, "DUPLICATE_USERNAME", "Username already taken"),
    kernel.InvalidEmail: WireError(400, "auth/invalid-body", "Invalid request body: email is not an email address"),
    kernel.RoleNotAllowed: WireError(400, "auth/invalid-body", "Invalid request body: role is not allowed"),
    kernel.DefaultRoleNotAllowed: WireError(400, "auth/invalid-body", "Invalid request body: role is not allowed"),
    kernel.LocaleNotAllowed: WireError(400, "auth/invalid-body", "Invalid request body: locale is not allowed"),
    kernel.RedirectNotAllowed: WireError(400, "auth/invalid-body", "Invalid request body: redirectUrl is not allowed"),
    kernel.MetadataTooLarge: WireError(400, "auth/invalid-body", "Invalid request body: metadata is too large"),
    kernel.InvalidCredentials: WireError(403, "auth/invalid-credentials", "Invalid credentials."),
    kernel.UserNotFound: WireError(403, "auth/no-user-found", "User not found."),
    kernel.NoPassword: WireError(403, "auth/invalid-credentials", "Invalid credentials."),
    kernel.WrongPassword: WireError(401, "auth/wrong-password", "Incorrect password."),
    kernel.UserNotActive: WireError(403, "user/suspended", "This user is suspended."),
    kernel.EmailNotVerified: WireError(403, "auth/email-not-verified", "The email address must be verified first."),
    kernel.EmailAlreadyVerified: WireError(400, "auth/email-already-verified", "The email address is verified."),
    kernel.AnonymousNotAllowed: WireError(403, "auth/anonymous-not-allowed", "Anonymous users may not do this."),
    kernel.UserNotAnonymous: WireError(400, "auth/not-anonymous", "This user is not anonymous."),
    kernel.PhoneTaken: WireError(409, "auth/phone-taken", "The phone number is taken."),
    kernel.CannotSendText: WireError(400, "auth/cannot-send-text", "No text message can be sent to this number."),
    kernel.SecondFactorNotActive: WireError(400, "auth/no-second-factor", "This user has no such second factor."),
    kernel.NoTotpSecret: WireError(400, "auth/no-second-factor", "This user has no such second factor."),
    kernel.TotpAlreadyActive: WireError(409, "auth/second-factor-active", "The second factor is in use already."),
    kernel.PasskeyNotFound: WireError(404, "auth/passkey-not-found", "This user has no such passkey."),
    kernel.AccessTokenNotFound: WireError(404, "auth/access-token-not-found", "This user has no such access token."),
    kernel.SecondFactorUnavailable: WireError(403, "auth/second-factor-required", "A second factor is required."),
    kernel.PasswordTooShort: WireError(400, "auth/invalid-body", "Invalid request body: the password is too short"),
    kernel.PasswordTooLong: WireError(400, "auth/invalid-body", "Invalid request body: the password is too long"),
    kernel.PasswordTooWeak: WireError(400, "auth/invalid-body", "Invalid request body: the password is too weak"),
    kernel.PasswordLeaked: WireError(
        400, "auth/invalid-body", "Invalid request body: the password is known from a data breach"
    ),
    kernel.PasswordUnchanged: WireError(
        400, "auth/invalid-body", "Invalid request body: the new password must differ from the current one"
    ),
    kernel.InvalidProviderState: WireError(400, "auth/invalid-state", "The sign-in took too long or began elsewhere."),
    kernel.ProviderRefused: WireError(400, "auth/provider-error", "The identity provider refused."),
    kernel.ProviderUnavailable: WireError(
        502, "auth/provider-error", "The identity provider did not answer as it should."
    ),
    kernel.IdentityTaken: WireError(409, "auth/identity-taken", "This account is linked to a user already."),
    kernel.IdentityNotFound: WireError(404, "oauth/identity-not-found", "Identity not found"),
    kernel.LastWayIn: WireError(
        400, "oauth/last-identity", "Cannot unlink the last identity. Set a password first or link another provider."
    ),
    kernel.NotAMember: WireError(403, "user/not-authorized", "Not authorized to do this."),
}

_TOKENS: Final[Mapping[type[Failure], WireError]] = {
    kernel.InvalidRefreshToken: WireError(403, "auth/refresh-token-mismatch", "Refresh token not recognized."),
    kernel.MalformedRefreshToken: WireError(
        403, "auth/refresh-token-malformed", "Refresh token is expired or malformed."
    ),
    kernel.ForeignRefreshToken: WireError(
        403, "auth/refresh-token-project-mismatch", "Refresh token does not match this project."
    ),
    kernel.RefreshTokenReused: WireError(
        401, "auth/token-reuse-detected", "Token reuse detected. All sessions in this family have been revoked."
    ),
    kernel.InvalidTicket: WireError(400, "auth/invalid-or-expired-token", "Invalid or expired token."),
    kernel.ExpiredTicket: WireError(400, "auth/invalid-or-expired-token", "Invalid or expired token."),
}

ERRORS: Final[Mapping[type[Failure], WireError]] = {**_REQUEST, **_PEOPLE, **_TOKENS}

# v5 and v6 have their own words for the same.
_LEGACY: Final[Mapping[type[Failure], WireError]] = {
    kernel.MalformedRefreshToken: WireError(403, "auth/refresh-token-invalid", "Invalid or expired refresh token."),
    kernel.ForeignRefreshToken: WireError(403, "auth/invalid-refresh-token", "Invalid refresh token."),
}
_LEGACY_DETAILS: Final[Mapping[type[Failure], str]] = {
    kernel.MalformedRefreshToken: "jwt malformed or expired",
    InternalError: "unexpected failure",
}
_MISSING_FIELDS: Final[Mapping[str, str]] = {
    "sign-up": "Missing required fields",
    "sign-in": "Email, and password are required.",
    "change-password": "Email, password, and a new password are all required.",
}
_NOT_BY_PASSWORD: Final = WireError(
    400, "auth/not-password-authenticated", "User is not authenticated with email and password."
)
_FIELDS: Final[Mapping[type[Failure], str]] = {kernel.EmailTaken: "email", kernel.UsernameTaken: "username"}


def render(call: Call, failure: Failure) -> Reply:
    """Return the refusal as the called generation says it."""
    error = call.dialect.wire_error(failure)
    match error.media_type:
        case "text/plain":
            return PlainText(error.message, error.status)
        case "text/html":
            return Html(excess_text(call), error.status)
        case _:
            return _render_json(call, failure, error)


def _render_json(call: Call, failure: Failure, error: WireError) -> Answer[object]:
    kind = type(failure)
    details = ""
    if generation_of(call).is_legacy:
        error = _LEGACY.get(kind, error)
        details = _LEGACY_DETAILS.get(kind, "")
    body = ErrorBody(error.message, error.code, details, _FIELDS.get(kind, ""))
    match failure:
        case MalformedRequest():
            body = _malformed(call, failure)
        case NoPassword() if "change-password" in _marks(call):
            error = _NOT_BY_PASSWORD
            body = ErrorBody(error.message, error.code)
        case MetadataTooLarge():
            limit = f"Metadata exceeds the size limit of {failure.limit_bytes} bytes."
            body = ErrorBody(error.message, error.code, limit if generation_of(call).is_legacy else "")
        case _:
            pass
    return Answer(body, status=error.status)


def _malformed(call: Call, refusal: MalformedRequest) -> ErrorBody:
    if refusal.where != "body":
        return ErrorBody(f"Malformed request: {refusal.message}", "request/malformed")
    if generation_of(call).is_legacy and _is_missing(refusal):
        text = next((_MISSING_FIELDS[mark] for mark in _marks(call) if mark in _MISSING_FIELDS), "Missing fields")
        return ErrorBody(text, "auth/missing-fields")
    place = f"{refusal.path}: " if refusal.path else ""
    return ErrorBody(f"Invalid request body: {place}{refusal.message}", "auth/invalid-body")


def _is_missing(refusal: MalformedRequest) -> bool:
    """Tell whether a member is absent, null or empty: all one to v5 and v6. Nested ones are not asked for."""
    return "." not in refusal.path and (
        refusal.problem in {"required", "min_length"} or refusal.message.endswith("got `null`")
    )


def _marks(call: Call) -> frozenset[str]:
    return call.endpoint.marks if call.endpoint else frozenset()
