import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from tests.storage import scratch
from tests.support.postgres import PostgresMissing, PostgresServer
from vestibule.kernel.errors import StorageUnavailable
from vestibule.storage import Database, Statement, database_from_url
from vestibule.storage.postgres import PostgresDatabase

TERMINATE_OTHERS = """
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
OPEN_TRANSACTIONS = """
    SELECT count(*) FROM pg_stat_activity
    WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
PATIENCE_SECONDS = 30  # for what must happen; the machine may stand still meanwhile
GENEROUS = timedelta(seconds=PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def server_of_its_own() -> Iterator[PostgresServer]:
    """A server that these tests may stop."""
    try:
        server = PostgresServer.make(settings={"max_connections": "12", "superuser_reserved_connections": "1"})
    except PostgresMissing as missing:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(missing))
    yield server
    server.close()


@pytest.fixture
def server(server_of_its_own: PostgresServer) -> Iterator[PostgresServer]:
    yield server_of_its_own
    if not server_of_its_own.is_running():
        server_of_its_own.start()


@pytest.fixture
async def db(server: PostgresServer) -> AsyncIterator[Database]:
    database = database_from_url(server.url(), pool_size=3, deadline=GENEROUS)
    await database.run(Statement(None, "DROP TABLE IF EXISTS scratch"))
    await scratch.make_scratch(database)
    yield database
    await database.close()


@pytest.mark.parametrize("mode", ["fast", "immediate"])
async def test_while_it_is_away_calls_are_refused_and_when_it_is_back_they_succeed(
    db: Database, server: PostgresServer, mode: str
) -> None:
    """Without a restart of ours, and without a connection lost on the way: 30 refusals, then 20 at once."""
    await asyncio.gather(*(db.one(scratch.COUNT) for _ in range(10)))
    server.stop(mode)
    for _ in range(10):
        with pytest.raises(StorageUnavailable):
            await db.one(scratch.COUNT)
        with pytest.raises(StorageUnavailable):
            await db.ping()
        with pytest.raises(StorageUnavailable):
            async with db.write():
                pass
    server.start()
    assert await asyncio.gather(*(db.one(scratch.COUNT) for _ in range(20))) == [0] * 20


async def test_a_server_may_start_before_its_database(server: PostgresServer) -> None:
    """Opening does not connect."""
    server.stop()
    early = database_from_url(server.url())
    await early.open()
    with pytest.raises(StorageUnavailable):
        await early.ping()
    server.start()
    assert await early.ping() is not None
    await early.close()


async def test_a_transaction_cut_off_is_refused_and_undone(db: Database, server: PostgresServer) -> None:
    """Also when the server is back before the next statement."""
    with pytest.raises(StorageUnavailable):
        await _write_across_a_restart(db, server)
    assert await db.one(scratch.COUNT) == 0


async def test_a_statement_cut_off_is_refused(db: Database, server: PostgresServer) -> None:
    """The administrator ended its connection (57P01)."""
    slow = asyncio.create_task(db.one(scratch.SLOW))
    await _until(lambda: _administer(server, RUNNING))
    await _administer(server, TERMINATE_OTHERS)
    with pytest.raises(StorageUnavailable):
        await slow
    assert await db.one(scratch.COUNT) == 0


async def test_idle_connections_that_were_ended_are_not_lent(db: Database, server: PostgresServer) -> None:
    """A proxy or an administrator closes them while nobody looks: no request notices."""
    await asyncio.gather(*(db.one(scratch.COUNT) for _ in range(3)))
    await _administer(server, TERMINATE_OTHERS)
    assert isinstance(db, PostgresDatabase)
    pool = db._pool

    async def have_ended() -> bool:
        return all(connection.is_closed() for connection in pool._all)

    await _until(have_ended)
    assert await asyncio.gather(*(db.one(scratch.COUNT) for _ in range(6))) == [0] * 6


async def test_a_server_that_has_no_connection_left_refuses(server: PostgresServer) -> None:
    """Too many clients (53300)."""
    await _until(lambda: _nobody_else(server))
    others = [await asyncpg.connect(server.url()) for _ in range(12)]
    database = database_from_url(server.url(), deadline=GENEROUS)
    with pytest.raises(StorageUnavailable):
        await database.ping()
    await others.pop().close()
    await _until(lambda: _answers(database))
    await database.close()
    for other in others:
        await other.close()


