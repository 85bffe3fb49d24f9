import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from tests.storage import scratch
from vestibule.storage import Statement, backup_sqlite, database_from_url


async def test_a_backup_is_one_consistent_file_made_while_others_write(sqlite_url: str, tmp_path: Path) -> None:
    """Pairs are written in one transaction each: the copy holds whole pairs, and passes SQLite's own check."""
    db = database_from_url(sqlite_url)
    await scratch.make_scratch(db)
    add = Statement(None, "INSERT INTO scratch (id, word) VALUES (:id, :word)")
    for _ in range(300):
        await db.run(add, id=uuid4(), word="x" * 20_000)
    has_begun, stop = asyncio.Event(), asyncio.Event()

    async def write_pairs() -> None:
        while not stop.is_set():
            async with db.write() as tx:
                await tx.run(scratch.ADD, id=uuid4(), number=1)
                await tx.run(scratch.ADD, id=uuid4(), number=2)
            has_begun.set()

    writing = asyncio.create_task(write_pairs())
    await has_begun.wait()
    target = tmp_path / "backup.sqlite"
    steps: list[tuple[int, int]] = []
    await asyncio.to_thread(backup_sqlite, sqlite_url, target, lambda done, total: steps.append((done, total)))
    stop.set()
    await writing
    await db.close()
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        ones, twos = copy.execute("SELECT sum(number = 1), sum(number = 2) FROM scratch").fetchone()
    assert ones == twos > 0
    assert steps[-1][0] == steps[-1][1]
    assert _modes(tmp_path) == {"backup.sqlite": 0o600}


def test_a_backup_replaces_nothing(sqlite_url: str, tmp_path: Path) -> None:
    """Yesterday's must not be lost to a typing error."""
    target = tmp_path / "backup.sqlite"
    target.write_text("yesterday")
    with pytest.raises(FileExistsError):
        backup_sqlite(sqlite_url, target)
    assert target.read_text() == "yesterday"


def test_a_failed_backup_leaves_nothing(tmp_path: Path) -> None:
    """Half a backup looks like one."""
    with pytest.raises(sqlite3.Error):
        backup_sqlite(f"sqlite:///{tmp_path / 'missing.sqlite'}", tmp_path / "backup.sqlite")
    assert list(tmp_path.iterdir()) == []


def _modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}
