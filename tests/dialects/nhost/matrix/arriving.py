"""Somebody who comes back from a provider, as the cases about providers, ID tokens and identities need them."""

from dataclasses import dataclass, field
from typing import Any, Final

from tests.dialects.nhost.matrix.stage import Ask, Fault, Stage, rule
from tests.dialects.nhost.matrix.usual import NO_SIGN_UP, WRONG
from tests.dialects.nhost.speaking import BASE
from tests.support.identities import Scripted, parameter
from vestibule.core.social.model import ExternalIdentity
from vestibule.kernel.errors import (
    EmailNotVerified,
    EmailTaken,
    EndpointDisabled,
    InvalidCredentials,
    ProviderUnavailable,
    Refusal,
)

CALLBACK: Final = "/signin/provider/{}/callback"
RACES: Final[dict[type[Refusal], str]] = {EmailTaken: "only of two who come in the same moment"}


def provider_named(stage: Stage, name: str) -> Scripted:
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
        scripted = provider_named(self.stage, self.provider)
        subject = self.subject if subject is None else subject
        return scripted.person(subject, self.email or None, vouched=self.vouched)

    async def set_out(self) -> None:
        """Go to the provider, and be about to come back."""
        scripted, client = provider_named(self.stage, self.provider), self.stage.running.client
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


def arriving(stage: Stage, provider: str, **more: Any) -> Arriving:
    """Return somebody about to set out; `more` are fields of theirs."""
    method = "POST" if provider_named(stage, provider).answers_by_form else "GET"
    path = CALLBACK.format(provider)
    return Arriving(stage, method, path, provider=provider, subject=f"of {stage.new_email()}", **more)


async def linked(stage: Stage, provider: str) -> Arriving:
    """Return somebody who has linked the provider, which tells no address."""
    person = await stage.person()
    ask = arriving(stage, provider, person=person, wishes={"connect": person.access})
    await ask.set_out()
    assert "error=" not in (await ask.send()).headers["location"]
    ask.wishes = {}
    return ask


async def _take_address(ask: Ask) -> None:
    await ask.stage.person(ask.email)


# What may be wrong with somebody whom nobody here knows yet.
NEWCOMER: Final = (
    Fault("address of somebody", EmailNotVerified, "unverified-user", _take_address, frozenset({"address"})),
    rule("sign-ups apart", InvalidCredentials, WRONG, auto_sign_up_enabled=False),
    NO_SIGN_UP,
)


def elsewhere(path: str, refusal: type[Refusal], says: str) -> Fault:
    """Return what is wrong with another path: there is no such provider, or none that answers."""

    def spoil(ask: Ask) -> None:
        ask.path = path

    return Fault(path, refusal, says, spoil, frozenset({"path"}))


def nowhere(how: str) -> tuple[Fault, ...]:
    """Return the two providers that are never there, under a path."""
    return (
        elsewhere(f"{how}/spotify", EndpointDisabled, "disabled-endpoint"),
        elsewhere(f"{how}/strava", ProviderUnavailable, "oauth-provider-error"),
    )
