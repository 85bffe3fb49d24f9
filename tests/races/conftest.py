"""Several processes on one database: each has connections, caches and a core of its own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from tests.support.cores import CoreUnderTest, core_under_test, under_test
from tests.support.fakes import FakeClock
from vestibule.storage import database_from_url

__all__ = ["under_test"]

Processes = Callable[[int], Awaitable[list[CoreUnderTest]]]


@pytest.fixture
async def processes(database_url: str, clock: FakeClock) -> AsyncIterator[Processes]:
    """Start so many cores on one database, as so many server processes would be."""
    async with AsyncExitStack() as stack:

        async def start(count: int) -> list[CoreUnderTest]:
            started = []
            for _ in range(count):
                db = database_from_url(database_url, deadline=timedelta(seconds=60))  # all may want it at once
                await db.open()
                stack.push_async_callback(db.close)
                one = await core_under_test(database_url, db, clock)
                stack.callback(one.core.sign_in_with_password.hashing.close)
                started.append(one)
            return started

        yield start
