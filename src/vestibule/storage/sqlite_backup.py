"""A consistent copy of a SQLite database, made while servers go on reading and writing."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from vestibule.storage.urls import sqlite_location

_PAGES_PER_STEP: Final = 1024


def backup_sqlite(url: str, target: Path, progress: Callable[[int, int], None] | None = None) -> None:
    """Copy the database at `url` to the new file `target`; blocks, so call it from a thread or a command.

    `progress` is told pages done and pages in all. `target` appears complete and synced, or not at all.

    Raises: FileExistsError when there is a `target`; sqlite3.Error when the copy fails.
    """
    if target.exists():
        raise FileExistsError(target)
    unfinished = target.with_name(f"{target.name}.unfinished")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        _copy(sqlite_location(url).uri, unfinished, progress)
        _sync(unfinished)
        os.link(unfinished, target)  # unlike a rename, never replaces
        _sync(target.parent)
    finally:
        with suppress(FileNotFoundError):
            unfinished.unlink()


def _copy(source_uri: str, target: Path, progress: Callable[[int, int], None] | None) -> None:
    def report(_status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(total - remaining, total)

    with (
        closing(sqlite3.connect(source_uri, uri=True, isolation_level=None)) as source,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        # The open transaction pins one snapshot: else each write by the server would start the copy anew.
        source.execute("BEGIN")
        source.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
        source.backup(copy, pages=_PAGES_PER_STEP, progress=report, sleep=0)
        source.execute("ROLLBACK")
        copy.execute("PRAGMA journal_mode = DELETE")  # the copy is one file, without a -wal beside it


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
