"""What happened lately, and nothing older."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.cores import CoreUnderTest
from tests.support.fakes import FakeClock
from vestibule.core.attempts import Tally

START = datetime(2026, 5, 1, 12, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> FakeClock:
    """A minute into a bucket."""
    return FakeClock(START)


@pytest.fixture
def tally(under_test: CoreUnderTest, clock: FakeClock) -> Tally:
    """One that shares the keys of the core."""
    return Tally(clock, under_test.core.keyring)


async def test_an_hour_and_a_little_more_is_counted(under_test: CoreUnderTest, clock: FakeClock, tally: Tally) -> None:
    """Fourteen buckets of five minutes, the running one included; then it is forgotten."""
    project_id = under_test.project.id
    for _ in range(3):
        await tally.add(under_test.db, project_id, "x")
    assert await tally.lately(under_test.db, project_id, "x") == 3
    clock.advance(timedelta(minutes=30))
    await tally.add(under_test.db, project_id, "x")
    assert await tally.lately(under_test.db, project_id, "x") == 4
    clock.advance(timedelta(minutes=38, seconds=59))
    assert await tally.lately(under_test.db, project_id, "x") == 4
    clock.advance(timedelta(seconds=1))
    assert await tally.lately(under_test.db, project_id, "x") == 1


async def test_the_newest_buckets_can_be_left_out(under_test: CoreUnderTest, clock: FakeClock, tally: Tally) -> None:
    """For what needs some minutes to show, and nothing else is lost by it."""
    project_id = under_test.project.id
    await tally.add(under_test.db, project_id, "x")
    assert await tally.lately(under_test.db, project_id, "x", skip=2) == 0
    clock.advance(timedelta(minutes=9))
    assert await tally.lately(under_test.db, project_id, "x", skip=2) == 1
    clock.advance(timedelta(minutes=60))
    assert await tally.lately(under_test.db, project_id, "x", skip=2) == 0


async def test_subjects_and_projects_are_apart(under_test: CoreUnderTest, tally: Tally) -> None:
    """Each has its own count."""
    other = await under_test.other_project()
    await tally.add(under_test.db, under_test.project.id, "x")
    assert await tally.lately(under_test.db, under_test.project.id, "y") == 0
    assert await tally.lately(under_test.db, other.id, "x") == 0
