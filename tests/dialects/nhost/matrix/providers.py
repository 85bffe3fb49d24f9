"""Providers: the way there, the way back, ID tokens, linking, and what providers may be called with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from tests.dialects.nhost.matrix.stage import Ask, Case, Fault, Stage, gone, member, rule
from tests.dialects.nhost.matrix.usual import (
    BAD_TARGET,
    BEARER,
    KEPT_OUT,
    NEW_USERS_DISABLED,
    NO_MAIL_FOR_NEW,
    NO_SIGN_UP,
    NOT_ELEVATED,
    OPTIONS,
    PKCE_ONLY,
    SIGNED_IN,
    UNWELCOME,
    WRONG,
)
from tests.dialects.nhost.matrix.verification import query
from tests.dialects.nhost.speaking import BASE
from tests.support.identities import Scripted, parameter, session_of_provider
from vestibule.core.social.model import ExternalIdentity, Vouched
from vestibule.kernel.errors import (
    DefaultRoleNotAllowed,
    ElevationRequired,
    EmailNotVerified,
    EmailTaken,
    EndpointDisabled,
    IdentityNotFound,
    IdentityTaken,
    InvalidAccessToken,
    InvalidAuthorizationCode,
    InvalidCredentials,
    InvalidIdToken,
    InvalidProviderState,
    LastWayIn,
    MetadataTooLarge,
    ProviderExchangeFailed,
    ProviderProfileFailed,
    ProviderRefused,
    ProviderUnavailable,
    RedirectNotAllowed,
    Refusal,
    RoleNotAllowed,
    UserExists,
)

_CALLBACK: Final = "/signin/provider/{}/callback"
_INVALID: Final = "invalid-request"
_NO_MAIL_FOR_NEW: Final = replace(NO_MAIL_FOR_NEW, says="too many, by redirect")


def _scripted(stage: Stage, name: str) -> Scripted:
    """Return a provider, also after a row has taken it away."""
    return stage.running.identities.providers.setdefault(name, Scripted(name))


@dataclass
class Arriving(Ask):
    """Somebody who comes back from a provider; `wishes` are what they set out with."""

    provider: str = "github"
    how: str = "signin"
    subject: str = ""
    vouched: bool = True
    wishes: dict[str, str] = field(default_factory=dict)

    def identity(self, subject: str | None = None) -> ExternalIdentity:
        """Return who the provider says it is."""
        scripted = _scripted(self.stage, self.provider)
        subject = self.subject if subject is None else subject
        return scripted.person(subject, self.email or None, vouched=self.vouched)

    async def set_out(self) -> None:
        """Go to the provider, and be about to come back."""
        scripted, client = _scripted(self.stage, self.provider), self.stage.running.client
        client.cookies.clear()
        answer = await client.get(f"{BASE}/{self.how}/provider/{self.provider}", params=self.wishes)
        state = parameter(answer.headers["location"], "state")
        brought = {"state": state, "code": scripted.consent(state, self.identity())}
        self.headers["cookie"] = answer.headers["set-cookie"].partition(";")[0]
        client.cookies.clear()
        if scripted.answers_by_form:
            self.form = {**(self.form or {}), **brought}
        else:
            self.query |= brought

    @property
    def brought(self) -> dict[str, str]:
        """What is brought back: the query, or the form."""
        return self.query if self.form is None else self.form


def _arriving(stage: Stage, provider: str, **more: Any) -> Arriving:
    method = "POST" if _scripted(stage, provider).answers_by_form else "GET"
    path = _CALLBACK.format(provider)
    return Arriving(stage, method, path, provider=provider, subject=f"of {stage.new_email()}", **more)


async def _linked(stage: Stage, provider: str) -> Arriving:
    """Return somebody who has linked the provider, which tells no address."""
    person = await stage.person()
    ask = _arriving(stage, provider, person=person, wishes={"connect": person.access})
    await ask.set_out()
    assert "error=" not in (await ask.send()).headers["location"]
    ask.wishes = {}
    return ask


def _known(provider: str) -> Any:
    async def begin(stage: Stage) -> Ask:
        ask = await _linked(stage, provider)
        await ask.set_out()
        return ask

    return begin


def _known_who_signs_up(provider: str) -> Any:
    async def begin(stage: Stage) -> Ask:
        ask = _arriving(stage, provider, how="signup", email=stage.new_email())
        await ask.set_out()
        return ask

    return begin


def _connecting(provider: str) -> Any:
    async def begin(stage: Stage) -> Ask:
        person = await stage.person()
        ask = _arriving(stage, provider, person=person, wishes={"connect": person.access})
        await ask.set_out()
        return ask

    return begin


def _new(provider: str) -> Any:
    async def begin(stage: Stage) -> Ask:
        ask = _arriving(stage, provider, email=stage.new_email(), vouched=False)
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
    scripted = _scripted(ask.stage, ask.provider)
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


async def _take_address(ask: Ask) -> None:
    await ask.stage.person(ask.email)


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
_NEWCOMER: Final = (
    Fault("address of somebody", EmailNotVerified, "unverified-user", _take_address, frozenset({"address"})),
    rule("sign-ups apart", InvalidCredentials, WRONG, auto_sign_up_enabled=False),
    NO_SIGN_UP,
    KEPT_OUT,
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
            _new(provider), (*_BACK, *_NEWCOMER, *_WISHES, _NO_MAIL_FOR_NEW, NEW_USERS_DISABLED)
        ),
        f"{operation}, of who signs up": Case(_known_who_signs_up(provider), (_EXISTS,), unseen=_RACES),
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


def _elsewhere(path: str, refusal: type[Refusal], says: str) -> Fault:
    def spoil(ask: Ask) -> None:
        ask.path = path

    return Fault(path, refusal, says, spoil, frozenset({"path"}))


def _nowhere(how: str) -> tuple[Fault, ...]:
    return (
        _elsewhere(f"{how}/spotify", EndpointDisabled, "disabled-endpoint"),
        _elsewhere(f"{how}/strava", ProviderUnavailable, "oauth-provider-error"),
    )


_WRONG_QUERY: Final = (
    query("redirectTo", "http://evil.example", RedirectNotAllowed, "redirectTo-not-allowed"),
    query("codeChallenge", "short", InvalidAuthorizationCode, _INVALID),
)


def _token(stage: Stage, email: str | None, subject: str, *, vouched: bool = True) -> str:
    google = _scripted(stage, "google")
    expires_at = stage.running.clock.now() + timedelta(hours=1)
    return google.id_token(google.person(subject, email, vouched=vouched), expires_at)


def _token_ask(stage: Stage, path: str, email: str, subject: str = "", **more: Any) -> Ask:
    vouched = more.pop("vouched", True)
    subject = subject or f"of {stage.new_email()}"
    body: dict[str, Any] = {"provider": "google", "idToken": _token(stage, email, subject, vouched=vouched)}
    if path != "/link/idtoken":
        body["options"] = {}
    return Ask(stage, "POST", path, body, email=email, **more)


async def _token_of_known(stage: Stage) -> Ask:
    person, subject = await stage.person(), f"of {stage.new_email()}"
    linking = _token_ask(stage, "/link/idtoken", person.email, subject, token=person.access)
    assert (await linking.send()).content == b'"OK"\n'
    return _token_ask(stage, "/signin/idtoken", person.email, subject, person=person)


async def _token_of_new(stage: Stage) -> Ask:
    return _token_ask(stage, "/signin/idtoken", stage.new_email(), vouched=False)


async def _token_to_sign_up(stage: Stage) -> Ask:
    return _token_ask(stage, "/signup/idtoken", stage.new_email(), vouched=False)


async def _token_to_link(stage: Stage) -> Ask:
    person = await stage.person()
    return _token_ask(stage, "/link/idtoken", person.email, token=person.access, person=person)


def _token_without_subject(ask: Ask) -> None:
    ask.member("idToken", _token(ask.stage, ask.email, ""))


async def _link_token_before(ask: Ask) -> None:
    assert ask.body is not None
    other = replace(ask, token=(await ask.stage.person()).access, rules={})
    assert (await other.send()).content == b'"OK"\n'


def _take_google_away(ask: Ask) -> None:
    del ask.stage.running.identities.providers["google"]


_NO_GOOGLE: Final = Fault(
    "no provider",
    EndpointDisabled,
    "disabled-endpoint",
    _take_google_away,
    frozenset({"provider", "body.idToken"}),
)
_WRONG_TOKEN: Final = (
    _NO_GOOGLE,
    member("idToken", "x.y.z", InvalidIdToken, _INVALID),
    Fault(
        "no subject",
        ProviderProfileFailed,
        "oauth-profile-fetch-failed",
        _token_without_subject,
        frozenset({"body.idToken"}),
    ),
)
_RACES: Final[dict[type[Refusal], str]] = {EmailTaken: "only of two who come in the same moment"}


async def _of_ours(stage: Stage, method: str, path: str, body: dict[str, Any] | None = None) -> Ask:
    person = await stage.person()
    return Ask(stage, method, path, body, token=person.access, person=person, base="/_/api")


async def _list(stage: Stage) -> Ask:
    return await _of_ours(stage, "GET", "/user/providers")


async def _unlink(stage: Stage) -> Ask:
    """Let somebody unlink a provider who has no password."""
    email = stage.new_email()
    coming = _arriving(stage, "github", email=email)
    await coming.set_out()
    refresh = parameter((await coming.send()).headers["location"], "refreshToken")
    session = (await stage.speaker.post("/token", {"refreshToken": refresh})).json()
    ours = Ask(stage, "GET", "/user/providers", token=session["accessToken"], base="/_/api")
    [linked] = (await ours.send()).json()["providers"]
    person = await _person(stage, email, session)
    body = {"id": linked["id"]}
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
    path = _CALLBACK.format("github") + "/tokens"
    return Ask(stage, "GET", path, token=person.access, person=person)


async def _renew(stage: Stage) -> Ask:
    ask = await _linked(stage, "github")
    _scripted(stage, "github").sessions["rt"] = session_of_provider(stage.running.clock.now())
    path, body = "/token/provider/github", {"refreshToken": "rt"}
    return Ask(stage, "POST", path, body, token=ask.who.access, person=ask.person)


PROVIDERS: Final[Mapping[str, Case]] = {
    "signInProvider": Case(_departing("signin"), (*_WRONG_QUERY, *_nowhere("/signin/provider")), unseen=PKCE_ONLY),
    "signInProvider, to link": Case(
        _departing_to_link,
        (
            *_WRONG_QUERY,
            query("connect", "nonsense", InvalidAccessToken, "bad connect"),
            rule("not elevated", ElevationRequired, "not elevated, by redirect", elevation="required"),
            *SIGNED_IN,
            *_nowhere("/signin/provider"),
        ),
    ),
    "signUpProvider": Case(
        _departing("signup"), (NO_SIGN_UP, *_WRONG_QUERY, *_nowhere("/signup/provider")), unseen=PKCE_ONLY
    ),
    **_back("signInProviderCallbackGet", "github"),
    **_back("signInProviderCallbackPost", "apple"),
    "signInIdToken, of who is known": Case(_token_of_known, (BAD_TARGET, *_WRONG_TOKEN, *UNWELCOME), unseen=_RACES),
    "signInIdToken, of who is new": Case(
        _token_of_new,
        (
            BAD_TARGET,
            *_WRONG_TOKEN,
            KEPT_OUT,
            *_NEWCOMER[:-1],
            *OPTIONS,
            NO_MAIL_FOR_NEW,
            NEW_USERS_DISABLED,
        ),
    ),
    "signUpIdToken": Case(
        _token_to_sign_up,
        (
            BAD_TARGET,
            NO_SIGN_UP,
            *_WRONG_TOKEN,
            KEPT_OUT,
            Fault("taken", UserExists, "user-already-exists", _take_address, frozenset({"address"})),
            *OPTIONS,
            NO_MAIL_FOR_NEW,
            NEW_USERS_DISABLED,
        ),
        unseen=_RACES,
    ),
    "linkIdToken": Case(
        _token_to_link,
        (
            *BEARER,
            NOT_ELEVATED,
            *_WRONG_TOKEN,
            *SIGNED_IN,
            Fault(
                "linked already",
                IdentityTaken,
                "provider-account-already-linked",
                _link_token_before,
                frozenset({"token", "body.idToken", "provider"}),
            ),
        ),
    ),
    "linkProvider": Case(
        _link,
        (
            *BEARER,
            NOT_ELEVATED,
            member("redirectTo", "http://evil.example", RedirectNotAllowed, "redirectTo-not-allowed"),
            *SIGNED_IN,
            *_nowhere("/link/provider"),
        ),
    ),
    "getLinkedProviders": Case(_list, (*BEARER, *SIGNED_IN)),
    "unlinkProvider": Case(
        _unlink,
        (
            *BEARER,
            NOT_ELEVATED,
            *SIGNED_IN,
            member("id", str(uuid4()), IdentityNotFound, _INVALID),
            rule("last way in", LastWayIn, "last way in", sign_in_links_enabled=False, email_codes_enabled=False),
        ),
    ),
    "getProviderTokens": Case(_take, (*BEARER, *SIGNED_IN)),
    "refreshProviderToken": Case(
        _renew,
        (
            *BEARER,
            *SIGNED_IN,
            _elsewhere("/token/provider/spotify", EndpointDisabled, "disabled-endpoint"),
            _elsewhere("/token/provider/google", IdentityNotFound, _INVALID),
            member("refreshToken", "another", ProviderRefused, "oauth-provider-error"),
            member("refreshToken", "away", ProviderUnavailable, "oauth-provider-error"),
        ),
    ),
}
