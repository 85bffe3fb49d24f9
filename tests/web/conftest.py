"""A server that has the mailbox page only, and letters to put into it."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from tests.support.fakes import FakeClock, SeededEntropy
from vestibule.core.outbox import Claimed, MailVariables
from vestibule.delivery.mailbox import Mailbox
from vestibule.delivery.render import Renderer
from vestibule.web.mailbox import MailboxPages, PageHosts, mailbox
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
def app(box: Mailbox, clock: FakeClock, entropy: SeededEntropy) -> App:
    """The page, mounted as a server does while developing."""
    return build_app(
        [Mount(mailbox)],
        dependencies={MailboxPages: MailboxPages(box), PageHosts: PageHosts()},
        clock=clock,
        entropy=entropy,
        fallback="mailbox",
        settings=WireSettings(access_log=False),
    )
