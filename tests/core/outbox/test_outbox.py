"""The outbox keeps what was committed, hands it to one worker at a time, and forgets the body when it is done."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.support.fakes import FakeClock
from vestibule.core.outbox import Claimed, MailVariables, Message, Outbox, RetryPolicy
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring, UnknownRootKey
from vestibule.storage import Database

LEASE = timedelta(minutes=2)
Enqueue = Callable[..., Awaitable[Any]]
Rows = Callable[[], Awaitable[list[Any]]]


async def claim(outbox: Outbox, db: Database, worker: str = "a", limit: int = 10) -> list[Claimed]:
    return await outbox.claim(db, worker, limit=limit, lease=LEASE)


async def test_a_message_exists_only_if_the_transaction_commits(
    db: Database, outbox: Outbox, project_id: ProjectId, outbox_rows: Rows
) -> None:
    """A refused sign-up sends no mail."""

    async def sign_up_and_fail() -> None:
        async with db.write() as tx:
            await outbox.enqueue(tx, Message(project_id, "email-verify", "bob@example.com", MailVariables()))
            raise RuntimeError("the sign-up fails after all")

    with pytest.raises(RuntimeError, match="after all"):
        await sign_up_and_fail()
    assert await outbox_rows() == []


async def test_what_a_message_says_is_encrypted_at_rest(
    db: Database, outbox: Outbox, enqueue: Enqueue, outbox_rows: Rows
) -> None:
    """A stolen database opens no links; the worker reads them."""
    await enqueue(display_name="Bob", code="482913")
    stored = (await outbox_rows())[0].payload
    assert all(secret not in stored for secret in (b"top-secret", b"https", b"Bob", b"482913"))
    [claimed] = await claim(outbox, db)
    variables = outbox.variables(claimed)
    assert (variables.display_name, variables.code) == ("Bob", "482913")
    assert variables.link.endswith("top-secret")
    assert (claimed.attempts, claimed.template) == (1, "email-verify")


async def test_a_payload_belongs_to_its_message_and_root_key(db: Database, outbox: Outbox, enqueue: Enqueue) -> None:
    """Neither another row's nor one of another root key is opened."""
    await enqueue()
    await enqueue()
    one, other = await claim(outbox, db)
    swapped = Claimed(**{name: getattr(one, name) for name in one.__slots__} | {"payload": other.payload})
    with pytest.raises(UnknownRootKey):
        outbox.variables(swapped)
    stranger = Outbox(Keyring([b"x" * 32], SystemEntropy()), SystemEntropy(), outbox.clock)
    with pytest.raises(UnknownRootKey):
        stranger.variables(one)


@pytest.mark.parametrize("ending", ["sent", "dead", "expired"])
async def test_the_body_is_forgotten_at_the_end(
    db: Database, outbox: Outbox, enqueue: Enqueue, outbox_rows: Rows, clock: FakeClock, ending: str
) -> None:
    """The delivery log keeps that, when and why, never what."""
    await enqueue()
    if ending == "expired":
        clock.advance(timedelta(days=8))
        assert await outbox.expire(db, created_before=clock.now() - timedelta(days=7), limit=10) == 1
    else:
        [claimed] = await claim(outbox, db)
        assert await (outbox.mark_sent(db, claimed) if ending == "sent" else outbox.bury(db, claimed, "550 no\r\nuser"))
    [row] = await outbox_rows()
    assert (row.state, row.payload) == ("sent" if ending == "sent" else "dead", None)
    assert row.last_error == {"sent": None, "dead": "550 no  user", "expired": "expired"}[ending]
    assert row.finished_at == clock.now()
    clock.advance(timedelta(days=365))
    assert await claim(outbox, db) == []


async def test_a_claimed_message_is_nobody_elses(db: Database, outbox: Outbox, enqueue: Enqueue) -> None:
    """Until the lease ends."""
    await enqueue()
    assert len(await claim(outbox, db, "a")) == 1
    assert await claim(outbox, db, "b") == []


async def test_the_message_of_a_killed_worker_is_taken_over(
    db: Database, outbox: Outbox, enqueue: Enqueue, clock: FakeClock, outbox_rows: Rows
) -> None:
    """When its lease is over; should the first have lived after all, its word no longer counts."""
    await enqueue()
    [first] = await claim(outbox, db, "killed")
    clock.advance(timedelta(minutes=2))
    [second] = await claim(outbox, db, "heir")
    assert (second.id, second.attempts) == (first.id, 2)
    assert not await outbox.mark_sent(db, first)
    assert not await outbox.bury(db, first, "too late")
    await outbox.retry(db, first, "too late")
    [row] = await outbox_rows()
    assert (row.state, row.claimed_by, row.last_error) == ("queued", "heir", None)
    assert await outbox.mark_sent(db, second)


