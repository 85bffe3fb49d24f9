"""Journeys: from here to a provider and back. The `state` is a ticket, known to the browser that began, spent once.

Verifier and nonce are derived from the state and a root key, so that nothing stored opens anything.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Literal, TypeAlias
from uuid import UUID

import msgspec

from vestibule.core.projects import Visit
from vestibule.core.social.model import AuthorizationRequest
from vestibule.core.tickets import NewTicket, Purpose, TicketDesk
from vestibule.core.users import UserOptions
from vestibule.kernel.errors import InvalidProviderState, InvalidTicket
from vestibule.storage import Database

Flow: TypeAlias = Literal["sign-in", "sign-up", "connect"]

SECRET_BYTES: Final = 32
JOURNEY_LIFE: Final = timedelta(minutes=10)  # a provider may ask for a second factor of its own (security 50)
_SECRET_CHARACTERS: Final = 43
_KEPT: Final = "provider request token"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departing:
    """Somebody who sets out to a provider.

    `browser` is the secret of their browser's cookie. `passed_on` is the application's own state, handed back as it is.
    Whoever wants to link the provider to a user has the flow `connect` and says who they are, by which session.
    """

    provider: str
    flow: Flow
    browser: bytes
    redirect_to: str
    passed_on: str | None = None
    challenge: str | None = None
    options: UserOptions = field(default_factory=UserOptions)
    parameters: Mapping[str, str] = field(default_factory=dict)
    user_id: UUID | None = None
    session_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Somebody who comes back from a provider; `browsers` are the secrets that their cookies have."""

    provider: str
    state: str
    browsers: Sequence[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Journey:
    """A journey that is over: what it was begun for, and what the provider was asked with."""

    provider: str
    flow: Flow
    redirect_to: str
    passed_on: str | None
    challenge: str | None
    options: UserOptions
    user_id: UUID | None
    session_id: UUID | None
    request: AuthorizationRequest


class _Remembered(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The payload of a journey's ticket."""

    provider: str
    flow: Flow
    browser: str
    root_key: str
    redirect_to: str
    passed_on: str | None = None
    challenge: str | None = None
    options: UserOptions = msgspec.field(default_factory=UserOptions)
    parameters: dict[str, str] = msgspec.field(default_factory=dict)
    session_id: UUID | None = None
    kept: str = ""


def secret_text(secret: bytes) -> str:
    """Return a secret of a journey as URLs and cookies carry it: base64url."""
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def secret_bytes(text: str) -> bytes | None:
    """Return the 32 bytes of a secret in its one spelling; None for any other text."""
    if len(text) != _SECRET_CHARACTERS or not text.isascii():
        return None
    try:
        secret = base64.b64decode(f"{text}=", altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    return secret if secret_text(secret) == text else None


@dataclass(frozen=True, slots=True)
class Journeys:
    """Begins journeys and ends them."""

    db: Database
    tickets: TicketDesk

    def request(self, parameters: Mapping[str, str]) -> tuple[bytes, AuthorizationRequest]:
        """Return the secret of a new journey, and what to ask the provider with."""
        keyring = self.tickets.keyring
        secret = self.tickets.entropy.bytes(SECRET_BYTES)
        return secret, self._request(secret, keyring.current_id, parameters)

    async def remember(self, visit: Visit, departing: Departing, secret: bytes, kept: str) -> None:
        """Store the journey that `secret` stands for, with what the provider wants back (sealed)."""
        keyring = self.tickets.keyring
        sealed = base64.b64encode(keyring.seal(_KEPT, kept.encode(), secret)).decode() if kept else ""
        remembered = _Remembered(
            provider=departing.provider,
            flow=departing.flow,
            browser=_browser_hash(departing.browser),
            root_key=keyring.current_id.hex(),
            redirect_to=departing.redirect_to,
            passed_on=departing.passed_on,
            challenge=departing.challenge,
            options=departing.options,
            parameters=dict(departing.parameters),
            session_id=departing.session_id,
            kept=sealed,
        )
        ticket = NewTicket(
            project_id=visit.project.id,
            purpose=Purpose.PROVIDER_STATE,
            dialect=visit.dialect,
            life=JOURNEY_LIFE,
            user_id=departing.user_id,
            client_id=visit.client_id,
            payload=msgspec.to_builtins(remembered),
        )
        async with self.db.write() as tx:
            await self.tickets.issue(tx, ticket, secret=secret, replace=False)

    async def end(self, visit: Visit, arrival: Arrival) -> Journey:
        """Return the journey, which nobody can make again: it is spent before anything is asked of the provider.

        Raises: InvalidProviderState, also in a browser that did not begin it (security 42), and where another provider
        brings it back than it led to (security 45). Those spend nothing.
        """
        secret = secret_bytes(arrival.state)
        if secret is None:
            raise InvalidProviderState
        try:
            ticket = await self.tickets.examine(
                self.db, visit.project.id, Purpose.PROVIDER_STATE, visit.dialect, secret, visit.client_id
            )
            remembered = msgspec.convert(ticket.payload, _Remembered)
            if remembered.provider != arrival.provider or not _is_of(remembered, arrival):
                raise InvalidProviderState
            async with self.db.write() as tx:
                await self.tickets.spend(tx, ticket)
        except InvalidTicket as error:
            raise InvalidProviderState from error
        kept = ""
        if remembered.kept:
            kept = self.tickets.keyring.open(_KEPT, base64.b64decode(remembered.kept), secret).decode()
        return Journey(
            provider=remembered.provider,
            flow=remembered.flow,
            redirect_to=remembered.redirect_to,
            passed_on=remembered.passed_on,
            challenge=remembered.challenge,
            options=remembered.options,
            user_id=ticket.user_id,
            session_id=remembered.session_id,
            request=self._request(secret, bytes.fromhex(remembered.root_key), remembered.parameters, kept),
        )

    def _request(
        self, secret: bytes, root_key: bytes, parameters: Mapping[str, str], kept: str = ""
    ) -> AuthorizationRequest:
        keyring = self.tickets.keyring
        return AuthorizationRequest(
            state=secret_text(secret),
            nonce=secret_text(keyring.mac("provider nonce", secret, root_key)),
            code_verifier=secret_text(keyring.mac("provider code verifier", secret, root_key)),  # RFC 7636 section 4.1
            parameters=parameters,
            kept=kept,
        )


def _browser_hash(browser: bytes) -> str:
    return hashlib.sha256(browser).hexdigest()


def _is_of(remembered: _Remembered, arrival: Arrival) -> bool:
    hashes = [_browser_hash(browser) for browser in arrival.browsers]
    return any(hmac.compare_digest(remembered.browser, known) for known in hashes)
