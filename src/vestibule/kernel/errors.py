"""The one table of refusals: what the core may say no with. No HTTP here; each dialect owns its wire form.

A refusal class is flat, has a stable `code` and typed data. Anything else that is raised is a bug.
Raise a fresh instance each time: a shared one would carry another request's traceback and data.
"""

from datetime import timedelta
from typing import ClassVar


class Refusal(Exception):
    """The core declines: expected, safe to show, rolls back the open transaction."""

    code: ClassVar[str] = "refused"


# --- the request ---


class MalformedRequest(Refusal):
    """The request does not have the documented shape.

    `where` is body, query, path, header or cookie; `path` is dotted (`options.locale`, `` for the whole);
    `problem` is a short code (`required`, `type`, `unknown`, `json`, `min_length`, `max_length`, `pattern`, ...);
    `message` is for people.
    """

    code = "malformed-request"

    def __init__(self, message: str, *, where: str = "body", path: str = "", problem: str = "invalid") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.path = path
        self.problem = problem


class NothingAsked(MalformedRequest):
    """The parts are well-formed, yet ask for nothing that can be done: neither a token nor a ticket, say."""

    code = "nothing-asked"


class PayloadTooLarge(Refusal):
    """The body is larger than the server reads."""

    code = "payload-too-large"


class UnsupportedMediaType(Refusal):
    """The body is not of a content type that the endpoint takes."""

    code = "unsupported-media-type"


class RouteNotFound(Refusal):
    """No endpoint answers at this path."""

    code = "route-not-found"


class MethodNotAllowed(Refusal):
    """The path exists, the method does not."""

    code = "method-not-allowed"

    def __init__(self, allowed: tuple[str, ...]) -> None:
        super().__init__(self.code)
        self.allowed = allowed


class TooManyRequests(Refusal):
    """A rate limit is used up; `retry_after` says when to come again."""

    code = "too-many-requests"

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after