async def test_a_server_that_does_not_answer_is_refused_at_the_deadline(server: PostgresServer) -> None:
    """It accepts the connection and says nothing more."""
    database = database_from_url(server.url(), deadline=timedelta(milliseconds=300))
    postmaster = int((server.data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, signal.SIGSTOP)
    try:
        with pytest.raises(StorageUnavailable):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await database.ping()
    finally:
        os.kill(postmaster, signal.SIGCONT)
    await _until(lambda: _answers(database))
    await database.close()


async def test_waiting_for_a_connection_ends_at_the_deadline(server: PostgresServer) -> None:
    """Whoever waits longer is told to come again; the connection itself is unharmed."""
    database = database_from_url(server.url(), pool_size=1, deadline=timedelta(milliseconds=200))
    await _until(lambda: _answers(database))  # connected now: only whoever waits is measured by the deadline
    async with database.write():
        with pytest.raises(StorageUnavailable):
            await database.ping()
    assert await database.ping() is not None
    await database.close()


async def test_a_connection_given_to_somebody_who_just_left_goes_to_the_next(server: PostgresServer) -> None:
    """Cancelled in the very moment between being given it and taking it."""
    database = database_from_url(server.url(), pool_size=1, deadline=GENEROUS)
    assert isinstance(database, PostgresDatabase)
    for _ in range(3):
        connection = await database._pool.lend()
        waiting = asyncio.create_task(database.ping())
        await asyncio.sleep(0)
        database._pool.take_back(connection)  # given to the one that waits
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        assert waiting.cancelled()
    assert await database.ping() is not None
    await database.close()


async def test_no_more_connections_than_the_pool_may_have(server: PostgresServer) -> None:
    """However many ask at once."""
    database = database_from_url(server.url(), pool_size=3, deadline=GENEROUS)
    pid = Statement(int, "SELECT pg_backend_pid() FROM (SELECT pg_sleep(0.01)) AS slept")
    assert len(set(await asyncio.gather(*(database.one(pid) for _ in range(30))))) == 3
    await database.close()


async def test_a_cancelled_statement_stops_on_the_server(db: Database, server: PostgresServer) -> None:
    """And its transaction with it: nothing runs on for a client that has gone."""

    async def work() -> None:
        async with db.write() as tx:
            await tx.run(scratch.ADD, id=uuid4(), number=1)
            await tx.one(scratch.SLOW)

    task = asyncio.create_task(work())
    await _until(lambda: _administer(server, RUNNING))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    async def has_stopped() -> bool:
        return not await _administer(server, OPEN_TRANSACTIONS)

    await _until(has_stopped)
    assert await db.one(scratch.COUNT) == 0


async def test_closing_waits_for_running_work(server: PostgresServer) -> None:
    """And leaves no connection behind."""
    database = database_from_url(server.url(), deadline=GENEROUS)
    running = asyncio.create_task(database.one(Statement(int, "SELECT 7 FROM (SELECT pg_sleep(0.2)) AS slept")))
    await asyncio.sleep(0.1)
    await database.close()
    assert await running == 7
    await _until(lambda: _nobody_else(server))
    with pytest.raises(StorageUnavailable):
        await database.ping()


async def test_behind_pgbouncer_nothing_is_prepared_on_the_server(server: PostgresServer) -> None:
    """In transaction pooling the next transaction may run on another connection, which does not know the name."""
    database = database_from_url(server.url(), pool_size=1, pgbouncer=True)
    names = Statement(int, "SELECT count(*) FROM pg_prepared_statements WHERE name <> :name")
    for _ in range(3):
        assert await database.one(names, name="") == 0
    # Parse and Execute are two steps then, which only a transaction keeps on one connection.
    age = Statement(bool, "SELECT transaction_timestamp() < statement_timestamp()")
    assert await database.one(age) is True
    await database.close()


async def _write_across_a_restart(db: Database, server: PostgresServer) -> None:
    async with db.write() as tx:
        await tx.run(scratch.ADD, id=uuid4(), number=1)
        server.stop("immediate")
        server.start()
        await tx.run(scratch.ADD, id=uuid4(), number=2)


async def _until(condition: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await condition():  # noqa: ASYNC110 - only the server knows
            await asyncio.sleep(0.01)


async def _answers(database: Database) -> bool:
    try:
        return await database.ping() is not None
    except StorageUnavailable:
        return False


async def _nobody_else(server: PostgresServer) -> bool:
    return await _administer(server, OTHERS) == 0


async def _administer(server: PostgresServer, sql: str) -> object:
    connection = await asyncpg.connect(server.url())
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()
