"""Coming in without a name, and getting one."""

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from tests.dialects.nhost.matrix.passwords import LONG, SHORT
from tests.dialects.nhost.matrix.stage import PASSWORD, Ask, Case, Fault, Person, Stage, gone, member, rule, status
from tests.dialects.nhost.matrix.usual import (
    BAD_EMAIL,
    BAD_TARGET,
    BEARER,
    KEPT_OUT,
    LEAKED,
    NEW_USERS_DISABLED,
    NO_MAIL_FOR_NEW,
    NO_SIGN_UP,
    OPTIONS,
    TAKEN,
    TOO_MANY,
    WRONG,
)
from vestibule.kernel.errors import (
    EndpointDisabled,
    MetadataTooLarge,
    NothingAsked,
    TooManyAttempts,
    UserNotActive,
    UserNotAnonymous,
    UserNotFound,
)
from vestibule.storage import Statement

_NAMED: Final = Statement(None, "UPDATE vestibule_users SET is_anonymous = FALSE WHERE id = :user_id")


async def _come_in(stage: Stage) -> Ask:
    return Ask(stage, "POST", "/signin/anonymous", {})


async def _named(stage: Stage, method: str) -> Ask:
    session = await stage.speaker.anonymous()
    person = Person("", UUID(session["user"]["id"]), session["accessToken"], session["refreshToken"])
    email = stage.new_email()
    body = {"signInMethod": method, "email": email, "password": PASSWORD, "options": {}}
    return Ask(stage, "POST", "/user/deanonymize", body, person.access, person=person, email=email)


async def _with_password(stage: Stage) -> Ask:
    return await _named(stage, "email-password")


async def _by_link(stage: Stage) -> Ask:
    return await _named(stage, "passwordless")


async def _already_named(ask: Ask) -> None:
    await ask.stage.running.core.db.run(_NAMED, user_id=ask.who.user_id)


def _without_password(ask: Ask) -> None:
    assert ask.body is not None
    del ask.body["password"]


NOT_ANONYMOUS: Final = Fault(
    "named", UserNotAnonymous, "user-not-anonymous", _already_named, frozenset({"user.anonymous"})
)
NO_PASSWORD: Final = Fault(
    "no password", NothingAsked, "invalid-request", _without_password, frozenset({"body.password"})
)
WHO: Final = (*BEARER, BAD_EMAIL, gone(UserNotFound, WRONG), NOT_ANONYMOUS, status(UserNotActive))

ANONYMOUS: Final[Mapping[str, Case]] = {
    "signInAnonymous": Case(
        _come_in,
        (
            NO_SIGN_UP,
            rule("switched off", EndpointDisabled, "disabled-endpoint", anonymous_users_enabled=False),
            member("metadata", {"a": "x" * 11_000}, MetadataTooLarge, "large own metadata", name="metadata"),
            rule("too many", TooManyAttempts, TOO_MANY, anonymous_users_per_hour=0),
        ),
    ),
    "deanonymizeUser, with a password": Case(
        _with_password,
        (
            *WHO,
            NO_PASSWORD,
            BAD_TARGET,
            LONG,
            SHORT,
            *OPTIONS,
            KEPT_OUT,
            NO_MAIL_FOR_NEW,
            TAKEN,
            NEW_USERS_DISABLED,
        ),
        unseen=LEAKED,
    ),
    "deanonymizeUser, by link": Case(
        _by_link, (*WHO, BAD_TARGET, *OPTIONS, KEPT_OUT, NO_MAIL_FOR_NEW, TAKEN, NEW_USERS_DISABLED)
    ),
}