async def test_many_workers_claim_each_message_once(db: Database, outbox: Outbox, enqueue: Enqueue) -> None:
    """With real concurrency: sixteen workers, forty messages, no message twice, none left."""
    sent = {await enqueue(f"user{number}@example.com") for number in range(40)}

    async def work(name: str) -> list[Claimed]:
        taken: list[Claimed] = []
        for _ in range(20):
            taken += await claim(outbox, db, name, limit=3)
        return taken

    taken = await asyncio.gather(*(work(f"worker {number}") for number in range(16)))
    counts = Counter(message.id for batch in taken for message in batch)
    assert set(counts) == sent
    assert set(counts.values()) == {1}


async def test_a_retry_waits_longer_each_time_and_ends(
    db: Database, outbox: Outbox, enqueue: Enqueue, clock: FakeClock, outbox_rows: Rows
) -> None:
    """Ten attempts over about a day, then the dead letter."""
    await enqueue()
    start = clock.now()
    for attempt in range(1, 11):
        [claimed] = await claim(outbox, db)
        assert claimed.attempts == attempt
        moment = await outbox.retry(db, claimed, "451 later")
        if moment is None:
            break
        assert await claim(outbox, db) == []
        clock.advance(moment - clock.now())
    [row] = await outbox_rows()
    assert (row.state, row.attempts, row.payload, row.last_error) == ("dead", 10, None, "451 later")
    assert timedelta(hours=12) < clock.now() - start < timedelta(hours=36)


async def test_an_attempt_that_kills_its_worker_counts(
    db: Database, outbox: Outbox, enqueue: Enqueue, clock: FakeClock
) -> None:
    """Otherwise one poisonous message would kill workers for ever."""
    await enqueue()
    for _ in range(10):
        [claimed] = await claim(outbox, db)
        assert not outbox.is_spent(claimed)
        clock.advance(timedelta(minutes=2))
    [claimed] = await claim(outbox, db)
    assert outbox.is_spent(claimed)


async def test_the_longest_due_message_comes_first(
    db: Database, outbox: Outbox, enqueue: Enqueue, clock: FakeClock
) -> None:
    """Nobody is overtaken for ever."""
    first = await enqueue()
    clock.advance(timedelta(seconds=1))
    second = await enqueue()
    clock.advance(timedelta(seconds=1))
    assert [(await claim(outbox, db, limit=1))[0].id for _ in range(2)] == [first, second]


async def test_finished_messages_leave_the_log_in_bounded_batches(
    db: Database, outbox: Outbox, enqueue: Enqueue, clock: FakeClock, outbox_rows: Rows
) -> None:
    """What waits or is new stays."""
    for _ in range(5):
        await enqueue()
    claimed = await claim(outbox, db, limit=4)
    for message in claimed[:3]:
        await outbox.mark_sent(db, message)
    await outbox.bury(db, claimed[3], "550")
    assert await outbox.delete_finished(db, finished_before=clock.now() - timedelta(days=1), limit=2) == 0
    clock.advance(timedelta(days=2))
    horizon = clock.now() - timedelta(days=1)
    removed = [await outbox.delete_finished(db, finished_before=horizon, limit=2) for _ in range(3)]
    assert removed == [3, 1, 0]
    assert [row.state for row in await outbox_rows()] == ["queued"]


async def test_a_message_under_way_does_not_expire(
    db: Database, outbox: Outbox, enqueue: Enqueue, clock: FakeClock
) -> None:
    """Somebody is sending it at this moment."""
    await enqueue()
    clock.advance(timedelta(days=8))
    [claimed] = await claim(outbox, db)
    assert await outbox.expire(db, created_before=clock.now(), limit=10) == 0
    assert await outbox.mark_sent(db, claimed)


async def test_recipients_and_locales_are_single_short_lines(
    db: Database, outbox: Outbox, project_id: ProjectId
) -> None:
    """Whatever a dialect passes on."""
    evil = Message(
        project_id, "email-verify", "bob@example.com\r\nBcc: eve@x" + "x" * 999, MailVariables(), locale="en\n" * 99
    )
    await outbox.enqueue(db, evil)
    [claimed] = await claim(outbox, db)
    assert "\n" not in claimed.recipient + claimed.locale
    assert len(claimed.recipient) <= 320
    assert len(claimed.locale) <= 35


@pytest.mark.parametrize("roll", [0, 128, 255])
def test_waits_grow_whatever_the_roll(roll: int) -> None:
    """Jitter moves a wait by a fifth at most, so the next is always longer."""
    policy = RetryPolicy()
    waits = [policy.wait_after(attempt, roll) for attempt in range(1, policy.attempts)]
    lengths = [wait.total_seconds() for wait in waits if wait is not None]
    assert len(lengths) == 9
    assert lengths == sorted(lengths)
    assert 4 <= lengths[0] <= 6
    assert policy.wait_after(policy.attempts, roll) is None
