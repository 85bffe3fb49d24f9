"""A server that has the mailbox page only, and letters to put into it."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
import uvicorn
from playwright.async_api import Page, async_playwright

from tests.support.fakes import FakeClock, SeededEntropy
from vestibule.core.outbox import Claimed, MailVariables
from vestibule.delivery.mailbox import Mailbox
from vestibule.delivery.render import Renderer
from vestibule.delivery.samples import Samples
from vestibule.web.mailbox import GalleryPages, MailboxPages, PageHosts, mailbox
from vestibule.wire import Mount, WireSettings, build_app
from vestibule.wire.app import App


@pytest.fixture
def box() -> Mailbox:
    """An empty mailbox."""
    return Mailbox()


@pytest.fixture
def put_mail(box: Mailbox, clock: FakeClock) -> Callable[[str, str], str]:
    """Put a rendered mail with a link to somebody into the mailbox; returns its id."""
    renderer = Renderer()

    def put(recipient: str, link: str) -> str:
        letter = Claimed(
            project_id=uuid4(),
            id=uuid4(),
            channel="email",
            template="email-verify",
            locale="en",
            recipient=recipient,
            payload=None,
            attempts=1,
            created_at=clock.now(),
        )
        box.put(
            renderer.render(
                letter, MailVariables(product="Acme Notes", link=link, ticket="verifyEmail:x", email=recipient)
            )
        )
        return str(letter.id)

    return put


@pytest.fixture
def templates_folder(tmp_path: Path) -> Path:
    """An operator's own templates: none yet."""
    return tmp_path


@pytest.fixture
def samples(templates_folder: Path) -> Samples:
    """Every template with made-up values."""
    return Samples(Renderer(folders=[templates_folder]), product="Acme Notes", public_url="https://auth.acme.example")


@pytest.fixture
def app(box: Mailbox, samples: Samples, clock: FakeClock, entropy: SeededEntropy) -> App:
    """The pages, mounted as a server does while developing."""
    return build_app(
        [Mount(mailbox)],
        dependencies={
            MailboxPages: MailboxPages(box),
            GalleryPages: GalleryPages(samples),
            PageHosts: PageHosts(),
        },
        clock=clock,
        entropy=entropy,
        fallback="mailbox",
        settings=WireSettings(access_log=False),
    )


@pytest.fixture
async def http(app: App) -> AsyncIterator[httpx2.AsyncClient]:
    """A client on the same machine."""
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost:4000") as client:
        yield client


@pytest.fixture
async def server_url(app: App, unused_tcp_port: int) -> AsyncIterator[str]:
    """The page behind a real server."""
    config = uvicorn.Config(app, port=unused_tcp_port, log_level="error", ws="none")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn offers nothing to wait for)
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{unused_tcp_port}"
    server.should_exit = True
    await serving


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A browser's tab that must not complain about anything."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = await browser.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        await browser.close()
    assert complaints == []
