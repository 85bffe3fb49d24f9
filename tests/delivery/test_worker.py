"""The worker against real mail servers that fail, come back and refuse; and several workers at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.support.fakes import FakeClock
from tests.support.mail_server import Postbox, serve
from vestibule.core.outbox import Outbox, RetryPolicy
from vestibule.delivery.mail import Mail
from vestibule.delivery.mailbox import Mailbox, MailboxTransport
from vestibule.delivery.render import Renderer
from vestibule.delivery.settings import SmtpSettings, WorkerSettings
from vestibule.delivery.smtp import SmtpTransport
from vestibule.delivery.worker import OutboxWorker
from vestibule.kernel.clock import SystemClock
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.errors import StorageUnavailable
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Database

Enqueue = Callable[..., Awaitable[Any]]
Rows = Callable[[], Awaitable[list[Any]]]
PATIENCE_SECONDS = 30  # for what must happen; the machine may stand still meanwhile
QUICK = WorkerSettings(
    idle=timedelta(milliseconds=20), longest_idle=timedelta(milliseconds=40), farewell=timedelta(seconds=20)
)


def smtp(port: int) -> SmtpTransport:
    settings = SmtpSettings(host="127.0.0.1", sender="auth@acme.example", port=port)
    return SmtpTransport(settings)


def worker_of(db: Database, outbox: Outbox, transport: Any, name: str = "a", **settings: Any) -> OutboxWorker:
    given = WorkerSettings(**settings) if settings else QUICK
    return OutboxWorker(db, outbox, transport, Renderer(), name=name, settings=given)


@asynccontextmanager
async def running(worker: OutboxWorker) -> AsyncIterator[OutboxWorker]:
    """Run the worker's loop for the length of the block, then ask it to stop."""
    stop = asyncio.Event()
    task = asyncio.create_task(worker.run(stop))
    try:
        yield worker
    finally:
        stop.set()
        await asyncio.wait_for(task, PATIENCE_SECONDS)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110 (what is waited for is in the database)
            await asyncio.sleep(0.02)


@dataclass
class Memory:
    """A transport that remembers, fails as told, and can be held up."""

    mails: list[Mail] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    hold: asyncio.Event | None = None
    under_way: int = 0
    most_under_way: int = 0

    async def send(self, mail: Mail) -> None:
        """Take the mail, or fail."""
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await (asyncio.sleep(0.005) if self.hold is None else self.hold.wait())
        finally:
            self.under_way -= 1
        if self.errors:
            raise self.errors.pop(0)
        self.mails.append(mail)

    async def rest(self) -> None:
        """Do nothing."""


async def test_a_message_arrives(
    db: Database, outbox: Outbox, enqueue: Enqueue, postbox: Any, outbox_rows: Rows
) -> None:
    """From the committed row to the mail server, rendered; afterwards the body is gone from the database."""
    await enqueue(display_name="Bob", email="bob@example.com")
    await worker_of(db, outbox, smtp(postbox.port)).drain()
    [letter] = postbox.letters
    assert letter["Subject"] == "Verify your email for Acme Notes"
    assert letter["X-Email-Template"] == "email-verify"
    assert "Hello Bob," in letter.get_body(("plain",)).get_content()
    [row] = await outbox_rows()
    assert (row.state, row.payload, row.attempts) == ("sent", None, 1)


async def test_a_mail_server_that_comes_back_gets_the_mail(
    db: Database, outbox: Outbox, enqueue: Enqueue, outbox_rows: Rows, unused_tcp_port: int
) -> None:
    """Down while people sign up; up again, and the mail is there without anybody's help."""
    quick = Outbox(outbox.keyring, outbox.entropy, SystemClock(), RetryPolicy(first_wait=timedelta(milliseconds=50)))
    await enqueue()

    async def tried() -> bool:
        return bool((await outbox_rows())[0].last_error)

    async def arrived() -> bool:
        return bool((await outbox_rows())[0].state == "sent")

    async with running(worker_of(db, quick, smtp(unused_tcp_port))):
        await until(tried)
        async with serve(Postbox(port=unused_tcp_port)) as postbox:
            await until(arrived)
    assert len(postbox.letters) == 1


