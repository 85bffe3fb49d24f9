"""Texts leave by the same worker as mails, by their own transport, and not when it is too late."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.fakes import FakeClock
from tests.support.providers.standing_in import Answer, serve
from tests.support.providers.twilio import Twilio
from vestibule.core.outbox import MailVariables, Message, Outbox
from vestibule.delivery.mail import Mail
from vestibule.delivery.render import Renderer
from vestibule.delivery.settings import WorkerSettings
from vestibule.delivery.sms import TextDelayed, TextRefused
from vestibule.delivery.sms.twilio import TwilioTransport
from vestibule.delivery.texts import Text
from vestibule.delivery.worker import OutboxWorker
from vestibule.kernel.ids import ProjectId
from vestibule.outbound import OutboundClient, OutboundSettings
from vestibule.storage import Database

ANN = "+4915123456789"
Rows = Callable[[], Awaitable[list[Any]]]
Enqueue = Callable[..., Awaitable[UUID]]
EnqueueText = Callable[[], Awaitable[UUID]]


@dataclass
class Remembering:
    """Takes mails or texts, or fails as told."""

    taken: list[Mail | Text] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    async def send(self, message: Any) -> None:
        """Take it, or fail."""
        if self.errors:
            raise self.errors.pop(0)
        self.taken.append(message)

    async def rest(self) -> None:
        """Do nothing."""


@pytest.fixture
def enqueue_text(db: Database, outbox: Outbox, project_id: ProjectId) -> EnqueueText:
    """Put a text with a code into the outbox."""

    async def put() -> UUID:
        variables = MailVariables(product="Acme Notes", code="482913")
        message = Message(project_id, "signin-passwordless-sms", ANN, variables, channel="sms")
        async with db.write() as tx:
            return await outbox.enqueue(tx, message)

    return put


def worker_of(
    db: Database, outbox: Outbox, mails: Remembering | None, texts: Remembering | TwilioTransport | None
) -> OutboxWorker:
    return OutboxWorker(db, outbox, mails, Renderer(), name="a", settings=WorkerSettings(), texts=texts)


async def test_each_channel_has_its_transport(
    db: Database, outbox: Outbox, enqueue: Enqueue, enqueue_text: EnqueueText, outbox_rows: Rows
) -> None:
    """A text is rendered as one."""
    await enqueue()
    await enqueue_text()
    mails, texts = Remembering(), Remembering()
    await worker_of(db, outbox, mails, texts).drain()
    [mail], [text] = mails.taken, texts.taken
    assert isinstance(mail, Mail)
    assert isinstance(text, Text)
    assert (text.recipient, "482913" in text.body) == (ANN, True)
    assert {row.state for row in await outbox_rows()} == {"sent"}


@pytest.mark.parametrize("has_mail", [True, False])
async def test_what_has_no_transport_waits_untouched(
    db: Database, outbox: Outbox, enqueue: Enqueue, enqueue_text: EnqueueText, outbox_rows: Rows, *, has_mail: bool
) -> None:
    """Nobody claims it, so that no attempt is used up; it leaves as soon as there is a way out."""
    await enqueue()
    await enqueue_text()
    transport = Remembering()
    await worker_of(db, outbox, transport if has_mail else None, None if has_mail else transport).drain()
    assert len(transport.taken) == 1
    [waiting] = [row for row in await outbox_rows() if row.state == "queued"]
    assert (waiting.attempts, waiting.claimed_by) == (0, None)
    assert await outbox.has_waiting(db, "sms" if has_mail else "email")
    assert not await outbox.has_waiting(db, "email" if has_mail else "sms")


async def test_a_text_that_comes_too_late_is_not_sent(
    db: Database, outbox: Outbox, enqueue_text: EnqueueText, outbox_rows: Rows, clock: FakeClock
) -> None:
    """Its code is no longer good, and the text would cost as much as a good one."""
    await enqueue_text()
    clock.advance(timedelta(minutes=5, seconds=1))
    texts = Remembering()
    await worker_of(db, outbox, None, texts).drain()
    [row] = await outbox_rows()
    assert (texts.taken, row.state, row.payload) == ([], "dead", None)
    assert row.last_error.startswith("too late")


async def test_a_delayed_text_is_tried_again_and_a_refused_one_is_not(
    db: Database, outbox: Outbox, enqueue_text: EnqueueText, outbox_rows: Rows, clock: FakeClock
) -> None:
    """As with mail."""
    await enqueue_text()
    texts = Remembering(errors=[TextDelayed("away"), TextRefused("unsubscribed")])
    worker = worker_of(db, outbox, None, texts)
    await worker.drain()
    [row] = await outbox_rows()
    assert (row.state, row.last_error) == ("queued", "away")
    clock.advance(row.next_attempt_at - clock.now())
    await worker.drain()
    [row] = await outbox_rows()
    assert (row.state, row.last_error, row.attempts) == ("dead", "unsubscribed", 2)


async def test_a_text_arrives_after_the_provider_came_back(
    db: Database, outbox: Outbox, enqueue_text: EnqueueText, outbox_rows: Rows, clock: FakeClock
) -> None:
    """From the committed row to the provider's own protocol."""
    outbound = OutboundClient(OutboundSettings(allow=("127.0.0.0/8",)))
    await enqueue_text()
    async with serve(Twilio(faults=[Answer(503, {})])) as twilio:
        worker = worker_of(db, outbox, None, TwilioTransport(twilio.as_transport(), outbound))
        await worker.drain()
        [row] = await outbox_rows()
        assert row.last_error == "twilio says 503"
        clock.advance(row.next_attempt_at - clock.now())
        await worker.drain()
        assert [text["To"] for text in twilio.texts] == [ANN]
        await outbound.close()
    assert (await outbox_rows())[0].state == "sent"
