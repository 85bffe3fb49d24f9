"""PostgreSQL through asyncpg: one statement is one round trip, and any doubt about a connection ends it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import asyncpg

from vestibule.storage.database import PATIENCE, SCHEMA_VERSION_TABLE, Database, Queries
from vestibule.storage.parameters import Parameter
from vestibule.storage.postgres_pool import Connection, ConnectionPool
from vestibule.storage.statement import Engine, Statement
from vestibule.storage.unavailable import unavailable

R = TypeVar("R")
T = TypeVar("T")

_STATEMENTS_KEPT: Final = 1024  # more than there are: nothing is ever prepared twice on a connection
_AWAY_CLASSES: Final = ("08", "53", "58")  # connection, resources (disk, memory, connections), system
_AWAY_STATES: Final = frozenset(
    {
        "25006",  # read-only: a standby, before a failover is complete
        "40001",  # serialisation failure and
        "40P01",  # deadlock: undone by the server, safe to send again
        "55P03",  # lock not available
        "57014",  # cancelled by a statement timeout or the operator
        "57P01",  # shutting down
        "57P02",  # after a crash
        "57P03",  # starting up
        "57P05",  # idle session ended
    }
)

_CLOCK = Statement(datetime, postgres="SELECT clock_timestamp()", sqlite="SELECT 0")
_SCHEMA_TABLE = Statement(str, postgres="SELECT to_regclass(:name)::text", sqlite="SELECT :name")
_SCHEMA_VERSION = Statement(str, f"SELECT version_num FROM {SCHEMA_VERSION_TABLE}")  # noqa: S608 - a constant


class PostgresDatabase(Database):
    """A PostgreSQL database; connects when it is first used, and again whenever it must."""

    engine = Engine.POSTGRESQL

    def __init__(
        self, dsn: str, *, pool_size: int, pgbouncer: bool, deadline: timedelta, patience: timedelta = PATIENCE
    ) -> None:
        self._dsn = dsn
        self._patience_seconds = patience.total_seconds()
        self._pgbouncer = pgbouncer
        self._deadline_seconds = deadline.total_seconds()
        self._pool = ConnectionPool(self._connect, size=pool_size, deadline_seconds=self._deadline_seconds)

    async def one(self, statement: Statement[R], **parameters: Parameter) -> R | None:
        """Return the first row; None when there is none."""
        prepared = statement.prepared(Engine.POSTGRESQL)
        record = await self._autocommit(asyncpg.Connection.fetchrow, prepared.sql, prepared.positional(parameters))
        return None if record is None else prepared.decode(record)

    async def all(self, statement: Statement[R], **parameters: Parameter) -> list[R]:
        """Return every row."""
        prepared = statement.prepared(Engine.POSTGRESQL)
        records = await self._autocommit(asyncpg.Connection.fetch, prepared.sql, prepared.positional(parameters))
        return [prepared.decode(record) for record in records]

    async def run(self, statement: Statement[Any], **parameters: Parameter) -> int:
        """Return the number of rows that were inserted, updated or deleted."""
        prepared = statement.prepared(Engine.POSTGRESQL)
        return _affected(
            await self._autocommit(asyncpg.Connection.execute, prepared.sql, prepared.positional(parameters))
        )

    def read(self) -> AbstractAsyncContextManager[Queries]:
        """Give queries for reading; each takes a connection for itself, so none is held while the caller thinks."""
        return nullcontext(self)

    def write(self) -> AbstractAsyncContextManager[Queries]:
        """Open a transaction: committed at the end of the block, rolled back on any exception or cancellation."""
        return _Transaction(self._pool)

    async def open(self) -> None:
        """Make ready. Does not connect yet: a server may start while its database is away."""
        self._pool.open()

    async def close(self) -> None:
        """Give every connection back; waits for running work, at most the deadline."""
        await self._pool.close()

    async def ping(self) -> datetime | None:
        """Return the database's own clock. Raises: StorageUnavailable."""
        return await self.one(_CLOCK)

    async def schema_revision(self) -> str | None:
        """Return the migration the schema stands at; None when there is no schema yet. Raises: StorageUnavailable."""
        if await self.one(_SCHEMA_TABLE, name=SCHEMA_VERSION_TABLE) is None:
            return None
        return await self.one(_SCHEMA_VERSION)

    async def _connect(self) -> Connection:
        try:
            return await asyncpg.connect(
                self._dsn,
                timeout=self._deadline_seconds,
                command_timeout=self._patience_seconds,
                statement_cache_size=0 if self._pgbouncer else _STATEMENTS_KEPT,
                max_cached_statement_lifetime=0,
            )
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise unavailable(error) from error

    async def _autocommit(self, how: Callable[..., Awaitable[T]], sql: str, values: list[object]) -> T:
        if self._pgbouncer:
            # Without a cache asyncpg parses and executes in two steps; outside a transaction the pooler may give
            # each of them another server connection, where the unnamed statement is missing, or somebody else's.
            async with _Transaction(self._pool) as transaction:
                return await transaction.perform(how, sql, values)
        connection = self._pool.lend_idle() or await self._pool.lend()
        try:
            result = await how(connection, sql, *values)
        except asyncpg.PostgresError as error:
            self._pool.take_back(connection)
            if _is_away(error, connection):
                raise unavailable(error) from error
            raise
        except BaseException as error:
            self._pool.retire(connection)
            if _is_away(error, connection):
                raise unavailable(error) from error
            raise
        self._pool.take_back(connection)
        return result


