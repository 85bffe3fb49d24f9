"""Tries are counted before anything is compared, in the database, where every process sees them."""

from datetime import timedelta

import pytest

from tests.support.cores import CoreUnderTest
from tests.support.fakes import FakeClock
from vestibule.core.attempts import AttemptBudget, Budget
from vestibule.kernel.entropy import SystemEntropy
from vestibule.kernel.errors import Refusal, TooManyAttempts
from vestibule.kernel.ids import ProjectId
from vestibule.kernel.keyring import Keyring
from vestibule.storage import Database, Statement

WINDOW = timedelta(minutes=15)
THREE = Budget(tries=3, window=WINDOW)
SUBJECT = "password:ann@example.com:192.0.2.7"
TRIES = Statement(int, "SELECT tries FROM vestibule_attempts")
HASHES = Statement(bytes, "SELECT subject_hash FROM vestibule_attempts")


@pytest.fixture
def attempts(under_test: CoreUnderTest) -> AttemptBudget:
    """The counters of the core."""
    return under_test.core.sign_in_anonymously.attempts


@pytest.fixture
def project_id(under_test: CoreUnderTest) -> ProjectId:
    """The default project."""
    return under_test.project.id


async def use_up(attempts: AttemptBudget, db: Database, project_id: ProjectId, subject: str = SUBJECT) -> None:
    for _ in range(THREE.tries):
        await attempts.charge(db, project_id, subject, THREE)


async def test_no_try_is_left_when_the_budget_is_used_up(
    attempts: AttemptBudget, db: Database, project_id: ProjectId
) -> None:
    """Exactly as many as it says."""
    await use_up(attempts, db, project_id)

    with pytest.raises(TooManyAttempts):
        await attempts.charge(db, project_id, SUBJECT, THREE)


async def test_the_refusal_says_when_to_come_again(
    attempts: AttemptBudget, db: Database, project_id: ProjectId, clock: FakeClock
) -> None:
    """At the end of the window, which more tries do not push away."""
    await use_up(attempts, db, project_id)
    clock.advance(timedelta(minutes=5))
    for _ in range(2):
        with pytest.raises(TooManyAttempts) as refused:
            await attempts.charge(db, project_id, SUBJECT, THREE)
        assert refused.value.retry_after == timedelta(minutes=10)


async def test_the_count_starts_anew_when_the_window_is_over(
    attempts: AttemptBudget, db: Database, project_id: ProjectId, clock: FakeClock
) -> None:
    """Whether or not the reaper ran (security 127)."""
    await use_up(attempts, db, project_id)
    clock.advance(WINDOW)
    await use_up(attempts, db, project_id)

    with pytest.raises(TooManyAttempts) as refused:
        await attempts.charge(db, project_id, SUBJECT, THREE)
    assert refused.value.retry_after == WINDOW


async def test_a_refusal_cannot_refund_a_try(attempts: AttemptBudget, db: Database, project_id: ProjectId) -> None:
    """The charge is committed before the transaction that is rolled back."""

    async def refused_sign_in() -> None:
        await attempts.charge(db, project_id, SUBJECT, THREE)
        async with db.write() as tx:
            await attempts.clear(tx, project_id, SUBJECT)
            raise Refusal

    for _ in range(THREE.tries):
        with pytest.raises(Refusal):
            await refused_sign_in()
    with pytest.raises(TooManyAttempts):
        await refused_sign_in()


async def test_a_success_clears_its_own_subject_only(
    attempts: AttemptBudget, db: Database, project_id: ProjectId
) -> None:
    """Nobody buys tries on another account by signing in to their own (security 80)."""
    mine = "password:mallory@example.com:192.0.2.7"
    await use_up(attempts, db, project_id)
    await use_up(attempts, db, project_id, mine)
    await attempts.clear(db, project_id, mine)

    await attempts.charge(db, project_id, mine, THREE)
    with pytest.raises(TooManyAttempts):
        await attempts.charge(db, project_id, SUBJECT, THREE)


async def test_projects_count_apart(
    attempts: AttemptBudget, db: Database, project_id: ProjectId, under_test: CoreUnderTest
) -> None:
    """The same address elsewhere is another account (security 122)."""
    other = await under_test.other_project()
    await use_up(attempts, db, project_id)

    await use_up(attempts, db, other.id)
    await attempts.clear(db, other.id, SUBJECT)
    with pytest.raises(TooManyAttempts):
        await attempts.charge(db, project_id, SUBJECT, THREE)


async def test_the_table_does_not_say_who_is_guessed_at(
    attempts: AttemptBudget, db: Database, project_id: ProjectId
) -> None:
    """Subjects are hashed with a key, so addresses cannot be tried against it (security 39)."""
    await attempts.charge(db, project_id, SUBJECT, THREE)
    stranger = AttemptBudget(attempts.clock, Keyring([b"what a thief may guess"], SystemEntropy()))
    await stranger.charge(db, project_id, SUBJECT, THREE)

    hashes = await db.all(HASHES)
    assert len(hashes) == 2
    assert all(b"ann" not in stored for stored in hashes)


async def test_a_try_that_is_given_back_can_be_made_once_more(
    attempts: AttemptBudget, db: Database, project_id: ProjectId, under_test: CoreUnderTest
) -> None:
    """One, of its own subject and project: the others stay counted (security 80, 122)."""
    other = (await under_test.other_project()).id
    for each in (project_id, other):
        await use_up(attempts, db, each)
    await attempts.refund(db, project_id, SUBJECT)

    with pytest.raises(TooManyAttempts):
        await attempts.charge(db, other, SUBJECT, THREE)
    await attempts.charge(db, project_id, SUBJECT, THREE)
    with pytest.raises(TooManyAttempts):
        await attempts.charge(db, project_id, SUBJECT, THREE)


async def test_no_more_is_given_back_than_was_counted(
    attempts: AttemptBudget, db: Database, project_id: ProjectId, clock: FakeClock
) -> None:
    """Nobody saves tries up: below none there is nothing, nor in a window that is over (security 74)."""
    await attempts.charge(db, project_id, SUBJECT, THREE)
    for _ in range(5):
        await attempts.refund(db, project_id, SUBJECT)
    await use_up(attempts, db, project_id)
    with pytest.raises(TooManyAttempts):
        await attempts.charge(db, project_id, SUBJECT, THREE)
    clock.advance(WINDOW)
    await attempts.refund(db, project_id, SUBJECT)
    assert await db.one(TRIES) == THREE.tries + 1
