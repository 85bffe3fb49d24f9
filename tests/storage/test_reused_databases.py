"""The databases that tests lend one another: none may find what another left."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests.support.databases import administer, empty_postgres
from tests.support.postgres import PostgresServer
from tests.support.reused import ReusedDatabases

SCHEMA = """
CREATE TABLE parents (id int PRIMARY KEY, name text, sealed bytea);
CREATE TABLE children (parent_id int REFERENCES parents);
INSERT INTO parents VALUES (1, 'it''s seeded', 'secret');
"""


@pytest.fixture
def databases(postgres_server: PostgresServer) -> Iterator[ReusedDatabases]:
    """Databases like a template with a seeded row."""
    with empty_postgres(postgres_server) as url:
        name = urlsplit(url).path.removeprefix("/")
        administer(postgres_server, SCHEMA, database=name)
        reused = ReusedDatabases(postgres_server, name, prefix=f"{name}_reused")
        yield reused
        reused.close()


async def run(url: str, sql: str) -> list[tuple[object, ...]]:
    connection = await asyncpg.connect(url)
    try:
        return [tuple(row) for row in await connection.fetch(sql)]
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO parents VALUES (2, 'new', NULL)",
        "DELETE FROM parents",
        "WITH changed AS (UPDATE parents SET name = 'changed' RETURNING id) INSERT INTO children TABLE changed",
    ],
)
async def test_rows_are_as_they_were_when_it_was_new(databases: ReusedDatabases, sql: str) -> None:
    """The next test finds what migrations seed and nothing else, in the same database."""
    with databases.lend() as first:
        await run(first, sql)
    with databases.lend() as second:
        assert await run(second, "SELECT * FROM parents") == [(1, "it's seeded", b"secret")]
        assert await run(second, "SELECT * FROM children") == []
    assert second == first


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE more (id int)",
        "DROP TABLE children",
        "ALTER TABLE parents ADD COLUMN age int",
        "CREATE INDEX by_name ON parents (name)",
        "ALTER TABLE parents DISABLE TRIGGER ALL",
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA more",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 64', current_database()); END $$",
    ],
)
async def test_one_whose_schema_was_changed_is_not_lent_again(databases: ReusedDatabases, sql: str) -> None:
    """Rows can be put back, everything else is thrown away."""
    with databases.lend() as first:
        await run(first, sql)
    with databases.lend() as second:
        assert await run(second, "SELECT name FROM parents") == [("it's seeded",)]
    assert second != first


async def test_a_session_that_was_left_open_is_ended(databases: ReusedDatabases) -> None:
    """It could write into the next test otherwise."""
    with databases.lend() as url:
        forgotten = await asyncpg.connect(url)
        await forgotten.execute("BEGIN; INSERT INTO parents VALUES (2)")
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await forgotten.execute("COMMIT")
    forgotten.terminate()


def test_two_at_a_time_are_two(databases: ReusedDatabases) -> None:
    """A test may ask for several."""
    with databases.lend() as first, databases.lend() as second:
        assert first != second
