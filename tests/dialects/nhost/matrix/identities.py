"""The identities that a user has linked, and the tokens that providers gave for them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from tests.dialects.nhost.matrix.arriving import CALLBACK, arriving, elsewhere, linked, nowhere, provider_named
from tests.dialects.nhost.matrix.stage import Ask, Case, Stage, member, rule
from tests.dialects.nhost.matrix.told import INVALID_REQUEST
from tests.dialects.nhost.matrix.usual import BEARER, NOT_ELEVATED, SIGNED_IN
from tests.support.identities import parameter, session_of_provider
from vestibule.kernel.errors import (
    EndpointDisabled,
    IdentityNotFound,
    LastWayIn,
    ProviderRefused,
    ProviderUnavailable,
    RedirectNotAllowed,
)


async def _of_ours(stage: Stage, method: str, path: str, body: dict[str, Any] | None = None) -> Ask:
    person = await stage.person()
    return Ask(stage, method, path, body, token=person.access, person=person, base="/_/api")


async def _list(stage: Stage) -> Ask:
    return await _of_ours(stage, "GET", "/user/providers")


async def _unlink(stage: Stage) -> Ask:
    """Let somebody unlink a provider who has no password."""
    email = stage.new_email()
    coming = arriving(stage, "github", email=email)
    await coming.set_out()
    refresh = parameter((await coming.send()).headers["location"], "refreshToken")
    session = (await stage.speaker.post("/token", {"refreshToken": refresh})).json()
    ours = Ask(stage, "GET", "/user/providers", token=session["accessToken"], base="/_/api")
    [identity] = (await ours.send()).json()["providers"]
    person = await _person(stage, email, session)
    body = {"id": identity["id"]}
    return Ask(stage, "POST", "/user/providers/unlink", body, token=person.access, person=person, base="/_/api")


async def _person(stage: Stage, email: str, session: dict[str, Any]) -> Any:
    template = await stage.person()
    user_id = type(template.user_id)(session["user"]["id"])
    return replace(
        template, email=email, user_id=user_id, access=session["accessToken"], refresh=session["refreshToken"]
    )


async def _link(stage: Stage) -> Ask:
    person = await stage.person()
    return Ask(stage, "POST", "/link/provider/github", {}, token=person.access, person=person)


async def _take(stage: Stage) -> Ask:
    person = await stage.person()
    path = CALLBACK.format("github") + "/tokens"
    return Ask(stage, "GET", path, token=person.access, person=person)


async def _renew(stage: Stage) -> Ask:
    ask = await linked(stage, "github")
    provider_named(stage, "github").sessions["rt"] = session_of_provider(stage.running.clock.now())
    path, body = "/token/provider/github", {"refreshToken": "rt"}
    return Ask(stage, "POST", path, body, token=ask.who.access, person=ask.person)


IDENTITIES: Final[Mapping[str, Case]] = {
    "linkProvider": Case(
        _link,
        (
            *BEARER,
            NOT_ELEVATED,
            member("redirectTo", "http://evil.example", RedirectNotAllowed, "redirectTo-not-allowed"),
            *SIGNED_IN,
            *nowhere("/link/provider"),
        ),
    ),
    "getLinkedProviders": Case(_list, (*BEARER, *SIGNED_IN)),
    "unlinkProvider": Case(
        _unlink,
        (
            *BEARER,
            NOT_ELEVATED,
            *SIGNED_IN,
            member("id", str(uuid4()), IdentityNotFound, INVALID_REQUEST),
            rule("last way in", LastWayIn, "last way in", sign_in_links_enabled=False, email_codes_enabled=False),
        ),
    ),
    "getProviderTokens": Case(_take, (*BEARER, *SIGNED_IN)),
    "refreshProviderToken": Case(
        _renew,
        (
            *BEARER,
            *SIGNED_IN,
            elsewhere("/token/provider/spotify", EndpointDisabled, "disabled-endpoint"),
            elsewhere("/token/provider/google", IdentityNotFound, INVALID_REQUEST),
            member("refreshToken", "another", ProviderRefused, "oauth-provider-error"),
            member("refreshToken", "away", ProviderUnavailable, "oauth-provider-error"),
        ),
    ),
}
