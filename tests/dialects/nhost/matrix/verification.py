"""Asking for proof of an address, and following a link."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from tests.dialects.nhost.matrix.stage import PASSWORD, Ask, Case, Fault, Stage, anonymous, gone, status
from tests.dialects.nhost.matrix.usual import BAD_EMAIL, BAD_TARGET, KEPT_OUT, NO_MAIL_LEFT, PKCE_ONLY, WRONG
from tests.dialects.nhost.speaking import OK
from tests.support.ways_in import CLIENT_URL
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    EmailAlreadyVerified,
    EmailNotVerified,
    EmailTaken,
    InvalidAuthorizationCode,
    InvalidCredentials,
    InvalidTicket,
    NothingAsked,
    OriginNotAllowed,
    RedirectNotAllowed,
    Refusal,
    UserNotActive,
    UserNotFound,
)


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


UNKNOWN: Final = "verifyEmail:2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24"
# Where the link leads, what it carries, whom it is for.
_PARAMETERS: Final = (
    ("redirectTo", "http://x/%zz", NothingAsked, "invalid-request"),
    ("redirectTo", "http://evil.example", RedirectNotAllowed, "redirectTo-not-allowed"),
    ("codeChallenge", "short", InvalidAuthorizationCode, "invalid-request"),
    ("ticket", "nonsense:1", InvalidTicket, "invalid-ticket"),
    ("ticket", UNKNOWN, InvalidTicket, "invalid-ticket"),
)
_WHO: Final = (
    gone(InvalidTicket, "invalid-ticket"),
    KEPT_OUT,
    status(UserNotActive),
    anonymous(AnonymousNotAllowed),
)
LINK: Final = (*(query(*parameter) for parameter in _PARAMETERS), *_WHO)


def field(name: str, value: str, refusal: type[Refusal], says: str) -> Fault:
    """Return a field of the form that is refused."""

    def spoil(ask: Ask) -> None:
        assert ask.form is not None
        ask.form[name] = value

    return Fault(f"{name}={value}", refusal, says, spoil, frozenset({f"form.{name}"}))


def _pressed(link: Ask) -> Ask:
    """Return the button of the page that the link opens."""
    headers = {"sec-fetch-site": "same-origin"}
    return Ask(link.stage, "POST", "/verify", form=link.query, headers=headers, person=link.person)


async def _confirm(stage: Stage) -> Ask:
    return _pressed(await _follow(stage))


async def _confirm_change(stage: Stage) -> Ask:
    return _pressed(await _follow_change(stage))


async def _follow_change(stage: Stage) -> Ask:
    person = await stage.person()
    asked = await stage.speaker.post("/user/email/change", {"newEmail": stage.new_email()}, person.access)
    assert asked.content == OK
    mail = (await stage.running.mails())[0]
    query = {"ticket": mail.ticket, "redirectTo": CLIENT_URL}
    return Ask(stage, "GET", "/verify", query=query, person=replace(person, email=mail.recipient))


async def _take_new_address(ask: Ask) -> None:
    await ask.stage.speaker.sign_up(ask.who.email.upper(), PASSWORD)


def _foreign(ask: Ask) -> None:
    ask.headers["sec-fetch-site"] = "cross-site"


FOREIGN_PAGE: Final = Fault("page", OriginNotAllowed, "not our page", _foreign, frozenset({"headers"}))
FORM: Final = (FOREIGN_PAGE, *(field(*parameter) for parameter in _PARAMETERS))
TAKEN: Final = Fault("taken", EmailTaken, "taken", _take_new_address, frozenset({"user.address"}))
NEVER: Final[Mapping[type[Refusal], str]] = {
    InvalidCredentials: "a deleted user's tickets are gone with them",
    EmailNotVerified: "whoever follows the link has proven the address",
}

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
        unseen=PKCE_ONLY,
    ),
    "verifyTicket, of an address": Case(_follow, LINK, unseen=NEVER),
    "verifyTicket, of a reset": Case(_follow_reset, LINK),
    "verifyTicket, of a change": Case(_follow_change, (*LINK[:-3], TAKEN, *_WHO[1:])),
    "confirmTicket, of an address": Case(_confirm, (*FORM, *_WHO), unseen=NEVER),
    "confirmTicket, of a change": Case(_confirm_change, (*FORM, _WHO[0], TAKEN, *_WHO[1:])),
}
