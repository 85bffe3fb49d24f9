"""Faults that many endpoints share, each list in the order in which they are told."""

from dataclasses import replace
from typing import Final

from tests.dialects.nhost.matrix.stage import Ask, Fault, anonymous, gone, member, rule, status, token, unverified
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    DefaultRoleNotAllowed,
    ElevationRequired,
    EmailNotVerified,
    EmailRefused,
    EmailTaken,
    InvalidAccessToken,
    InvalidEmail,
    MetadataTooLarge,
    NothingAsked,
    PasswordLeaked,
    RedirectNotAllowed,
    Refusal,
    RoleNotAllowed,
    SignUpDisabled,
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

NO_SIGN_UP: Final = rule("no sign-up", SignUpDisabled, "signup-disabled", sign_up_enabled=False)
NO_MAIL_FOR_NEW: Final = rule("no mail left", TooManyAttempts, TOO_MANY, mail_per_hour=0, verified_email_required=True)
# Who is not let in yet gets no letter, so the lack of mail and this one never meet.
NEW_USERS_DISABLED: Final = rule(
    "new users disabled", UserNotActive, "disabled-user", new_users_disabled=True, mail_per_hour=9_999
)
NOT_ELEVATED: Final = rule("not elevated", ElevationRequired, "not elevated", elevation="required")
# Whoever has nothing to prove themselves with may add it, so what becomes of the user decides here as well.
NOT_ELEVATED_TO_ENROL: Final = replace(NOT_ELEVATED, touches=frozenset({"rules.elevation", "user"}))


async def _take_address(ask: Ask) -> None:
    await ask.stage.person(ask.email.upper())


TAKEN: Final = Fault("taken", EmailTaken, "taken", _take_address, frozenset({"address"}))
# Declared by whatever sets a password; tests/cross/test_leaked_passwords.py shows it.
LEAKED: Final[dict[type[Refusal], str]] = {PasswordLeaked: "only where a list of leaked passwords is asked"}
# Declared by whatever mails a link; the other tests of this dialect show it.
PKCE_ONLY: Final[dict[type[Refusal], str]] = {NothingAsked: "only where a setting refuses links without a challenge"}

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
