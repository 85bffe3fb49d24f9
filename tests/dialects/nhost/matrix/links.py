"""Magic links, the codes that they can bring, and the change of an address."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final
from urllib.parse import parse_qs, urlsplit

from tests.dialects.nhost.matrix.stage import (
    Ask,
    Case,
    Fault,
    Stage,
    anonymous,
    gone,
    member,
    rule,
    status,
)
from tests.dialects.nhost.matrix.usual import (
    BAD_EMAIL,
    BAD_TARGET,
    BEARER,
    KEPT_OUT,
    NO_MAIL_LEFT,
    OPTIONS,
    PKCE_ONLY,
    SIGNED_IN,
    TOO_MANY,
    UNWELCOME,
    WRONG,
)
from tests.support.linking import CHALLENGE, VERIFIER
from tests.support.ways_in import CLIENT_URL
from vestibule.core.letters import MAIL_BUDGET
from vestibule.kernel.errors import (
    AnonymousNotAllowed,
    ElevationRequired,
    EmailRefused,
    EmailTaken,
    EndpointDisabled,
    InvalidAuthorizationCode,
    InvalidEmail,
    SignUpDisabled,
    TooManyAttempts,
    UserNotActive,
)

_SIGN_IN: Final = "/signin/passwordless/email"
_SIGN_UP: Final = "/signup/passwordless/email"


async def _known(stage: Stage, path: str) -> Ask:
    person = await stage.person()
    return Ask(stage, "POST", path, {"email": person.email, "options": {}}, person=person)


def _unknown(stage: Stage, path: str) -> Ask:
    return Ask(stage, "POST", path, {"email": stage.new_email(), "options": {}})


async def _sign_in_known(stage: Stage) -> Ask:
    return await _known(stage, _SIGN_IN)


async def _sign_in_unknown(stage: Stage) -> Ask:
    return _unknown(stage, _SIGN_IN)


async def _sign_up_known(stage: Stage) -> Ask:
    return await _known(stage, _SIGN_UP)


async def _sign_up_unknown(stage: Stage) -> Ask:
    return _unknown(stage, _SIGN_UP)


async def _exchange(stage: Stage) -> Ask:
    person = await stage.person()
    body = {"email": person.email, "codeChallenge": CHALLENGE}
    ticket = await stage.mailed(_SIGN_IN, body)
    followed = await stage.speaker.get(f"/verify?ticket={ticket}&redirectTo={CLIENT_URL}")
    [code] = parse_qs(urlsplit(followed.headers["location"]).query)["code"]
    return Ask(stage, "POST", "/token/exchange", {"code": code, "codeVerifier": VERIFIER}, person=person)


async def _change(stage: Stage) -> Ask:
    person = await stage.person()
    body = {"newEmail": stage.new_email(), "options": {}}
    return Ask(stage, "POST", "/user/email/change", body, person.access, person=person)


async def _use_up_mailbox(ask: Ask) -> None:
    assert ask.body is not None
    email = ask.body.get("newEmail") or ask.body["email"]
    for _ in range(MAIL_BUDGET.tries):
        await ask.stage.speaker.post("/user/password/reset", {"email": email})


async def _take_new_address(ask: Ask) -> None:
    assert ask.body is not None
    ask.body["newEmail"] = (await ask.stage.person()).email.upper()


def _wish_for_blocked(ask: Ask) -> None:
    ask.member("newEmail", "somebody@blocked.example")
    ask.rules["blocked_email_domains"] = ("blocked.example",)


KEPT_OUT_NEW: Final = Fault(
    "new address kept out",
    EmailRefused,
    WRONG,
    _wish_for_blocked,
    frozenset({"body.newEmail", "rules.blocked_email_domains"}),
)
NO_LINKS: Final = rule("no links", EndpointDisabled, "disabled-endpoint", sign_in_links_enabled=False)
NO_SIGN_UP: Final = rule("no sign-up", SignUpDisabled, "signup-disabled", sign_up_enabled=False)
FULL: Final = Fault("mailbox", TooManyAttempts, TOO_MANY, _use_up_mailbox, frozenset({"mailbox"}))
NEWCOMERS_WAIT: Final = rule("new users disabled", UserNotActive, "disabled-user", new_users_disabled=True)
NOT_IN: Final = (status(UserNotActive), anonymous(AnonymousNotAllowed))
ASKED: Final = (BAD_EMAIL, BAD_TARGET, NO_LINKS)
BAD_CODE: Final = "x" * 43

LINKS: Final[Mapping[str, Case]] = {
    "signInPasswordlessEmail, known": Case(
        _sign_in_known, (*ASKED, KEPT_OUT, *OPTIONS, FULL, *NOT_IN, NO_MAIL_LEFT), unseen=PKCE_ONLY
    ),
    "signInPasswordlessEmail, unknown": Case(
        _sign_in_unknown, (*ASKED, KEPT_OUT, *OPTIONS, FULL, NO_SIGN_UP, NO_MAIL_LEFT, NEWCOMERS_WAIT)
    ),
    "signUpPasswordlessEmail, known": Case(
        _sign_up_known, (*ASKED, NO_SIGN_UP, KEPT_OUT, *OPTIONS, FULL, NO_MAIL_LEFT, *NOT_IN), unseen=PKCE_ONLY
    ),
    "signUpPasswordlessEmail, unknown": Case(
        _sign_up_unknown, (*ASKED, NO_SIGN_UP, KEPT_OUT, *OPTIONS, FULL, NO_MAIL_LEFT, NEWCOMERS_WAIT)
    ),
    "tokenExchange": Case(
        _exchange,
        (
            member("code", BAD_CODE, InvalidAuthorizationCode, "invalid-request"),
            member("code", "nonsense", InvalidAuthorizationCode, "invalid-request"),
            member("codeVerifier", "y" * 43, InvalidAuthorizationCode, "invalid-request"),
            gone(InvalidAuthorizationCode, "invalid-request"),
            *UNWELCOME,
        ),
    ),
    "changeUserEmail": Case(
        _change,
        (
            *BEARER,
            rule("elevation", ElevationRequired, "not elevated", elevation="required"),
            member("newEmail", "nobody", InvalidEmail, "bad email"),
            BAD_TARGET,
            *SIGNED_IN,
            KEPT_OUT_NEW,
            replace(FULL, touches=frozenset({"body.newEmail"})),
            Fault("taken", EmailTaken, "taken", _take_new_address, frozenset({"body.newEmail"})),
            NO_MAIL_LEFT,
        ),
        unseen=PKCE_ONLY,
    ),
}
