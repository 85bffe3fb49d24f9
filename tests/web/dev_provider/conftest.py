"""A server that has the development provider only, and an application that signs its users in there."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx2
import pytest

from tests.support.fakes import FakeClock, SeededEntropy
from tests.support.serving import serve
from tests.web.dev_provider.application import API, CALLBACK, CONSUMER, ISSUER, PAGE, SECRET, Application
from vestibule.core.signing import Algorithm
from vestibule.kernel.secret import Secret
from vestibule.web.dev_provider import Client, OAuth1Provider, OpenIdProvider, SignInDoors, provider
from vestibule.web.page_hosts import PageHosts
from vestibule.wire import Mount, WireSettings, build_app
from vestibule.wire.app import App

__all__ = ["serve"]


@pytest.fixture
def algorithm() -> Algorithm:
    """A key that is quick to make."""
    return Algorithm.ES256


@pytest.fixture
def app(clock: FakeClock, entropy: SeededEntropy, algorithm: Algorithm) -> App:
    """The provider, mounted as a server does while developing."""
    clients = [
        Client(id=CONSUMER, name="Acme Notes", secret=Secret(SECRET), redirect_uris=frozenset({CALLBACK})),
        Client(
            id="old-client", name="Old", secret=Secret(SECRET), redirect_uris=frozenset({CALLBACK}), needs_pkce=False
        ),
    ]
    slowness = timedelta(milliseconds=50)
    openid = OpenIdProvider(ISSUER, clients, clock=clock, entropy=entropy, algorithm=algorithm, slowness=slowness)
    oauth1 = OAuth1Provider(ISSUER, clients, clock=clock, entropy=entropy, slowness=slowness)
    return build_app(
        [Mount(provider)],
        dependencies={
            OpenIdProvider: openid,
            OAuth1Provider: oauth1,
            SignInDoors: SignInDoors(page=PAGE, api=API, providers=(("c:dev", "Dev Provider"),)),
            PageHosts: PageHosts(),
        },
        clock=clock,
        entropy=entropy,
        fallback="provider",
        settings=WireSettings(access_log=False),
    )


@pytest.fixture
async def application(app: App) -> AsyncIterator[Application]:
    """A registered application on the same machine."""
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url=ISSUER) as http:
        yield Application(http)
