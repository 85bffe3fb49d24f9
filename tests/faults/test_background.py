"""The tasks beside the requests outlive whatever goes wrong in them, and say what it was."""

import asyncio
from collections.abc import AsyncIterator, Callable, MutableMapping
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.faults.failing_database import FailingDatabase, Fault
from tests.support.cores import CoreUnderTest, core_under_test, settings_for
from tests.support.fakes import FakeClock
from vestibule.assembly import background
from vestibule.assembly.background import Background
from vestibule.assembly.cores import build_core
from vestibule.assembly.start import Preparation
from vestibule.core import reaper
from vestibule.core.signing import announce_change
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.errors import UserNotFound
from vestibule.storage import Database, Statement

Events = list[MutableMapping[str, Any]]
SOON = timedelta(milliseconds=10)
HIDE = Statement(None, "ALTER TABLE vestibule_meta RENAME TO vestibule_mislaid")
SHOW = Statement(None, "ALTER TABLE vestibule_mislaid RENAME TO vestibule_meta")


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "WATCH_EVERY", SOON)
    monkeypatch.setattr(background, "_RETRY_EVERY", SOON)


@pytest.fixture
async def under_test(database_url: str, db: Database, clock: FakeClock) -> AsyncIterator[CoreUnderTest]:
    """A core on each engine in turn."""
    ready = await core_under_test(database_url, db, clock)
    yield ready
    ready.core.sign_in_with_password.hashing.close()


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it does, for some seconds at most."""
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110 - what is waited for raises no event
            await asyncio.sleep(0.01)


def told(events: Events, name: str) -> bool:
    return any(event["event"] == name for event in events)


async def test_a_failure_that_nobody_foresaw_does_not_end_the_watch(
    under_test: CoreUnderTest, database_url: str
) -> None:
    """A worker that no longer looks for changes would take revoked keys for ever (security 126)."""
    core = under_test.core
    tasks = Background(core, Preparation(core, settings_for(database_url)), None)
    await tasks.start()
    try:
        with capture_logs() as events:
            await under_test.db.run(HIDE)
            try:
                await until(lambda: told(events, "background.failed"))
            finally:
                await under_test.db.run(SHOW)
        known = core.catalog.seen_generation
        await announce_change(core.db)
        await until(lambda: core.catalog.seen_generation != known)
    finally:
        await tasks.stop()


async def test_a_database_that_comes_back_and_does_not_fit_is_told(
    under_test: CoreUnderTest, database_url: str
) -> None:
    """It was away at the start, and is there with another root key: never ready, and once in the log (security 110)."""
    settings = settings_for(database_url, {"VESTIBULE_SECRET_KEYS": "another root key, just as long as that one"})
    away_at_first = Fault()
    away_at_first.arm(1)
    core = build_core(settings, FailingDatabase(under_test.db, away_at_first), under_test.clock, SystemEntropy())
    tasks = Background(core, Preparation(core, settings), None)
    with capture_logs() as events:
        await tasks.start()
        try:
            await until(lambda: told(events, "start.refused"))
            await asyncio.sleep(10 * SOON.total_seconds())
        finally:
            await tasks.stop()
            core.sign_in_with_password.hashing.close()
    assert not tasks.is_prepared
    assert [event["event"] for event in events if event["event"] != "catalog.changed"] == [
        "database.away",
        "start.refused",
    ]
    assert "another root key" in next(event["reason"] for event in events if event["event"] == "start.refused")


async def test_what_a_flood_left_is_swept_at_once(
    under_test: CoreUnderTest, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows come faster than one bounded sweep in five minutes removes them."""
    monkeypatch.setattr(reaper, "_BATCH", 1)
    monkeypatch.setattr(reaper, "_MOST_BATCHES", 2)
    monkeypatch.setattr(background, "MOST_AT_ONCE", 2)
    monkeypatch.setattr(background, "_BREATH", SOON)
    for number in range(5):
        with pytest.raises(UserNotFound):
            await under_test.sign_in(f"nobody{number}@example.com")
    under_test.clock.advance(timedelta(days=1))
    assert await under_test.count("attempts") >= 5
    core = under_test.core
    await Background(core, Preparation(core, settings_for(database_url)), None)._sweep()
    assert await under_test.count("attempts") == 0
