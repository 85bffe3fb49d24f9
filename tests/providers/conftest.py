"""Providers whose every address leads to loopback."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization

from tests.providers.recorded import PEOPLE, TENANT, Recorded
from tests.support.fakes import FakeClock, SeededEntropy
from tests.support.providers.identity import IdentityServer, ec_key, moved, public_jwk, rsa_key, signed
from tests.support.providers.standing_in import Answer, serve
from tests.support.providers.trusting import certificate_for
from vestibule.core.social.model import (
    AuthorizationRequest,
    Callback,
    Departure,
    IdentityProvider,
    IdTokenVerifier,
    Vouched,
)
from vestibule.kernel.clock import to_seconds
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.secret import Secret
from vestibule.outbound import OutboundClient, OutboundSettings
from vestibule.providers import ROWS, AcceptedIdTokens, AppleKey, ConfiguredProvider, ProviderSettings, Row
from vestibule.providers.configured import ConfiguredProviders
from vestibule.providers.id_token import hashed_nonce

PROJECT: Final = ProjectId(UUID(int=1))
CLIENT: Final = "our client"
SECRET: Final = "our secret & more"
DEADLINE: Final = timedelta(seconds=30)
REQUEST: Final = AuthorizationRequest(
    state="a state", nonce="a nonce", code_verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
BACK: Final = Callback(code="a-code")


def sent_to(departure: Departure) -> dict[str, str]:
    """Return the parameters that the browser carries."""
    return dict(parse_qsl(urlsplit(departure.url).query, keep_blank_values=True, strict_parsing=True))


@dataclass
class Place:
    """A server that is every provider at once, and the way to be its client."""

    server: IdentityServer
    outbound: OutboundClient
    clock: FakeClock = field(default_factory=FakeClock)

    def row(self, name: str) -> Row:
        """Return the row as it is configured, moved here."""
        return moved(ROWS[name].for_tenant(TENANT, TENANT), self.server.url)

    def configured(self, row: Row, **changes: Any) -> ConfiguredProvider:
        """Return us at a provider."""
        written = ec_key("ours").private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        apple = AppleKey(team_id="TEAM", key_id="KEY", private_key=Secret(written.decode()))
        usual: dict[str, Any] = {
            "client_id": CLIENT,
            "client_secret": apple if row.name == "apple" else Secret(SECRET),
            "scopes": row.scopes,
        }
        return ConfiguredProvider(row=row, **{**usual, **changes})

    def everything(self, settings: ProviderSettings) -> ConfiguredProviders:
        """Return what the settings describe."""
        return ConfiguredProviders(
            settings,
            callback_url="https://auth.acme.example/v1/signin/provider/{}/callback".format,
            is_served=lambda project_id: project_id == PROJECT,
            outbound=self.outbound,
            clock=self.clock,
            entropy=SeededEntropy(),
        )

    def provider(self, name: str | Row, **changes: Any) -> IdentityProvider:
        """Return one provider, by its name or its row."""
        row = self.row(name) if isinstance(name, str) else name
        found = self.everything(ProviderSettings((self.configured(row, **changes),))).find(PROJECT, row.name)
        assert found is not None
        return found

    def verifier(self, name: str, *audiences: str) -> IdTokenVerifier:
        """Return what takes ID tokens of applications."""
        accepted = AcceptedIdTokens(self.row(name), audiences)
        found = self.everything(ProviderSettings(id_tokens=(accepted,))).verifier(PROJECT, name)
        assert found is not None
        return found

    def claims(self, claims: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
        """Return the claims with what every token has; a change to None leaves one out."""
        now = to_seconds(self.clock.now())
        usual = {"aud": CLIENT, "iat": now, "exp": now + 600, "nonce": hashed_nonce(REQUEST.nonce)}
        return {name: value for name, value in {**usual, **claims, **changes}.items() if value is not None}

    def say(self, name: str, recorded: Recorded, **token: Any) -> None:
        """Let the server answer as `recorded`; `token` changes the answer of the token endpoint."""
        answer: dict[str, Any] = {"access_token": "an-access-token", "token_type": "bearer", "expires_in": 3600}
        if recorded.claims:
            answer["id_token"] = signed(self.claims(recorded.claims))
        self.server.tokens = Answer(200, answer | token)
        self.server.documents = {**recorded.documents, _keys_path(self.row(name)): {"keys": [public_jwk(rsa_key())]}}

    async def identify(
        self, name: str, recorded: Recorded | None = None, *, callback: Callback = BACK, **token: Any
    ) -> Vouched:
        """Let somebody come back."""
        self.say(name, recorded or PEOPLE[name], **token)
        return await self.provider(name).identify(callback, REQUEST)


def _keys_path(row: Row) -> str:
    return urlsplit(getattr(row.endpoints, "keys", "")).path


@pytest.fixture(scope="session")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a file with one authority: reading those of the system takes tens of milliseconds, in each test."""
    return certificate_for(tmp_path_factory.mktemp("authority"), "127.0.0.1").ca_file


@pytest.fixture
async def place(authorities: str) -> AsyncIterator[Place]:
    """A provider on loopback, and a client of it."""
    settings = OutboundSettings(allow=("127.0.0.0/8",), ca_file=authorities, connect=DEADLINE, deadline=DEADLINE)
    async with serve(IdentityServer()) as server:
        outbound = OutboundClient(settings)
        yield Place(server, outbound)
        await outbound.close()