class Overloaded(Refusal):
    """Too much work is queued (password hashing) to answer in time; nothing was changed."""

    code = "overloaded"

    def __init__(self, retry_after: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after


class StorageUnavailable(Refusal):
    """The database is away, read-only or full; nothing is known to be lost. Come again later."""

    code = "storage-unavailable"

    def __init__(self, retry_after: timedelta = timedelta(seconds=1)) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after


# --- the caller ---


class Unauthenticated(Refusal):
    """No credential was presented where one is needed."""

    code = "unauthenticated"


class InvalidAccessToken(Refusal):
    """The access token is malformed, forged, expired, or was made for somebody else (project, dialect)."""

    code = "invalid-access-token"


class InvalidServiceKey(Refusal):
    """The service key is unknown, expired, revoked or belongs to another project."""

    code = "invalid-service-key"


class NotPermitted(Refusal):
    """The caller is known but may not do this."""

    code = "not-permitted"


class OriginNotAllowed(Refusal):
    """A browser called from an origin that the project or client does not list."""

    code = "origin-not-allowed"


class CsrfFailed(Refusal):
    """The CSRF token is missing or does not belong to the browser's CSRF session."""

    code = "csrf-failed"


# --- projects and clients ---


class ProjectNotFound(Refusal):
    """No such project, or it does not speak this dialect."""

    code = "project-not-found"


class ClientRequired(Refusal):
    """No client was named, and the host does not tell which one."""

    code = "client-required"


class ClientMismatch(Refusal):
    """Two different clients were named, or the named one does not own the credential."""

    code = "client-mismatch"


class ClientNotFound(Refusal):
    """The named client does not exist."""

    code = "client-not-found"


class EndpointDisabled(Refusal):
    """The project has this feature switched off."""

    code = "endpoint-disabled"


# --- signing up and in ---


class SignUpDisabled(Refusal):
    """The project takes no new users."""

    code = "sign-up-disabled"


class EmailRefused(Refusal):
    """The project's access lists keep this address out."""

    code = "email-refused"


class EmailTaken(Refusal):
    """The address belongs to a user of this project already."""

    code = "email-taken"


class UsernameTaken(Refusal):
    """The user name belongs to somebody else in this project."""

    code = "username-taken"


class InvalidEmail(Refusal):
    """The text is not a usable email address."""

    code = "invalid-email"


class RoleNotAllowed(Refusal):
    """A requested role is outside the project's allowed roles."""

    code = "role-not-allowed"


class DefaultRoleNotAllowed(Refusal):
    """The requested default role is not among the requested allowed roles."""

    code = "default-role-not-allowed"


class RedirectNotAllowed(Refusal):
    """The redirect target is not on the project's allow-list."""

    code = "redirect-not-allowed"


class MetadataTooLarge(Refusal):
    """A metadata field is larger than the project allows; `limit_bytes` of compact JSON."""

    code = "metadata-too-large"

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(self.code)
        self.limit_bytes = limit_bytes


class InvalidCredentials(Refusal):
    """Email and password do not belong together; which of the two is wrong is not said."""

    code = "invalid-credentials"


class UserNotFound(InvalidCredentials):
    """No such user in this project. Dialects that conceal it answer as for its base."""

    code = "user-not-found"


class NoPassword(InvalidCredentials):
    """The user exists but has no password. Dialects that conceal it answer as for its base."""

    code = "no-password"


class WrongPassword(InvalidCredentials):
    """The password is wrong. Dialects that conceal it answer as for its base."""

    code = "wrong-password"


class TooManyAttempts(Refusal):
    """Too many tries on this subject, or letters to it; `retry_after` says when the count starts anew."""

    code = "too-many-attempts"

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(self.code)
        self.retry_after = retry_after


class UserNotActive(Refusal):
    """The credentials were right, the user may not come in; `status` is suspended, disabled or deleted."""

    code = "user-not-active"

    def __init__(self, status: str) -> None:
        super().__init__(self.code)
        self.status = status


class EmailNotVerified(Refusal):
    """The project wants a verified address first."""

    code = "email-not-verified"


class EmailAlreadyVerified(Refusal):
    """There is nothing left to verify."""

    code = "email-already-verified"


class AnonymousNotAllowed(Refusal):
    """An anonymous user may not do this."""

    code = "anonymous-not-allowed"


class SecondFactorUnavailable(Refusal):
    """A second factor is due, and this dialect has no way to ask for it."""

    code = "second-factor-required"


# --- passwords ---


class PasswordTooShort(Refusal):
    """The new password has fewer characters than the project asks for."""

    code = "password-too-short"


class PasswordTooLong(Refusal):
    """The password is over 1,024 bytes; nothing was hashed."""

    code = "password-too-long"


class PasswordTooWeak(Refusal):
    """The new password misses the project's rule on its make-up."""

    code = "password-too-weak"


class PasswordUnchanged(Refusal):
    """The new password equals the current one."""

    code = "password-unchanged"


# --- sessions and tickets ---


class InvalidRefreshToken(Refusal):
    """The refresh token is unknown, ended, expired, or was made for another client, dialect or project."""

    code = "invalid-refresh-token"


class MalformedRefreshToken(InvalidRefreshToken):
    """The refresh token is past its expiry, or nothing that this server ever made; no session was looked for."""

    code = "malformed-refresh-token"


class ForeignRefreshToken(InvalidRefreshToken):
    """The refresh token is genuine and belongs to another project."""

    code = "foreign-refresh-token"


class RefreshTokenReused(InvalidRefreshToken):
    """A spent refresh token came back after the grace: the session was ended (RFC 6819 section 5.2.2.3)."""

    code = "refresh-token-reused"


class InvalidTicket(Refusal):
    """The one-time secret is unknown, spent, or was made for another purpose, client or project."""

    code = "invalid-ticket"


class ExpiredTicket(InvalidTicket):
    """The one-time secret was right once and is past its expiry."""

    code = "expired-ticket"


# --- accounts ---


class NotAMember(Refusal):
    """The user has no membership in that account, or there is no such account."""

    code = "not-a-member"
