"""What a provider of identities is to the core. How each one is asked is the business of `vestibule.providers`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from vestibule.kernel.ids import ProjectId
from vestibule.kernel.secret import Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalIdentity:
    """Somebody, as a provider knows them. `issuer` and `subject` together are who; nothing else ever is.

    `email_is_vouched`: the provider says that the address was verified, and is one whose word on that is taken.
    """

    provider: str
    issuer: str
    subject: str
    email: str | None = None
    email_is_vouched: bool = False
    name: str = ""
    picture: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSession:
    """What the application may call the provider with. `expires_at` is None where the provider does not say."""

    access_token: Secret
    expires_at: datetime | None = None
    refresh_token: Secret | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationRequest:
    """What one journey to a provider carries; the same when it comes back.

    `parameters` are those of the caller that the provider's row lets pass. `kept` is what `Departure.kept` was.
    """

    state: str
    nonce: str
    code_verifier: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Departure:
    """Where to send the browser, and what must be remembered until it comes back (a request token's secret)."""

    url: str
    kept: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """What the browser brings back from the provider, as it came; `issuer` is the parameter `iss` of RFC 9207."""

    code: str | None = None
    id_token: str | None = None
    user: str | None = None
    issuer: str | None = None
    oauth_token: str | None = None
    oauth_verifier: str | None = None


@dataclass(frozen=True, slots=True)
class Vouched:
    """Who came back, and what the application may call the provider with, where there is such a thing."""

    identity: ExternalIdentity
    session: ProviderSession | None = None


class IdentityProvider(Protocol):
    """Somebody who says who people are."""

    @property
    def name(self) -> str:
        """The name on the wire: `github`, or `c:acme` of a configured one."""
        ...

    @property
    def answers_by_form(self) -> bool:
        """Whether the browser comes back with a POST from the provider's page (`response_mode=form_post`)."""
        ...

    async def depart(self, request: AuthorizationRequest) -> Departure:
        """Return where the browser goes. Raises: ProviderUnavailable."""
        ...

    async def identify(self, callback: Callback, request: AuthorizationRequest) -> Vouched:
        """Return who came back. Raises: ProviderExchangeFailed, ProviderProfileFailed."""
        ...

    async def refreshed(self, refresh_token: Secret) -> ProviderSession:
        """Return a new session of the provider's. Raises: ProviderRefused."""
        ...


class IdTokenVerifier(Protocol):
    """Knows who a token speaks of that an application got from a provider itself."""

    async def __call__(self, id_token: str, nonce: str | None) -> ExternalIdentity:
        """Return who it is; `nonce` is the raw one, of which the token has the SHA-256. Raises: InvalidIdToken."""
        ...


class IdentityProviders(Protocol):
    """The providers that an operator has configured."""

    def find(self, project_id: ProjectId, name: str) -> IdentityProvider | None:
        """Return the provider; None where the project does not have it."""
        ...

    def verifier(self, project_id: ProjectId, name: str) -> IdTokenVerifier | None:
        """Return what checks the provider's ID tokens; None where the project takes none."""
        ...
