"""Providers of identities that follow a script: who comes back is told before, and what was agreed on is checked.

`Scripted` stands behind the core's Protocols, so that tests of the core need no HTTP. It keeps what it was asked with
at the departure and refuses a callback that does not show the same again, as a real provider would.
"""

import base64
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec

from vestibule.core.social.model import (
    AuthorizationRequest,
    Callback,
    Departure,
    ExternalIdentity,
    IdentityProvider,
    IdTokenVerifier,
    ProviderSession,
    Vouched,
)
from vestibule.kernel.errors import InvalidIdToken, ProviderExchangeFailed, ProviderRefused, ProviderUnavailable
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.secret import Secret

NAMES: Final = ("github", "google", "apple", "twitter", "workos", "strava", "c:acme")
AWAY: Final = "strava"  # cannot be reached
FORM_POSTERS: Final = frozenset({"apple"})
KEEPS: Final = frozenset({"twitter"})  # has a request token, whose secret must come back
_PASSED: Final = {"workos": ("organization", "connection")}


@dataclass
class Scripted:
    """One provider. `codes` maps what a callback brings to who it is; each code works once, for its own journey."""

    name: str
    asked: dict[str, AuthorizationRequest] = field(default_factory=dict)
    codes: dict[str, tuple[str, Vouched]] = field(default_factory=dict)
    sessions: dict[str, ProviderSession] = field(default_factory=dict)
    failure: type[Exception] | None = None  # at the departure
    accident: Exception | None = None  # at the callback
    identified: int = 0
    _numbers: Any = field(default_factory=count)

    @property
    def issuer(self) -> str:
        """Who this is, to the letter."""
        return f"https://{self.name.removeprefix('c:')}.example"

    @property
    def answers_by_form(self) -> bool:
        """Apple does."""
        return self.name in FORM_POSTERS

    async def depart(self, request: AuthorizationRequest) -> Departure:
        """Return a page that carries what a real one would be sent."""
        if self.failure is not None or self.name == AWAY:
            raise self.failure or ProviderUnavailable
        passed = {name: request.parameters[name] for name in _PASSED.get(self.name, ()) if name in request.parameters}
        kept = f"kept of {request.state}" if self.name in KEEPS else ""
        self.asked[request.state] = replace(request, kept=kept)
        query = {"client_id": "ours", "state": request.state, "nonce": request.nonce, **passed}
        return Departure(f"{self.issuer}/authorize?{urlencode(query)}", kept)

    def consent(self, state: str, identity: ExternalIdentity, session: ProviderSession | None = None) -> str:
        """Let somebody press the button on the provider's page; return the code that they are sent back with."""
        code = f"code-{self.name}-{next(self._numbers)}"
        self.codes[code] = (state, Vouched(identity, session))
        return code

    async def identify(self, callback: Callback, request: AuthorizationRequest) -> Vouched:
        """Return who it is, once, to whoever shows the verifier, nonce and secret of the same journey."""
        self.identified += 1
        if self.accident is not None:
            raise self.accident
        if callback.issuer not in {None, self.issuer}:
            raise ProviderExchangeFailed  # RFC 9207 section 2.4
        state, vouched = self.codes.pop(callback.code or "", ("", None))
        asked = self.asked.get(state)
        if vouched is None or asked is None:
            raise ProviderExchangeFailed
        if (asked.state, asked.nonce, asked.code_verifier, asked.kept) != (
            request.state,
            request.nonce,
            request.code_verifier,
            request.kept,
        ):
            raise ProviderExchangeFailed
        return vouched

    async def refreshed(self, refresh_token: Secret) -> ProviderSession:
        """Return the session of a token that was issued."""
        if refresh_token.reveal() == "away":
            raise ProviderUnavailable
        session = self.sessions.get(refresh_token.reveal())
        if session is None:
            raise ProviderRefused("invalid_grant")
        return session

    def person(self, subject: str, email: str | None = None, *, vouched: bool = True, **more: str) -> ExternalIdentity:
        """Return somebody whom this provider knows."""
        return ExternalIdentity(
            provider=self.name, issuer=self.issuer, subject=subject, email=email, email_is_vouched=vouched, **more
        )

    def id_token(self, identity: ExternalIdentity, expires_at: datetime, nonce: str | None = None) -> str:
        """Return a token about somebody; its signature is that it was made here."""
        claims: dict[str, Any] = {
            "iss": identity.issuer,
            "sub": identity.subject,
            "exp": int(expires_at.timestamp()),
            "email": identity.email,
            "email_verified": identity.email_is_vouched,
        }
        if nonce is not None:
            claims["nonce"] = nonce
        payload = base64.urlsafe_b64encode(msgspec.json.encode(claims)).rstrip(b"=").decode()
        token = f"e30.{payload}.{next(self._numbers)}"
        self.codes[token] = ("id token", Vouched(identity))
        return token

    async def __call__(self, id_token: str, nonce: str | None) -> ExternalIdentity:
        """Return whom a token of ours speaks of."""
        _, vouched = self.codes.get(id_token, ("", None))
        if vouched is None:
            raise InvalidIdToken
        payload = id_token.split(".")[1]
        claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        if "nonce" in claims and claims["nonce"] != nonce:
            raise InvalidIdToken
        return vouched.identity


@dataclass
class ScriptedProviders:
    """Those that are configured: the same for every project."""

    providers: dict[str, Scripted] = field(default_factory=lambda: {name: Scripted(name) for name in NAMES})

    def __getitem__(self, name: str) -> Scripted:
        return self.providers[name]

    def find(self, project_id: ProjectId, name: str) -> IdentityProvider | None:
        """Return the provider."""
        return self.providers.get(name)

    def verifier(self, project_id: ProjectId, name: str) -> IdTokenVerifier | None:
        """Apple, Google and one of the operator's own take tokens."""
        return self.providers.get(name) if name in {"apple", "google", "c:acme"} else None


def parameter(url: str, name: str) -> str:
    """Return a parameter of a URL; empty without it."""
    return parse_qs(urlsplit(url).query).get(name, [""])[0]


def session_of_provider(now: datetime, access_token: str = "at", refresh_token: str | None = "rt") -> ProviderSession:
    """Return what an application may call a provider with for an hour."""
    return ProviderSession(
        access_token=Secret(access_token),
        expires_at=now + timedelta(hours=1),
        refresh_token=None if refresh_token is None else Secret(refresh_token),
    )
