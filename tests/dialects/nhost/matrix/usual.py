"""Faults that many endpoints share, each list in the order in which they are told."""

from typing import Final

from tests.dialects.nhost.matrix.stage import Fault, anonymous, gone, member, rule, status, token, unverified
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    DefaultRoleNotAllowed,
    EmailNotVerified,
    EmailRefused,
    InvalidAccessToken,
    InvalidEmail,
    MetadataTooLarge,
    RedirectNotAllowed,
    RoleNotAllowed,
    TooManyAttempts,
    Unauthenticated,
    UserNotActive,
    UserNotFound,
)

WRONG: Final = "invalid-email-password"
TOO_MANY: Final = "too many"

BAD_EMAIL: Final = member("email", "nobody", InvalidEmail, "bad email")
KEPT_OUT: Final = rule("kept out", EmailRefused, WRONG, blocked_email_domains=("example.com",))
NO_MAIL_LEFT: Final = rule("no mail left", TooManyAttempts, TOO_MANY, mail_per_hour=0)
BAD_TARGET: Final = member(
    "options.redirectTo", "http://evil.example", RedirectNotAllowed, "redirectTo-not-allowed", name="target"
)

# Without a credential that can be used, nothing else is looked at.
BEARER: Final[tuple[Fault, ...]] = (
    token(None, Unauthenticated, "no token"),
    token("nonsense", InvalidAccessToken, "bad token"),
)
# Who may not come in now.
UNWELCOME: Final[tuple[Fault, ...]] = (
    KEPT_OUT,
    status(UserNotActive),
    unverified(EmailNotVerified),
    anonymous(AnonymousNotAllowed),
)
# Who is behind an access token, and may not come in now.
SIGNED_IN: Final[tuple[Fault, ...]] = (gone(UserNotFound, WRONG), *UNWELCOME)
# What may be chosen at a sign-up; the redirect target comes before and stands alone.
OPTIONS: Final[tuple[Fault, ...]] = (
    member("options.allowedRoles", ["admin"], RoleNotAllowed, "role-not-allowed"),
    member("options.defaultRole", "me2", DefaultRoleNotAllowed, "default-role-must-be-in-allowed-roles"),
    member("options.metadata", {"a": "x" * 11_000}, MetadataTooLarge, "large metadata", name="metadata"),
)
