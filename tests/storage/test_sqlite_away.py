import asyncio
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from tests.storage import scratch
from vestibule.kernel.errors import StorageUnavailable
from vestibule.storage import Database, Statement, database_from_url
from vestibule.storage.sqlite import SqliteDatabase


@pytest.fixture
def path(sqlite_url: str) -> Path:
    return Path(sqlite_url.removeprefix("sqlite:///"))


@pytest.fixture
async def db(sqlite_url: str) -> AsyncIterator[Database]:
    database = database_from_url(sqlite_url, deadline=timedelta(milliseconds=200))
    await scratch.make_scratch(database)
    yield database
    await database.close()


async def test_a_full_disk_refuses_and_nothing_is_half_written(db: Database) -> None:
    """And the next write succeeds as soon as there is room."""
    await _limit_pages(db, 1)
    with pytest.raises(StorageUnavailable):
        await _fill(db)
    await _limit_pages(db, 1_000_000)
    assert await db.one(scratch.COUNT) == 0
    await db.run(scratch.ADD, id=uuid4(), number=1)


async def test_a_read_only_file_is_read_and_not_written(db: Database, sqlite_url: str) -> None:
    """As on a disk that was remounted after an error."""
    await db.run(scratch.ADD, id=uuid4(), number=1)
    read_only = database_from_url(f"{sqlite_url}?mode=ro")
    assert await read_only.one(scratch.COUNT) == 1
    with pytest.raises(StorageUnavailable):
        await read_only.run(scratch.ADD, id=uuid4(), number=2)
    with pytest.raises(StorageUnavailable):
        await _fill(read_only)
    await read_only.close()


async def test_a_write_lock_held_too_long_by_another_process_refuses(db: Database, path: Path) -> None:
    """Readers do not notice; when the lock is gone, neither do writers."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable):
            await db.run(scratch.ADD, id=uuid4(), number=1)
        with pytest.raises(StorageUnavailable):
            await _fill(db)
        assert await db.one(scratch.COUNT) == 0
        other.execute("ROLLBACK")
    await db.run(scratch.ADD, id=uuid4(), number=1)


async def test_a_short_lock_of_another_process_is_waited_for(db: Database, sqlite_url: str, path: Path) -> None:
    """Two servers may share the file."""
    patient = database_from_url(sqlite_url, deadline=timedelta(seconds=60))
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(patient.run(scratch.ADD, id=uuid4(), number=1))
        await asyncio.sleep(0.05)
        other.execute("COMMIT")
        assert await writing == 1
        assert other.execute("SELECT count(*) FROM scratch").fetchone() == (1,)
        other.execute("INSERT INTO scratch (id) VALUES (x'00')")
    assert await patient.one(scratch.COUNT) == 2
    await patient.close()


async def test_a_transaction_held_too_long_refuses_the_next(db: Database) -> None:
    """A use-case that hangs must not make all others hang."""
    async with db.write():
        with pytest.raises(StorageUnavailable):
            await db.run(scratch.ADD, id=uuid4(), number=1)
        with pytest.raises(StorageUnavailable):
            await _fill(db)
    await db.run(scratch.ADD, id=uuid4(), number=1)


async def test_a_missing_file_is_refused_until_it_is_there(tmp_path: Path, path: Path) -> None:
    """It is not made up: an empty database in place of a mistyped one would look like lost data."""
    missing = tmp_path / "missing.sqlite"
    database = database_from_url(f"sqlite:///{missing}")
    assert await database.schema_revision() is None
    with pytest.raises(StorageUnavailable):
        await database.ping()
    assert not missing.exists()
    shutil.copyfile(path, missing)
    await database.ping()
    assert await database.schema_revision() is not None
    await database.close()


async def test_the_event_loop_goes_on_while_sqlite_works(db: Database) -> None:
    """A slow disk or a big query must not stop every other request."""
    assert isinstance(db, SqliteDatabase)
    async with scratch.hold_up(db) as released, db.write() as tx:
        slow = asyncio.create_task(tx.one(scratch.SLOW))
        for _ in range(5):
            await asyncio.sleep(0.005)
        assert not slow.done()
        released.set()
        assert await slow == 1


async def test_a_commit_is_on_disk_before_it_returns(db: Database) -> None:
    """Write-ahead log, synced at every commit; foreign keys are enforced."""
    assert isinstance(db, SqliteDatabase)

    def pragmas(connection: sqlite3.Connection) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    assert await db._writer.call(pragmas) == ["wal", 2, 1]
    assert await db._readers.call(pragmas) == ["wal", 2, 1]


async def test_a_reader_cannot_write(db: Database) -> None:
    """Should a statement ever be taken for a reading one by mistake."""
    assert isinstance(db, SqliteDatabase)
    with pytest.raises(StorageUnavailable):
        await db._readers.call(lambda connection: connection.execute("DELETE FROM scratch"))


async def _limit_pages(db: Database, pages: int) -> None:
    assert isinstance(db, SqliteDatabase)
    await db._writer.call(lambda connection: connection.execute(f"PRAGMA max_page_count = {pages}").fetchall())


async def _fill(db: Database) -> None:
    add = Statement(None, "INSERT INTO scratch (id, word) VALUES (:id, :word)")
    async with db.write() as tx:
        for _ in range(20):
            await tx.run(add, id=uuid4(), word="x" * 10_000)
