"""Signing up and in with a password, changing and resetting it."""

from collections.abc import Mapping
from typing import Final

from tests.dialects.nhost.matrix.stage import (
    PASSWORD,
    Ask,
    Case,
    Fault,
    Stage,
    anonymous,
    gone,
    member,
    rule,
    status,
    unverified,
)
from tests.dialects.nhost.matrix.usual import (
    BAD_EMAIL,
    BAD_TARGET,
    KEPT_OUT,
    LEAKED,
    NEW_USERS_DISABLED,
    NO_MAIL_FOR_NEW,
    NO_SIGN_UP,
    OPTIONS,
    PKCE_ONLY,
    TAKEN,
    TOO_MANY,
    UNWELCOME,
    WRONG,
)
from vestibule.core.attempts.delay import FREE
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailNotVerified,
    InvalidTicket,
    NothingAsked,
    PasswordTooLong,
    PasswordTooShort,
    TooManyAttempts,
    UserNotActive,
    UserNotFound,
    WrongPassword,
)

NEW: Final = "another password"
TOO_LONG: Final = "\u00e9" * 1000  # as many bytes twice


async def _sign_up(stage: Stage) -> Ask:
    email = stage.new_email()
    body = {"email": email, "password": PASSWORD, "options": {}}
    return Ask(stage, "POST", "/signup/email-password", body, email=email)


async def _sign_in(stage: Stage) -> Ask:
    person = await stage.person()
    body = {"email": person.email, "password": PASSWORD}
    return Ask(stage, "POST", "/signin/email-password", body, person=person)


async def _change(stage: Stage) -> Ask:
    person = await stage.person()
    return Ask(stage, "POST", "/user/password", {"newPassword": NEW}, person.access, person=person)


async def _reset(stage: Stage) -> Ask:
    person = await stage.person()
    ticket = await stage.mailed("/user/password/reset", {"email": person.email})
    return Ask(stage, "POST", "/user/password", {"newPassword": NEW, "ticket": ticket}, person=person)


async def _ask_for_reset(stage: Stage) -> Ask:
    person = await stage.person()
    return Ask(stage, "POST", "/user/password/reset", {"email": person.email, "options": {}}, person=person)


async def _use_up_tries(ask: Ask) -> None:
    assert ask.body is not None
    for _ in range(FREE):
        await ask.stage.speaker.sign_in(ask.body["email"], "a wrong password")


def _without_ticket(ask: Ask) -> None:
    assert ask.body is not None
    del ask.body["ticket"]


SHORT: Final = rule("too short", PasswordTooShort, "password-too-short", password_min_length=100)
LONG: Final = member("password", TOO_LONG, PasswordTooLong, "long password", name="too long")
LONG_NEW: Final = member("newPassword", TOO_LONG, PasswordTooLong, "long password", name="too long")

PASSWORDS: Final[Mapping[str, Case]] = {
    "signUpEmailPassword": Case(
        _sign_up,
        (
            BAD_EMAIL,
            BAD_TARGET,
            NO_SIGN_UP,
            KEPT_OUT,
            LONG,
            SHORT,
            *OPTIONS,
            NO_MAIL_FOR_NEW,
            TAKEN,
            NEW_USERS_DISABLED,
        ),
        unseen={**PKCE_ONLY, **LEAKED},
    ),
    "signInEmailPassword": Case(
        _sign_in,
        (
            BAD_EMAIL,
            Fault("tries", TooManyAttempts, TOO_MANY, _use_up_tries, frozenset({"tries"})),
            gone(UserNotFound, WRONG),
            member("password", "a wrong password", WrongPassword, WRONG),
            *UNWELCOME,
        ),
    ),
    "changeUserPassword, signed in": Case(
        _change,
        (
            gone(UserNotFound, WRONG),
            status(UserNotActive),
            unverified(EmailNotVerified),
            anonymous(AnonymousNotAllowed),
            LONG_NEW,
            SHORT,
        ),
        unseen=LEAKED,
    ),
    "changeUserPassword, by ticket": Case(
        _reset,
        (
            Fault("neither", NothingAsked, "invalid-request", _without_ticket, frozenset({"body.ticket"})),
            member("ticket", "passwordReset:2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24", InvalidTicket, "invalid-ticket"),
            gone(InvalidTicket, "invalid-ticket"),
            status(UserNotActive),
            unverified(EmailNotVerified),
            anonymous(AnonymousNotAllowed),
            LONG_NEW,
            SHORT,
        ),
    ),
    # Whoever is known or not, welcome or not: the answer is the same.
    "sendPasswordResetEmail": Case(_ask_for_reset, (BAD_EMAIL, BAD_TARGET), unseen=PKCE_ONLY),
}
