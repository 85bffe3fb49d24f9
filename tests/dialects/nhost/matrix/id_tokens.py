"""ID tokens that an application got from a provider: to come in, to sign up, to link."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from tests.dialects.nhost.matrix.arriving import NEWCOMER, RACES, provider_named
from tests.dialects.nhost.matrix.stage import Ask, Case, Fault, Stage, member
from tests.dialects.nhost.matrix.told import INVALID_REQUEST
from tests.dialects.nhost.matrix.usual import (
    BAD_TARGET,
    BEARER,
    KEPT_OUT,
    NEW_USERS_DISABLED,
    NO_MAIL_FOR_NEW,
    NO_SIGN_UP,
    NOT_ELEVATED,
    OPTIONS,
    SIGNED_IN,
    TAKEN,
    UNWELCOME,
)
from vestibule.kernel.errors import (
    EndpointDisabled,
    IdentityTaken,
    InvalidIdToken,
    ProviderProfileFailed,
    UserExists,
)


def _token(stage: Stage, email: str | None, subject: str, *, vouched: bool = True) -> str:
    google = provider_named(stage, "google")
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
    member("idToken", "x.y.z", InvalidIdToken, INVALID_REQUEST),
    Fault(
        "no subject",
        ProviderProfileFailed,
        "oauth-profile-fetch-failed",
        _token_without_subject,
        frozenset({"body.idToken"}),
    ),
)

ID_TOKENS: Final[Mapping[str, Case]] = {
    "signInIdToken, of who is known": Case(_token_of_known, (BAD_TARGET, *_WRONG_TOKEN, *UNWELCOME), unseen=RACES),
    "signInIdToken, of who is new": Case(
        _token_of_new,
        (
            BAD_TARGET,
            *_WRONG_TOKEN,
            KEPT_OUT,
            *NEWCOMER,
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
            replace(TAKEN, refusal=UserExists, says="user-already-exists"),
            *OPTIONS,
            NO_MAIL_FOR_NEW,
            NEW_USERS_DISABLED,
        ),
        unseen=RACES,
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
}
