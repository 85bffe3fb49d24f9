"""Refusals about users: signing up and in, passwords, accounts."""

from datetime import timedelta

from vestibule.kernel.errors.base import Refusal


class SignUpDisabled(Refusal):
    """The project takes no new users."""

    code = "sign-up-disabled"


class EmailRefused(Refusal):
    """The project's access lists keep this address out."""

    code = "email-refused"


class EmailTaken(Refusal):
    """The address belongs to a user of this project already."""

    code = "email-taken"


class UserExists(Refusal):
    """Whoever signs up with a provider is a user of this project already, by their account there or their address."""

    code = "user-exists"


class UsernameTaken(Refusal):
    """The user name belongs to somebody else in this project."""

    code = "username-taken"


class InvalidEmail(Refusal):
    """The text is not a usable email address."""

    code = "invalid-email"


class RoleNotAllowed(Refusal):
    """A requested role is outside the project's allowed roles."""

    code = "role-not-allowed"


class UnknownRole(RoleNotAllowed):
    """Nobody in the project has the role, and nobody gets it at sign-up: `role` is a slip of the pen, or a new one."""

    code = "unknown-role"

    def __init__(self, role: str) -> None:
        super().__init__(self.code)
        self.role = role


class DefaultRoleNotAllowed(Refusal):
    """The requested default role is not among the requested allowed roles."""

    code = "default-role-not-allowed"


class LocaleNotAllowed(Refusal):
    """The locale is none of the project's."""

    code = "locale-not-allowed"


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


class PasswordTooShort(Refusal):
    """The new password has fewer characters than the project asks for."""

    code = "password-too-short"


class PasswordTooLong(Refusal):
    """The password is over 1,024 bytes; nothing was hashed."""

    code = "password-too-long"


class PasswordTooWeak(Refusal):
    """The new password misses the project's rule on its make-up."""

    code = "password-too-weak"


class PasswordLeaked(PasswordTooWeak):
    """The new password is on a list of leaked ones: whoever guesses tries it first."""

    code = "password-leaked"


class PasswordUnchanged(Refusal):
    """The new password equals the current one."""

    code = "password-unchanged"


class NotAMember(Refusal):
    """The user has no membership in that account, or there is no such account."""

    code = "not-a-member"


class PhoneTaken(Refusal):
    """The number belongs to a user of this project already."""

    code = "phone-taken"


class CannotSendText(Refusal):
    """No text message can be sent to this number: it is no number, is kept out, or the provider is away."""

    code = "cannot-send-text"


class InvalidPhoneNumber(CannotSendText):
    """The text is not a telephone number that texts can be sent to."""

    code = "invalid-phone-number"


class UserNotAnonymous(Refusal):
    """Only an anonymous user can become a named one."""

    code = "user-not-anonymous"