class _Transaction:
    """BEGIN to COMMIT on one connection."""

    engine = Engine.POSTGRESQL

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._connection: Connection = None
        self._to_tell: list[Callable[[], None]] = []

    async def one(self, statement: Statement[R], **parameters: Parameter) -> R | None:
        prepared = statement.prepared(Engine.POSTGRESQL)
        record = await self.perform(asyncpg.Connection.fetchrow, prepared.sql, prepared.positional(parameters))
        return None if record is None else prepared.decode(record)

    async def all(self, statement: Statement[R], **parameters: Parameter) -> list[R]:
        prepared = statement.prepared(Engine.POSTGRESQL)
        records = await self.perform(asyncpg.Connection.fetch, prepared.sql, prepared.positional(parameters))
        return [prepared.decode(record) for record in records]

    async def run(self, statement: Statement[Any], **parameters: Parameter) -> int:
        prepared = statement.prepared(Engine.POSTGRESQL)
        return _affected(await self.perform(asyncpg.Connection.execute, prepared.sql, prepared.positional(parameters)))

    async def each(self, statement: Statement[R], rows: Sequence[Mapping[str, Parameter]]) -> list[R]:
        if not rows:
            return []
        prepared = statement.prepared(Engine.POSTGRESQL)
        values = [prepared.positional(row) for row in rows]
        records = await self.perform(asyncpg.Connection.fetchmany, prepared.sql, [values])
        return [prepared.decode(record) for record in records]

    def after_commit(self, tell: Callable[[], None]) -> None:
        self._to_tell.append(tell)

    async def perform(self, how: Callable[..., Awaitable[T]], sql: str, values: list[object]) -> T:
        """Run one statement on the transaction's connection."""
        connection = self._connection
        if connection is None:
            raise RuntimeError("the transaction is over")
        try:
            return await how(connection, sql, *values)
        except Exception as error:
            if _is_away(error, connection):
                raise unavailable(error) from error
            raise

    async def __aenter__(self) -> Self:
        self._connection = connection = self._pool.lend_idle() or await self._pool.lend()
        try:
            await connection.execute("BEGIN")
        except BaseException as error:
            self._connection = None
            self._pool.retire(connection)
            if _is_away(error, connection):
                raise unavailable(error) from error
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        connection, self._connection = self._connection, None
        if error is None:
            await self._commit(connection)
        elif isinstance(error, Exception) and not connection.is_closed():
            await self._roll_back(connection)
        else:
            self._pool.retire(connection)

    async def _commit(self, connection: Connection) -> None:
        try:
            answer = await connection.execute("COMMIT")
        except BaseException as error:
            self._pool.retire(connection)
            if _is_away(error, connection):
                raise unavailable(error) from error
            raise
        self._pool.take_back(connection)
        if answer != "COMMIT":
            raise RuntimeError("a statement of this transaction failed and was ignored: nothing was committed")
        for tell in self._to_tell:
            tell()

    async def _roll_back(self, connection: Connection) -> None:
        try:
            await connection.execute("ROLLBACK")
        except Exception:  # noqa: BLE001 - the caller learns of the first error; closing rolls back as well
            self._pool.retire(connection)
        except BaseException:
            self._pool.retire(connection)
            raise
        else:
            self._pool.take_back(connection)


def _is_away(error: BaseException, connection: Connection) -> bool:
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        return state in _AWAY_STATES or state[:2] in _AWAY_CLASSES
    # InternalClientError: the server's farewell arrived on an idle connection just as it was handed out.
    if isinstance(error, (OSError, asyncpg.InternalClientError)):
        return True
    return isinstance(error, asyncpg.InterfaceError) and connection.is_closed()


def _affected(tag: str) -> int:
    count = tag.rpartition(" ")[2]
    return int(count) if count.isdigit() else 0
