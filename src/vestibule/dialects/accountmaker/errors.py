"""Every refusal as problem details (RFC 9457): AccountMaker's codes, and which field was at fault."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import parse_qs

import msgspec
from msgspec import UNSET, UnsetType

from vestibule.kernel import errors as no
from vestibule.kernel.errors import MalformedRequest, Refusal, UserNotActive
from vestibule.wire import Answer, Call, InternalError, WireError

PROBLEM: Final = "application/problem+json"
VALIDATION: Final = "validation_failed"

_RECEIVED_MOST: Final = 256
# A value under one of these names is never sent back, whatever was wrong with it.
_SECRETIVE: Final = frozenset(
    {"password", "new_password", "current_password", "token", "refresh_token", "csrf_token", "invite_token", "code"}
)
# Wrong as a whole, so that no single field is to blame.
_WHOLE: Final = frozenset({"json", "encoding", "depth", "characters", "repeated"})


class InvalidParam(msgspec.Struct, frozen=True, rename={"where": "in"}):
    """One field that was not as it should be; `received` is null for secrets, for lists and for objects."""

    where: str
    path: str
    type: str
    received: str | int | float | bool | None = None


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True):
    """An error. `code` is stable and the last part of `type`; `detail` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    invalid_params: list[InvalidParam] | UnsetType = UNSET


_INVALID_CREDENTIALS: Final = WireError(401, "invalid_credentials", "Email and password do not belong together")
_UNAVAILABLE: Final = WireError(503, "unavailable", "Try again in a moment")

ERRORS: Final[Mapping[type[Refusal] | type[InternalError], WireError]] = {
    # the request
    no.MalformedRequest: WireError(400, VALIDATION, "The request does not have the documented shape"),
    no.PayloadTooLarge: WireError(413, "payload_too_large", "The body is over 64 KiB"),
    no.UnsupportedMediaType: WireError(415, "unsupported_media_type", "The body must be application/json"),
    no.RouteNotFound: WireError(404, "not_found", "There is nothing here"),
    no.MethodNotAllowed: WireError(405, "method_not_allowed", "This path knows other methods"),
    no.TooManyRequests: WireError(429, "rate_limited", "Too many requests"),
    no.TooManyAttempts: WireError(429, "rate_limited", "Too many attempts"),
    no.CaptchaMissing: WireError(403, "forbidden", "A captcha must be solved first"),
    no.CaptchaRefused: WireError(403, "forbidden", "The captcha was not solved"),
    no.CaptchaUnavailable: _UNAVAILABLE,
    no.Overloaded: _UNAVAILABLE,
    no.StorageUnavailable: _UNAVAILABLE,
    no.ClaimsUnavailable: _UNAVAILABLE,
    InternalError: WireError(500, "internal_error", "Something went wrong on our side"),
    # the caller
    no.Unauthenticated: WireError(401, "unauthorized", "An access token is needed"),
    no.InvalidAccessToken: WireError(401, "invalid_access_token", "The access token is not valid"),
    no.InvalidServiceKey: WireError(401, "invalid_access_token", "The key is not valid"),
    no.NotPermitted: WireError(403, "forbidden", "This is not permitted"),
    no.OriginNotAllowed: WireError(403, "origin_not_allowed", "The client does not list this origin"),
    no.CsrfFailed: WireError(403, "csrf_failed", "A CSRF token of this browser's CSRF session is needed"),
    # projects and clients
    no.ProjectNotFound: WireError(400, "client_not_found", "There is no such client"),
    no.ClientRequired: WireError(400, "client_required", "Name the client by its client_id"),
    no.ClientMismatch: WireError(400, "client_mismatch", "The request names two different clients"),
    no.ClientNotFound: WireError(400, "client_not_found", "There is no such client"),
    no.EndpointDisabled: WireError(403, "method_disabled", "The client has this method switched off"),
    # signing up and in
    no.SignUpDisabled: WireError(403, "sign_up_disabled", "The client takes no new users"),
    no.EmailRefused: WireError(403, "forbidden", "This address is kept out"),
    no.EmailTaken: WireError(409, "email_taken", "The address belongs to a user already"),
    no.UserExists: WireError(409, "conflict", "This user exists already"),
    no.UsernameTaken: WireError(409, "conflict", "The user name belongs to somebody else"),
    no.InvalidEmail: WireError(400, VALIDATION, "This is not an email address"),
    no.RoleNotAllowed: WireError(403, "forbidden", "The role is not allowed"),
    no.DefaultRoleNotAllowed: WireError(403, "forbidden", "The role is not allowed"),
    no.LocaleNotAllowed: WireError(400, VALIDATION, "The locale is not allowed"),
    no.RedirectNotAllowed: WireError(400, VALIDATION, "The client does not register this redirect_uri"),
    no.MetadataTooLarge: WireError(400, VALIDATION, "The identity is too large"),
    no.InvalidCredentials: _INVALID_CREDENTIALS,
    no.UserNotActive: WireError(403, "user_suspended", "The user is suspended"),
    no.EmailNotVerified: WireError(403, "email_unverified", "The address must be verified first"),
    no.EmailAlreadyVerified: WireError(409, "conflict", "The address is verified already"),
    no.AnonymousNotAllowed: WireError(403, "forbidden", "An anonymous user may not do this"),
    no.UserNotAnonymous: WireError(409, "conflict", "The user is not anonymous"),
    no.PhoneTaken: WireError(409, "conflict", "The number belongs to a user already"),
    no.CannotSendText: WireError(400, VALIDATION, "No text message can be sent to this number"),
    no.SecondFactorNotActive: WireError(409, "conflict", "The user has no such second factor"),
    no.NoTotpSecret: WireError(409, "conflict", "The user has no such second factor"),
    no.TotpAlreadyActive: WireError(409, "conflict", "The second factor is in use already"),
    no.SecondFactorUnavailable: WireError(403, "second_factor_required", "The user has a second factor"),
    no.AccessTokenNotFound: WireError(404, "not_found", "The user has no such access token"),
    no.PasskeyNotFound: WireError(404, "not_found", "The user has no such passkey"),
    # identity providers
    no.InvalidProviderState: WireError(400, "invalid_state", "The sign-in took too long, or began in another browser"),
    no.ProviderRefused: WireError(400, "provider_error", "The identity provider refused"),
    no.ProviderUnavailable: WireError(502, "provider_error", "The identity provider did not answer as it should"),
    no.IdentityTaken: WireError(409, "conflict", "The account is linked to a user already"),
    no.IdentityNotFound: WireError(404, "not_found", "No such account is linked"),
    no.LastWayIn: WireError(409, "conflict", "The last way to sign in cannot be removed"),
    # passwords
    no.PasswordTooShort: WireError(400, VALIDATION, "The password is too short"),
    no.PasswordTooLong: WireError(400, VALIDATION, "The password is too long"),
    no.PasswordTooWeak: WireError(400, VALIDATION, "The password is too weak"),
    no.PasswordLeaked: WireError(400, VALIDATION, "The password is known from a data breach"),
    no.PasswordUnchanged: WireError(400, VALIDATION, "The password is the one that was set before"),
    # sessions, one-time tokens, accounts
    no.InvalidRefreshToken: WireError(401, "invalid_refresh_token", "The refresh token is not valid"),
    no.InvalidTicket: WireError(400, "invalid_token", "The token is unknown or was used"),
    no.ExpiredTicket: WireError(400, "expired_token", "The token has expired"),
    no.NotAMember: WireError(403, "forbidden", "The user is no member of that account"),
}

