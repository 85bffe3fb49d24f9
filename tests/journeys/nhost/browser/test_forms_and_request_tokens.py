"""What is different with Apple and with Twitter, in a real browser: an answer by form, and OAuth 1.0a.

Apple's answer is a POST from its page, with which browsers send few cookies; the one that binds the journey must be
among them.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from playwright.async_api import Browser, Page, expect

from tests.journeys.nhost.browser.site import site
from tests.journeys.nhost.running import node
from tests.support.browsing import listening, open_browser
from tests.support.cores import settings_for
from tests.support.fakes import FakeClock
from tests.support.providers.loopback import CLIENT_ID, CLIENT_SECRET, AppleClient, LoopbackProvider, client_of
from tests.support.providers.standing_in import serve
from vestibule.assembly.application import assemble
from vestibule.core.signing import Algorithm
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.secret import Secret
from vestibule.providers import (
    ROWS,
    AppleKey,
    ConfiguredProvider,
    Endpoints,
    IdTokens,
    ProviderSettings,
    TwitterSettings,
)
from vestibule.web.dev_provider import Client, Fault

pytestmark = pytest.mark.engine("sqlite")  # what a browser does depends on no engine
Visit = Callable[..., Any]


def apple_at(url: str, key: ec.EllipticCurvePrivateKey) -> ProviderSettings:
    """Return Apple, standing at `url`."""
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    row = replace(
        ROWS["apple"],
        endpoints=Endpoints(authorize=f"{url}/authorize", token=f"{url}/token", keys=f"{url}/jwks"),
        id_tokens=IdTokens(issuer=url),
    )
    apple = AppleKey(team_id="TEAM", key_id="KEY", private_key=Secret(private.decode()))
    configured = ConfiguredProvider(row=row, client_id=CLIENT_ID, client_secret=apple, scopes=row.scopes)
    return ProviderSettings(oauth2=(configured,))


@pytest.fixture
def visiting(database_url: str, clock: FakeClock, unused_tcp_port_factory: Callable[[], int]) -> Visit:
    """Return the function that starts a server with one provider, and opens the application in a browser."""
    node()

    @asynccontextmanager
    async def start(
        provider: str, client: Callable[[str], Client], settled: Callable[[str], ProviderSettings]
    ) -> AsyncIterator[tuple[Page, LoopbackProvider]]:
        port, site_port = unused_tcp_port_factory(), unused_tcp_port_factory()
        server = f"http://localhost:{port}"
        registered = client(f"{server}/v1/signin/provider/{provider}/callback")
        environ = {
            "VESTIBULE_PUBLIC_URL": server,
            "AUTH_SERVER_URL": f"{server}/v1",
            "AUTH_CLIENT_URL": f"http://localhost:{site_port}/",
            "VESTIBULE_OUTBOUND_ALLOW": "127.0.0.1",
        }
        stand_in = LoopbackProvider(clients=[registered], clock=clock, algorithm=Algorithm.RS256, shows_page=True)
        async with serve(stand_in):
            settings = settings_for(database_url, environ, access_log=False, providers=settled(stand_in.url))
            application = assemble(settings, clock=clock, entropy=SystemEntropy(), with_worker=False)
            async with (
                listening(application.app, port),
                site(site_port, "providers") as origin,
                open_browser() as browser,
            ):
                yield await opened(browser, f"{origin}/?auth={server}/v1"), stand_in

    return start


async def opened(browser: Browser, url: str) -> Page:
    page = await browser.new_page()
    await page.goto(url)
    await expect(page.locator("#who")).to_have_text("nobody")
    return page


async def test_apples_form_signs_in(visiting: Visit) -> None:
    """The cookie comes along with the foreign POST, the name is taken from the form, and our secret is a JWT."""
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    def client(callback: str) -> Client:
        return AppleClient(
            id=CLIENT_ID,
            name="Acme Notes",
            secret=Secret(public.decode()),
            redirect_uris=frozenset({callback}),
            team_id="TEAM",
            key_id="KEY",
        )

    async with visiting("apple", client, lambda url: apple_at(url, key)) as (page, stand_in):
        await page.evaluate("window.app.signIn('apple')")
        await page.get_by_role("button", name="Reader").click()
        await expect(page.locator("#who")).to_have_text("Reader")
        assert (await page.evaluate("window.app.user()"))["email"] == "reader@example.com"
        assert stand_in.asked("/authorize")[0].query["response_mode"] == "form_post"

        await page.evaluate("window.app.signIn('apple')")
        await page.get_by_text("Let something go wrong").click()
        await page.get_by_label("Another nonce than was asked for").check()
        await page.get_by_role("button", name="Reader").click()
        await expect(page.locator("#error")).to_contain_text("oauth-")


async def test_twitter_signs_in_by_request_token(visiting: Visit) -> None:
    """And an answer to another request token is refused."""

    def settled(url: str) -> ProviderSettings:
        return ProviderSettings(
            twitter=TwitterSettings(consumer_key=CLIENT_ID, consumer_secret=Secret(CLIENT_SECRET), url=url)
        )

    async with visiting("twitter", client_of, settled) as (page, stand_in):
        await page.evaluate("window.app.signIn('twitter')")
        await page.get_by_text("Let something go wrong").click()
        await page.locator(f"input[value={Fault.FOREIGN_STATE.value}]").check()
        await page.get_by_role("button", name="Reader").click()
        await expect(page.locator("#error")).to_contain_text("oauth-profile-fetch-failed")

        await page.evaluate("window.app.signIn('twitter')")
        await page.get_by_role("button", name="Reader").click()
        await expect(page.locator("#who")).to_have_text("Reader")
        assert len(stand_in.asked("/oauth/access_token")) == 1
