"""Brings the schema up to date before serving; what the migrations import stays in their own process."""

import asyncio
from datetime import timedelta
from typing import Final

from vestibule.kernel.clock import monotonic_seconds
from vestibule.kernel.errors import StorageUnavailable
from vestibule.migrations import head, upgrade_in_child
from vestibule.settings import Settings
from vestibule.storage import Database, database_from_url
from vestibule.storage.urls import sqlite_location

_PATIENCE: Final = timedelta(seconds=15)  # a database that starts beside us, as in a compose file, is there by then
_PAUSE_SECONDS: Final = 0.5


async def bring_up_to_date(settings: Settings) -> tuple[str | None, str | None]:
    """Return the schema's revision before and after; a newer one than ours is left alone.

    Raises: StorageUnavailable when the database stays away, MigrationFailed.
    """
    if settings.database_url.startswith("sqlite:"):
        await asyncio.to_thread(sqlite_location(settings.database_url).path.parent.mkdir, parents=True, exist_ok=True)
    db = database_from_url(settings.database_url, pool_size=1, pgbouncer=settings.pgbouncer)
    await db.open()
    try:
        before = await _revision(db)
        if before is not None and before >= head:
            return before, before
        await upgrade_in_child(settings.migrations_url)
        return before, await db.schema_revision()
    finally:
        await db.close()


async def _revision(db: Database) -> str | None:
    give_up_at_seconds = monotonic_seconds() + _PATIENCE.total_seconds()
    while True:
        try:
            return await db.schema_revision()
        except StorageUnavailable:
            if monotonic_seconds() >= give_up_at_seconds:
                raise
        await asyncio.sleep(_PAUSE_SECONDS)
