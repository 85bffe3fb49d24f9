"""Asking for proof of an address, and following a link."""

from collections.abc import Mapping
from typing import Final

from tests.dialects.nhost.matrix.stage import Ask, Case, Fault, Stage, anonymous, gone, status
from tests.dialects.nhost.matrix.usual import BAD_EMAIL, BAD_TARGET, KEPT_OUT, NO_MAIL_LEFT, WRONG
from tests.support.ways_in import CLIENT_URL
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailAlreadyVerified,
    EmailNotVerified,
    InvalidCredentials,
    InvalidTicket,
    NothingAsked,
    RedirectNotAllowed,
    Refusal,
    SecondFactorUnavailable,
    UserNotActive,
    UserNotFound,
)
from vestibule.storage import Statement

_SECOND_FACTOR: Final = Statement(None, "UPDATE vestibule_users SET mfa_type = 'totp' WHERE id = :user_id")


async def _ask(stage: Stage) -> Ask:
    person = await stage.person(verified=False)
    body = {"email": person.email, "options": {}}
    return Ask(stage, "POST", "/user/email/send-verification-email", body, person=person)


async def _follow(stage: Stage) -> Ask:
    person = await stage.person(verified=False)
    ticket = await stage.mailed("/user/email/send-verification-email", {"email": person.email})
    return Ask(stage, "GET", "/verify", query={"ticket": ticket, "redirectTo": CLIENT_URL}, person=person)


async def _follow_reset(stage: Stage) -> Ask:
    person = await stage.person()
    ticket = await stage.mailed("/user/password/reset", {"email": person.email})
    return Ask(stage, "GET", "/verify", query={"ticket": ticket, "redirectTo": CLIENT_URL}, person=person)


async def _prove(ask: Ask) -> None:
    await ask.stage.verify(ask.who)


def query(name: str, value: str, refusal: type[Refusal], says: str) -> Fault:
    """Return a parameter that is refused."""
    return Fault(
        f"{name}={value}",
        refusal,
        says,
        lambda ask: ask.query.update({name: value}),
        frozenset({f"query.{name}"}),
    )


async def _ask_for_second_factor(ask: Ask) -> None:
    await ask.stage.running.core.db.run(_SECOND_FACTOR, user_id=ask.who.user_id)


SECOND_FACTOR_DUE: Final = Fault(
    "second factor", SecondFactorUnavailable, "invalid-request", _ask_for_second_factor, frozenset({"user.mfa"})
)
LINK: Final = (
    query("redirectTo", "http://x/%zz", NothingAsked, "invalid-request"),
    query("redirectTo", "http://evil.example", RedirectNotAllowed, "redirectTo-not-allowed"),
    query("ticket", "nonsense:1", InvalidTicket, "invalid-ticket"),
    query("ticket", "verifyEmail:2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24", InvalidTicket, "invalid-ticket"),
    gone(InvalidTicket, "invalid-ticket"),
)

VERIFICATION: Final[Mapping[str, Case]] = {
    "sendVerificationEmail": Case(
        _ask,
        (
            BAD_EMAIL,
            BAD_TARGET,
            gone(UserNotFound, WRONG),
            KEPT_OUT,
            status(UserNotActive),
            anonymous(AnonymousNotAllowed),
            Fault("verified", EmailAlreadyVerified, "email-already-verified", _prove, frozenset({"user.verified"})),
            NO_MAIL_LEFT,
        ),
    ),
    "verifyTicket, of an address": Case(
        _follow,
        (*LINK, KEPT_OUT, status(UserNotActive), anonymous(AnonymousNotAllowed), SECOND_FACTOR_DUE),
        unseen={
            InvalidCredentials: "a deleted user's tickets are gone with them",
            EmailNotVerified: "whoever follows the link has proven the address",
        },
    ),
    "verifyTicket, of a reset": Case(
        _follow_reset, (*LINK, KEPT_OUT, status(UserNotActive), anonymous(AnonymousNotAllowed), SECOND_FACTOR_DUE)
    ),
}
