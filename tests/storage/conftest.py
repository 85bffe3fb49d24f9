"""Storage is tested on a table of every type, beside the real ones."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.storage import scratch
from vestibule.storage import Database, database_from_url


@pytest.fixture
async def scratch_db(database_url: str) -> AsyncIterator[Database]:
    """An open database with an empty scratch table, on each engine in turn."""
    database = database_from_url(database_url, deadline=timedelta(seconds=60))
    await database.open()
    await scratch.make_scratch(database)
    yield database
    await database.close()
