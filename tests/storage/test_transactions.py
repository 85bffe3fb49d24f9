import asyncio
from contextlib import AsyncExitStack
from itertools import chain
from uuid import uuid4

import pytest

from tests.storage import scratch
from vestibule.storage import Database, Parameter, Queries, Statement
from vestibule.storage.sqlite import SqliteDatabase

UNSETTLED = Statement(
    int,
    postgres="""
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
      AND state <> 'idle'
    """,
    sqlite="SELECT 0 AS none",
)


class Refused(Exception):
    """What a use-case raises in the middle of its transaction."""


async def test_a_block_that_ends_well_is_committed(scratch_db: Database) -> None:
    """Both statements, for everybody to see."""
    async with scratch_db.write() as tx:
        await tx.run(scratch.ADD, id=uuid4(), number=1)
        await tx.run(scratch.ADD, id=uuid4(), number=2)
    assert await scratch_db.all(scratch.NUMBERS) == [1, 2]


async def test_an_exception_rolls_back(scratch_db: Database) -> None:
    """Everything in the block, and the exception goes on."""
    with pytest.raises(Refused):
        await _add_then_refuse(scratch_db)
    assert await scratch_db.one(scratch.COUNT) == 0
    await scratch_db.run(scratch.ADD, id=uuid4(), number=1)


async def test_a_transaction_sees_its_own_writes_and_others_do_not(scratch_db: Database) -> None:
    """Until it commits."""
    async with scratch_db.write() as tx:
        await tx.run(scratch.ADD, id=uuid4(), number=1)
        assert await tx.one(scratch.COUNT) == 1
        assert await scratch_db.one(scratch.COUNT) == 0
        async with scratch_db.read() as reading:
            assert await reading.one(scratch.COUNT) == 0


async def test_a_failed_statement_that_was_ignored_commits_nothing(scratch_db: Database) -> None:
    """PostgreSQL's COMMIT would quietly roll back; that must not look like success, nor differ on SQLite."""
    with pytest.raises(RuntimeError, match="nothing was committed"):
        await _add_then_ignore_a_failure(scratch_db)
    assert await scratch_db.one(scratch.COUNT) == 0


async def test_a_violated_constraint_is_the_drivers_error_and_does_no_harm(scratch_db: Database) -> None:
    """A bug, not an outage: the connection goes on serving."""
    with pytest.raises(Exception, match=r"(?i)check constraint"):
        await scratch_db.run(scratch.ADD, id=uuid4(), number=13)
    assert await scratch_db.one(scratch.COUNT) == 0


async def test_a_finished_transaction_cannot_be_used(scratch_db: Database) -> None:
    """Its connection belongs to somebody else by then."""
    async with scratch_db.write() as tx:
        pass
    with pytest.raises(RuntimeError, match="over"):
        await tx.one(scratch.COUNT)


async def test_concurrent_writers_lose_nothing(scratch_db: Database) -> None:
    """Sixteen at once, each adding one, five times."""
    row = uuid4()
    await scratch_db.run(scratch.ADD, id=row, number=100)

    async def add_five() -> None:
        for _ in range(5):
            async with scratch_db.write() as tx:
                await tx.one(scratch.INCREASE, id=row, by=1)

    await asyncio.gather(*(add_five() for _ in range(16)))
    assert await scratch_db.all(scratch.NUMBERS) == [180]


async def test_autocommit_and_transactions_mix(scratch_db: Database) -> None:
    """A statement by itself never ends up in somebody else's transaction."""
    inside, outside = asyncio.Event(), asyncio.Event()

    async def refuse() -> None:
        async with scratch_db.write() as tx:
            await tx.run(scratch.ADD, id=uuid4(), number=1)
            inside.set()
            await outside.wait()
            raise Refused

    refusing = asyncio.create_task(refuse())
    await inside.wait()
    alone = asyncio.create_task(scratch_db.run(scratch.ADD, id=uuid4(), number=2))
    await asyncio.sleep(0.05)
    outside.set()
    await alone
    with pytest.raises(Refused):
        await refusing
    assert await scratch_db.all(scratch.NUMBERS) == [2]


async def test_cancelled_between_statements_rolls_back(scratch_db: Database) -> None:
    """The client went away while the use-case was thinking."""
    started = asyncio.Event()

    async def think() -> None:
        async with scratch_db.write() as tx:
            await tx.run(scratch.ADD, id=uuid4(), number=1)
            started.set()
            await asyncio.sleep(60)

    await _cancel_once(started, asyncio.create_task(think()))
    assert await scratch_db.one(scratch.COUNT) == 0
    await scratch_db.run(scratch.ADD, id=uuid4(), number=1)


async def test_cancelled_in_a_statement_rolls_back_and_poisons_nothing(scratch_db: Database) -> None:
    """The client went away while the database was working: the next caller is served, and sees nothing of it."""
    started = asyncio.Event()

    async def work() -> None:
        async with scratch_db.write() as tx:
            await tx.run(scratch.ADD, id=uuid4(), number=1)
            started.set()
            await tx.one(scratch.SLOW)

    async with AsyncExitStack() as stack:
        if isinstance(scratch_db, SqliteDatabase):
            await stack.enter_async_context(scratch.hold_up(scratch_db))
        await _cancel_once(started, asyncio.create_task(work()))
    async with scratch_db.write() as tx:
        await tx.run(scratch.ADD, id=uuid4(), number=2)
    assert await scratch_db.all(scratch.NUMBERS) == [2]


