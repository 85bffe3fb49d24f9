"""What is known of hashes that came from elsewhere."""

from datetime import timedelta

import pytest

from tests.support.cores import CoreUnderTest
from vestibule.core.passwords import OlderHashes
from vestibule.storage import Statement

MINUTE = timedelta(minutes=1)
SET = Statement(None, "UPDATE vestibule_credentials SET password_hash = :known WHERE project_id = :project_id")


def bcrypt_of(cost: int) -> str:
    """Return a hash of that cost; nobody compares with it here."""
    return f"$2b${cost:02}$eJzrGU7YDGMUyDoFMdiQ3u7Eqfk7ujd.i8tK0g1OCe9JHvQ.YDLoq"


@pytest.fixture
async def older(under_test: CoreUnderTest) -> OlderHashes:
    """A memory of its own, in a project with one user."""
    await under_test.sign_up()
    return OlderHashes(under_test.db, under_test.clock)


async def test_an_import_is_noticed_within_a_minute(under_test: CoreUnderTest, older: OlderHashes) -> None:
    """Until then nothing is asked again; the same when the last one has come in (security 82)."""
    project_id = under_test.project.id
    assert await older.dearest_bcrypt(project_id) is None
    for known, expected in ((bcrypt_of(10), 10), ("$argon2id$v=19$...", None)):
        before = await older.dearest_bcrypt(project_id)
        await under_test.db.run(SET, project_id=project_id, known=known)
        under_test.clock.advance(MINUTE - timedelta(seconds=1))
        assert await older.dearest_bcrypt(project_id) == before
        under_test.clock.advance(timedelta(seconds=1))
        assert await older.dearest_bcrypt(project_id) == expected


async def test_each_project_pays_for_its_own(under_test: CoreUnderTest, older: OlderHashes) -> None:
    """What was imported into one makes no other slower (security 122)."""
    other = await under_test.other_project()
    await under_test.db.run(SET, project_id=under_test.project.id, known=bcrypt_of(10))
    assert await older.dearest_bcrypt(other.id) is None
    assert await older.dearest_bcrypt(under_test.project.id) == 10


async def test_a_hash_bomb_makes_nobody_wait(under_test: CoreUnderTest, older: OlderHashes) -> None:
    """What is too costly to be compared with is no measure for others either (security 86)."""
    await under_test.db.run(SET, project_id=under_test.project.id, known=bcrypt_of(31))
    assert await older.dearest_bcrypt(under_test.project.id) is None
