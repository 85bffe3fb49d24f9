"""The fault strikes where it says, or the tests beside it would prove nothing."""

import pytest

from tests.faults.failing_database import FailingDatabase, Fault, When
from vestibule.kernel.errors import StorageUnavailable
from vestibule.storage import Database, Statement

INSERT = Statement(None, "INSERT INTO vestibule_meta (name, value) VALUES (:name, 'x')")
COUNT = Statement(int, "SELECT COUNT(*) FROM vestibule_meta WHERE name = :name")


async def insert(database: Database) -> None:
    async with database.write() as tx:
        await tx.run(INSERT, name="fault")


@pytest.mark.parametrize(
    ("when", "at", "kept"), [(When.BEFORE, 1, 0), (When.BEFORE, 2, 0), (When.AFTER, 1, 0), (When.AFTER, 2, 1)]
)
async def test_only_a_lost_answer_to_the_commit_keeps_the_work(db: Database, when: When, at: int, kept: int) -> None:
    """Step 1 is the statement, step 2 the commit."""
    fault = Fault(when)
    fault.arm(at)

    with pytest.raises(StorageUnavailable):
        await insert(FailingDatabase(db, fault))

    assert fault.struck
    assert await db.one(COUNT, name="fault") == kept