async def test_cancelled_at_any_step_leaves_all_or_nothing(scratch_db: Database) -> None:
    """Whichever await the cancellation hits (BEGIN, a statement, COMMIT), no half of the block is ever seen."""

    async def add_two() -> None:
        async with scratch_db.write() as tx:
            await tx.run(scratch.ADD, id=uuid4(), number=1)
            await tx.run(scratch.ADD, id=uuid4(), number=2)

    outcomes: set[int] = set()
    for steps in chain(range(60), (60 * 2**further for further in range(12))):
        if steps >= 60 and outcomes == {0, 2}:
            break
        task = asyncio.create_task(add_two())
        for _ in range(steps):
            await asyncio.sleep(0.00005)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await _settled(scratch_db)
        numbers = await scratch_db.all(scratch.NUMBERS)
        assert numbers in ([], [1, 2])
        outcomes.add(len(numbers))
        await scratch_db.run(scratch.REMOVE_ALL)
    assert outcomes == {0, 2}


async def test_cancelled_while_waiting_for_its_turn_leaves_the_turn_to_others(scratch_db: Database) -> None:
    """Ten give up in the queue; the next one gets through."""
    async with scratch_db.write() as tx:
        await tx.run(scratch.ADD, id=uuid4(), number=1)
        waiting = [asyncio.create_task(_add_then_refuse(scratch_db)) for _ in range(10)]
        await asyncio.sleep(0.02)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    await scratch_db.run(scratch.ADD, id=uuid4(), number=2)
    assert await scratch_db.all(scratch.NUMBERS) == [1, 2]


async def test_both_faces_offer_the_same(scratch_db: Database) -> None:
    """What takes a `Queries` takes a database and a transaction."""
    queries: Queries = scratch_db
    assert queries.engine in {"sqlite", "postgresql"}
    async with scratch_db.write() as tx:
        assert tx.engine is queries.engine


async def _add_then_refuse(db: Database) -> None:
    async with db.write() as tx:
        await tx.run(scratch.ADD, id=uuid4(), number=1)
        raise Refused


async def _add_then_ignore_a_failure(db: Database) -> None:
    async with db.write() as tx:
        await tx.run(scratch.ADD, id=uuid4(), number=1)
        with pytest.raises(Exception, match=r"(?i)check constraint"):
            await tx.run(scratch.ADD, id=uuid4(), number=13)


async def _cancel_once(started: asyncio.Event, task: asyncio.Task[None]) -> None:
    await started.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def _settled(db: Database) -> None:
    """Wait until a commit that was on its way when its caller was cancelled has arrived or was undone."""
    async with db.write():
        pass  # SQLite writes in order
    async with asyncio.timeout(30):
        while await db.one(UNSETTLED):  # noqa: ASYNC110 - only PostgreSQL knows
            await asyncio.sleep(0.001)


async def test_many_rows_go_in_at_once_and_say_which_did(scratch_db: Database) -> None:
    """The statement runs once for each, in their order; what comes back is of all of them."""
    rows: list[dict[str, Parameter]] = [{"id": uuid4(), "number": number} for number in range(5)]
    async with scratch_db.write() as tx:
        assert await tx.each(scratch.ADD_UNLESS_KNOWN, [*rows, rows[0]]) == [0, 1, 2, 3, 4]
    assert await scratch_db.each(scratch.ADD_UNLESS_KNOWN, [*rows[:2], {"id": uuid4(), "number": 5}]) == [5]
    assert await scratch_db.each(scratch.ADD_UNLESS_KNOWN, []) == []
    assert await scratch_db.all(scratch.NUMBERS) == [0, 1, 2, 3, 4, 5]


async def test_many_rows_go_in_together_or_not_at_all(scratch_db: Database) -> None:
    """One that breaks a constraint undoes those before it."""
    rows = [{"id": uuid4(), "number": number} for number in (1, 2, 13)]
    with pytest.raises(Exception, match=r"(?i)check constraint"):
        await scratch_db.each(scratch.ADD, rows)
    assert await scratch_db.one(scratch.COUNT) == 0


async def test_many_rows_bind_the_names_that_the_statement_has(scratch_db: Database) -> None:
    """In every one of them."""
    with pytest.raises(TypeError, match="binds"):
        await scratch_db.each(scratch.ADD, [{"id": uuid4(), "number": 1}, {"id": uuid4()}])


async def test_what_is_told_after_a_commit_is_told_then(scratch_db: Database) -> None:
    """Not while it may still fail, and never when it does; a statement of its own is committed at once."""
    told: list[int] = []

    async def refused() -> None:
        async with scratch_db.write() as tx:
            tx.after_commit(lambda: told.append(2))
            raise Refused

    async with scratch_db.write() as tx:
        tx.after_commit(lambda: told.append(1))
        await tx.run(scratch.ADD, id=uuid4(), number=1)
        assert told == []
    assert told == [1]
    with pytest.raises(Refused):
        await refused()
    scratch_db.after_commit(lambda: told.append(3))
    assert told == [1, 3]