async def test_a_refusal_for_now_is_retried(
    db: Database, outbox: Outbox, enqueue: Enqueue, postbox: Any, outbox_rows: Rows, clock: FakeClock
) -> None:
    """Greylisting: 450 first, taken the second time; both attempts carry the same Message-ID."""
    await enqueue()
    postbox.refuse_recipient.append("450 4.2.1 come again")
    worker = worker_of(db, outbox, smtp(postbox.port))
    await worker.drain()
    [row] = await outbox_rows()
    assert (row.state, row.last_error) == ("queued", "450 4.2.1 come again")
    assert row.next_attempt_at > clock.now()
    clock.advance(row.next_attempt_at - clock.now())
    await worker.drain()
    assert [letter["Message-ID"] for letter in postbox.letters] == [f"<{row.id}@acme.example>"]
    assert (await outbox_rows())[0].state == "sent"


async def test_a_refusal_for_ever_is_a_dead_letter_at_once(
    db: Database, outbox: Outbox, enqueue: Enqueue, postbox: Any, outbox_rows: Rows
) -> None:
    """Nobody lives there: trying again would only annoy. The others are sent all the same."""
    await enqueue("nobody@example.com")
    await enqueue("bob@example.com\r\nDATA")
    postbox.refuse_recipient.append("550 5.1.1 no such user")
    worker = worker_of(db, outbox, smtp(postbox.port), concurrency=1)
    await worker.drain()
    await enqueue("ann@example.com")
    await worker.drain()
    rows = await outbox_rows()
    assert [row.state for row in rows] == ["dead", "dead", "sent"]
    assert rows[0].last_error == "550 5.1.1 no such user"
    assert all(row.payload is None for row in rows)


async def test_several_workers_send_nothing_twice(
    db: Database, outbox: Outbox, enqueue: Enqueue, postbox: Any, outbox_rows: Rows
) -> None:
    """Three loops on one outbox, thirty messages."""
    for number in range(30):
        await enqueue(f"user{number}@example.com")

    async def done() -> bool:
        return all(row.state == "sent" for row in await outbox_rows())

    workers = [worker_of(db, outbox, smtp(postbox.port), name) for name in "abc"]
    async with running(workers[0]), running(workers[1]), running(workers[2]):
        await until(done)
    assert Counter(Counter(letter["To"] for letter in postbox.letters).values()) == {1: 30}


async def test_a_killed_workers_message_is_sent_by_another(
    db: Database, outbox: Outbox, enqueue: Enqueue, clock: FakeClock, outbox_rows: Rows
) -> None:
    """The first dies over it: its lease runs out, and the second sends."""
    await enqueue()
    stuck, healthy = Memory(hold=asyncio.Event()), Memory()
    killed = asyncio.create_task(worker_of(db, outbox, stuck).run(asyncio.Event()))

    async def sending() -> bool:
        return stuck.under_way == 1

    await until(sending)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    heir = worker_of(db, outbox, healthy, "b")
    await heir.drain()
    assert healthy.mails == []
    clock.advance(timedelta(minutes=3))
    await heir.drain()
    assert len(healthy.mails) == 1
    assert (await outbox_rows())[0].state == "sent"


async def test_a_stopping_worker_finishes_what_it_began(
    db: Database, outbox: Outbox, enqueue: Enqueue, outbox_rows: Rows
) -> None:
    """SIGTERM in the middle of a letter is no reason to send it twice."""
    await enqueue()
    transport = Memory(hold=asyncio.Event())
    stop = asyncio.Event()
    task = asyncio.create_task(worker_of(db, outbox, transport).run(stop))

    async def sending() -> bool:
        return transport.under_way == 1

    await until(sending)
    stop.set()
    await asyncio.sleep(0.05)
    assert not task.done()
    assert transport.hold is not None
    transport.hold.set()
    await asyncio.wait_for(task, PATIENCE_SECONDS)
    assert (await outbox_rows())[0].state == "sent"


async def test_no_more_letters_are_under_way_than_allowed(db: Database, outbox: Outbox, enqueue: Enqueue) -> None:
    """A backlog does not open a hundred connections."""
    for number in range(12):
        await enqueue(f"user{number}@example.com")
    transport = Memory()
    await worker_of(db, outbox, transport, concurrency=3).drain()
    assert (len(transport.mails), transport.most_under_way) == (12, 3)


async def test_a_bug_in_one_message_stops_no_other(
    db: Database, outbox: Outbox, enqueue: Enqueue, outbox_rows: Rows
) -> None:
    """It is retried, and its reason is named without what it said."""
    await enqueue()
    await enqueue("ann@example.com")
    transport = Memory(errors=[ZeroDivisionError("a top-secret link")])
    await worker_of(db, outbox, transport, concurrency=1).drain()
    rows = await outbox_rows()
    assert [(row.state, row.last_error) for row in rows] == [("queued", "ZeroDivisionError"), ("sent", None)]