_BAD_REQUEST: Final = WireError(400, "bad_request")

# Refusals of the core that are about one field: which one, and what is wrong with it.
_FIELDS: Final[Mapping[type[Refusal] | type[InternalError], tuple[str, str]]] = {
    no.InvalidEmail: ("email", "email"),
    no.RedirectNotAllowed: ("redirect_uri", "redirect_uri"),
    no.MetadataTooLarge: ("identity", "max_length"),
    no.PasswordTooShort: ("password", "min_length"),
    no.PasswordTooLong: ("password", "max_length"),
    no.PasswordTooWeak: ("password", "password_too_weak"),
    no.PasswordLeaked: ("password", "password_too_weak"),
    no.PasswordUnchanged: ("password", "password_too_weak"),
}


def problem(public_url: str, call: Call, failure: Refusal | InternalError) -> Answer[object]:
    """Return the problem details for `failure`."""
    error = _shown_error(call, failure)
    details = ProblemDetails(
        type=f"{public_url}/problems/{error.code}",
        title=HTTPStatus(error.status).phrase,
        status=error.status,
        code=error.code,
        detail=failure.message if isinstance(failure, MalformedRequest) else error.message,
        instance=f"urn:request:{call.request_id}",
        invalid_params=_invalid_params(call, failure) if error.code == VALIDATION else UNSET,
    )
    return Answer(details, status=error.status, content_type=PROBLEM)


def _shown_error(call: Call, failure: Refusal | InternalError) -> WireError:
    match failure:
        case UserNotActive(status=status) if status != "suspended":
            return _INVALID_CREDENTIALS  # a block shows; that somebody was put out of service does not
        case MalformedRequest(problem=trouble, path=path) if trouble in _WHOLE or not path:
            return _BAD_REQUEST
        case _:
            return call.dialect.wire_error(failure)


def _invalid_params(call: Call, failure: Refusal | InternalError) -> list[InvalidParam]:
    if isinstance(failure, MalformedRequest):
        where, path, trouble = failure.where, failure.path, failure.problem
    else:
        path, trouble = _FIELDS.get(type(failure), ("", "invalid"))
        where = "query" if path in _query(call) else "body"
        if path == "password" and "new_password" in call.body_members:
            path = "new_password"
    return [InvalidParam(where, path, trouble, _received(call, where, path))]


def _received(call: Call, where: str, path: str) -> str | float | bool | None:
    steps = path.split(".")
    if where not in {"body", "query"} or not _SECRETIVE.isdisjoint(steps):
        return None
    value: object = call.body_members if where == "body" else _query(call)
    for step in steps:
        value = value.get(step) if isinstance(value, Mapping) else None
    match value:
        case str() if len(value) <= _RECEIVED_MOST:
            return value
        case bool() | int() | float():
            return value
        case _:
            return None


def _query(call: Call) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(call.query_text, keep_blank_values=True).items()}
