"""What a sweep removes, and what it leaves."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.support.cores import DOOR, LETTER, CoreUnderTest
from vestibule.core.reaper import Reaper, Retention
from vestibule.core.signing import KeyOwner
from vestibule.kernel.entropy import SystemEntropy, new_uuid7
from vestibule.kernel.errors import UserNotFound, WrongPassword
from vestibule.storage import Json, Statement

MARGIN = Retention().expired
AUDIT = Statement(
    None,
    """
    INSERT INTO vestibule_audit (project_id, id, at, event, detail) VALUES (:project_id, :id, :at, 'test', :detail)
    """,
)
AUDITED = Statement(int, "SELECT COUNT(*) FROM vestibule_audit WHERE event = 'test'")
ONE_HELD = Statement(int, "SELECT tries FROM vestibule_attempts LIMIT 1 FOR UPDATE")
STATES = Statement(str, "SELECT state FROM vestibule_outbox ORDER BY state")


@pytest.fixture
def reaper(under_test: CoreUnderTest) -> Reaper:
    """The sweeper of the core."""
    return under_test.core.reaper


async def test_expired_sessions_go_and_living_ones_stay(under_test: CoreUnderTest, reaper: Reaper) -> None:
    """After a margin for clocks that are late."""
    await under_test.sign_up("ann@example.com", door=replace(DOOR, life=timedelta(hours=1)))
    alive = await under_test.sign_in("ann@example.com", door=replace(DOOR, life=timedelta(hours=3)))
    under_test.clock.advance(timedelta(hours=1) + MARGIN)
    assert (await reaper.sweep())["sessions"] == 0
    under_test.clock.advance(timedelta(microseconds=1))

    assert (await reaper.sweep())["sessions"] == 1

    assert await under_test.refresh(alive.secret)


async def test_expired_tickets_and_tries_go(under_test: CoreUnderTest, reaper: Reaper) -> None:
    """Those of living people too; the people stay."""
    await under_test.sign_up("ann@example.com", letter=LETTER, always_send=True)
    with pytest.raises(WrongPassword):
        await under_test.sign_in("ann@example.com", "wrong")
    tries = await under_test.count("attempts")
    assert (await under_test.count("tickets"), tries > 0) == (1, True)
    assert {name: count for name, count in (await reaper.sweep()).items() if count} == {}
    under_test.clock.advance(max(LETTER.life, timedelta(days=1)) + MARGIN + timedelta(seconds=1))

    swept = await reaper.sweep()

    assert (swept["tickets"], swept["attempts"]) == (1, tries)
    assert await under_test.count("users") == 1


async def test_messages_that_wait_are_kept(under_test: CoreUnderTest, reaper: Reaper) -> None:
    """A dead mail server loses nobody's letter for a week; later only that it was there is kept."""
    await under_test.sign_up(letter=LETTER, always_send=True)
    under_test.clock.advance(Retention().unsent_messages - timedelta(seconds=1))
    await reaper.sweep()
    assert await under_test.db.all(STATES) == ["queued"]

    under_test.clock.advance(timedelta(seconds=2))
    await reaper.sweep()
    assert await under_test.db.all(STATES) == ["dead"]


async def test_finished_messages_go_after_a_month(under_test: CoreUnderTest, reaper: Reaper) -> None:
    """The delivery log is no archive."""
    await under_test.sign_up(letter=LETTER, always_send=True)
    [message] = await under_test.core.outbox.claim(under_test.db, "w", limit=9, lease=timedelta(minutes=1))
    await under_test.core.outbox.mark_sent(under_test.db, message)
    under_test.clock.advance(Retention().messages - timedelta(seconds=1))
    assert (await reaper.sweep())["messages"] == 0
    under_test.clock.advance(timedelta(seconds=2))

    assert (await reaper.sweep())["messages"] == 1
    assert await under_test.count("outbox") == 0


async def add_entries(under_test: CoreUnderTest, at: datetime, count: int) -> None:
    async with under_test.db.write() as tx:
        for _ in range(count):
            await tx.run(
                AUDIT, project_id=under_test.project.id, id=new_uuid7(SystemEntropy(), 0), at=at, detail=Json({})
            )


async def test_old_audit_entries_go_in_batches(under_test: CoreUnderTest, reaper: Reaper) -> None:
    """More than one batch of 500, and none of the younger ones."""
    now = under_test.clock.now()
    await add_entries(under_test, now - timedelta(days=366), 1203)
    await add_entries(under_test, now - timedelta(days=364), 7)

    swept = await reaper.sweep()

    assert swept["audit"] == 1203
    assert await under_test.db.one(AUDITED) == 7


async def test_a_dead_key_goes_and_a_living_one_stays(under_test: CoreUnderTest, reaper: Reaper) -> None:
    """Pending and active keys never expire by themselves (security 126)."""
    owner = KeyOwner(under_test.project.id)
    await under_test.core.key_rotation.start(owner, at_once=True)
    await under_test.core.key_rotation.start(owner)
    under_test.clock.advance(timedelta(days=1) + MARGIN + timedelta(seconds=1))

    assert (await reaper.sweep())["signing_keys"] == 1

    under_test.clock.advance(timedelta(days=3650))
    assert (await reaper.sweep())["signing_keys"] == 0
    assert sorted(row.state for row in await under_test.core.key_sets.live(owner)) == ["active", "pending"]


async def test_nothing_relies_on_the_sweep(under_test: CoreUnderTest, reaper: Reaper) -> None:
    """With nothing to remove it removes nothing, as often as it runs (security 127)."""
    await under_test.sign_up(letter=LETTER, always_send=True)
    for _ in range(3):
        assert set((await reaper.sweep()).values()) == {0}


@pytest.mark.engine("postgresql")
async def test_a_row_that_somebody_holds_is_left_for_the_next_sweep(under_test: CoreUnderTest, reaper: Reaper) -> None:
    """A sign-in neither waits for a sweep nor in a circle with it."""
    for email in ("ann@example.com", "bob@example.com"):
        with pytest.raises(UserNotFound):
            await under_test.sign_in(email)
    rows = await under_test.count("attempts")
    under_test.clock.advance(timedelta(days=1))
    async with under_test.db.write() as tx:
        assert await tx.one(ONE_HELD) is not None
        async with asyncio.timeout(60):
            assert (await reaper.sweep())["attempts"] == rows - 1
    assert (await reaper.sweep())["attempts"] == 1
