"""The methods of the real client that sign in with other providers, and the providers that they meet."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from tests.journeys.nhost.running import Asked, node, travel
from tests.support.browsing import listening
from tests.support.cores import settings_for
from tests.support.providers.identity import IdentityServer, moved, public_jwk, rsa_key, signed
from tests.support.providers.standing_in import Answer, serve
from vestibule.assembly.application import assemble
from vestibule.kernel.clock import SystemClock, to_seconds
from vestibule.settings import Settings

JOURNEY: Final = Path(__file__).with_name("providers.mjs")
CLIENT_URL: Final = "http://localhost:3000"
AUDIENCE: Final = "our-app"
NUMBERS: Final = {"ada": 1, "bob": 2}


def at_loopback(settings: Settings, origin: str) -> Settings:
    """Return the settings with every address of every provider at this origin."""
    providers = settings.providers
    return dataclasses.replace(
        settings,
        providers=dataclasses.replace(
            providers,
            oauth2=tuple(dataclasses.replace(each, row=moved(each.row, origin)) for each in providers.oauth2),
            id_tokens=tuple(dataclasses.replace(each, row=moved(each.row, origin)) for each in providers.id_tokens),
        ),
    )


def token_of(asked: Asked) -> str:
    """Return an ID token as Google makes one."""
    now = SystemClock().now()
    claims: dict[str, Any] = {
        "iss": "https://accounts.google.com",
        "aud": AUDIENCE,
        "sub": asked["idToken"],
        "email": asked["email"],
        "email_verified": True,
        "iat": to_seconds(now),
        "exp": to_seconds(now + timedelta(hours=1)),
    }
    return signed(claims | ({"nonce": asked["nonce"]} if asked["nonce"] else {}))


def come(provider: IdentityServer, name: str) -> None:
    """Let somebody be at GitHub."""
    provider.documents["/user"] = {"id": NUMBERS[name], "login": name, "name": name.title()}
    provider.documents["/user/emails"] = [{"email": f"{name}@acme.example", "primary": True, "verified": True}]


async def test_every_method_about_providers_is_answered(
    database_url: str, unused_tcp_port_factory: Callable[[], int]
) -> None:
    """A journey to GitHub and ID tokens of Google, by an unmodified @nhost/nhost-js."""
    node()
    port = unused_tcp_port_factory()
    auth_url = f"http://127.0.0.1:{port}/v1"
    environ = {
        "VESTIBULE_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "AUTH_SERVER_URL": auth_url,
        "AUTH_CLIENT_URL": CLIENT_URL,
        "AUTH_PROVIDER_GITHUB_ENABLED": "true",
        "AUTH_PROVIDER_GITHUB_CLIENT_ID": "us",
        "AUTH_PROVIDER_GITHUB_CLIENT_SECRET": "s3cret",
        "AUTH_PROVIDER_GOOGLE_AUDIENCE": AUDIENCE,
        "VESTIBULE_OUTBOUND_ALLOW": "127.0.0.1",
    }
    granted = {"access_token": "gho_0123456789", "refresh_token": "ghr_0123456789", "expires_in": 3600}
    async with serve(IdentityServer(tokens=Answer(200, granted))) as provider:
        provider.documents["/oauth2/v3/certs"] = {"keys": [public_jwk(rsa_key())]}

        async def answer(asked: Asked) -> object:
            if "visitor" in asked:
                come(provider, asked["visitor"])
                return None
            return token_of(asked)

        settings = at_loopback(settings_for(database_url, environ, access_log=False), provider.url)
        async with listening(assemble(settings, with_worker=False).app, port):
            kept = await travel(JOURNEY, {"JOURNEY_AUTH_URL": auth_url, "JOURNEY_CLIENT_URL": CLIENT_URL}, answer)
    assert kept[0] == "to a provider and back"
    assert kept[-1] == "and no method was forgotten"
