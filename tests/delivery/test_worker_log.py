"""What the log tells of messages that do not leave: the reason, and nobody's address."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.support.mail_server import Postbox
from vestibule.core.outbox import Outbox
from vestibule.delivery.render import Renderer
from vestibule.delivery.settings import SmtpSettings, WorkerSettings
from vestibule.delivery.smtp import SmtpTransport
from vestibule.delivery.worker import OutboxWorker
from vestibule.storage import Database

Enqueue = Callable[..., Awaitable[Any]]


def worker_of(db: Database, outbox: Outbox, port: int) -> OutboxWorker:
    settings = SmtpSettings(host="127.0.0.1", sender="auth@acme.example", port=port)
    transport = SmtpTransport(settings, step=timedelta(seconds=2))
    return OutboxWorker(db, outbox, transport, Renderer(), name="a", settings=WorkerSettings())


async def test_a_mail_server_that_is_away_is_told_with_the_reason(
    db: Database, outbox: Outbox, enqueue: Enqueue, unused_tcp_port: int
) -> None:
    """As a warning: the operator has something to mend."""
    await enqueue("ann@example.com")
    with capture_logs() as events:
        await worker_of(db, outbox, unused_tcp_port).drain()
    [delayed] = [event for event in events if event["event"] == "mail.delayed"]
    assert (delayed["log_level"], delayed["reason"]) == ("warning", "SMTPConnectError (ConnectionRefusedError)")


@pytest.mark.parametrize(
    ("said", "event", "reason"),
    [
        ("450 4.2.1 <ann@example.com> come again", "mail.delayed", "SMTPRecipientRefused 450"),
        ("550 5.1.1 <ann@example.com> no such user", "mail.dead", "SMTPRecipientRefused 550"),
    ],
)
async def test_a_refusal_is_told_by_its_code_and_not_in_the_servers_words(
    db: Database, outbox: Outbox, enqueue: Enqueue, postbox: Postbox, said: str, event: str, reason: str
) -> None:
    """They may repeat the address, and logs go to many hands (security 117)."""
    await enqueue("ann@example.com")
    postbox.refuse_recipient.append(said)
    with capture_logs() as events:
        await worker_of(db, outbox, postbox.port).drain()
    [told] = [one for one in events if one["event"] == event]
    assert told["reason"] == reason
    assert "ann@" not in str(events)
