"""Personal access tokens, made, listed and removed, and the fresh proof that making one may need."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from tests.dialects.nhost.matrix.stage import Ask, Case, Fault, Stage, gone, member
from tests.dialects.nhost.matrix.usual import BEARER, NOT_ELEVATED, SIGNED_IN, UNWELCOME
from vestibule.kernel.errors import (
    AccessTokenNotFound,
    InvalidPersonalAccessToken,
    MetadataTooLarge,
    TooManyAccessTokens,
    UnusableTime,
)

UNKNOWN: Final = "2c35b6f3-c4b9-48e3-978a-d4d0f1d42e24"
INVALID: Final = "invalid-pat"


async def _create(stage: Stage) -> Ask:
    person = await stage.person()
    expires_at = stage.running.clock.now() + timedelta(days=1)
    return Ask(stage, "POST", "/pat", {"expiresAt": expires_at.isoformat()}, person.access, person=person)


async def _sign_in(stage: Stage) -> Ask:
    create = await _create(stage)
    token = (await create.send()).json()["personalAccessToken"]
    return Ask(stage, "POST", "/signin/pat", {"personalAccessToken": token}, person=create.person)


async def _list(stage: Stage) -> Ask:
    person = (await _create(stage)).who
    return Ask(stage, "GET", "/user/access-tokens", token=person.access, person=person, base="/_/api")


async def _remove(stage: Stage) -> Ask:
    create = await _create(stage)
    token_id = (await create.send()).json()["id"]
    path = f"/user/access-tokens/{token_id}"
    return Ask(stage, "DELETE", path, token=create.token, person=create.person, base="/_/api")


def _name_another(ask: Ask) -> None:
    ask.path = f"/user/access-tokens/{UNKNOWN}"


async def _elevation(stage: Stage) -> Ask:
    person = await stage.person()
    return Ask(stage, "GET", "/elevate", token=person.access, person=person)


ACCESS_TOKENS: Final[Mapping[str, Case]] = {
    "createPAT": Case(
        _create,
        (
            *BEARER,
            NOT_ELEVATED,
            member("expiresAt", "2099-01-01T00:00:00", UnusableTime, "no offset"),
            member("metadata", {"a": "x" * 11_000}, MetadataTooLarge, "large own metadata", name="metadata"),
            *SIGNED_IN,
        ),
        unseen={TooManyAccessTokens: "a hundred tokens for each row; test_access_tokens.py makes them once"},
    ),
    "signInPAT": Case(
        _sign_in,
        (
            member("personalAccessToken", UNKNOWN, InvalidPersonalAccessToken, INVALID),
            gone(InvalidPersonalAccessToken, INVALID),
            *UNWELCOME,
        ),
    ),
    "getAccessTokens": Case(_list, (*BEARER, *SIGNED_IN)),
    "removeAccessToken": Case(
        _remove,
        (
            *BEARER,
            NOT_ELEVATED,
            *SIGNED_IN,
            Fault("another token", AccessTokenNotFound, "no such access token", _name_another, frozenset({"path"})),
        ),
    ),
    "getElevation": Case(_elevation, (*BEARER, *SIGNED_IN)),
}
