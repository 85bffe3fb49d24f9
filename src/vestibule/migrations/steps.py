"""Runs Alembic on either engine: one transaction for all steps, one upgrade at a time."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from vestibule.storage.database import SCHEMA_VERSION_TABLE
from vestibule.storage.urls import postgres_dsn, sqlite_location

T = TypeVar("T")
_Step: TypeAlias = Callable[[Connection], T]

# A row, not LOCK TABLE or an advisory lock: those are missing behind poolers and on PostgreSQL's relatives.
_MAKE_LOCK: Final = (
    "CREATE TABLE IF NOT EXISTS vestibule_schema_lock (id integer PRIMARY KEY)",
    "INSERT INTO vestibule_schema_lock VALUES (1) ON CONFLICT DO NOTHING",
)
_TAKE_LOCK: Final = "SELECT id FROM vestibule_schema_lock FOR UPDATE"
_BUSY_SECONDS: Final = 60.0  # how long to wait for somebody else's upgrade of the same SQLite file


async def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema up to `revision`; a SQLite file that is missing is created, readable by its owner only."""
    await _run(url, lambda connection: command.upgrade(_config(connection), revision), changes=True)


async def downgrade(url: str, revision: str) -> None:
    """Take the schema down to `revision`; what the newer tables and columns held is lost."""
    await _run(url, lambda connection: command.downgrade(_config(connection), revision), changes=True)


async def current(url: str) -> str | None:
    """Return the revision the schema stands at; None when there is no schema."""
    if url.startswith("sqlite:") and not sqlite_location(url).path.exists():
        return None

    def read(connection: Connection) -> str | None:
        context = MigrationContext.configure(connection, opts={"version_table": SCHEMA_VERSION_TABLE})
        return context.get_current_revision()

    return await _run(url, read, changes=False)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


async def _run(url: str, step: _Step[T], *, changes: bool) -> T:
    if url.startswith("sqlite:"):
        return _on_sqlite(url, step, changes=changes)
    return await _on_postgres(postgres_dsn(url), step, changes=changes)


def _on_sqlite(url: str, step: _Step[T], *, changes: bool) -> T:
    location = sqlite_location(url)
    if changes:
        with suppress(FileExistsError):
            os.close(os.open(location.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(location.uri, uri=True, isolation_level=None, timeout=_BUSY_SECONDS)

    engine = create_engine("sqlite+pysqlite://", creator=connect, poolclass=NullPool)
    with engine.connect() as connection:
        if changes:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # the driver, told to begin nothing itself, obeys
        result = step(connection)
        connection.commit()
        if changes:
            _write_ahead(connection)
        return result


def _write_ahead(connection: Connection) -> None:
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - it was used a moment ago
    with suppress(sqlite3.OperationalError):  # another upgrade holds the file, and will do the same
        driver.execute("PRAGMA journal_mode = WAL")


async def _on_postgres(dsn: str, step: _Step[T], *, changes: bool) -> T:
    async def connect() -> Any:  # noqa: ANN401 - asyncpg ships no types
        return await asyncpg.connect(dsn, statement_cache_size=0)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    if changes:
        for _ in range(2):  # of two that create the same table at once, one fails, and finds it the next time
            with suppress(IntegrityError, ProgrammingError):
                async with engine.begin() as connection:
                    for statement in _MAKE_LOCK:
                        await connection.execute(text(statement))
                break
    async with engine.begin() as connection:
        if changes:
            await connection.execute(text(_TAKE_LOCK))
        return await connection.run_sync(step)
