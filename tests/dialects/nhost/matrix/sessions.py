"""Refreshing, checking and ending sessions, and the user behind one."""

from collections.abc import Mapping
from typing import Final

from tests.dialects.nhost.matrix.stage import Ask, Case, Fault, Stage, gone, member, status, unverified
from tests.dialects.nhost.matrix.usual import BEARER, SIGNED_IN
from vestibule.kernel.errors import EmailNotVerified, InvalidRefreshToken, NothingAsked, UserNotActive

UNKNOWN: Final = "2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24"
NOTHING: Final = "invalid-request"


async def _refresh(stage: Stage) -> Ask:
    person = await stage.person()
    return Ask(stage, "POST", "/token", {"refreshToken": person.refresh}, person=person)


async def _verify_header(stage: Stage) -> Ask:
    person = await stage.person()
    return Ask(stage, "POST", "/token/verify", {}, person.access, person=person)


async def _verify_body(stage: Stage) -> Ask:
    person = await stage.person()
    return Ask(stage, "POST", "/token/verify", {"token": person.access}, person=person)


async def _sign_out(stage: Stage) -> Ask:
    person = await stage.person()
    return Ask(stage, "POST", "/signout", {"refreshToken": person.refresh}, person=person)


async def _sign_out_everywhere(stage: Stage) -> Ask:
    person = await stage.person()
    return Ask(stage, "POST", "/signout", {"all": True}, person.access, person=person)


async def _user(stage: Stage) -> Ask:
    person = await stage.person()
    return Ask(stage, "GET", "/user", token=person.access, person=person)


def _without_token(ask: Ask) -> None:
    ask.token = None


NO_TOKEN: Final = Fault("no token", NothingAsked, NOTHING, _without_token, frozenset({"token"}))
BAD_TOKEN: Final = Fault(
    "bad token", NothingAsked, NOTHING, lambda ask: setattr(ask, "token", "x"), frozenset({"token"})
)

SESSIONS: Final[Mapping[str, Case]] = {
    "refreshToken": Case(
        _refresh,
        (
            member("refreshToken", UNKNOWN, InvalidRefreshToken, "invalid-refresh-token"),
            gone(InvalidRefreshToken, "invalid-refresh-token"),
            status(UserNotActive),
            unverified(EmailNotVerified),
        ),
    ),
    "verifyToken, in the header": Case(_verify_header, (NO_TOKEN, BAD_TOKEN, *SIGNED_IN)),
    "verifyToken, in the body": Case(_verify_body, (member("token", "nonsense", NothingAsked, NOTHING),)),
    "signOut, one": Case(_sign_out, (member("refreshToken", "", NothingAsked, NOTHING),)),
    "signOut, all": Case(_sign_out_everywhere, (NO_TOKEN, BAD_TOKEN)),
    "getUser": Case(_user, (*BEARER, *SIGNED_IN)),
}
