"""A server, two providers that speak the real protocols, and an application, each at an origin of its own.

Time stands still, so that a state can be ten minutes old at once.
"""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

import httpx2
import pytest
from playwright.async_api import Browser, Page, expect

from tests.journeys.nhost.browser.site import site
from tests.journeys.nhost.running import node
from tests.support.browsing import listening, open_browser
from tests.support.cores import settings_for
from tests.support.fakes import FakeClock
from tests.support.providers.loopback import CLIENT_ID, CLIENT_SECRET, LoopbackProvider, client_of
from tests.support.providers.standing_in import serve
from vestibule.assembly.application import Application, assemble
from vestibule.kernel.entropy import SystemEntropy
from vestibule.storage import Statement

SESSIONS: Final = Statement(int, "SELECT COUNT(*) FROM vestibule_sessions")
FIRST, SECOND = "c:first", "c:second"


@dataclass
class World:
    """The server, two providers, and an application with visitors, each with a browser of their own."""

    application: Application
    browser: Browser
    server: str
    origin: str
    first: LoopbackProvider
    second: LoopbackProvider
    clock: FakeClock
    complaints: list[str] = field(default_factory=list)

    def callback(self, provider: str) -> str:
        """Return where a provider sends browsers back to."""
        return f"{self.server}/v1/signin/provider/{provider}/callback"

    async def visitor(self) -> Page:
        """Open the application in a browser that nobody else has used."""
        page = await (await self.browser.new_context()).new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(f"{self.origin}/?auth={self.server}/v1")
        await expect(page.locator("#who")).to_have_text("nobody")
        return page

    async def sessions(self) -> int:
        """Return how many sessions there are."""
        return await self.application.core.db.one(SESSIONS) or 0


@pytest.fixture
def told() -> dict[str, str]:
    """Nothing."""
    return {}


@pytest.fixture
async def world(
    database_url: str, clock: FakeClock, unused_tcp_port_factory: Callable[[], int], told: dict[str, str]
) -> AsyncIterator[World]:
    """All of them behind real sockets; the server is told what a test wants besides."""
    node()
    port, site_port = unused_tcp_port_factory(), unused_tcp_port_factory()
    server = f"http://localhost:{port}"
    async with AsyncExitStack() as stack:
        providers = [
            await stack.enter_async_context(
                serve(
                    LoopbackProvider(clients=[client_of(f"{server}/v1/signin/provider/{name}/callback")], clock=clock)
                )
            )
            for name in (FIRST, SECOND)
        ]
        configured = {
            name.removeprefix("c:"): {
                "type": "oidc",
                "clientId": CLIENT_ID,
                "clientSecret": CLIENT_SECRET,
                "issuer": there.url,
                "idTokenAlgorithm": "ES256",
                "trustEmail": True,
            }
            for name, there in zip((FIRST, SECOND), providers, strict=True)
        }
        environ = {
            "VESTIBULE_PUBLIC_URL": server,
            "AUTH_SERVER_URL": f"{server}/v1",
            "AUTH_CLIENT_URL": f"http://localhost:{site_port}/",
            "AUTH_PROVIDER_CUSTOM": json.dumps(configured),
            "VESTIBULE_OUTBOUND_ALLOW": "127.0.0.1",
            **told,
        }
        settings = settings_for(database_url, environ, access_log=False)
        application = assemble(settings, clock=clock, entropy=SystemEntropy(), with_worker=False)
        await stack.enter_async_context(listening(application.app, port))
        origin = await stack.enter_async_context(site(site_port, "providers"))
        browser = await stack.enter_async_context(open_browser())
        found = World(application, browser, server, origin, first=providers[0], second=providers[1], clock=clock)
        yield found
    assert found.complaints == []


async def sign_in(page: Page, provider: str = FIRST, more: dict[str, Any] | None = None) -> None:
    """Press the button."""
    await page.evaluate("(told) => window.app.signIn(...told)", [provider, more or {}])


async def expect_user(page: Page, name: str) -> dict[str, Any]:
    """Wait until the page shows who is signed in."""
    await expect(page.locator("#who")).to_have_text(name)
    user: dict[str, Any] = await page.evaluate("window.app.user()")
    return user


async def expect_refusal(world: World, page: Page, error: str) -> None:
    """Wait until the page shows the error; nobody is signed in."""
    await expect(page.locator("#error")).to_contain_text(error)
    await expect(page.locator("#who")).to_have_text("nobody")
    assert await world.sessions() == 0


async def held_back(page: Page, there: LoopbackProvider) -> str:
    """Let the page go to a provider, and stop it on its way back; return the address with state and code."""
    there.shows_page = True
    await sign_in(page)
    ticket = await page.locator("input[name=ticket]").input_value()
    there.shows_page = False
    async with httpx2.AsyncClient(timeout=60) as http:
        answer = await http.post(f"{there.url}/authorize", data={"ticket": ticket, "person": "reader"})
    return str(answer.headers["location"])
