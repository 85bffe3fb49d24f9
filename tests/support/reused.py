"""PostgreSQL databases that tests use one after another: to empty one costs 3 ms, to clone and drop one 70."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import Any, Final, TypeVar

import asyncpg

from tests.support.postgres import PostgresServer

T = TypeVar("T")

_PATIENCE_SECONDS: Final = 30
_END_SESSIONS: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# Whatever a test changes besides rows leaves a newer or a missing row in one of these.
_CATALOGS: Final = {
    "pg_attrdef": "oid",
    "pg_attribute": "attrelid",
    "pg_class": "oid",
    "pg_constraint": "oid",
    "pg_event_trigger": "oid",
    "pg_index": "indexrelid",
    "pg_namespace": "oid",
    "pg_proc": "oid",
    "pg_rewrite": "oid",
    "pg_trigger": "oid",
    "pg_type": "oid",
}
_FIRST_OF_USERS: Final = 16384  # smaller ones are the server's own
_CATALOG_MARKS: Final = " UNION ALL ".join(
    f"SELECT '{name}', count(*), sum(xmin::text::bigint), max(xmin::text::bigint)"  # noqa: S608 - the names above
    f" FROM {name} WHERE {key} >= {_FIRST_OF_USERS}"
    for name, key in _CATALOGS.items()
)
_MARKS: Final = f"""
    {_CATALOG_MARKS}
    UNION ALL SELECT 'settings', count(*), 0, 0 FROM pg_db_role_setting
    UNION ALL SELECT 'database', datconnlimit, xmin::text::bigint, 0 FROM pg_database WHERE datname = current_database()
"""  # noqa: S608 - as above
_TABLES: Final = """
    SELECT quote_ident(nspname) || '.' || quote_ident(relname)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE relkind = 'r' AND nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
"""


@dataclass(frozen=True, slots=True)
class _Database:
    """A database of the tests, what empties it, and what it looked like when it was new."""

    name: str
    connection: Any  # asyncpg has no types
    emptying: str
    marks: object


class ReusedDatabases:
    """Lends databases that look as if just cloned from `template`; one that changed in more than rows is dropped."""

    def __init__(self, server: PostgresServer, template: str, prefix: str) -> None:
        self._server = server
        self._template = template
        self._names = (f"{prefix}_{number}" for number in count(1))
        self._free: list[_Database] = []
        # The connections outlive the event loops of the tests, so they have one of their own.
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="databases", daemon=True)
        self._thread.start()

    @contextmanager
    def lend(self) -> Iterator[str]:
        """Give the URL of a database that is the caller's as long as the block lasts."""
        database = self._free.pop() if self._free else self._wait_for(self._clone())
        try:
            yield self._server.url(database.name)
        finally:
            if self._wait_for(self._is_clean_again(database)):
                self._free.append(database)
            else:
                self._wait_for(self._drop(database))

    def close(self) -> None:
        """Let the connections go; the databases go with their server."""
        for database in self._free:
            with suppress(OSError, asyncpg.PostgresError):
                self._wait_for(database.connection.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait_for(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _clone(self) -> _Database:
        name = next(self._names)
        await self._administer(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        connection = await asyncpg.connect(self._server.url(name))
        tables = [row[0] for row in await connection.fetch(_TABLES)]
        steps = ["BEGIN", "SET LOCAL session_replication_role = replica"]  # foreign keys are not asked: all rows go
        steps += [f"DELETE FROM {table}" for table in tables]  # noqa: S608 - quoted by the server
        for table in tables:
            rows = await connection.fetchval(f"SELECT json_agg(seed) FROM {table} AS seed")  # noqa: S608 - as above
            if rows is not None:
                literal = await connection.fetchval("SELECT quote_literal($1::text)", rows)
                steps.append(f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, {literal})")  # noqa: S608 - as above
        steps.append("COMMIT")
        return _Database(name, connection, "; ".join(steps), await connection.fetch(_MARKS))

    async def _is_clean_again(self, database: _Database) -> bool:
        try:
            await self._end_sessions(database)
            await database.connection.execute(database.emptying)
            marks: object = await database.connection.fetch(_MARKS)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False  # a table of it is gone, or the whole of it
        return marks == database.marks

    async def _end_sessions(self, database: _Database) -> None:
        # A session that is ending may still commit: what it wrote must not come after the emptying.
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while await database.connection.fetch(_END_SESSIONS):  # noqa: ASYNC110 - only the server knows
                await asyncio.sleep(0.001)

    async def _drop(self, database: _Database) -> None:
        database.connection.terminate()
        await self._administer(f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")

    async def _administer(self, sql: str) -> None:
        connection = await asyncpg.connect(self._server.url())
        try:
            await connection.execute(sql)
        finally:
            await connection.close()
