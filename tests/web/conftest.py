"""A server that has the mailbox page only, and letters to put into it."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest

from tests.support.browsing import listening, page
from tests.support.fakes import FakeClock, SeededEntropy
from vestibule.core.outbox import Claimed, MailVariables
from vestibule.delivery.mailbox import Mailbox
from vestibule.delivery.render import Renderer
from vestibule.delivery.samples import Samples
from vestibule.web.mailbox import GalleryPages, MailboxPages, mailbox
from vestibule.web.page_hosts import PageHosts
from vestibule.wire import Mount, WireSettings, build_app
from vestibule.wire.app import App

__all__ = ["page"]


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
    """The page behind a real server. Ask for it before `page`: one that goes on looking complains when it is gone."""
    async with listening(app, unused_tcp_port) as url:
        yield url
