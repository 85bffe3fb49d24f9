"""The way to a provider, and the way back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from tests.dialects.nhost.matrix.arriving import NEWCOMER, RACES, Arriving, arriving, linked, nowhere, provider_named
from tests.dialects.nhost.matrix.stage import Ask, Case, Fault, Stage, gone, rule
from tests.dialects.nhost.matrix.told import INVALID_REQUEST
from tests.dialects.nhost.matrix.usual import (
    KEPT_OUT,
    NEW_USERS_DISABLED,
    NO_MAIL_FOR_NEW,
    NO_SIGN_UP,
    PKCE_ONLY,
    SIGNED_IN,
    UNWELCOME,
)
from tests.dialects.nhost.matrix.verification import query
from vestibule.core.social.model import Vouched
from vestibule.kernel.errors import (
    DefaultRoleNotAllowed,
    ElevationRequired,
    EndpointDisabled,
    IdentityTaken,
    InvalidAccessToken,
    InvalidAuthorizationCode,
    InvalidProviderState,
    MetadataTooLarge,
    ProviderExchangeFailed,
    ProviderProfileFailed,
    ProviderRefused,
    RedirectNotAllowed,
    Refusal,
    RoleNotAllowed,
    UserExists,
)

_NO_MAIL_FOR_NEW: Final = replace(NO_MAIL_FOR_NEW, says="too many, by redirect")


def _known(provider: str) -> Any:
    async def begin(stage: Stage) -> Ask:
        ask = await linked(stage, provider)
        await ask.set_out()
        return ask

    return begin


def _known_who_signs_up(provider: str) -> Any:
    async def begin(stage: Stage) -> Ask:
        ask = arriving(stage, provider, how="signup", email=stage.new_email())
        await ask.set_out()
        return ask

    return begin


def _connecting(provider: str) -> Any:
    async def begin(stage: Stage) -> Ask:
        person = await stage.person()
        ask = arriving(stage, provider, person=person, wishes={"connect": person.access})
        await ask.set_out()
        return ask

    return begin


def _new(provider: str) -> Any:
    async def begin(stage: Stage) -> Ask:
        ask = arriving(stage, provider, email=stage.new_email(), vouched=False)
        await ask.set_out()
        return ask

    return begin


def _brings(name: str, value: str, refusal: type[Refusal], says: str) -> Fault:
    def spoil(ask: Ask) -> None:
        assert isinstance(ask, Arriving)
        ask.brought[name] = value

    return Fault(f"{name}={value}", refusal, says, spoil, frozenset({f"brought.{name}"}))


def _no_subject(ask: Ask) -> None:
    assert isinstance(ask, Arriving)
    scripted = provider_named(ask.stage, ask.provider)
    state, _ = scripted.codes[ask.brought["code"]]
    scripted.codes[ask.brought["code"]] = (state, Vouched(ask.identity("")))


def _take_provider_away(ask: Ask) -> None:
    assert isinstance(ask, Arriving)
    del ask.stage.running.identities.providers[ask.provider]


def _wish(name: str, value: str, refusal: type[Refusal], says: str) -> Fault:
    """Return an option of somebody new that is refused when they come back; they set out once more with it."""

    async def spoil(ask: Ask) -> None:
        assert isinstance(ask, Arriving)
        ask.wishes[name] = value
        await ask.set_out()

    return Fault(f"{name}={value:.30}", refusal, says, spoil, frozenset({"brought.state", "brought.code", "provider"}))


async def _take_identity(ask: Ask) -> None:
    assert isinstance(ask, Arriving)
    other = replace(ask, person=await ask.stage.person(), query={}, headers={}, rules={}, form=None, wishes={})
    other.wishes["connect"] = other.who.access
    await other.set_out()
    assert "error=" not in (await other.send()).headers["location"]


async def _sign_up_before(ask: Ask) -> None:
    assert isinstance(ask, Arriving)
    other = replace(ask, query={}, headers={}, rules={}, form=None)
    await other.set_out()
    assert "error=" not in (await other.send()).headers["location"]


_BACK: Final = (
    _brings("state", "nonsense", InvalidProviderState, "invalid-state"),
    rule("target", RedirectNotAllowed, "redirectTo-not-allowed", client_url="http://other.example"),
    _brings("error", "access_denied", ProviderRefused, "oauth-provider-error"),
    Fault("no provider", EndpointDisabled, "disabled-endpoint", _take_provider_away, frozenset({"provider"})),
    _brings("code", "wrong", ProviderExchangeFailed, "oauth-token-echange-failed"),
    Fault(
        "no subject",
        ProviderProfileFailed,
        "oauth-profile-fetch-failed",
        _no_subject,
        frozenset({"brought.code", "provider"}),
    ),
)
_WISHES: Final = (
    _wish("allowedRoles", "admin", RoleNotAllowed, "role-not-allowed"),
    _wish("defaultRole", "me2", DefaultRoleNotAllowed, "default-role-must-be-in-allowed-roles"),
    _wish("metadata", '{"a":"' + "x" * 11_000 + '"}', MetadataTooLarge, "large metadata, by redirect"),
)
_EXISTS: Final = Fault("known", UserExists, "user-already-exists", _sign_up_before, frozenset({"address", "identity"}))
_LINKED_ALREADY: Final = Fault(
    "linked already",
    IdentityTaken,
    "provider-account-already-linked",
    _take_identity,
    frozenset({"identity", "provider"}),
)
_BEGUN_EARLIER: Final[dict[type[Refusal], str]] = {
    InvalidAuthorizationCode: "only where a setting that wants a challenge came after the journey began"
}


def _back(operation: str, provider: str) -> dict[str, Case]:
    return {
        f"{operation}, of who is known": Case(_known(provider), (*_BACK, *UNWELCOME), unseen=_BEGUN_EARLIER),
        f"{operation}, of who is new": Case(
            _new(provider), (*_BACK, *NEWCOMER, KEPT_OUT, *_WISHES, _NO_MAIL_FOR_NEW, NEW_USERS_DISABLED)
        ),
        f"{operation}, of who signs up": Case(_known_who_signs_up(provider), (_EXISTS,), unseen=RACES),
        f"{operation}, of who links": Case(
            _connecting(provider),
            (gone(InvalidProviderState, "invalid-state"), *_BACK[1:], *UNWELCOME, _LINKED_ALREADY),
        ),
    }


def _departing(how: str) -> Any:
    async def begin(stage: Stage) -> Ask:
        stage.running.client.cookies.clear()
        return Ask(stage, "GET", f"/{how}/provider/github")

    return begin


async def _departing_to_link(stage: Stage) -> Ask:
    person = await stage.person()
    stage.running.client.cookies.clear()
    return Ask(stage, "GET", "/signin/provider/github", query={"connect": person.access}, person=person)


_WRONG_QUERY: Final = (
    query("redirectTo", "http://evil.example", RedirectNotAllowed, "redirectTo-not-allowed"),
    query("codeChallenge", "short", InvalidAuthorizationCode, INVALID_REQUEST),
)

PROVIDERS: Final[Mapping[str, Case]] = {
    "signInProvider": Case(_departing("signin"), (*_WRONG_QUERY, *nowhere("/signin/provider")), unseen=PKCE_ONLY),
    "signInProvider, to link": Case(
        _departing_to_link,
        (
            *_WRONG_QUERY,
            query("connect", "nonsense", InvalidAccessToken, "bad connect"),
            rule("not elevated", ElevationRequired, "not elevated, by redirect", elevation="required"),
            *SIGNED_IN,
            *nowhere("/signin/provider"),
        ),
    ),
    "signUpProvider": Case(
        _departing("signup"), (NO_SIGN_UP, *_WRONG_QUERY, *nowhere("/signup/provider")), unseen=PKCE_ONLY
    ),
    **_back("signInProviderCallbackGet", "github"),
    **_back("signInProviderCallbackPost", "apple"),
}