async def test_a_slow_server_is_left_after_the_deadline(
    db: Database, outbox: Outbox, enqueue: Enqueue, postbox: Any, outbox_rows: Rows
) -> None:
    """The lease is longer, so nobody else has begun to send it meanwhile."""
    postbox.delay_seconds = 1
    await enqueue()
    await worker_of(db, outbox, smtp(postbox.port), deadline=timedelta(seconds=0.2)).drain()
    assert (await outbox_rows())[0].last_error == "not done within the deadline"


async def test_a_payload_that_cannot_be_opened_waits(
    db: Database, outbox: Outbox, enqueue: Enqueue, outbox_rows: Rows
) -> None:
    """A process without the right root key must not bury what another can send."""
    await enqueue()
    stranger = Outbox(Keyring([b"x" * 32], SystemEntropy()), SystemEntropy(), outbox.clock)
    await worker_of(db, stranger, Memory()).drain()
    [row] = await outbox_rows()
    assert row.state == "queued"
    assert row.payload is not None


async def test_a_message_that_no_attempt_survived_is_buried(
    db: Database, outbox: Outbox, enqueue: Enqueue, clock: FakeClock, outbox_rows: Rows
) -> None:
    """Unsent: it may be what kills the workers."""
    await enqueue()
    for _ in range(10):
        await outbox.claim(db, "killed", limit=1, lease=timedelta(minutes=2))
        clock.advance(timedelta(minutes=2))
    transport = Memory()
    await worker_of(db, outbox, transport).drain()
    assert transport.mails == []
    assert (await outbox_rows())[0].state == "dead"


async def test_the_worker_waits_while_the_database_is_away(
    db: Database, outbox: Outbox, enqueue: Enqueue, outbox_rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither claiming nor recording gives up: a letter that has left is not sent again when the database is back."""
    away = {"claim": 3, "record": 2}
    claim, finish = db.all, db.run

    async def claiming(*args: Any, **parameters: Any) -> Any:
        if "worker" in parameters and away["claim"]:
            away["claim"] -= 1
            raise StorageUnavailable
        return await claim(*args, **parameters)

    async def recording(*args: Any, **parameters: Any) -> Any:
        if parameters.get("state") == "sent" and away["record"]:
            away["record"] -= 1
            raise StorageUnavailable
        return await finish(*args, **parameters)

    await enqueue()
    monkeypatch.setattr(db, "all", claiming)
    monkeypatch.setattr(db, "run", recording)
    monkeypatch.setattr("vestibule.delivery.worker._RECORD_PAUSE_SECONDS", 0.01)
    transport = Memory()

    async def done() -> bool:
        return bool((await outbox_rows())[0].state == "sent")

    async with running(worker_of(db, outbox, transport)):
        await until(done)
    assert (len(transport.mails), away) == (1, {"claim": 0, "record": 0})


async def test_a_woken_worker_does_not_wait_for_its_next_look(db: Database, outbox: Outbox, enqueue: Enqueue) -> None:
    """The process that committed a message may say so."""
    transport = Memory()

    async def arrived() -> bool:
        return bool(transport.mails)

    worker = worker_of(db, outbox, transport, idle=timedelta(hours=1), longest_idle=timedelta(hours=1))
    async with running(worker):
        await asyncio.sleep(0.1)
        await enqueue()
        worker.wake()
        await until(arrived)


async def test_the_development_mailbox_keeps_the_newest_and_announces_each(
    db: Database, outbox: Outbox, enqueue: Enqueue, outbox_rows: Rows
) -> None:
    """One line on the console with the link; the page gets the whole mail; the row counts as sent."""
    said: list[str] = []
    mailbox = Mailbox(limit=2)
    worker = worker_of(db, outbox, MailboxTransport(mailbox, said.append))
    for name in ("ann", "bob", "eve"):
        await enqueue(f"{name}@example.com", link=f"https://auth.acme.example/verify?ticket={name}")
        await worker.drain()
    assert [mail.recipient for mail in mailbox.newest()] == ["eve@example.com", "bob@example.com"]
    assert said[0] == (
        "mail: Verify your email for Acme Notes -> ann@example.com https://auth.acme.example/verify?ticket=ann"
    )
    assert {row.state for row in await outbox_rows()} == {"sent"}


def test_a_lease_outlasts_the_deadline() -> None:
    """Otherwise a second worker would begin while the first is still sending."""
    with pytest.raises(ValueError, match="lease"):
        WorkerSettings(deadline=timedelta(minutes=5))
