"""SQLite: one thread that writes, a few that read; a commit is on disk before it returns."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeAlias, TypeVar

from vestibule.storage.database import SCHEMA_VERSION_TABLE, Database, Queries
from vestibule.storage.parameters import Parameter
from vestibule.storage.rows import Decode
from vestibule.storage.sqlite_lane import Lane
from vestibule.storage.statement import Engine, Statement
from vestibule.storage.unavailable import unavailable
from vestibule.storage.urls import SqliteLocation

R = TypeVar("R")
T = TypeVar("T")
_Values: TypeAlias = Mapping[str, object]
_How: TypeAlias = Callable[[str, _Values, Decode[R], sqlite3.Connection], T]

_READERS: Final = 3
_OLDEST: Final = (3, 37, 0)  # STRICT tables; RETURNING came before
_STATEMENTS_KEPT: Final = 512

_SCHEMA_TABLE = Statement(
    str, postgres="SELECT :name::text", sqlite="SELECT name FROM sqlite_schema WHERE type = 'table' AND name = :name"
)
_SCHEMA_VERSION = Statement(str, f"SELECT version_num FROM {SCHEMA_VERSION_TABLE}")  # noqa: S608 - a constant
_ALIVE = Statement(int, "SELECT 1")


class SqliteDatabase(Database):
    """One SQLite file."""

    engine = Engine.SQLITE

    def __init__(self, location: SqliteLocation, *, deadline: timedelta) -> None:
        if sqlite3.sqlite_version_info < _OLDEST:
            raise RuntimeError(f"SQLite {sqlite3.sqlite_version} is too old: 3.37 or newer is needed")
        self._location = location
        self._deadline_seconds = deadline.total_seconds()
        self._readers = Lane(partial(self._connect, writes=False), threads=_READERS, name="sqlite-read")
        self._writer = Lane(partial(self._connect, writes=True), threads=1, name="sqlite-write")
        self._lock = asyncio.Lock()

    async def one(self, statement: Statement[R], **parameters: Parameter) -> R | None:
        """Return the first row; None when there is none."""
        return await self._autocommit(_first, statement, parameters)

    async def all(self, statement: Statement[R], **parameters: Parameter) -> list[R]:
        """Return every row."""
        return await self._autocommit(_every, statement, parameters)

    async def run(self, statement: Statement[Any], **parameters: Parameter) -> int:
        """Return the number of rows that were inserted, updated or deleted."""
        return await self._autocommit(_count, statement, parameters)

    def read(self) -> AbstractAsyncContextManager[Queries]:
        """Give queries for reading; each sees everything committed before it."""
        return nullcontext(self)

    def write(self) -> AbstractAsyncContextManager[Queries]:
        """Open a transaction: committed at the end of the block, rolled back on any exception or cancellation."""
        return _Transaction(self._writer, self._lock, self._deadline_seconds)

    async def open(self) -> None:
        """Make ready. The file is opened when it is first used."""

    async def close(self) -> None:
        """End the threads after the work that is queued."""
        await self._readers.close()
        await self._writer.close()

    async def ping(self) -> None:
        """Read something; SQLite has no clock of its own. Raises: StorageUnavailable."""
        await self.one(_ALIVE)

    async def schema_revision(self) -> str | None:
        """Return the migration the schema stands at; None when there is no schema yet. Raises: StorageUnavailable."""
        if not self._location.path.exists():
            return None
        if await self.one(_SCHEMA_TABLE, name=SCHEMA_VERSION_TABLE) is None:
            return None
        return await self.one(_SCHEMA_VERSION)

    async def _autocommit(self, how: _How[R, T], statement: Statement[R], parameters: Mapping[str, Parameter]) -> T:
        prepared = statement.prepared(Engine.SQLITE)
        work = partial(how, prepared.sql, prepared.named(parameters), prepared.decode)
        if prepared.reads_only:
            return await self._readers.call(work)
        await _acquire(self._lock, self._deadline_seconds)
        try:
            return await self._writer.call(work)
        finally:
            self._lock.release()  # also when cancelled: the lane keeps the order, nothing can slip in between

    def _connect(self, *, writes: bool) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._location.uri,
            uri=True,
            timeout=self._deadline_seconds,  # how long another process may hold the write lock
            isolation_level=None,
            cached_statements=_STATEMENTS_KEPT,
        )
        try:
            if writes and self._location.mode != "ro":
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("PRAGMA journal_size_limit = 67108864")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute("PRAGMA trusted_schema = OFF")
            if not writes:
                connection.execute("PRAGMA query_only = ON")
        except sqlite3.Error:
            connection.close()
            raise
        return connection


class _Transaction:
    """BEGIN IMMEDIATE to COMMIT on the writing thread."""

    engine = Engine.SQLITE

    def __init__(self, writer: Lane, lock: asyncio.Lock, deadline_seconds: float) -> None:
        self._writer = writer
        self._lock = lock
        self._deadline_seconds = deadline_seconds
        self._open = False
        self._failed = False
        self._to_tell: list[Callable[[], None]] = []

    async def one(self, statement: Statement[R], **parameters: Parameter) -> R | None:
        return await self._perform(_first, statement, parameters)

    async def all(self, statement: Statement[R], **parameters: Parameter) -> list[R]:
        return await self._perform(_every, statement, parameters)

    async def run(self, statement: Statement[Any], **parameters: Parameter) -> int:
        return await self._perform(_count, statement, parameters)

    async def each(self, statement: Statement[R], rows: Sequence[Mapping[str, Parameter]]) -> list[R]:
        prepared = statement.prepared(Engine.SQLITE)
        values = [prepared.named(row) for row in rows]
        return await self._call(partial(_for_each, prepared.sql, values, prepared.decode))

    def after_commit(self, tell: Callable[[], None]) -> None:
        self._to_tell.append(tell)

    async def __aenter__(self) -> Self:
        await _acquire(self._lock, self._deadline_seconds)
        try:
            await self._writer.call(_begin)
        except BaseException:
            self._writer.put(_roll_back)
            self._lock.release()
            raise
        self._open = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open = False
        try:
            if error is None and not self._failed:
                await self._writer.call(_commit)
        finally:
            self._writer.put(_roll_back)  # nothing to undo after a commit; after all else it runs before the next BEGIN
            self._lock.release()
        if error is not None:
            return
        if self._failed:
            raise RuntimeError("a statement of this transaction failed and was ignored: nothing was committed")
        for tell in self._to_tell:
            tell()

    async def _perform(self, how: _How[R, T], statement: Statement[R], parameters: Mapping[str, Parameter]) -> T:
        prepared = statement.prepared(Engine.SQLITE)
        return await self._call(partial(how, prepared.sql, prepared.named(parameters), prepared.decode))

    async def _call(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if not self._open:
            raise RuntimeError("the transaction is over")
        if self._failed:  # as on PostgreSQL
            raise RuntimeError("a statement of this transaction failed: it can only be rolled back")
        try:
            return await self._writer.call(work)
        except BaseException:
            self._failed = True
            raise


async def _acquire(lock: asyncio.Lock, deadline_seconds: float) -> None:
    if not lock.locked():
        await lock.acquire()
        return
    try:
        async with asyncio.timeout(deadline_seconds):
            await lock.acquire()
    except TimeoutError as error:
        raise unavailable(error) from error


def _begin(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")


def _commit(connection: sqlite3.Connection) -> None:
    connection.execute("COMMIT")


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:  # SQLite ends it by itself when the disk is full
        connection.execute("ROLLBACK")


def _first(sql: str, values: _Values, decode: Decode[R], connection: sqlite3.Connection) -> R | None:
    # A statement that writes takes effect only when all its rows were fetched, so all are.
    records = connection.execute(sql, values).fetchall()
    return decode(records[0]) if records else None


def _every(sql: str, values: _Values, decode: Decode[R], connection: sqlite3.Connection) -> list[R]:
    return [decode(record) for record in connection.execute(sql, values).fetchall()]


def _for_each(sql: str, rows: Sequence[_Values], decode: Decode[R], connection: sqlite3.Connection) -> list[R]:
    return [decode(record) for values in rows for record in connection.execute(sql, values).fetchall()]


def _count(sql: str, values: _Values, _: Decode[R], connection: sqlite3.Connection) -> int:
    cursor = connection.execute(sql, values)
    records = cursor.fetchall()
    return max(cursor.rowcount, len(records))
